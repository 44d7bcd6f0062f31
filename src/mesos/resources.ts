import type { DiskSource, PersistentVolume } from '../resources/disks.ts'
import { overlap, type Range, ranges } from '../resources/ranges.ts'
import { type Reservation, stackProblem } from '../resources/reservations.ts'
import { type Resource, type Resources, resources } from '../resources/resources.ts'
import { milli, units } from '../resources/scalar.ts'
import type {
  Labels,
  ResourceDiskInfoPersistence,
  ResourceDiskInfoSource,
  ResourceReservationInfo,
  Volume,
  Resource as WireResource,
} from './wire.ts'

/** A resource on the wire that is none. `message` in Mesos' manner, naming the resource. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError'
}

/**
 * Resources of the wire as a value: old format (`role`, `reservation`) and new (`reservations`) both read (R7, §2).
 * Allocation roles are not part of the value; whoever holds it knows for whom. Throws ResourceError
 * (R10, R15, R18, R19, R24, R25).
 */
export const fromWire = (wire: readonly WireResource[] | undefined): Resources => {
  const value = resources((wire ?? []).map(readResource))
  const twice = value.find((resource, at) => hasTwin(value, resource, at))
  if (twice !== undefined)
    throw new ResourceError(`Persistence ID '${twice.volume?.id ?? ''}' is not unique`)
  return value
}

/** Two volumes of one role and id are no two volumes; copies of a shared one are one entry by now (R19). */
const hasTwin = (all: Resources, { volume, reservations }: Resource, at: number): boolean =>
  volume !== undefined &&
  all.some(
    (other, i) =>
      i > at &&
      other.volume?.id === volume.id &&
      other.reservations.at(-1)?.role === reservations.at(-1)?.role,
  )

const readResource = (wire: WireResource): Resource => {
  const { name } = wire
  if (name === '') throw new ResourceError('Resource without a name')
  const read: Resource = {
    name,
    value: readValue(wire),
    reservations: readReservations(wire),
    revocable: wire.revocable !== undefined,
    ...readDisk(wire),
    ...(wire.shared === undefined ? {} : { copies: 1 }),
    ...(wire.provider_id === undefined ? {} : { provider: wire.provider_id.value }),
  }
  const problem = volumeProblem(read)
  if (problem !== undefined) throw new ResourceError(problem)
  return read
}

/** R18 and R25. */
const volumeProblem = ({ name, volume, copies, revocable, reservations }: Resource) => {
  if (copies !== undefined && name !== 'disk') return `Resource ${name} cannot be shared`
  if (volume === undefined)
    return copies === undefined ? undefined : 'Only persistent volumes can be shared'
  if (revocable) return 'Persistent volumes cannot be created from revocable resources'
  return reservations.length === 0
    ? 'Persistent volumes cannot be created from unreserved resources'
    : undefined
}

const readDisk = (wire: WireResource): Pick<Resource, 'disk' | 'volume'> => {
  const { name, disk: info } = wire
  if (info === undefined) return {}
  if (name !== 'disk') throw new ResourceError(`DiskInfo should not be set for ${name} resource`)
  const { source, persistence } = info
  if (persistence === undefined && info.volume !== undefined)
    throw new ResourceError('Non-persistent volume not supported')
  if (persistence === undefined && source === undefined)
    throw new ResourceError('DiskInfo is set but empty')
  return {
    ...(source === undefined ? {} : { disk: readSource(source, name) }),
    ...(persistence === undefined ? {} : { volume: readVolume(persistence, info.volume) }),
  }
}

const readSource = (wire: ResourceDiskInfoSource, name: string): DiskSource => {
  const { type, path, mount, vendor, id, profile, metadata } = wire
  const identity = {
    ...(vendor === undefined ? {} : { vendor }),
    ...(id === undefined ? {} : { id }),
    ...(profile === undefined ? {} : { profile }),
    ...(metadata?.labels === undefined ? {} : { metadata: readLabels(metadata.labels) }),
  }
  if (type === 'BLOCK' || type === 'RAW') return { type, ...identity }
  const root = type === 'PATH' ? path?.root : type === 'MOUNT' ? mount?.root : undefined
  if (root === undefined || (type !== 'PATH' && type !== 'MOUNT'))
    throw new ResourceError(
      `Resource '${name}' carries a disk source of type ${type}: there are PATH and MOUNT, each with a root, BLOCK and RAW`,
    )
  return { type, root, ...identity }
}

const readVolume = (
  { id, principal }: ResourceDiskInfoPersistence,
  volume: Volume | undefined,
): PersistentVolume => {
  if (volume === undefined)
    throw new ResourceError("Expecting 'volume' to be set for persistent volume")
  if (volume.host_path !== undefined)
    throw new ResourceError("Expecting 'host_path' to be unset for persistent volume")
  if (id === '' || /[\s/]|\p{Cc}/u.test(id) || id === '.' || id === '..')
    throw new ResourceError(`Persistence ID '${id}' contains invalid characters`)
  return {
    id,
    ...(principal === undefined ? {} : { principal }),
    containerPath: volume.container_path,
    mode: volume.mode,
  }
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
  if (wire.reservations !== undefined && wire.reservations.length > 0) {
    const stack = wire.reservations.map((entry) => readReservation(entry, entry.type ?? 'DYNAMIC'))
    const problem = stackProblem(stack)
    if (problem === undefined) return stack
    throw new ResourceError(`Invalid reservation of resource '${wire.name}': ${problem}`)
  }
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
  ...(entry.labels?.labels === undefined ? {} : { labels: readLabels(entry.labels.labels) }),
})

const readLabels = (labels: NonNullable<Labels['labels']>) =>
  labels.map(({ key, value }) => ({ key, ...(value === undefined ? {} : { value }) }))

export interface WireOptions {
  /** `allocation_info.role` of each resource; absent for frameworks without MULTI_ROLE (W15). */
  readonly allocationRole?: string | undefined
  /** `reservations` stacks (capability RESERVATION_REFINEMENT) or the old `role`/`reservation` (W16). */
  readonly format: 'stacks' | 'role'
}

/** The value as resources of the wire, in the format that the reader understands (W16). */
export const toWire = (value: Resources, options: WireOptions): WireResource[] =>
  value.flatMap((resource) => {
    const wire = writeResource(resource, options)
    // A shared resource is there once a copy (core-master R3).
    return Array.from({ length: resource.copies ?? 1 }, () => wire)
  })

const writeResource = (resource: Resource, options: WireOptions): WireResource => ({
  name: resource.name,
  type: resource.value.type,
  ...writeValue(resource.value),
  ...(options.format === 'stacks' ? writeStack(resource) : writeRole(resource)),
  ...(options.allocationRole === undefined
    ? {}
    : { allocation_info: { role: options.allocationRole } }),
  ...(resource.revocable ? { revocable: {} } : {}),
  ...writeDisk(resource),
  ...(resource.copies === undefined ? {} : { shared: {} }),
  ...(resource.provider === undefined ? {} : { provider_id: { value: resource.provider } }),
})

const writeValue = (value: Resource['value']) => {
  if (value.type === 'SCALAR') return { scalar: { value: units(value.milli) } }
  if (value.type === 'RANGES') return { ranges: { range: [...value.ranges] } }
  return { set: { item: [...value.items] } }
}

const writeDisk = ({ disk, volume }: Resource): Pick<WireResource, 'disk'> =>
  disk === undefined && volume === undefined
    ? {}
    : {
        disk: {
          ...(volume === undefined ? {} : writeVolume(volume)),
          ...(disk === undefined ? {} : { source: writeSource(disk) }),
        },
      }

const writeVolume = ({ id, principal, containerPath, mode }: PersistentVolume) => ({
  persistence: { id, ...(principal === undefined ? {} : { principal }) },
  volume: { container_path: containerPath, mode },
})

const writeSource = ({ root, metadata, ...source }: DiskSource): ResourceDiskInfoSource => ({
  ...source,
  ...(source.type === 'PATH' ? { path: { root } } : {}),
  ...(source.type === 'MOUNT' ? { mount: { root } } : {}),
  ...(metadata === undefined ? {} : { metadata: { labels: [...metadata] } }),
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
