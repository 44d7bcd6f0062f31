import type { NodeSample } from '../usage/sample.ts'

/** Share of the cpus that may be busy while anything lent runs. */
export const busyShare = 0.88
/** The tier is never throttled below this: what has no time at all never ends. */
export const leastQuotaCpus = 0.5
/** Share of the cpus by which the quota may rise in a second; it falls at once. */
const risePerSecond = 0.05
/** By which it falls each second while the tier is blamed for pressure. */
const squeeze = 0.8
/** Of the moving average of what regular tasks use: about five seconds. */
const smoothing = 1 / 3

/** How many cpus the revocable tier may use: what regular tasks and the system leave of the busy share (core-agent §7.3, L1). */
export class Quota {
  #average: number | undefined
  #before: number | undefined
  #cpus: number | undefined
  #leastSeconds = 0

  /** What regular tasks are about to use, or used a moment ago. */
  regularCpus = 0
  cpus = leastQuotaCpus

  follow({ cpus, regularCpus, systemCpus }: NodeSample, isBlamed: boolean): void {
    const average = this.#average ?? regularCpus
    this.#average = average + smoothing * (regularCpus - average)
    // What rises goes on rising, as far as is known: the quota is for the second to come.
    const rise = Math.max(0, regularCpus - (this.#before ?? regularCpus))
    this.#before = regularCpus
    this.regularCpus = Math.max(regularCpus + rise, this.#average)
    const target = Math.max(leastQuotaCpus, busyShare * cpus - systemCpus - this.regularCpus)
    const before = this.#cpus ?? target
    const risen = Math.min(target, before + risePerSecond * cpus)
    this.cpus = isBlamed ? Math.max(leastQuotaCpus, Math.min(risen, squeeze * before)) : risen
    this.#cpus = this.cpus
    this.#leastSeconds = this.cpus <= leastQuotaCpus ? this.#leastSeconds + 1 : 0
  }

  /** Seconds for which there has been nothing left to throttle. */
  get leastSeconds(): number {
    return this.#leastSeconds
  }

  /** Nothing lent runs: the next one begins with what there is. */
  reset(): void {
    this.#cpus = undefined
    this.#leastSeconds = 0
  }
}
