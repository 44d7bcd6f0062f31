const firstMs = 120_000
const longestMs = 15 * 60_000
/** A repeat within this time after the last one closes for twice as long. */
const memoryMs = 30 * 60_000

/** For how long nothing more is lent after something had to be taken back (core-agent §7.2, back-pressure). */
export class Closure {
  #lastMs = Number.NEGATIVE_INFINITY
  #lengthMs = 0
  #untilMs = Number.NEGATIVE_INFINITY

  close(nowMs: number, leastMs = 0): void {
    if (nowMs >= this.#untilMs) {
      const isRepeat = nowMs - this.#lastMs <= memoryMs
      this.#lengthMs = isRepeat ? Math.min(longestMs, 2 * this.#lengthMs) : firstMs
      this.#untilMs = nowMs + this.#lengthMs
    }
    this.#lastMs = nowMs
    this.#untilMs = Math.max(this.#untilMs, nowMs + leastMs)
  }

  leftMs(nowMs: number): number {
    return Math.max(0, this.#untilMs - nowMs)
  }
}
