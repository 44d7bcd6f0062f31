/** Frozen at a time, and let run in between, so that connections and heartbeats survive. */
const sliceMs = 20_000
const thawMs = 2000
/** After so much freezing without an end, freezing is not the answer. */
const budgetMs = 60_000
/** The budget is whole again after so long without need. */
const refillMs = 60_000

/** When the revocable tier stands still (core-agent §7.3, L2). */
export class Freezer {
  #frozenSinceMs: number | undefined
  #thawedUntilMs = 0
  #spentMs = 0
  #neededAtMs = Number.NEGATIVE_INFINITY
  #lastMs = 0
  #pressureBefore = 0
  #relief = 0

  /** `isNeeded`: something says freeze; `isClear`: what said it has gone. Whether the tier is frozen in the second to come. */
  follow(
    nowMs: number,
    pressure: number,
    { isNeeded, isClear }: { isNeeded: boolean; isClear: boolean },
  ): boolean {
    this.#spend(nowMs, pressure)
    if (isNeeded) this.#neededAtMs = nowMs
    else if (nowMs - this.#neededAtMs > refillMs) this.#spentMs = 0
    if (this.#frozenSinceMs !== undefined) {
      const isOver = nowMs - this.#frozenSinceMs >= sliceMs
      if (isOver) this.#thawedUntilMs = nowMs + thawMs
      if (isOver || isClear) this.#frozenSinceMs = undefined
    } else if (isNeeded && nowMs >= this.#thawedUntilMs && !this.isSpent) {
      this.#frozenSinceMs = nowMs
      this.#pressureBefore = pressure
    }
    return this.#frozenSinceMs !== undefined
  }

  get isSpent(): boolean {
    return this.#spentMs >= budgetMs
  }

  /** Freezing helped: the pressure went with the tier, so the tier was its cause. */
  get relieves(): boolean {
    return this.#relief >= 0.5
  }

  #spend(nowMs: number, pressure: number): void {
    if (this.#frozenSinceMs !== undefined) {
      this.#spentMs += nowMs - this.#lastMs
      this.#relief = this.#pressureBefore > 0 ? 1 - pressure / this.#pressureBefore : 0
    }
    this.#lastMs = nowMs
  }
}
