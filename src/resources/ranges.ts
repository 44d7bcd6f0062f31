/** Inclusive whole numbers, `[begin, end]`. */
export interface Range {
  readonly begin: number
  readonly end: number
}

/** Sorted, disjoint and coalesced: `[1-3],[4-6]` is `[1-6]` (core-master R5). */
export type Ranges = readonly Range[]

/** Orders and merges overlapping or adjacent ranges. Throws RangeError on an inverted or fractional one. */
export const ranges = (parts: Iterable<Range>): Ranges => {
  const sorted = [...parts].sort((a, b) => a.begin - b.begin)
  const merged: { begin: number; end: number }[] = []
  for (const { begin, end } of sorted) {
    if (!isWhole(begin) || !isWhole(end) || begin > end)
      throw new RangeError(`not a range: ${begin}-${end}`)
    const last = merged.at(-1)
    if (last !== undefined && begin <= last.end + 1) last.end = Math.max(last.end, end)
    else merged.push({ begin, end })
  }
  return merged
}

export const plusRanges = (a: Ranges, b: Ranges): Ranges => ranges([...a, ...b])

/** What is in `a` and not in `b`; `b` need not be within `a`. */
export const minusRanges = (a: Ranges, b: Ranges): Ranges => {
  const rest: Range[] = []
  for (const range of a) {
    let begin = range.begin
    for (const cut of b) {
      if (cut.end < begin || cut.begin > range.end) continue
      if (cut.begin > begin) rest.push({ begin, end: cut.begin - 1 })
      begin = cut.end + 1
    }
    if (begin <= range.end) rest.push({ begin, end: range.end })
  }
  return rest
}

/** What is in both. */
export const intersectRanges = (a: Ranges, b: Ranges): Ranges => minusRanges(a, minusRanges(a, b))

export const containsRanges = (a: Ranges, b: Ranges): boolean =>
  b.every((part) => a.some((whole) => whole.begin <= part.begin && part.end <= whole.end))

/** How many numbers: `[31000-31001]` is 2. */
export const countRanges = (a: Ranges): number =>
  a.reduce((sum, { begin, end }) => sum + end - begin + 1, 0)

/** True where two of the given parts share a number. Parts as given, not yet merged. */
export const overlap = (parts: readonly Range[]): boolean => {
  const sorted = [...parts].sort((a, b) => a.begin - b.begin)
  return sorted.some((part, i) => i > 0 && part.begin <= (sorted[i - 1]?.end ?? -1))
}

/** `31000-32000, 40000-40000`, as Mesos prints ranges inside the brackets. */
export const formatRanges = (a: Ranges): string =>
  a.map(({ begin, end }) => `${begin}-${end}`).join(', ')

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
