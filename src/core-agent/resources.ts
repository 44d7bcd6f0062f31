import { codecs } from '../mesos/codec.ts'
import { CodecError } from '../mesos/codec-error.ts'
import { fromWire, ResourceError } from '../mesos/resources.ts'
import type { Resource as WireResource } from '../mesos/wire.ts'
import { type ParsedResources, parseResources, ResourceTextError } from '../resources/parse.ts'
import { plus, type Resource, type Resources, resources, scalar } from '../resources/resources.ts'
import { roleProblem } from '../resources/roles.ts'

/** What the machine has, as far as detection looks (core-agent §1.1). */
export interface MachineFacts {
  /** Online logical CPUs. */
  readonly cpus: number
  /** Of the agent's own control group; undefined: not limited. */
  readonly cpuQuota?: number | undefined
  readonly memoryBytes: number
  /** Size, not free space, of the file system that holds the work directory. */
  readonly diskBytes: number
}

/**
 * The text of `--resources`: a JSON array of Resource messages, else the text form (core-agent §1.2).
 * Items without a role get `defaultRole`. Throws ResourceTextError naming the item: mixed types, anything
 * revocable, dynamically reserved, persistent or shared, raw or block disks, negative, below 0.001, overlapping.
 */
export const parseAgentResources = (text: string, defaultRole: string): ParsedResources => {
  const json = jsonArray(text)
  return json === undefined ? parseResources(text, defaultRole) : readJson(json, defaultRole)
}

/**
 * What was given, and the detected amount of each of cpus, mem, disk and ports that was not mentioned. A machine that
 * does not tell has 1 cpu, 1 GiB of memory and 10 GiB of disk (core-agent §1.1).
 */
export const detectResources = (
  given: ParsedResources,
  defaultRole: string,
  machine: MachineFacts,
): Resources => {
  const found = [
    scalar('cpus', Math.min(Math.max(1, machine.cpus), machine.cpuQuota ?? Infinity)),
    scalar('mem', sparing(machine.memoryBytes || gib + gib, 2 * gib, gib)),
    scalar('disk', sparing(machine.diskBytes || 15 * gib, 10 * gib, 5 * gib)),
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
  } catch (error) {
    if (!/^\s*\[\s*(\{|$)/.test(text)) return undefined
    throw new ResourceTextError(`a JSON array was begun, and is broken: ${String(error)}`)
  }
}

const codec = codecs<WireResource>('mesos.v1.Resource')['application/json']

const readJson = (items: readonly unknown[], defaultRole: string): ParsedResources => {
  const types = new Map<string, string>()
  const parts = items.flatMap((item, index) => {
    const wire = readItem(item, index)
    const seen = types.get(wire.name)
    if (seen !== undefined && seen !== wire.type)
      throw new ResourceTextError(`"${wire.name}": was ${seen} before and is ${wire.type} here`)
    types.set(wire.name, wire.type)
    const [resource] = inWords(`"${wire.name}"`, () => fromWire([wire]))
    if (resource === undefined) return refuseTiny(wire)
    const unreserved = resource.reservations.length === 0
    return [unreserved ? reserve(resource, defaultRole) : resource]
  })
  return { resources: resources(parts), mentioned: new Set(types.keys()) }
}

const valueFields = { SCALAR: 'scalar', RANGES: 'ranges', SET: 'set' } as const

const readItem = (item: unknown, index: number): WireResource => {
  const place = `item ${index + 1} of the JSON array`
  const wire = inWords(place, () => codec.decode(Buffer.from(JSON.stringify(item))))
  const refuse = (why: string) => new ResourceTextError(`"${wire.name}": ${why}`)
  if (wire.name === '') throw new ResourceTextError(`${place}: a resource needs a name`)
  const field = wire.type === 'TEXT' ? undefined : valueFields[wire.type]
  if (field !== undefined && wire[field] === undefined)
    throw refuse(`of type ${wire.type} it needs the field "${field}"`)
  if (wire.revocable !== undefined)
    throw refuse('revocable resources come from --resource_estimator, not from --resources')
  if (wire.provider_id !== undefined)
    throw refuse('resources of a provider come from that provider, not from --resources')
  const stack = wire.reservations ?? []
  if (wire.reservation !== undefined || stack.some(({ type }) => type !== 'STATIC'))
    throw refuse('only static reservations can be given, by "role" or type STATIC')
  if (stack.length > 1 || (stack.length > 0 && wire.role !== undefined))
    throw refuse('one static reservation can be given: either "role" or one of "reservations"')
  for (const role of [wire.role, stack[0]?.role ?? (stack.length > 0 ? '*' : undefined)])
    if (role !== undefined) checkRole(role, stack.length > 0, refuse)
  if (wire.disk !== undefined) checkDisk(wire, refuse)
  return wire
}

const checkRole = (role: string, isReservation: boolean, refuse: Refuse): void => {
  const problem = roleProblem(role)
  if (problem !== undefined) throw refuse(problem)
  if (isReservation && role === '*') throw refuse('a reservation needs a role other than *')
}

type Refuse = (why: string) => ResourceTextError

const checkDisk = ({ name, disk }: WireResource, refuse: Refuse): void => {
  if (name !== 'disk') throw refuse('only the resource disk can have a "disk" field')
  if (disk?.persistence !== undefined || disk?.volume !== undefined)
    throw refuse('persistent volumes are made by frameworks: give a disk source or none')
  const { type, path, mount } = disk?.source ?? {}
  if (type !== 'PATH' && type !== 'MOUNT')
    throw refuse(`a disk source is of type PATH or MOUNT here, not ${type ?? 'absent'}`)
  const root = type === 'PATH' ? path?.root : mount?.root
  if (root?.startsWith('/') !== true)
    throw refuse(
      `a disk source of type ${type} needs "${type.toLowerCase()}": {"root": "/absolute/path"}`,
    )
}

const refuseTiny = (wire: WireResource): [] => {
  if ((wire.scalar?.value ?? 0) !== 0)
    throw new ResourceTextError(`"${wire.name}": less than 0.001 cannot be counted`)
  return []
}

const inWords = <T>(place: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (error instanceof ResourceError || error instanceof CodecError)
      throw new ResourceTextError(`${place}: ${error.message}`, { cause: error })
    throw error
  }
}
