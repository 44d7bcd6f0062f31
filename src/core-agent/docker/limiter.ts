import { EngineUnavailableError } from './engine.ts'

/** How many calls of a kind may wait for their turn before more are refused. */
const maxWaiting = 10_000

/** At most `limit` at a time, the others in the order in which they came. */
export class Limiter {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Rejects with EngineUnavailableError, at once, where `maxWaiting` wait already. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) {
      if (this.#waiting.length >= maxWaiting)
        throw new EngineUnavailableError(
          `${maxWaiting} calls of this kind wait for the engine already`,
        )
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await act()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next() // Takes over this turn.
    }
  }
}
