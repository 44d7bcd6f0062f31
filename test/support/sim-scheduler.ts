import { codecs } from '../../src/mesos/codec.ts'
import { RecordDecoder } from '../../src/mesos/recordio.ts'
import { toWire } from '../../src/mesos/resources.ts'
import type {
  Offer,
  OfferOperation,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
} from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Random } from '../../src/runtime/random.ts'
import type { Transport } from '../../src/runtime/transport.ts'

const callCodec = codecs<SchedulerCall>('mesos.v1.scheduler.Call')['application/json']
const eventCodec = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')['application/json']
const subscribeAgainMs = 2_000
const holdMs = 700

/**
 * A second framework, of the plainest kind: it knows no capability, keeps each offer for a moment, and either declines
 * it or runs something short on it that needs no engine. It must never be offered anything lent.
 */
export class SimScheduler {
  /** Offers that it was made with something revocable in them. */
  readonly lentOffers: string[] = []
  /** It declines everything. */
  rests = false
  #tasks = 0
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #random: Random
  readonly #master: string
  #stream: { close(): void } | undefined
  #streamId = ''
  #frameworkId: string | undefined
  #closed = false

  constructor(
    ports: { readonly transport: Transport; readonly clock: Clock; readonly random: Random },
    master: string,
  ) {
    this.#transport = ports.transport
    this.#clock = ports.clock
    this.#random = ports.random
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

  #hear({ type, subscribed, offers, update }: SchedulerEvent): void {
    if (type === 'SUBSCRIBED') this.#frameworkId = subscribed?.framework_id.value
    if (update?.status.uuid !== undefined && update.status.agent_id !== undefined) {
      const { task_id, agent_id, uuid } = update.status
      this.#call({ type: 'ACKNOWLEDGE', acknowledge: { task_id, agent_id, uuid } })
    }
    const made = offers?.offers ?? []
    for (const { id, resources } of made)
      if (resources?.some(({ revocable }) => revocable !== undefined))
        this.lentOffers.push(id.value)
    for (const offer of made) this.#clock.after(holdMs, () => this.#answer(offer))
  }

  /** Until `rests` it takes some offers; what it runs is over soon. */
  #answer({ id, agent_id }: Offer): void {
    const kind = this.#random.next()
    if (this.rests || kind > 0.08)
      return this.#call({ type: 'DECLINE', decline: { offer_ids: [id] } })
    this.#tasks += 1
    const operations = [operationOf(kind, `p${this.#tasks}`, agent_id, this.#frameworkId ?? '')]
    this.#call({ type: 'ACCEPT', accept: { offer_ids: [id], operations } })
  }

  #call(call: SchedulerCall): void {
    if (this.#frameworkId === undefined || this.#closed) return
    // A call that is lost, or comes from an earlier stream, is the master's to settle.
    this.#transport
      .request(
        this.#master,
        this.#request({ ...call, framework_id: { value: this.#frameworkId } }),
        { timeoutMs: 5_000 },
      )
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

const resources = (text: string) => toWire(parseResources(text).resources, { format: 'stacks' })

/** A command, a group of two, or a task on an executor that never subscribes and ends by itself. */
const operationOf = (
  kind: number,
  name: string,
  agent_id: TaskInfo['agent_id'],
  framework: string,
): OfferOperation => {
  const task = (id: string): TaskInfo => ({
    name: id,
    task_id: { value: id },
    agent_id,
    resources: resources('cpus:0.1;mem:32'),
  })
  const command = (id: string, value: string): TaskInfo => ({ ...task(id), command: { value } })
  if (kind < 0.03)
    return { type: 'LAUNCH', launch: { task_infos: [command(name, 'sleep 3; exit 1')] } }
  const executor = {
    executor_id: { value: `e-${name}` },
    framework_id: { value: framework },
    resources: resources('cpus:0.1;mem:32;disk:10'),
  }
  if (kind < 0.05)
    return {
      type: 'LAUNCH',
      launch: {
        task_infos: [
          {
            ...task(name),
            executor: { ...executor, type: 'CUSTOM', command: { value: 'sleep 5; exit 1' } },
          },
        ],
      },
    }
  return {
    type: 'LAUNCH_GROUP',
    launch_group: {
      executor: { ...executor, type: 'DEFAULT' },
      task_group: {
        tasks: [command(`${name}a`, 'sleep 2'), command(`${name}b`, 'sleep 4; exit 1')],
      },
    },
  }
}
