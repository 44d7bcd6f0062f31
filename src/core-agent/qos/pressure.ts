import { percentileOf } from '../estimator/window.ts'
import type { NodeSample } from '../usage/sample.ts'

/** Below this the revocable tier does not run, and is not blamed. */
const leastCpus = 0.1
const leastShare = 0.01
/** Pressure on regular tasks above what they have without anybody else. */
const margin = 0.1
const assumedBaseline = 0.05
/** Seconds of baseline that are remembered, and how many make one. */
const baselineLength = 300
const leastBaseline = 30
/** Seconds in a row before pressure is believed. */
const believedSeconds = 3

export interface Verdict {
  /** Share of the last second in which regular tasks waited for a cpu because of the revocable tier. */
  readonly attributed: number
  /** The same whoever is to blame. */
  readonly raw: number
  readonly threshold: number
  /** `attributed` has been at the threshold for some seconds. */
  readonly isBlamed: boolean
  /** For how many seconds `raw` has been below the threshold. */
  readonly clearSeconds: number
}

/**
 * Whose fault it is that regular tasks wait (core-agent §7.3, attribution). What is outside of containers presses too:
 * the revocable tier is blamed by its share of what runs beside the regular tasks, and only above the pressure that
 * stays when it does not run.
 */
export class PressureJudge {
  readonly #baseline: number[] = []
  #blamedSeconds = 0
  #clearSeconds = 0

  judge({ cpus, revocableCpus, systemCpus, pressure }: NodeSample): Verdict {
    const raw = pressure.cpuSome ?? 0
    const runs = revocableCpus >= Math.max(leastCpus, leastShare * cpus)
    if (!runs) this.#learn(raw)
    const threshold = margin + Math.max(0, this.#usual())
    const attributed = runs ? (raw * revocableCpus) / (revocableCpus + systemCpus) : 0
    this.#blamedSeconds = attributed >= threshold ? this.#blamedSeconds + 1 : 0
    this.#clearSeconds = raw < threshold ? this.#clearSeconds + 1 : 0
    const isBlamed = this.#blamedSeconds >= believedSeconds
    return { attributed, raw, threshold, isBlamed, clearSeconds: this.#clearSeconds }
  }

  #learn(raw: number): void {
    this.#baseline.push(raw)
    if (this.#baseline.length > baselineLength) this.#baseline.shift()
  }

  #usual(): number {
    return this.#baseline.length < leastBaseline
      ? assumedBaseline
      : percentileOf(this.#baseline, 0.95)
  }
}
