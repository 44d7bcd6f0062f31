import { codecs } from '../../src/mesos/codec.ts'
import { RecordDecoder } from '../../src/mesos/recordio.ts'
import type { ExecutorCall, ExecutorEvent, TaskState } from '../../src/mesos/wire.ts'
import type { HttpResponse, Transport } from '../../src/runtime/transport.ts'

export const executorPath = '/api/v1/executor'

type Media = 'application/json' | 'application/x-protobuf'

/** An executor's end of its API, played by a test. */
export class ScriptedExecutor {
  readonly events: ExecutorEvent[] = []
  ended = false
  status = 0
  readonly #transport: Transport
  readonly #ids: Pick<ExecutorCall, 'executor_id' | 'framework_id'>
  readonly #media: Media
  #stream: { close(): void } | undefined
  #updates = 0

  constructor(
    transport: Transport,
    ids: { readonly framework: string; readonly executor: string },
    media: Media = 'application/json',
  ) {
    this.#transport = transport
    this.#ids = { executor_id: { value: ids.executor }, framework_id: { value: ids.framework } }
    this.#media = media
  }

  subscribe(subscribe: ExecutorCall['subscribe'] = {}): void {
    const decoder = new RecordDecoder()
    const codec = codecs<ExecutorEvent>('mesos.v1.executor.Event')[this.#media]
    this.ended = false
    this.#stream = this.#transport.stream(
      'agent:5051',
      this.#request({ type: 'SUBSCRIBE', subscribe }),
      {
        onResponse: ({ status }) => (this.status = status),
        onData: (chunk) => {
          for (const record of decoder.push(chunk)) this.events.push(codec.decode(record))
        },
        onEnd: () => (this.ended = true),
      },
    )
  }

  /** The process dies. */
  close(): void {
    this.#stream?.close()
  }

  call(call: Omit<ExecutorCall, 'executor_id' | 'framework_id'>): Promise<HttpResponse> {
    return this.#transport.request('agent:5051', this.#request(call), { timeoutMs: 10_000 })
  }

  /** Tells of a task's state, under a fresh uuid. */
  update(task: string, state: TaskState): Promise<HttpResponse> {
    this.#updates += 1
    return this.call({
      type: 'UPDATE',
      update: {
        status: {
          task_id: { value: task },
          state,
          source: 'SOURCE_EXECUTOR',
          uuid: Buffer.alloc(16, this.#updates),
        },
      },
    })
  }

  types(): readonly string[] {
    return this.events.map(({ type }) => type ?? '')
  }

  #request(call: Omit<ExecutorCall, 'executor_id' | 'framework_id'>) {
    return {
      method: 'POST',
      path: executorPath,
      headers: { 'content-type': this.#media, accept: this.#media },
      body: codecs<ExecutorCall>('mesos.v1.executor.Call')[this.#media].encode({
        ...this.#ids,
        ...call,
      }),
    }
  }
}
