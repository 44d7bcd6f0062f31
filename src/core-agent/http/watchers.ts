import type { WatchRecord } from '../../mesos/engine-endpoint.ts'
import type { FrameworkId } from '../../mesos/ids.ts'
import { encodeRecord } from '../../mesos/recordio.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Exchange, Outflow } from '../../runtime/transport.ts'

const heartbeatMs = 15_000
/** A watcher that has not taken this much is ended; it comes back and starts with a snapshot. */
export const maxBufferedBytes = 16 * 1024 ** 2

interface Watcher {
  readonly framework: FrameworkId
  readonly outflow: Outflow
  cancelHeartbeat: Cancel
}

/** The frameworks that watch this engine: a snapshot first, then what changes, in order. */
export class Watchers {
  readonly #clock: Clock
  readonly #all = new Set<Watcher>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(exchange: Exchange, framework: FrameworkId, snapshot: WatchRecord): void {
    const outflow = exchange.open(200, { 'content-type': 'application/recordio' })
    const watcher: Watcher = { framework, outflow, cancelHeartbeat: () => {} }
    this.#all.add(watcher)
    outflow.onClose(() => this.#forget(watcher))
    this.#write(watcher, encode(snapshot))
  }

  /** To the watchers of one framework, or of all. */
  publish(framework: FrameworkId | undefined, record: WatchRecord): void {
    let bytes: Uint8Array | undefined
    for (const watcher of this.#all) {
      if (framework !== undefined && watcher.framework !== framework) continue
      bytes ??= encode(record)
      this.#write(watcher, bytes)
    }
  }

  close(): void {
    for (const watcher of this.#all) {
      this.#forget(watcher)
      watcher.outflow.end()
    }
  }

  #write(watcher: Watcher, bytes: Uint8Array): void {
    if (watcher.outflow.bufferedBytes() > maxBufferedBytes) {
      this.#forget(watcher)
      watcher.outflow.end()
      return
    }
    watcher.outflow.write(bytes)
    watcher.cancelHeartbeat()
    watcher.cancelHeartbeat = this.#clock.after(heartbeatMs, () =>
      this.#write(watcher, encode({ type: 'HEARTBEAT' })),
    )
  }

  #forget(watcher: Watcher): void {
    watcher.cancelHeartbeat()
    this.#all.delete(watcher)
  }
}

const encode = (record: WatchRecord): Uint8Array =>
  encodeRecord(Buffer.from(JSON.stringify(record)))
