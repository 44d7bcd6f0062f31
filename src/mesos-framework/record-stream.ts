import { CodecError } from '../mesos/codec-error.ts'
import { RecordDecoder, RecordIoError } from '../mesos/recordio.ts'
import { type BackoffLimits, backoffMs } from '../runtime/backoff.ts'
import type { Cancel, Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import type { Headers, HttpRequest, Origin, Transport } from '../runtime/transport.ts'

export interface RecordStreamOptions {
  readonly backoff: BackoffLimits
  readonly maxRecordBytes: number
  /** Made anew for each try. */
  readonly request: () => { readonly origin: Origin; readonly request: HttpRequest }
}

export interface RecordStreamListener {
  /** Answered 200. */
  onOpen(headers: Headers): void
  /** May throw CodecError: then the stream is lost. */
  onRecord(record: Uint8Array): void
  /** Answered otherwise. True: try again at once, the request will be another. */
  onRefused(status: number, headers: Headers): boolean
  /** The stream broke, or a try failed; the next one follows by itself. */
  onLost(why: string): void
}

export interface RecordStreamPorts {
  readonly transport: Transport
  readonly clock: Clock
  readonly random: Random
}

/** How much of a refusal's text is kept for the message. */
const maxRefusalBytes = 1024

/** Keeps one RecordIO stream open: after a break, a refusal or silence it tries again, with jittered back-off. */
export class RecordStream {
  readonly #ports: RecordStreamPorts
  readonly #options: RecordStreamOptions
  readonly #listener: RecordStreamListener
  #silenceMs: number
  /** The try under way or the stream that is open; what belongs to another one is late and ignored. */
  #current: Try | undefined
  #failures = 0
  #cancelTimer: Cancel = () => {}
  #isClosed = false

  constructor(
    ports: RecordStreamPorts,
    options: RecordStreamOptions & { readonly silenceMs: number },
    listener: RecordStreamListener,
  ) {
    this.#ports = ports
    this.#options = options
    this.#listener = listener
    this.#silenceMs = options.silenceMs
  }

  /** So long without a record means that the peer is gone. */
  set silenceMs(durationMs: number) {
    this.#silenceMs = durationMs
  }

  /** The peer is known to serve this stream: the next back-off starts anew. */
  settled(): void {
    this.#failures = 0
  }

  open(): void {
    if (this.#isClosed) return
    const current: Try = { close: () => {}, refusal: undefined }
    this.#current = current
    this.#awaitRecord()
    const { origin, request } = this.#options.request()
    const decoder = new RecordDecoder({ maxBytes: this.#options.maxRecordBytes })
    const ifCurrent = (act: () => void) => {
      if (this.#current === current) act()
    }
    const stream = this.#ports.transport.stream(origin, request, {
      onResponse: ({ status, headers }) =>
        ifCurrent(() => {
          if (status === 200) this.#listener.onOpen(headers)
          else current.refusal = { status, headers, text: '' }
        }),
      onData: (chunk) =>
        ifCurrent(() => {
          const { refusal } = current
          if (refusal === undefined) this.#read(decoder, chunk)
          else if (refusal.text.length < maxRefusalBytes)
            refusal.text += Buffer.from(chunk).toString('utf8', 0, maxRefusalBytes)
        }),
      onEnd: (error) => ifCurrent(() => this.#ended(current, error)),
    })
    current.close = () => stream.close()
    if (this.#current !== current) stream.close() // It was over before it began.
  }

  /** Gives the stream up, and tries again. */
  lose(why: string): void {
    if (this.#current === undefined) return
    this.#stop()
    const delayMs = backoffMs(this.#failures, this.#options.backoff, this.#ports.random)
    this.#failures += 1
    this.#cancelTimer = this.#ports.clock.after(delayMs, () => this.open())
    this.#listener.onLost(why)
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #read(decoder: RecordDecoder, chunk: Uint8Array): void {
    const before = this.#current
    try {
      for (const record of decoder.push(chunk)) {
        if (this.#current !== before) return
        this.#awaitRecord()
        this.#listener.onRecord(record)
      }
    } catch (error) {
      if (!(error instanceof RecordIoError || error instanceof CodecError)) throw error
      this.lose(error.message)
    }
  }

  #ended({ refusal }: Try, error: Error | undefined): void {
    if (refusal === undefined) return this.lose(error?.message ?? 'the peer ended the stream')
    if (this.#listener.onRefused(refusal.status, refusal.headers)) {
      this.#stop()
      this.open()
    } else this.lose(`answered ${refusal.status} ${refusal.text}`.trim())
  }

  #awaitRecord(): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#ports.clock.after(this.#silenceMs, () =>
      this.lose(`silent for ${this.#silenceMs / 1000}s`),
    )
  }

  #stop(): void {
    this.#cancelTimer()
    const { close } = this.#current ?? { close: () => {} }
    this.#current = undefined
    close()
  }
}

interface Try {
  close: () => void
  refusal: { readonly status: number; readonly headers: Headers; text: string } | undefined
}
