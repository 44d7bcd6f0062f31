import type { Codec } from '../../mesos/codec.ts'
import { encodeRecord } from '../../mesos/recordio.ts'
import type { ExecutorEvent } from '../../mesos/wire.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Exchange, HttpRequest, Outflow } from '../../runtime/transport.ts'
import type { ExecutorMessage } from '../executors/message.ts'
import type { AgentState, ExecutorKey } from '../state.ts'
import { checkExecutorRequest } from './executor-call.ts'

/** Events that an executor has not yet taken; beyond it its stream is ended, and it subscribes again. */
const maxBufferedBytes = 16 * 1024 * 1024
/** As Mesos' agents: often enough that nothing between the two takes the connection for dead. */
const heartbeatMs = 30 * 60_000

interface Stream {
  readonly outflow: Outflow
  readonly codec: Codec<ExecutorEvent>
  cancelHeartbeat: Cancel
}

/** The v1 executor API (core-agent §3.9): one open answer for each executor, on which its events go. */
export class ExecutorEndpoint {
  readonly #state: AgentState
  readonly #clock: Clock
  readonly #told: (message: ExecutorMessage) => void
  readonly #streams = new Map<number, Stream>()
  #lastStream = 0

  constructor(
    state: AgentState,
    { clock }: { readonly clock: Clock },
    told: (message: ExecutorMessage) => void,
  ) {
    this.#state = state
    this.#clock = clock
    this.#told = told
  }

  answer(request: HttpRequest, exchange: Exchange): void {
    const checked = checkExecutorRequest(this.#state, request)
    if (checked.kind === 'answer') {
      const { status, headers, body } = checked.answer
      return exchange.reply(status, headers, body)
    }
    const { key: executor } = checked.executor
    if (checked.kind === 'subscribe') {
      const { codec, subscribe } = checked
      const outflow = exchange.open(200, { 'content-type': codec.mediaType })
      this.#lastStream += 1
      const stream = this.#lastStream
      this.#streams.set(stream, { outflow, codec, cancelHeartbeat: () => {} })
      this.#beat(stream)
      outflow.onClose(() => this.#lose(stream, executor))
      return this.#told({ type: 'EXECUTOR_SUBSCRIBED', executor, stream, subscribe })
    }
    exchange.reply(202, {})
    if (checked.kind === 'message')
      this.#told({ type: 'EXECUTOR_SAID', executor, data: checked.data })
    else this.#told({ type: 'EXECUTOR_UPDATE', executor, status: checked.status })
  }

  /** One record, one chunk: clients count on it (core-master W3). */
  tell(id: number, event: ExecutorEvent): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.outflow.write(encodeRecord(stream.codec.encode(event)))
    if (stream.outflow.bufferedBytes() > maxBufferedBytes) this.end(id)
  }

  end(id: number): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    stream?.cancelHeartbeat()
    stream?.outflow.end()
  }

  close(): void {
    for (const id of this.#streams.keys()) this.end(id)
  }

  #lose(id: number, executor: ExecutorKey): void {
    this.#streams.get(id)?.cancelHeartbeat()
    if (this.#streams.delete(id)) this.#told({ type: 'EXECUTOR_LEFT', executor, stream: id })
  }

  #beat(id: number): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.cancelHeartbeat = this.#clock.after(heartbeatMs, () => {
      this.tell(id, { type: 'HEARTBEAT' })
      this.#beat(id)
    })
  }
}
