import { codecs, type MediaType } from '../mesos/codec.ts'
import { type FrameworkId, id } from '../mesos/ids.ts'
import type { SchedulerCall, SchedulerEvent } from '../mesos/wire.ts'
import { basicAuthorization, type Credential } from '../runtime/credential.ts'
import {
  type Headers,
  type HttpRequest,
  type Origin,
  TransportError,
} from '../runtime/transport.ts'
import { RecordStream, type RecordStreamPorts } from './record-stream.ts'

export interface MasterListener {
  onSubscribed(framework: FrameworkId, master: Origin): void
  /** Every event but SUBSCRIBED and HEARTBEAT. May throw CodecError. */
  onEvent(event: SchedulerEvent): void
  onDisconnected(why: string): void
  onCallTaken(call: SchedulerCall): void
  /** `no`: the master answered that it did nothing; `unknown`: the exchange broke. */
  onCallFailed(call: SchedulerCall, acted: 'no' | 'unknown', why: string): void
}

const path = '/api/v1/scheduler'

/** Heartbeat interval until SUBSCRIBED names the master's own (W8). */
const defaultHeartbeatMs = 15_000

/** So many missed heartbeats mean that the master is gone (core-master §15). */
const missedHeartbeats = 5

const backoff = { baseMs: 500, capMs: 15_000 }

const callTimeoutMs = 10_000

/** One event offers every agent of the cluster: some 600 bytes each. */
const maxRecordBytes = 64 * 1024 * 1024

/** Redirects followed without a pause: more of them are masters that each think the other leads. */
const maxRedirects = 5

const callCodecs = codecs<SchedulerCall>('mesos.v1.scheduler.Call')
const eventCodecs = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')

/**
 * The framework's end of the scheduler API: one subscription, kept up, and calls beside it (W1–W8).
 *
 * A call is sent once. When one fails, what the master knows is uncertain, and a new subscription makes it certain
 * again: offers are void, calls with the old stream id are refused, and every task is reconciled. So nothing is sent
 * twice, and nothing is lost: agents repeat what was not acknowledged, kills are repeated until the task is gone.
 */
export class MasterClient {
  readonly #ports: RecordStreamPorts
  readonly #mediaType: MediaType
  readonly #authorization: Headers
  readonly #listener: MasterListener
  readonly #stream: RecordStream
  readonly #configured: Origin
  #origin: Origin
  #redirects = 0
  #streamId = ''
  #framework: FrameworkId | undefined

  constructor(
    ports: RecordStreamPorts,
    options: {
      readonly master: Origin
      readonly mediaType: MediaType
      readonly credential?: Credential | undefined
      /** The SUBSCRIBE call, made anew for each try. */
      readonly subscribe: () => SchedulerCall
    },
    listener: MasterListener,
  ) {
    this.#ports = ports
    this.#mediaType = options.mediaType
    this.#authorization =
      options.credential === undefined
        ? {}
        : { authorization: basicAuthorization(options.credential) }
    this.#listener = listener
    this.#configured = options.master
    this.#origin = options.master
    this.#stream = new RecordStream(
      ports,
      {
        backoff,
        maxRecordBytes,
        silenceMs: missedHeartbeats * defaultHeartbeatMs,
        request: () => ({ origin: this.#origin, request: this.#request(options.subscribe(), {}) }),
      },
      {
        onOpen: (headers) => {
          this.#streamId = headers['mesos-stream-id'] ?? ''
        },
        onRecord: (record) => this.#event(eventCodecs[this.#mediaType].decode(record)),
        onRefused: (status, headers) => this.#redirect(status, headers['location']),
        onLost: (why) => this.#lost(why),
      },
    )
  }

  open(): void {
    this.#stream.open()
  }

  close(): void {
    this.#framework = undefined
    this.#stream.close()
  }

  /** Sends a call of the subscribed framework. The listener hears how it ended. */
  call(call: SchedulerCall): void {
    const framework = this.#framework
    if (framework === undefined) return this.#listener.onCallFailed(call, 'no', 'not subscribed')
    const streamId = this.#streamId
    const named = { ...call, framework_id: { value: framework } }
    const fail = (acted: 'no' | 'unknown', why: string) => {
      if (this.#streamId === streamId) this.#stream.lose(`${call.type} failed: ${why}`)
      this.#listener.onCallFailed(call, acted, why)
    }
    this.#ports.transport
      .request(this.#origin, this.#request(named, { 'mesos-stream-id': streamId }), {
        timeoutMs: callTimeoutMs,
      })
      .then(
        ({ status, body }) => {
          if (status === 202 || status === 200) this.#listener.onCallTaken(call)
          else
            fail(
              status === 500 ? 'unknown' : 'no',
              `answered ${status} ${Buffer.from(body).toString('utf8')}`.trim(),
            )
        },
        (error: unknown) => {
          if (!(error instanceof TransportError)) throw error
          fail('unknown', error.message)
        },
      )
  }

  #event(event: SchedulerEvent): void {
    if (event.type === 'HEARTBEAT') return
    const { subscribed } = event
    if (event.type !== 'SUBSCRIBED' || subscribed === undefined)
      return this.#listener.onEvent(event)
    const heartbeatSeconds = subscribed.heartbeat_interval_seconds
    const heartbeatMs =
      heartbeatSeconds === undefined ? defaultHeartbeatMs : heartbeatSeconds * 1000
    this.#stream.silenceMs = missedHeartbeats * heartbeatMs
    this.#stream.settled()
    this.#redirects = 0
    this.#framework = id<FrameworkId>(subscribed.framework_id.value)
    this.#listener.onSubscribed(this.#framework, this.#origin)
  }

  /** 307 names the leader: `//host:port/path` (core-master §1.2). */
  #redirect(status: number, location: string | undefined): boolean {
    const [, leader] = /^(?:https?:)?\/\/([^/]+)/.exec(location ?? '') ?? []
    if (status !== 307 || leader === undefined || this.#redirects >= maxRedirects) return false
    this.#redirects += 1
    this.#origin = leader
    return true
  }

  /** The next try asks the master that we were given: the leader may be another by then. */
  #lost(why: string): void {
    this.#framework = undefined
    this.#origin = this.#configured
    this.#redirects = 0
    this.#listener.onDisconnected(why)
  }

  #request(call: SchedulerCall, headers: Readonly<Record<string, string>>): HttpRequest {
    return {
      method: 'POST',
      path,
      headers: {
        ...headers,
        ...this.#authorization,
        'content-type': this.#mediaType,
        accept: this.#mediaType,
      },
      body: callCodecs[this.#mediaType].encode(call),
    }
  }
}
