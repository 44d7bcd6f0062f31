import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'

/**
 * How much the agent logs, as Mesos counts it (logging/logging.cpp): 0 is what it logs by itself, any more is all that
 * it can tell.
 */
export class LoggingLevel {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #own: Logger['level']
  #level = 0
  #cancel: Cancel = () => {}

  constructor({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }) {
    this.#logger = logger
    this.#clock = clock
    this.#own = logger.level
  }

  get level(): number {
    return this.#level
  }

  /** For `durationMs`, then as it was at the start; one that is set meanwhile counts instead. */
  set(level: number, durationMs: number): void {
    this.#cancel()
    this.#apply(level)
    this.#cancel = this.#clock.after(durationMs, () => this.#apply(0))
  }

  close(): void {
    this.#cancel()
    this.#apply(0)
  }

  #apply(level: number): void {
    this.#level = level
    this.#logger.level = level === 0 ? this.#own : 'debug'
  }
}
