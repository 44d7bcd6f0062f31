import {
  containsRanges,
  countRanges,
  formatRanges,
  intersectRanges,
  minusRanges,
  plusRanges,
  type Ranges,
} from './ranges.ts'
import { formatMilli } from './scalar.ts'

/** What a resource amounts to; TEXT is none (core-master R1). */
export type Value =
  | { readonly type: 'SCALAR'; readonly milli: number }
  | { readonly type: 'RANGES'; readonly ranges: Ranges }
  | { readonly type: 'SET'; readonly items: readonly string[] }

/** Throws TypeError on two types: identities never mix them. */
export const addValues = (a: Value, b: Value): Value => {
  if (a.type === 'SCALAR' && b.type === 'SCALAR')
    return { type: 'SCALAR', milli: a.milli + b.milli }
  if (a.type === 'RANGES' && b.type === 'RANGES')
    return { type: 'RANGES', ranges: plusRanges(a.ranges, b.ranges) }
  if (a.type === 'SET' && b.type === 'SET')
    return { type: 'SET', items: [...new Set([...a.items, ...b.items])].sort() }
  throw new TypeError(`cannot add ${b.type} to ${a.type}`)
}

/** What is left of `a`; what `b` has beyond it is dropped (core-master R2). */
export const subtractValues = (a: Value, b: Value): Value => {
  if (a.type === 'SCALAR' && b.type === 'SCALAR')
    return { type: 'SCALAR', milli: Math.max(0, a.milli - b.milli) }
  if (a.type === 'RANGES' && b.type === 'RANGES')
    return { type: 'RANGES', ranges: minusRanges(a.ranges, b.ranges) }
  if (a.type === 'SET' && b.type === 'SET')
    return { type: 'SET', items: a.items.filter((item) => !b.items.includes(item)) }
  throw new TypeError(`cannot subtract ${b.type} from ${a.type}`)
}

/** Scalars by value, ranges by coverage, sets by subset (core-master R4). */
export const coversValue = (a: Value, b: Value): boolean => {
  if (a.type === 'SCALAR' && b.type === 'SCALAR') return a.milli >= b.milli
  if (a.type === 'RANGES' && b.type === 'RANGES') return containsRanges(a.ranges, b.ranges)
  if (a.type === 'SET' && b.type === 'SET') return b.items.every((item) => a.items.includes(item))
  return false
}

/** True where two ranges or two sets name the same element; scalars are anonymous and never meet. */
export const valuesMeet = (a: Value, b: Value): boolean => {
  if (a.type === 'RANGES' && b.type === 'RANGES')
    return intersectRanges(a.ranges, b.ranges).length > 0
  if (a.type === 'SET' && b.type === 'SET') return a.items.some((item) => b.items.includes(item))
  return false
}

/** Thousandths of a scalar; of ranges and sets a thousand an element (core-master O9). */
export const amountOf = (value: Value): number => {
  if (value.type === 'SCALAR') return value.milli
  return 1000 * (value.type === 'RANGES' ? countRanges(value.ranges) : value.items.length)
}

export const isEmptyValue = (value: Value): boolean => amountOf(value) === 0

export const formatValue = (value: Value): string => {
  if (value.type === 'SCALAR') return formatMilli(value.milli)
  if (value.type === 'RANGES') return `[${formatRanges(value.ranges)}]`
  return `{${value.items.join(', ')}}`
}
