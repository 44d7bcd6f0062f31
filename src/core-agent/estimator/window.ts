/** What was measured in one slot of time: its mean and its greatest second. */
export interface Slot {
  /** End of the slot; monotonic clock. */
  readonly atMs: number
  readonly mean: number
  readonly max: number
}

/** The slots of the last `spanMs`, oldest first. */
export class Window {
  readonly spanMs: number
  readonly #slots: Slot[] = []

  constructor(spanMs: number) {
    this.spanMs = spanMs
  }

  push(slot: Slot): void {
    this.#slots.push(slot)
    while ((this.#slots[0]?.atMs ?? slot.atMs) <= slot.atMs - this.spanMs) this.#slots.shift()
  }

  slots(): readonly Slot[] {
    return this.#slots
  }

  /** Those that ended within the last `spanMs` before `nowMs`. */
  last(nowMs: number, spanMs: number): readonly Slot[] {
    const from = this.#slots.findIndex(({ atMs }) => atMs > nowMs - spanMs)
    return from === -1 ? [] : this.#slots.slice(from)
  }
}

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** Of the population; zero where there is nothing to deviate. */
export const deviationOf = (values: readonly number[]): number => {
  const mean = meanOf(values)
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)))
}

/** The value that `share` of all values do not exceed (nearest rank); zero of none. */
export const percentileOf = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0
