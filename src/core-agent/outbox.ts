import type { AppendLog } from '../runtime/append-log.ts'
import type { Effect } from './effect.ts'
import { snapshotOf, toJson } from './journal.ts'
import type { AgentState } from './state.ts'

/** An effect that is not about the journal. */
export type Act = Exclude<Effect, { type: 'log' }>

export interface OutboxPorts {
  readonly log: AppendLog
  readonly state: AgentState
  perform(act: Act): void
  /** The journal can no longer be written. Nothing more will be performed. */
  onFailure(error: unknown): void
}

/** After so many records the journal is written anew. */
const recordsPerSnapshot = 1000

/**
 * Keeps the order of effects: the records of a message are on disk before any other effect of it, the effects of
 * messages follow each other as the messages did, and within a message they are performed as listed. What an effect
 * sets off at once waits until those before it are done.
 */
export class Outbox {
  readonly #ports: OutboxPorts
  readonly #ready: Act[] = []
  #performing = false
  #recordsSinceSnapshot = 0
  /** Messages whose effects wait for the disk, their own records' or earlier ones'. */
  #waiting = 0
  #tail: Promise<void> = Promise.resolve()
  #closed = false

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  /** Takes the effects of one message, in the turn in which it changed the state. */
  take(effects: readonly Effect[]): void {
    const durable = this.#write(effects)
    const acts = effects.filter((effect) => effect.type !== 'log')
    if (durable === undefined && this.#waiting === 0) return this.#perform(acts)
    this.#waiting += 1
    this.#tail = Promise.all([this.#tail, durable]).then(
      () => {
        this.#waiting -= 1
        this.#perform(acts)
      },
      (error: unknown) => this.#fail(error),
    )
  }

  /** Performs nothing more; resolves when the disk has what it was given. */
  close(): Promise<void> {
    this.#closed = true
    return this.#tail
  }

  /** Resolves when all records among `effects` are durable; undefined: there are none. */
  #write(effects: readonly Effect[]): Promise<unknown> | undefined {
    const { log, state } = this.#ports
    const writes = effects
      .filter((effect) => effect.type === 'log')
      .map(({ record }) => log.append(toJson(record)))
    if (writes.length === 0) return undefined
    this.#recordsSinceSnapshot += writes.length
    if (this.#recordsSinceSnapshot >= recordsPerSnapshot) {
      this.#recordsSinceSnapshot = 0
      writes.push(log.snapshot(snapshotOf(state).map(toJson)))
    }
    return Promise.all(writes)
  }

  #perform(acts: readonly Act[]): void {
    this.#ready.push(...acts)
    if (this.#performing) return
    this.#performing = true
    for (let act = this.#ready.shift(); act !== undefined; act = this.#ready.shift())
      if (!this.#closed) this.#ports.perform(act)
    this.#performing = false
  }

  /** Intents that cannot be written must not be acted upon. */
  #fail(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#ports.onFailure(error)
  }
}
