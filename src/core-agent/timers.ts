import type { Cancel, Clock } from '../runtime/clock.ts'

/** Timers by name; one that is set again counts from then on. */
export class Timers {
  readonly #clock: Clock
  readonly #running = new Map<string, Cancel>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(name: string, delayMs: number, callback: () => void): void {
    this.cancel(name)
    const fire = () => {
      this.#running.delete(name)
      callback()
    }
    this.#running.set(name, this.#clock.after(delayMs, fire))
  }

  every(name: string, intervalMs: number, callback: () => void): void {
    this.after(name, intervalMs, () => {
      this.every(name, intervalMs, callback)
      callback()
    })
  }

  cancel(name: string): void {
    this.#running.get(name)?.()
    this.#running.delete(name)
  }

  cancelAll(): void {
    for (const cancel of this.#running.values()) cancel()
    this.#running.clear()
  }
}
