/** The newest durations that percentiles are of. */
const maxKept = 1_000

const percentiles = {
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
  p9999: 0.9999,
} as const

/** How long something took, as Mesos' timers show it: the last time, and what all times looked like. */
export class Timings {
  #count = 0
  #last = 0
  readonly #kept: number[] = []

  add(durationMs: number): void {
    this.#kept[this.#count % maxKept] = durationMs
    this.#count += 1
    this.#last = durationMs
  }

  /** `<name>` and `<name>/count`, /min, /max, /p50 … /p9999; nothing where there was no time yet. */
  metrics(name: string): Readonly<Record<string, number>> {
    if (this.#count === 0) return {}
    const sorted = this.#kept.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    return {
      [name]: this.#last,
      [`${name}/count`]: this.#count,
      [`${name}/min`]: at(0),
      [`${name}/max`]: at(1),
      ...Object.fromEntries(
        Object.entries(percentiles).map(([key, share]) => [`${name}/${key}`, at(share)]),
      ),
    }
  }
}
