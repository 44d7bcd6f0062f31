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

/** What is less is noise: the kernel counts by ticks, of which a glance sees a dozen. */
export const toleranceOf = (cpus: number): number => Math.max(0.1, 0.02 * cpus)

/** How many cpus the revocable tier may use: what regular tasks and the system leave of the busy share (core-agent §7.3, L1). */
export class Quota {
  #average: number | undefined
  #before: number | undefined
  #cpus: number | undefined
  #leastSeconds = 0
  #systemCpus = 0
  /** Of the last glance, where one in this second has lowered the quota. */
  #sudden: number | undefined

  /** What regular tasks are about to use, or used a moment ago. */
  regularCpus = 0
  cpus = leastQuotaCpus

  follow({ cpus, regularCpus, systemCpus }: NodeSample, isBlamed: boolean): void {
    const average = this.#average ?? regularCpus
    this.#average = average + smoothing * (regularCpus - average)
    // What rises goes on rising, as far as is known: the quota is for the second to come.
    const rise = Math.max(0, regularCpus - (this.#before ?? regularCpus))
    this.#before = regularCpus
    // A sudden rise that is still there counts as it is: the mean of the second knows only a part of it.
    this.regularCpus = Math.max(regularCpus + rise, this.#average, this.#sudden ?? 0)
    this.#sudden = undefined
    this.#systemCpus = systemCpus
    const target = Math.max(leastQuotaCpus, busyShare * cpus - systemCpus - this.regularCpus)
    const before = this.#cpus ?? target
    const risen = Math.min(target, before + risePerSecond * cpus)
    this.cpus = isBlamed ? Math.max(leastQuotaCpus, Math.min(risen, squeeze * before)) : risen
    this.#cpus = this.cpus
    this.#leastSeconds = this.cpus <= leastQuotaCpus ? this.#leastSeconds + 1 : 0
  }

  /**
   * Regular tasks use more than the quota has left them: it falls now, until the next second. That one takes no notice of
   * a burst that is over by then. Whether it has fallen.
   */
  glance(cpus: number, regularCpus: number): boolean {
    if (this.#sudden !== undefined) this.#sudden = regularCpus
    if (regularCpus <= this.regularCpus + toleranceOf(cpus)) return false
    this.#sudden = regularCpus
    this.regularCpus = regularCpus
    const target = Math.max(leastQuotaCpus, busyShare * cpus - this.#systemCpus - regularCpus)
    const falls = target < this.cpus
    this.cpus = Math.min(this.cpus, target)
    return falls
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
