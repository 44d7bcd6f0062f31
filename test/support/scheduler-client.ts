import { request } from 'node:http'
import { codecs, type MediaType } from '../../src/mesos/codec.ts'
import { RecordDecoder } from '../../src/mesos/recordio.ts'
import type { FrameworkInfo, SchedulerCall, SchedulerEvent } from '../../src/mesos/wire.ts'

const callCodecs = codecs<SchedulerCall>('mesos.v1.scheduler.Call')
const eventCodecs = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')

/** A scheduler of a test: says what it is told to say, keeps every event it hears. */
export class SchedulerClient {
  readonly events: SchedulerEvent[] = []
  onEvent: (event: SchedulerEvent) => void = () => {}
  readonly #master: string
  readonly #mediaType: MediaType
  readonly #waiting = new Set<() => void>()
  #streamId = ''
  #close: () => void = () => {}

  constructor(master: string, mediaType: MediaType) {
    this.#master = master
    this.#mediaType = mediaType
  }

  get frameworkId() {
    return this.events.find(({ type }) => type === 'SUBSCRIBED')?.subscribed?.framework_id
  }

  async subscribe(info: FrameworkInfo): Promise<void> {
    const body = callCodecs[this.#mediaType].encode({
      type: 'SUBSCRIBE',
      ...(info.id === undefined ? {} : { framework_id: info.id }),
      subscribe: { framework_info: info },
    })
    const call = request(`http://${this.#master}/api/v1/scheduler`, {
      method: 'POST',
      headers: { 'content-type': this.#mediaType, accept: this.#mediaType },
    })
    this.#close = () => call.destroy()
    const decoder = new RecordDecoder()
    call.on('response', (response) => {
      this.#streamId = String(response.headers['mesos-stream-id'] ?? '')
      response.on('data', (chunk: Buffer) => {
        for (const record of decoder.push(chunk)) {
          const event = eventCodecs[this.#mediaType].decode(record)
          this.events.push(event)
          this.onEvent(event)
        }
        for (const look of this.#waiting) look()
      })
      response.on('error', () => {})
    })
    call.on('error', () => {})
    call.end(body)
    await this.next((event) => event.type === 'SUBSCRIBED')
  }

  /** The status of the answer. */
  async call(call: Omit<SchedulerCall, 'framework_id'>): Promise<number> {
    const response = await fetch(`http://${this.#master}/api/v1/scheduler`, {
      method: 'POST',
      headers: { 'content-type': this.#mediaType, 'mesos-stream-id': this.#streamId },
      body: Buffer.from(
        callCodecs[this.#mediaType].encode({ ...call, framework_id: this.frameworkId }),
      ),
    })
    return response.status
  }

  /** The first event, past or to come, that is wanted. */
  next(wanted: (event: SchedulerEvent) => boolean): Promise<SchedulerEvent> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.events.find(wanted)
        if (found === undefined) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  close(): void {
    this.#close()
  }
}
