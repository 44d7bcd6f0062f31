import type { Readable } from 'node:stream'
import type { Codec } from '../../mesos/codec.ts'
import { encodeRecord } from '../../mesos/recordio.ts'
import type { AgentProcessIO } from '../../mesos/wire.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Outflow } from '../../runtime/transport.ts'
import { StreamFrames } from './stream-frames.ts'

/** What a reader may leave untaken before the process has to wait for it. */
export const maxUnreadBytes = 1024 * 1024
/** Readers of one process. */
export const maxReaders = 16
/** Of what nobody reads. */
const drainLookMs = 5
/** As Mesos' io switchboard: often enough that nothing between the two takes the connection for dead. */
export const heartbeatMs = 30_000

interface Reader {
  readonly outflow: Outflow
  readonly codec: Codec<AgentProcessIO>
}

export interface OutputOptions {
  readonly tty: boolean
  readonly clock: Clock
  /** Once: nothing more comes. */
  onEnd(): void
}

/**
 * What a process says, to everybody who reads it: one ProcessIO a record. The slowest reader sets the pace, so no more
 * than `maxUnreadBytes` wait for each; without a reader what is said is lost.
 */
export class Output {
  readonly #source: Readable
  readonly #options: OutputOptions
  readonly #readers = new Set<Reader>()
  #cancelBeat: Cancel
  #cancelLook: Cancel = () => {}
  #over = false

  constructor(source: Readable, options: OutputOptions) {
    this.#source = source
    this.#options = options
    const frames = new StreamFrames(options)
    source.on('data', (chunk: Uint8Array) => {
      for (const { stream: type, data } of frames.push(chunk))
        this.#tell({ type: 'DATA', data: { type, data } })
      if (this.#isFull()) this.#pause()
    })
    source.on('error', () => {}) // 'close' follows.
    source.on('end', () => this.#end())
    source.on('close', () => this.#end())
    this.#cancelBeat = this.#beat()
  }

  /** Callers look at `isFull` first. `onGone` is called when the reader leaves before the end. */
  add(outflow: Outflow, codec: Codec<AgentProcessIO>, onGone: () => void = () => {}): void {
    if (this.#over) return outflow.end()
    const reader = { outflow, codec }
    this.#readers.add(reader)
    outflow.onClose(() => {
      this.#readers.delete(reader)
      onGone()
    })
  }

  get isFull(): boolean {
    return this.#readers.size >= maxReaders
  }

  /** Everybody has heard the end; nothing is read any more. */
  close(): void {
    this.#source.destroy()
    this.#end()
  }

  #tell(message: AgentProcessIO): void {
    for (const { outflow, codec } of this.#readers)
      outflow.write(encodeRecord(codec.encode(message)))
  }

  #isFull(): boolean {
    return [...this.#readers].some(({ outflow }) => outflow.bufferedBytes() > maxUnreadBytes)
  }

  #pause(): void {
    this.#source.pause()
    this.#cancelLook = this.#options.clock.after(drainLookMs, () => {
      if (this.#isFull()) this.#pause()
      else this.#source.resume()
    })
  }

  #beat(): Cancel {
    return this.#options.clock.after(heartbeatMs, () => {
      const interval = { nanoseconds: heartbeatMs * 1e6 }
      this.#tell({ type: 'CONTROL', control: { type: 'HEARTBEAT', heartbeat: { interval } } })
      this.#cancelBeat = this.#beat()
    })
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#cancelBeat()
    this.#cancelLook()
    for (const { outflow } of this.#readers) outflow.end()
    this.#readers.clear()
    this.#options.onEnd()
  }
}
