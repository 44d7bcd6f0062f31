import {
  type DiskSource,
  isWholeDisk,
  type PersistentVolume,
  sourceKey,
  volumeKey,
} from './disks.ts'
import { plusRanges, type Ranges } from './ranges.ts'
import { isSubroleOf, type ReservationStack, stackKey } from './reservations.ts'
import { milli } from './scalar.ts'
import {
  addValues,
  amountOf,
  coversValue,
  formatValue,
  isEmptyValue,
  subtractValues,
  type Value,
  valuesMeet,
} from './values.ts'

/** An amount of one thing, under one reservation stack, of one kind (regular or revocable). */
export interface Resource {
  readonly name: string
  readonly value: Value
  /** Outermost first; empty is unreserved. The last entry's role is the reservation role. */
  readonly reservations: ReservationStack
  /** Lent: may be taken back at any time (a presence flag on the wire, core-master §4.4). */
  readonly revocable: boolean
  readonly disk?: DiskSource
  readonly volume?: PersistentVolume
  /** How often a shared volume is there; absent for what is not shared. Copies are counted, not summed (core-master R3). */
  readonly copies?: number
  readonly provider?: string
}

/**
 * Normal form: one entry an identity (of what goes whole, one a piece), none empty, sorted by identity, so equal
 * amounts are equal arrays.
 */
export type Resources = readonly Resource[]

/** Which of the two kinds an amount is of. */
export type Kind = 'regular' | 'revocable'

export const none: Resources = []

/** Brings any list into normal form: equal identities are added, empty ones dropped. */
export const resources = (parts: Iterable<Resource>): Resources => {
  const normal: Resource[] = []
  for (const part of [...parts].sort(byIdentity)) {
    if (isEmptyValue(part.value)) continue
    const last = normal.at(-1)
    if (last !== undefined && byIdentity(last, part) === 0 && !isWhole(part))
      normal[normal.length - 1] = merge(last, part)
    else normal.push(part)
  }
  return normal
}

export const plus = (...all: readonly Resources[]): Resources => {
  const given = all.filter((one) => one.length > 0)
  const [first = none] = given
  return given.length > 1 ? resources(given.flat()) : first
}

/**
 * What is left of `a`; what `b` has beyond `a` is dropped (core-master R2: negative results are removed).
 * Callers for whom an overdraft is a bug prove `contains(a, b)` first.
 */
export const minus = (a: Resources, b: Resources): Resources => {
  if (a === b || a.length === 0) return none
  if (b.length === 0) return a
  const left: Resource[] = [...a]
  for (const resource of b) {
    const at = left.findIndex((one) => byIdentity(one, resource) === 0)
    const whole = left[at]
    if (whole === undefined) continue
    const rest = without(whole, resource)
    if (rest === undefined) left.splice(at, 1)
    else left[at] = rest
  }
  return left
}

/** Entry by entry: regular never covers revocable, nor one reservation another (core-master R3, R4). */
export const contains = (a: Resources, b: Resources): boolean => {
  if (a === b) return true
  let left = a
  for (const resource of b) {
    const at = left.findIndex((one) => byIdentity(one, resource) === 0)
    const whole = left[at]
    if (whole === undefined || !covers(whole, resource)) return false
    // Of what goes whole each piece is used up once (core-master R4).
    if (isWhole(resource)) left = left.filter((_, other) => other !== at)
  }
  return true
}

export const equal = (a: Resources, b: Resources): boolean => contains(a, b) && contains(b, a)

export const isEmpty = (a: Resources): boolean => a.length === 0

/** True where two amounts name one port, or one element of a set, under whatever reservation (core-master R22). */
export const meet = (a: Resources, b: Resources): boolean =>
  a.some((one) => b.some((other) => one.name === other.name && valuesMeet(one.value, other.value)))

export const ofKind = (a: Resources, kind: Kind): Resources => {
  const wanted = kind === 'revocable'
  let found = 0
  for (const { revocable } of a) if (revocable === wanted) found += 1
  if (found === 0) return none
  return found === a.length ? a : a.filter(({ revocable }) => revocable === wanted)
}

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

/** Scalars in thousandths by name; ranges and sets count their elements, a shared volume once (core-master O9). */
export const quantities = (a: Resources): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const { name, value } of a) sums.set(name, (sums.get(name) ?? 0) + amountOf(value))
  return sums
}

/** The role that the last reservation names, `*` for unreserved (core-master R10). */
export const reservationRole = ({ reservations }: Resource): string =>
  reservations[reservations.length - 1]?.role ?? '*'

/** Unreserved, or reserved for `role` or an ancestor of it (core-master R11). */
export const allocatableTo = (resource: Resource, role: string): boolean => {
  const reserved = reservationRole(resource)
  return reserved === '*' || reserved === role || isSubroleOf(role, reserved)
}

/**
 * May be cut to any amount; what may not goes whole or not at all: volumes, mounts, devices (core-master R5);
 * of a shared volume copies are counted.
 * Ranges and sets are never cut either: nobody could say to which elements.
 */
export const isWhole = ({ disk, volume, copies }: Resource): boolean =>
  copies === undefined && (volume !== undefined || isWholeDisk(disk))

/** As Mesos prints: `cpus:2; mem(role):512; cpus{REV}:4; ports:[31000-32000]; disk(role)[v1:/data]{SHARED}:10`. */
export const format = (a: Resources): string =>
  a
    .map((resource) => {
      const role = reservationRole(resource)
      const reserved = role === '*' ? '' : `(${role})`
      const lent = resource.revocable ? '{REV}' : ''
      const mark = `${reserved}${formatDisk(resource)}${formatCopies(resource)}${lent}`
      return `${resource.name}${mark}:${formatValue(resource.value)}`
    })
    .join('; ')

const formatDisk = ({ disk, volume }: Resource): string => {
  const place = disk && [disk.type, disk.root ?? disk.id].filter((part) => part !== undefined)
  const parts = [place?.join(':'), volume && `${volume.id}:${volume.containerPath}`]
  const shown = parts.filter((part) => part !== undefined).join(',')
  return shown === '' ? '' : `[${shown}]`
}

const formatCopies = ({ copies }: Resource): string => {
  if (copies === undefined) return ''
  return copies === 1 ? '{SHARED}' : `{SHARED×${copies}}`
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

/**
 * Zero where the two amounts add up, or are the same piece of what goes whole (core-master R3); else an order of
 * names, regular before revocable.
 */
const byIdentity = (a: Resource, b: Resource): number =>
  compare(a.name, b.name) ||
  compare(a.value.type, b.value.type) ||
  Number(a.revocable) - Number(b.revocable) ||
  (a.disk === b.disk ? 0 : compare(sourceKey(a.disk), sourceKey(b.disk))) ||
  (a.volume === b.volume ? 0 : compare(volumeKey(a.volume), volumeKey(b.volume))) ||
  (a.provider === b.provider ? 0 : compare(a.provider ?? '', b.provider ?? '')) ||
  (a.reservations === b.reservations
    ? 0
    : compare(stackKey(a.reservations), stackKey(b.reservations))) ||
  Number(a.copies !== undefined) - Number(b.copies !== undefined) ||
  (isPiece(a) ? amountOf(a.value) - amountOf(b.value) : 0)

/** One of those whose amount is part of what they are. */
const isPiece = (resource: Resource): boolean => resource.copies !== undefined || isWhole(resource)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const merge = (a: Resource, b: Resource): Resource =>
  a.copies === undefined || b.copies === undefined
    ? { ...a, value: addValues(a.value, b.value) }
    : { ...a, copies: a.copies + b.copies }

/** What stays of `a`, of the same identity as `b`; undefined where nothing does. */
const without = (a: Resource, b: Resource): Resource | undefined => {
  if (isWhole(a)) return undefined
  if (a.copies !== undefined && b.copies !== undefined)
    return a.copies > b.copies ? { ...a, copies: a.copies - b.copies } : undefined
  const value = subtractValues(a.value, b.value)
  return isEmptyValue(value) ? undefined : { ...a, value }
}

const covers = (a: Resource, b: Resource): boolean =>
  a.copies !== undefined && b.copies !== undefined
    ? a.copies >= b.copies
    : coversValue(a.value, b.value)
