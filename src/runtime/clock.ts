export type Cancel = () => void

/** Time as a port. Nothing else in `src` reads the time or sets a timer. */
export interface Clock {
  /** Wall time in milliseconds since the epoch, for timestamps that people and peers read. */
  now(): number
  /** Monotonic milliseconds from an arbitrary start, for every deadline and duration. */
  monotonicMs(): number
  /** Calls back once, after `delayMs` milliseconds. */
  after(delayMs: number, callback: () => void): Cancel
}

/** What `setTimeout` can hold; beyond it, it would fire at once. */
const longestTimeoutMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const legMs = Math.min(leftMs, longestTimeoutMs)
      timer = setTimeout(() => (legMs < leftMs ? arm(leftMs - legMs) : callback()), legMs)
    }
    arm(delayMs)
    return () => clearTimeout(timer)
  },
}
