import { codecs } from '../mesos/codec.ts'
import { CodecError } from '../mesos/codec-error.ts'
import { fromWire, ResourceError } from '../mesos/resources.ts'
import type { Resource as WireResource } from '../mesos/wire.ts'
import { type ParsedResources, parseResources, ResourceTextError } from '../resources/parse.ts'
import { plus, type Resource, type Resources, resources, scalar } from '../resources/resources.ts'

/** What the machine has, as far as detection looks (core-agent §1.1). */
export interface MachineFacts {
  /** Online logical CPUs. */
  readonly cpus: number
  readonly memoryBytes: number
  /** Size, not free space, of the file system that holds the work directory. */
  readonly diskBytes: number
}

/**
 * The text of `--resources`: a JSON array of Resource messages, else the text form (core-agent §1.2).
 * Items without a role get `defaultRole`. Throws ResourceTextError naming the item: mixed types, anything
 * revocable, dynamically reserved, persistent or shared, negative, below 0.001, overlapping.
 */
export const parseAgentResources = (text: string, defaultRole: string): ParsedResources => {
  const json = jsonArray(text)
  return json === undefined ? parseResources(text, defaultRole) : readJson(json, defaultRole)
}

/** What was given, and the detected amount of each of cpus, mem, disk and ports that was not mentioned. */
export const detectResources = (
  given: ParsedResources,
  defaultRole: string,
  machine: MachineFacts,
): Resources => {
  const found = [
    scalar('cpus', Math.max(1, machine.cpus)),
    scalar('mem', sparing(machine.memoryBytes, 2 * gib, gib)),
    scalar('disk', sparing(machine.diskBytes, 10 * gib, 5 * gib)),
    defaultPorts,
  ].filter(({ name }) => !given.mentioned.has(name))
  return plus(given.resources, resources(found.map((resource) => reserve(resource, defaultRole))))
}

/** Amounts that are measured at each start, and waver by a little. */
export const detectedNames = ({ mentioned }: ParsedResources): ReadonlySet<string> =>
  new Set(['mem', 'disk'].filter((name) => !mentioned.has(name)))

const mib = 1024 ** 2
const gib = 1024 ** 3

const defaultPorts: Resource = {
  name: 'ports',
  value: { type: 'RANGES', ranges: [{ begin: 31_000, end: 32_000 }] },
  reservations: [],
  revocable: false,
}

/** Whole MiB of what is left: `spared` is kept back from `enough` on, below it one half. */
const sparing = (bytes: number, enough: number, spared: number): number =>
  Math.floor((bytes >= enough ? bytes - spared : bytes / 2) / mib)

const reserve = (resource: Resource, role: string): Resource =>
  role === '*' ? resource : { ...resource, reservations: [{ type: 'STATIC', role }] }

const jsonArray = (text: string): readonly unknown[] | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const codec = codecs<WireResource>('mesos.v1.Resource')['application/json']

const readJson = (items: readonly unknown[], defaultRole: string): ParsedResources => {
  const types = new Map<string, string>()
  const parts = items.flatMap((item) => {
    const wire = readItem(item)
    const seen = types.get(wire.name)
    if (seen !== undefined && seen !== wire.type)
      throw new ResourceTextError(`"${wire.name}": was ${seen} before and is ${wire.type} here`)
    types.set(wire.name, wire.type)
    const [resource] = inWords(() => fromWire([wire]))
    if (resource === undefined) return refuseTiny(wire)
    const unreserved = resource.reservations.length === 0
    return [unreserved ? reserve(resource, defaultRole) : resource]
  })
  return { resources: resources(parts), mentioned: new Set(types.keys()) }
}

const readItem = (item: unknown): WireResource => {
  const wire = inWords(() => codec.decode(Buffer.from(JSON.stringify(item))))
  if (wire.revocable !== undefined)
    throw new ResourceTextError(
      `"${wire.name}": revocable resources come from --resource_estimator, not from --resources`,
    )
  if (wire.reservation !== undefined || wire.reservations?.some(({ type }) => type !== 'STATIC'))
    throw new ResourceTextError(
      `"${wire.name}": only static reservations can be given, by "role" or type STATIC`,
    )
  return wire
}

const refuseTiny = (wire: WireResource): [] => {
  if ((wire.scalar?.value ?? 0) !== 0)
    throw new ResourceTextError(`"${wire.name}": less than 0.001 cannot be counted`)
  return []
}

const inWords = <T>(read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof ResourceError || error instanceof CodecError)
      throw new ResourceTextError(error.message, { cause: error })
    throw error
  }
}
