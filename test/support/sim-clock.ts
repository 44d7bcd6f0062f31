import type { Cancel, Clock } from '../../src/runtime/clock.ts'

interface Timer {
  readonly dueMs: number
  readonly sequence: number
  readonly callback: () => void
  /** Place in the heap, -1 once fired or cancelled. */
  at: number
}

/** A clock that moves only when told to, and fires what is due in a fixed order: by time, then by age. */
export class SimClock implements Clock {
  readonly #timers = new TimerHeap()
  #monotonicMs = 0
  #wallOffsetMs: number
  #sequence = 0

  constructor(startMs = 0) {
    this.#wallOffsetMs = startMs
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  after(delayMs: number, callback: () => void): Cancel {
    if (Number.isNaN(delayMs)) throw new RangeError('a delay is not NaN')
    const dueMs = this.#monotonicMs + Math.max(0, delayMs)
    const timer: Timer = { dueMs, sequence: this.#sequence++, callback, at: -1 }
    this.#timers.add(timer)
    return () => this.#timers.remove(timer)
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#timers.size
  }

  /** When the next timer is due, on the monotonic clock. */
  get nextDueMs(): number | undefined {
    return this.#timers.first?.dueMs
  }

  /** Moves to the next timer and fires it. False when none is armed. What it woke has not run yet: see `settle`. */
  step(): boolean {
    const timer = this.#timers.first
    if (timer === undefined) return false
    this.#timers.remove(timer)
    this.#monotonicMs = timer.dueMs
    timer.callback()
    return true
  }

  /** Lets `durationMs` pass, settling before each timer and after the last. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + durationMs
    await settle()
    while (this.nextDueMs !== undefined && this.nextDueMs <= untilMs) {
      this.step()
      await settle()
    }
    this.#monotonicMs = untilMs
  }

  /** Sets the wall clock forward, or back, as an operator or NTP does; monotonic time does not notice. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }
}

/** Lets every promise that is already able to run, run. Enough while nothing in the test does real I/O. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A binary heap that can give up any of its timers: most deadlines are cancelled, few fire. */
class TimerHeap {
  readonly #heap: Timer[] = []

  get size(): number {
    return this.#heap.length
  }

  get first(): Timer | undefined {
    return this.#heap[0]
  }

  add(timer: Timer): void {
    this.#heap.push(timer)
    this.#raise(timer, this.#heap.length - 1)
  }

  remove(timer: Timer): void {
    const { at } = timer
    if (at === -1) return
    timer.at = -1
    const last = this.#heap.pop()
    if (last === undefined || last === timer) return
    this.#raise(last, at)
    this.#lower(last, last.at)
  }

  #raise(timer: Timer, from: number): void {
    let at = from
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = this.#heap[parentAt]
      if (parent === undefined || isBefore(parent, timer)) break
      this.#put(parent, at)
      at = parentAt
    }
    this.#put(timer, at)
  }

  #lower(timer: Timer, from: number): void {
    let at = from
    for (;;) {
      const childAt = this.#earlierChild(at)
      const child = this.#heap[childAt]
      if (child === undefined || isBefore(timer, child)) break
      this.#put(child, at)
      at = childAt
    }
    this.#put(timer, at)
  }

  #earlierChild(at: number): number {
    const left = this.#heap[2 * at + 1]
    const right = this.#heap[2 * at + 2]
    return left && right && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1
  }

  #put(timer: Timer, at: number): void {
    this.#heap[at] = timer
    timer.at = at
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
