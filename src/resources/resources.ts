import {
  containsRanges,
  countRanges,
  formatRanges,
  minusRanges,
  plusRanges,
  type Ranges,
} from './ranges.ts'
import { formatMilli, milli } from './scalar.ts'

/** One entry of a reservation stack; all four take part in equality (core-master R10). */
export interface Reservation {
  readonly type: 'STATIC' | 'DYNAMIC'
  readonly role: string
  readonly principal?: string
  readonly labels?: readonly { readonly key: string; readonly value?: string }[]
}

export type Value =
  | { readonly type: 'SCALAR'; readonly milli: number }
  | { readonly type: 'RANGES'; readonly ranges: Ranges }
  | { readonly type: 'SET'; readonly items: readonly string[] }

/** Where a disk resource lies, if not in the work directory; a MOUNT is taken whole (core-agent §1.2). */
export interface DiskSource {
  readonly type: 'PATH' | 'MOUNT'
  readonly root: string
}

/** An amount of one thing, under one reservation stack, of one kind (regular or revocable). */
export interface Resource {
  readonly name: string
  readonly value: Value
  /** Outermost first; empty is unreserved. The last entry's role is the reservation role. */
  readonly reservations: readonly Reservation[]
  /** Lent: may be taken back at any time (a presence flag on the wire, core-master §4.4). */
  readonly revocable: boolean
  readonly disk?: DiskSource
}

/** Normal form: one entry an identity, none empty, sorted by identity, so equal amounts are equal arrays. */
export type Resources = readonly Resource[]

/** Which of the two kinds an amount is of. */
export type Kind = 'regular' | 'revocable'

export const none: Resources = []

/** Brings any list into normal form: equal identities are added, empty ones dropped. */
export const resources = (parts: Iterable<Resource>): Resources => {
  const normal: Resource[] = []
  for (const part of [...parts].sort(byIdentity)) {
    const last = normal.at(-1)
    if (last !== undefined && byIdentity(last, part) === 0)
      normal[normal.length - 1] = { ...last, value: add(last.value, part.value) }
    else normal.push(part)
  }
  return normal.filter(({ value }) => !isEmptyValue(value))
}

export const plus = (...all: readonly Resources[]): Resources => resources(all.flat())

/**
 * What is left of `a`; what `b` has beyond `a` is dropped (core-master R2: negative results are removed).
 * Callers for whom an overdraft is a bug prove `contains(a, b)` first.
 */
export const minus = (a: Resources, b: Resources): Resources =>
  a.flatMap((resource) => {
    const taken = like(b, resource)
    if (taken === undefined) return [resource]
    const value = subtract(resource.value, taken.value)
    return isEmptyValue(value) ? [] : [{ ...resource, value }]
  })

/** Entry by entry: regular never covers revocable, nor one reservation another (core-master R3, R4). */
export const contains = (a: Resources, b: Resources): boolean =>
  b.every((resource) => {
    const whole = like(a, resource)?.value
    return resource.disk?.type === 'MOUNT'
      ? whole !== undefined && amount(whole) === amount(resource.value)
      : covers(whole, resource.value)
  })

export const equal = (a: Resources, b: Resources): boolean => contains(a, b) && contains(b, a)

export const isEmpty = (a: Resources): boolean => a.length === 0

export const ofKind = (a: Resources, kind: Kind): Resources =>
  a.filter((resource) => resource.revocable === (kind === 'revocable'))

export const hasRevocable = (a: Resources): boolean => a.some((resource) => resource.revocable)

export const named = (a: Resources, name: string): Resources =>
  a.filter((resource) => resource.name === name)

/** Thousandths of the scalar `name`, all reservations and both kinds added. */
export const scalarOf = (a: Resources, name: string): number =>
  a.reduce(
    (sum, r) => (r.name === name && r.value.type === 'SCALAR' ? sum + r.value.milli : sum),
    0,
  )

/** Ranges of `name`, all reservations and both kinds joined. */
export const rangesOf = (a: Resources, name: string): Ranges =>
  a.reduce<Ranges>(
    (all, r) =>
      r.name === name && r.value.type === 'RANGES' ? plusRanges(all, r.value.ranges) : all,
    [],
  )

/** Scalars in thousandths by name; ranges and sets count their elements (core-master O9). */
export const quantities = (a: Resources): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const { name, value } of a) sums.set(name, (sums.get(name) ?? 0) + amount(value))
  return sums
}

/** The role that the last reservation names, `*` for unreserved (core-master R10). */
export const reservationRole = (resource: Resource): string =>
  resource.reservations.at(-1)?.role ?? '*'

/** Unreserved, or reserved for `role` or an ancestor of it (core-master R11). */
export const allocatableTo = (resource: Resource, role: string): boolean => {
  const reserved = reservationRole(resource)
  return reserved === '*' || reserved === role || role.startsWith(`${reserved}/`)
}

/** As Mesos prints: `cpus:2; mem(role):512; cpus{REV}:4; ports:[31000-32000]`. */
export const format = (a: Resources): string =>
  a
    .map((resource) => {
      const role = reservationRole(resource)
      const place = resource.disk && `[${resource.disk.type}:${resource.disk.root}]`
      const mark = `${role === '*' ? '' : `(${role})`}${place ?? ''}${resource.revocable ? '{REV}' : ''}`
      return `${resource.name}${mark}:${formatValue(resource.value)}`
    })
    .join('; ')

export const formatValue = (value: Value): string => {
  if (value.type === 'SCALAR') return formatMilli(value.milli)
  if (value.type === 'RANGES') return `[${formatRanges(value.ranges)}]`
  return `{${value.items.join(', ')}}`
}

/** An unreserved, regular scalar; `units` in the resource's own unit (cpus, MiB). */
export const scalar = (name: string, amountUnits: number, kind: Kind = 'regular'): Resource => ({
  name,
  value: { type: 'SCALAR', milli: milli(amountUnits) },
  reservations: [],
  revocable: kind === 'revocable',
})

/** The same amounts as the other kind. */
export const as = (a: Resources, kind: Kind): Resources =>
  resources(a.map((resource) => ({ ...resource, revocable: kind === 'revocable' })))

/** Zero where the two amounts add up (core-master R3); else an order of names, regular before revocable. */
const byIdentity = (a: Resource, b: Resource): number =>
  compare(a.name, b.name) ||
  compare(a.value.type, b.value.type) ||
  Number(a.revocable) - Number(b.revocable) ||
  (a.disk === b.disk ? 0 : compare(placeOf(a), placeOf(b))) ||
  (a.reservations === b.reservations ? 0 : compare(stackOf(a), stackOf(b)))

/** The entry of `all` that adds up with `resource`. Lists are a handful long: a walk beats any index. */
const like = (all: Resources, resource: Resource): Resource | undefined =>
  all.find((one) => byIdentity(one, resource) === 0)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const placeOf = ({ disk }: Resource): string =>
  disk === undefined ? '' : `${disk.type} ${disk.root}`

const stackOf = ({ reservations }: Resource): string =>
  reservations.length === 0
    ? ''
    : JSON.stringify(
        reservations.map(({ type, role, principal, labels }) => [
          type,
          role,
          principal ?? null,
          labels?.map(({ key, value }) => [key, value ?? null]) ?? null,
        ]),
      )

const add = (a: Value, b: Value): Value => {
  if (a.type === 'SCALAR' && b.type === 'SCALAR')
    return { type: 'SCALAR', milli: a.milli + b.milli }
  if (a.type === 'RANGES' && b.type === 'RANGES')
    return { type: 'RANGES', ranges: plusRanges(a.ranges, b.ranges) }
  if (a.type === 'SET' && b.type === 'SET')
    return { type: 'SET', items: [...new Set([...a.items, ...b.items])].sort() }
  throw new TypeError(`cannot add ${b.type} to ${a.type}`)
}

const subtract = (a: Value, b: Value): Value => {
  if (a.type === 'SCALAR' && b.type === 'SCALAR')
    return { type: 'SCALAR', milli: Math.max(0, a.milli - b.milli) }
  if (a.type === 'RANGES' && b.type === 'RANGES')
    return { type: 'RANGES', ranges: minusRanges(a.ranges, b.ranges) }
  if (a.type === 'SET' && b.type === 'SET')
    return { type: 'SET', items: a.items.filter((item) => !b.items.includes(item)) }
  throw new TypeError(`cannot subtract ${b.type} from ${a.type}`)
}

const covers = (a: Value | undefined, b: Value): boolean => {
  if (a === undefined) return isEmptyValue(b)
  if (a.type === 'SCALAR' && b.type === 'SCALAR') return a.milli >= b.milli
  if (a.type === 'RANGES' && b.type === 'RANGES') return containsRanges(a.ranges, b.ranges)
  if (a.type === 'SET' && b.type === 'SET') return b.items.every((item) => a.items.includes(item))
  return false
}

const amount = (value: Value): number => {
  if (value.type === 'SCALAR') return value.milli
  return 1000 * (value.type === 'RANGES' ? countRanges(value.ranges) : value.items.length)
}

const isEmptyValue = (value: Value): boolean => amount(value) === 0
