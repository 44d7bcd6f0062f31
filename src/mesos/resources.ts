import { overlap, type Range, ranges } from '../resources/ranges.ts'
import {
  type DiskSource,
  type Reservation,
  type Resource,
  type Resources,
  resources,
} from '../resources/resources.ts'
import { milli, units } from '../resources/scalar.ts'
import type { ResourceDiskInfo, ResourceReservationInfo, Resource as WireResource } from './wire.ts'

/** A resource on the wire that is none. `message` in Mesos' manner, naming the resource. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError'
}

/**
 * Resources of the wire as a value: old format (`role`, `reservation`) and new (`reservations`) both read (R7, §2).
 * Allocation roles are not part of the value; whoever holds it knows for whom. Throws ResourceError (R15, R24, R25).
 */
export const fromWire = (wire: readonly WireResource[] | undefined): Resources =>
  resources((wire ?? []).map(readResource))

const readResource = (wire: WireResource): Resource => {
  const { name } = wire
  const refused = unsupported.find((field) => wire[field] !== undefined)
  if (refused !== undefined)
    throw new ResourceError(`Resource '${name}' carries '${refused}', which is not supported`)
  if (name === '') throw new ResourceError('Resource without a name')
  return {
    name,
    value: readValue(wire),
    reservations: readReservations(wire),
    revocable: wire.revocable !== undefined,
    ...(wire.disk === undefined ? {} : { disk: readDisk(wire.disk, name) }),
  }
}

const unsupported = ['shared', 'provider_id'] as const

/** A disk of its own, by folder or by mount: no volume that outlives its task, no raw or block device. */
const readDisk = ({ source, persistence, volume }: ResourceDiskInfo, name: string): DiskSource => {
  if (source === undefined || persistence !== undefined || volume !== undefined)
    throw new ResourceError(`Resource '${name}' carries 'disk', which is not supported`)
  const { type, path, mount } = source
  const root = type === 'PATH' ? path?.root : type === 'MOUNT' ? mount?.root : undefined
  if (root === undefined || (type !== 'PATH' && type !== 'MOUNT'))
    throw new ResourceError(
      `Resource '${name}' carries a disk source of type ${type}: only PATH and MOUNT are supported, each with a root`,
    )
  return { type, root }
}

const readValue = (wire: WireResource): Resource['value'] => {
  const invalid = (why: string) => new ResourceError(`Invalid resource '${wire.name}': ${why}`)
  if (wire.type === 'SCALAR') {
    const value = wire.scalar?.value
    if (value === undefined || !Number.isFinite(value) || value < 0)
      throw invalid('Invalid scalar resource: value < 0')
    try {
      return { type: 'SCALAR', milli: milli(value) }
    } catch {
      throw invalid(`value ${value} is too large`)
    }
  }
  if (wire.type === 'RANGES') {
    const parts: readonly Range[] = wire.ranges?.range ?? []
    if (!parts.every(({ begin, end }) => Number.isSafeInteger(begin) && Number.isSafeInteger(end)))
      throw invalid('a bound beyond 2^53')
    if (parts.some(({ begin, end }) => begin > end)) throw invalid('begin > end')
    if (overlap(parts)) throw invalid('overlapping ranges')
    return { type: 'RANGES', ranges: ranges(parts) }
  }
  if (wire.type === 'SET') {
    const items = wire.set?.item ?? []
    if (new Set(items).size < items.length) throw invalid('duplicated elements')
    return { type: 'SET', items: [...items].sort() }
  }
  throw invalid(`Unsupported resource type ${wire.type}`)
}

const readReservations = (wire: WireResource): readonly Reservation[] => {
  if (wire.reservations !== undefined && wire.reservations.length > 0)
    return wire.reservations.map((entry) => readReservation(entry, entry.type ?? 'DYNAMIC'))
  const role = wire.role ?? '*'
  if (role === '*') return []
  return wire.reservation === undefined
    ? [{ type: 'STATIC', role }]
    : [readReservation({ ...wire.reservation, role }, 'DYNAMIC')]
}

const readReservation = (
  entry: ResourceReservationInfo,
  type: ResourceReservationInfo['type'],
): Reservation => ({
  type: type === 'STATIC' ? 'STATIC' : 'DYNAMIC',
  role: entry.role ?? '*',
  ...(entry.principal === undefined ? {} : { principal: entry.principal }),
  ...(entry.labels?.labels === undefined
    ? {}
    : {
        labels: entry.labels.labels.map(({ key, value }) => ({
          key,
          ...(value === undefined ? {} : { value }),
        })),
      }),
})

export interface WireOptions {
  /** `allocation_info.role` of each resource; absent for frameworks without MULTI_ROLE (W15). */
  readonly allocationRole?: string | undefined
  /** `reservations` stacks (capability RESERVATION_REFINEMENT) or the old `role`/`reservation` (W16). */
  readonly format: 'stacks' | 'role'
}

/** The value as resources of the wire, in the format that the reader understands (W16). */
export const toWire = (value: Resources, options: WireOptions): WireResource[] =>
  value.map((resource) => ({
    name: resource.name,
    type: resource.value.type,
    ...writeValue(resource.value),
    ...(options.format === 'stacks' ? writeStack(resource) : writeRole(resource)),
    ...(options.allocationRole === undefined
      ? {}
      : { allocation_info: { role: options.allocationRole } }),
    ...(resource.revocable ? { revocable: {} } : {}),
    ...(resource.disk === undefined ? {} : { disk: writeDisk(resource.disk) }),
  }))

const writeValue = (value: Resource['value']) => {
  if (value.type === 'SCALAR') return { scalar: { value: units(value.milli) } }
  if (value.type === 'RANGES') return { ranges: { range: [...value.ranges] } }
  return { set: { item: [...value.items] } }
}

const writeDisk = ({ type, root }: DiskSource): ResourceDiskInfo => ({
  source: type === 'PATH' ? { type, path: { root } } : { type, mount: { root } },
})

const writeStack = ({ reservations }: Resource) =>
  reservations.length === 0
    ? {}
    : { reservations: reservations.map((entry) => ({ type: entry.type, ...writeEntry(entry) })) }

/** Refined stacks (more than one entry) never go to a framework that reads only roles (W16). */
const writeRole = ({ name, reservations }: Resource) => {
  const [entry, ...refined] = reservations
  if (refined.length > 0)
    throw new ResourceError(`Resource '${name}' has a refined reservation, which needs stacks`)
  if (entry === undefined) return { role: '*' }
  const { role, ...reservation } = writeEntry(entry)
  return entry.type === 'STATIC' ? { role } : { role, reservation }
}

const writeEntry = ({ role, principal, labels }: Reservation) => ({
  role,
  ...(principal === undefined ? {} : { principal }),
  ...(labels === undefined ? {} : { labels: { labels: [...labels] } }),
})
