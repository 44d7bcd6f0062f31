import { codecs } from '../../src/mesos/codec.ts'
import { RecordDecoder } from '../../src/mesos/recordio.ts'
import type {
  AgentLinkCall,
  AgentLinkEvent,
  SchedulerCall,
  SchedulerEvent,
} from '../../src/mesos/wire.ts'
import type { Application, Headers } from '../../src/runtime/transport.ts'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** One request to an application that answers whole, in memory. */
export const ask = (
  application: Application,
  method: string,
  path: string,
  options: { readonly headers?: Headers; readonly body?: string | Uint8Array } = {},
): Answered => {
  let answered: Answered | undefined
  application(
    { method, path, headers: options.headers ?? {}, body: Buffer.from(options.body ?? '') },
    {
      peer: '10.0.0.9:40000',
      reply: (status, headers, body = '') => {
        answered = { status, headers, body: Buffer.from(body).toString() }
      },
      open: () => {
        throw new Error(`${method} ${path} opened a stream`)
      },
    },
  )
  if (answered === undefined) throw new Error(`${method} ${path} was not answered`)
  return answered
}

/** A stream that a SUBSCRIBE opened, read as JSON events. */
export class EventStream<Event> {
  readonly headers: Headers
  readonly events: Event[] = []
  ended = false
  /** What `bufferedBytes` tells the writer. */
  bufferedBytes = 0
  /** Chunks as written. */
  readonly chunks: Uint8Array[] = []
  readonly #decoder = new RecordDecoder()
  readonly #onClose: (() => void)[] = []

  constructor(headers: Headers) {
    this.headers = headers
  }

  write(bytes: Uint8Array): void {
    this.chunks.push(bytes)
    for (const record of this.#decoder.push(bytes))
      this.events.push(JSON.parse(Buffer.from(record).toString()) as Event)
  }

  end(): void {
    this.ended = true
  }

  onClose(callback: () => void): void {
    this.#onClose.push(callback)
  }

  /** The peer goes away. */
  close(): void {
    if (this.ended) return
    this.ended = true
    for (const callback of this.#onClose) callback()
  }

  /** Events since the last call of this. */
  take(): Event[] {
    return this.events.splice(0)
  }
}

const schedulerCalls = codecs<SchedulerCall>('mesos.v1.scheduler.Call')['application/json']
const agentCalls = codecs<AgentLinkCall>('shoal.agent_link.Call')['application/json']
const jsonHeaders = { 'content-type': 'application/json', accept: 'application/json' }

const openStream = <Event>(
  application: Application,
  path: string,
  call: object,
  peer: string,
): EventStream<Event> => {
  let stream: EventStream<Event> | undefined
  application(
    { method: 'POST', path, headers: jsonHeaders, body: Buffer.from(JSON.stringify(call)) },
    {
      peer,
      reply: (status, _headers, body = '') => {
        throw new Error(`${path} answered ${status}: ${Buffer.from(body).toString()}`)
      },
      open: (_status, headers) => {
        stream = new EventStream<Event>(headers)
        const opened = stream
        return {
          write: (bytes) => opened.write(bytes),
          bufferedBytes: () => opened.bufferedBytes,
          end: () => opened.end(),
          onClose: (callback) => opened.onClose(callback),
        }
      },
    },
  )
  if (stream === undefined) throw new Error(`${path} was not answered`)
  return stream
}

/** A framework's end of the scheduler API, by JSON. */
export class SchedulerPeer {
  readonly stream: EventStream<SchedulerEvent>
  readonly #application: Application
  /** Of the last SUBSCRIBED; empty while refused. */
  frameworkId = ''

  constructor(application: Application, subscribe: SchedulerCall) {
    this.#application = application
    this.stream = openStream(
      application,
      '/api/v1/scheduler',
      { type: 'SUBSCRIBE', ...subscribe },
      '10.0.0.9:40001',
    )
    this.frameworkId = this.stream.events[0]?.subscribed?.framework_id.value ?? ''
  }

  call(call: SchedulerCall): Answered {
    const streamId = this.stream.headers['mesos-stream-id'] ?? ''
    return ask(this.#application, 'POST', '/api/v1/scheduler', {
      headers: { ...jsonHeaders, 'mesos-stream-id': streamId },
      body: schedulerCalls.encode({ framework_id: { value: this.frameworkId }, ...call }),
    })
  }
}

/** An agent's end of the agent link, by JSON. */
export class AgentPeer {
  readonly stream: EventStream<AgentLinkEvent>
  readonly #application: Application
  readonly agentId: string
  readonly session: string

  constructor(application: Application, subscribe: AgentLinkCall['subscribe'], ip = '10.0.0.1') {
    this.#application = application
    this.stream = openStream(
      application,
      '/api/v1/agent-link',
      { type: 'SUBSCRIBE', subscribe },
      `${ip}:50000`,
    )
    const subscribed = this.stream.events[0]?.subscribed
    this.agentId = subscribed?.agent_id.value ?? subscribe?.agent_info.id?.value ?? ''
    this.session = subscribed?.session_id ?? ''
  }

  call(call: AgentLinkCall): Answered {
    return ask(this.#application, 'POST', '/api/v1/agent-link', {
      headers: jsonHeaders,
      body: agentCalls.encode({
        agent_id: { value: this.agentId },
        session_id: this.session,
        ...call,
      }),
    })
  }
}
