import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { RegistryChange } from './entries.ts'
import { OutputGate } from './output-gate.ts'
import type { Registry } from './registry.ts'
import { Timings } from './timings.ts'

/**
 * The driver's hand on the registry: writes, and lets out what waits for that. A write that fails, or takes longer than
 * --registry_store_timeout, is fatal for a leader: it cannot take back what it has decided (core-master §6.7).
 */
export class Registrar {
  readonly #registry: Registry
  readonly #clock: Clock
  readonly #storeTimeoutMs: number
  readonly #fail: (error: Error) => void
  readonly #gate = new OutputGate()
  readonly #storing = new Timings()
  /** Of the writes under way. */
  readonly #deadlines = new Set<Cancel>()
  #closed = false

  constructor(
    registry: Registry,
    clock: Clock,
    options: { readonly storeTimeoutMs: number; readonly fail: (error: Error) => void },
  ) {
    this.#registry = registry
    this.#clock = clock
    this.#storeTimeoutMs = options.storeTimeoutMs
    this.#fail = options.fail
  }

  /** Does it once everything that was stored before lasts. */
  pass(act: () => void): void {
    this.#gate.pass(act)
  }

  store(changes: readonly RegistryChange[]): void {
    if (changes.length === 0) return
    const beganMs = this.#clock.monotonicMs()
    const cancel = this.#clock.after(this.#storeTimeoutMs, () =>
      this.#fail(new Error(`the registry took longer than ${this.#storeTimeoutMs} ms to write`)),
    )
    this.#deadlines.add(cancel)
    this.#gate.hold((done) =>
      this.#registry.store(changes, (error) => {
        if (this.#closed) return
        cancel()
        this.#deadlines.delete(cancel)
        if (error !== undefined)
          return this.#fail(
            new Error(`the registry cannot be written: ${error.message}`, { cause: error }),
          )
        this.#storing.add(this.#clock.monotonicMs() - beganMs)
        done()
      }),
    )
  }

  /** Of core-master §10. */
  metrics(): Readonly<Record<string, number>> {
    return {
      'registrar/queued_operations': this.#gate.writes,
      'registrar/state_fetch_ms': this.#registry.fetchMs,
      'registrar/registry_size_bytes': this.#registry.sizeBytes,
      ...this.#storing.metrics('registrar/state_store_ms'),
    }
  }

  /** What waits is never done. */
  close(): void {
    this.#closed = true
    for (const cancel of this.#deadlines) cancel()
    this.#gate.drop()
  }
}
