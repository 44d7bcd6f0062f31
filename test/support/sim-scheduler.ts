import { codecs } from '../../src/mesos/codec.ts'
import { RecordDecoder } from '../../src/mesos/recordio.ts'
import type { SchedulerCall, SchedulerEvent } from '../../src/mesos/wire.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Transport } from '../../src/runtime/transport.ts'

const callCodec = codecs<SchedulerCall>('mesos.v1.scheduler.Call')['application/json']
const eventCodec = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')['application/json']
const subscribeAgainMs = 2_000
const holdMs = 700

/**
 * A second framework, of the plainest kind: it knows no capability, keeps each offer for a moment and declines it.
 * It must never be offered anything lent.
 */
export class SimScheduler {
  /** Offers that it was made with something revocable in them. */
  readonly lentOffers: string[] = []
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #master: string
  #stream: { close(): void } | undefined
  #streamId = ''
  #frameworkId: string | undefined
  #closed = false

  constructor(ports: { readonly transport: Transport; readonly clock: Clock }, master: string) {
    this.#transport = ports.transport
    this.#clock = ports.clock
    this.#master = master
  }

  subscribe(): void {
    if (this.#closed) return
    const decoder = new RecordDecoder()
    const id = this.#frameworkId === undefined ? {} : { id: { value: this.#frameworkId } }
    const call: SchedulerCall = {
      type: 'SUBSCRIBE',
      ...(this.#frameworkId === undefined ? {} : { framework_id: { value: this.#frameworkId } }),
      subscribe: { framework_info: { user: 'root', name: 'plain', failover_timeout: 3600, ...id } },
    }
    this.#stream = this.#transport.stream(this.#master, this.#request(call), {
      onResponse: ({ headers }) => {
        this.#streamId = headers['mesos-stream-id'] ?? ''
      },
      onData: (chunk) => {
        for (const record of decoder.push(chunk)) this.#hear(eventCodec.decode(record))
      },
      onEnd: () => this.#clock.after(subscribeAgainMs, () => this.subscribe()),
    })
  }

  close(): void {
    this.#closed = true
    this.#stream?.close()
  }

  #hear({ type, subscribed, offers }: SchedulerEvent): void {
    if (type === 'SUBSCRIBED') this.#frameworkId = subscribed?.framework_id.value
    const made = offers?.offers ?? []
    for (const { id, resources } of made)
      if (resources?.some(({ revocable }) => revocable !== undefined))
        this.lentOffers.push(id.value)
    if (made.length === 0) return
    const offerIds = made.map(({ id }) => id)
    this.#clock.after(holdMs, () => this.#decline(offerIds))
  }

  #decline(offerIds: readonly { readonly value: string }[]): void {
    if (this.#frameworkId === undefined || this.#closed) return
    const call: SchedulerCall = {
      type: 'DECLINE',
      framework_id: { value: this.#frameworkId },
      decline: { offer_ids: offerIds },
    }
    // A decline that is lost, or comes from an earlier stream, is the master's to settle.
    this.#transport
      .request(this.#master, this.#request(call), { timeoutMs: 5_000 })
      .catch(() => undefined)
  }

  #request(call: SchedulerCall) {
    return {
      method: 'POST',
      path: '/api/v1/scheduler',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(call.type === 'SUBSCRIBE' ? {} : { 'mesos-stream-id': this.#streamId }),
      },
      body: callCodec.encode(call),
    }
  }
}
