import type { NodeSample } from '../usage/sample.ts'
import type { RegularTask } from './estimator.ts'
import type { History } from './history.ts'
import { deviationOf, meanOf, percentileOf, Window } from './window.ts'

/** Means and maxima are taken over slots of this length. */
export const slotMs = 15_000
const shortMs = 10 * 60_000
const longMs = 2 * 3_600_000
const recentMs = 60_000
/** A regular task younger than this, or looked at less often, counts as its request. */
const warmUpMs = 300_000
const warmUpSamples = 20
/** Before there are `longMs` of history, at least this share of what is allocated is expected. */
const coldShare = 0.5

/** What the whole of the regular tasks may need, and what the rest of the machine does. cpus. */
export interface CpuPeak {
  /** Predicted peak of the regular tasks together: peaks of single ones do not coincide. */
  readonly regular: number
  readonly system: number
  /** How much time of the last two hours was measured. */
  readonly knownMs: number
  readonly sampledAtMs: number
}

interface Options {
  /** Standard deviations above the mean, over the short and over the long window. */
  readonly shortSigmas: number
  readonly longSigmas: number
}

/**
 * The peak of the aggregate, not the sum of peaks ("Take it to the Limit", EuroSys 2021; core-agent §7.2): the largest
 * of mean and deviations over a short and over a long window and of the last minute's maximum.
 */
export class CpuPeakPredictor {
  readonly #options: Options
  readonly #regular = new Window(longMs)
  readonly #system = new Window(shortMs)
  #slot:
    | { fromMs: number; seconds: number; regular: number; system: number; max: number }
    | undefined
  #sampledAtMs = Number.NEGATIVE_INFINITY
  #warmCpus = 0
  #requestedCpus = 0

  constructor(options: Options) {
    this.#options = options
  }

  observe(sample: NodeSample, tasks: readonly RegularTask[]): void {
    const warm = tasks.filter(isWarmingUp)
    this.#warmCpus = sum(warm.map(({ requestCpus }) => requestCpus))
    this.#requestedCpus = sum(tasks.map(({ requestCpus }) => requestCpus))
    const ofWarm = sum(warm.map(({ usage }) => usage?.cpus ?? 0))
    this.#add(sample, Math.max(0, sample.regularCpus - ofWarm))
    this.#sampledAtMs = sample.atMs
  }

  predict(nowMs: number): CpuPeak {
    const short = this.#regular.last(nowMs, shortMs).map(({ mean }) => mean)
    const long = this.#regular.last(nowMs, longMs).map(({ mean }) => mean)
    const recent = this.#regular.last(nowMs, recentMs).map(({ max }) => max)
    const knownMs = long.length * slotMs
    const { shortSigmas, longSigmas } = this.#options
    const settled = this.#requestedCpus - this.#warmCpus
    const cold = knownMs < longMs ? coldShare * settled : 0
    const expected = Math.max(
      meanOf(short) + shortSigmas * deviationOf(short),
      meanOf(long) + longSigmas * deviationOf(long),
      cold,
      this.#slot?.max ?? 0,
      ...recent,
    )
    const system = this.#system.last(nowMs, shortMs).map(({ mean }) => mean)
    return {
      regular: Math.min(settled, expected) + this.#warmCpus,
      system: percentileOf(system, 0.95),
      knownMs,
      sampledAtMs: this.#sampledAtMs,
    }
  }

  history(): History {
    return { regular: this.#regular.slots(), system: this.#system.slots() }
  }

  /** Slots of an earlier life, on the clock of this one. */
  resume(slots: History): void {
    for (const slot of slots.regular) this.#regular.push(slot)
    for (const slot of slots.system) this.#system.push(slot)
  }

  #add({ atMs, intervalMs, systemCpus }: NodeSample, regularCpus: number): void {
    const seconds = intervalMs / 1000
    const slot = (this.#slot ??= {
      fromMs: atMs - intervalMs,
      seconds: 0,
      regular: 0,
      system: 0,
      max: 0,
    })
    slot.seconds += seconds
    slot.regular += regularCpus * seconds
    slot.system += systemCpus * seconds
    slot.max = Math.max(slot.max, regularCpus)
    if (atMs - slot.fromMs < slotMs) return
    this.#regular.push({ atMs, mean: slot.regular / slot.seconds, max: slot.max })
    const system = slot.system / slot.seconds
    this.#system.push({ atMs, mean: system, max: system })
    this.#slot = undefined
  }
}

const isWarmingUp = ({ ageMs, usage }: RegularTask): boolean =>
  ageMs < warmUpMs || usage === undefined || usage.samples < warmUpSamples

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
