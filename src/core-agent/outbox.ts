import type { AppendLog } from '../runtime/append-log.ts'
import { backoffMs } from '../runtime/backoff.ts'
import type { Cancel, Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import type { Act, Effect } from './effect.ts'
import { type LogRecord, snapshotOf, toJson } from './journal.ts'
import type { AgentState } from './state.ts'

export interface OutboxPorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: AppendLog
  readonly state: AgentState
  perform(act: Act): void
  /** The journal cannot be written, as on a full disk; tries go on. */
  onStuck(error: unknown): void
  /** It can be written again, and what waited has been. */
  onFlowing(): void
  /** The journal could not be shortened: it stays as long as it is. */
  onSnapshotFailed(error: unknown): void
}

/** After so many records the journal is written anew. */
const recordsPerSnapshot = 1000
/** Written together. */
const recordsPerWrite = 1000
const retry = { baseMs: 200, capMs: 5000 }

interface Entry {
  /** Not yet on the disk. */
  records: readonly LogRecord[]
  readonly acts: readonly Act[]
}

/**
 * Keeps the order of effects: the records of a message are on disk before any other effect of it, the effects of
 * messages follow each other as the messages did, and within a message they are performed as listed. What an effect
 * sets off at once waits until those before it are done.
 *
 * While the disk takes nothing, all that waits is what the tasks at hand still do, for launches are refused: only
 * `at-once` effects go out, and nothing is published, for watchers begin anew when the disk is back.
 */
export class Outbox {
  readonly #ports: OutboxPorts
  /** Messages whose effects wait for the disk, their own records' or earlier ones'. */
  readonly #waiting: Entry[] = []
  readonly #ready: Act[] = []
  #performing = false
  #recordsSinceSnapshot = 0
  /** Writes in a row that failed. */
  #failures = 0
  #cancelRetry: Cancel = () => {}
  #isWriting = false
  #written: Promise<void> = Promise.resolve()
  #closed = false

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  /** Takes the effects of one message, in the turn in which it changed the state. */
  take(effects: readonly Effect[]): void {
    const records: LogRecord[] = []
    const acts: Act[] = []
    const urgent: Act[] = []
    for (const effect of effects) {
      if (effect.type === 'log') records.push(effect.record)
      else if (effect.type === 'at-once') urgent.push(effect.act)
      else if (effect.type !== 'publish' || this.#failures === 0) acts.push(effect)
    }
    this.#perform(urgent)
    if (records.length === 0 && this.#waiting.length === 0) return this.#perform(acts)
    if (records.length === 0 && acts.length === 0) return
    this.#waiting.push({ records, acts })
    if (!this.#isWriting && this.#failures === 0) this.#written = this.#write()
  }

  /** Performs nothing more; resolves when the disk has, or refuses, what it was given. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelRetry()
    await this.#written
  }

  /** One write at a time, so that no record gets to the disk past one that did not. */
  async #write(): Promise<void> {
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const failed = await this.#writeSome()
      const whole = this.#waiting.findIndex(({ records }) => records.length > 0)
      const done = this.#waiting.splice(0, whole === -1 ? this.#waiting.length : whole)
      this.#perform(done.flatMap(({ acts }) => acts))
      if (failed !== undefined) {
        this.#isWriting = false
        return this.#tryLater(failed.reason)
      }
      const wasStuck = this.#failures > 0
      this.#failures = 0
      if (wasStuck && !this.#closed) this.#ports.onFlowing()
    }
    this.#isWriting = false
  }

  /** Takes what got to the disk off the entries; answers why the rest did not. */
  async #writeSome(): Promise<PromiseRejectedResult | undefined> {
    const { log, state } = this.#ports
    const all = this.#waiting.flatMap(({ records }) => records)
    const records = all.slice(0, recordsPerWrite)
    const appends = records.map((record) => log.append(toJson(record)))
    this.#recordsSinceSnapshot += records.length
    // A snapshot is taken while the log was given every change that the state has.
    const isDue = this.#recordsSinceSnapshot >= recordsPerSnapshot && records.length === all.length
    if (isDue) this.#recordsSinceSnapshot = 0
    const snapshot = isDue ? log.snapshot(snapshotOf(state).map(toJson)) : undefined
    const appended = await Promise.allSettled(appends)
    const [outcome] = await Promise.allSettled([snapshot])
    const failed = appended.findIndex(({ status }) => status === 'rejected')
    if (isDue && outcome.status === 'fulfilled') this.#strike(records.length)
    else this.#strike(failed === -1 ? records.length : failed)
    if (outcome.status === 'rejected' && failed === -1) this.#ports.onSnapshotFailed(outcome.reason)
    return outcome.status === 'fulfilled' && isDue ? undefined : rejected(appended[failed])
  }

  /** The first `count` records are on the disk. */
  #strike(count: number): void {
    let left = count
    for (const entry of this.#waiting) {
      const taken = Math.min(left, entry.records.length)
      entry.records = entry.records.slice(taken)
      left -= taken
      if (left === 0) return
    }
  }

  #tryLater(reason: unknown): void {
    const { clock, random } = this.#ports
    if (this.#closed) return
    const waitMs = backoffMs(this.#failures, retry, random)
    this.#failures += 1
    this.#cancelRetry = clock.after(waitMs, () => {
      this.#written = this.#write()
    })
    if (this.#failures === 1) this.#ports.onStuck(reason)
  }

  #perform(acts: readonly Act[]): void {
    this.#ready.push(...acts)
    if (this.#performing) return
    this.#performing = true
    for (let act = this.#ready.shift(); act !== undefined; act = this.#ready.shift())
      if (!this.#closed) this.#ports.perform(act)
    this.#performing = false
  }
}

const rejected = (result: PromiseSettledResult<void> | undefined) =>
  result?.status === 'rejected' ? result : undefined
