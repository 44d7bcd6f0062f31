import { codecs } from '../../src/mesos/codec.ts'
import {
  type CreateData,
  engineAttribute,
  type Inspect,
  startsContainerLabel,
} from '../../src/mesos/engine-endpoint.ts'
import { encodeRecord } from '../../src/mesos/recordio.ts'
import { fromWire, toWire } from '../../src/mesos/resources.ts'
import type {
  Attribute,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { as, minus, none, ofKind, plus, type Resources } from '../../src/resources/resources.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Application, Exchange, Outflow } from '../../src/runtime/transport.ts'
import { FakeEngineEndpoint } from './fake-engine-endpoint.ts'

const protobuf = 'application/x-protobuf'
const calls = codecs<SchedulerCall>('mesos.v1.scheduler.Call')
const events = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')

export interface FakeAgent {
  readonly id: string
  readonly hostname: string
  readonly ip: string
  readonly total: Resources
  readonly endpoint: FakeEngineEndpoint
  readonly attributes: readonly Attribute[]
}

interface FakeTask {
  readonly info: TaskInfo
  readonly agent: FakeAgent
  readonly resources: Resources
  container: Inspect | undefined
  state: TaskState
}

/**
 * A master and its agents in one object, for tests of the framework: it keeps the books of real offers, and launches
 * at once unless `onLaunch` says otherwise. Regular and revocable resources are offered apart.
 */
export class FakeMesos {
  readonly calls: SchedulerCall[] = []
  readonly agents = new Map<string, FakeAgent>()
  readonly tasks = new Map<string, FakeTask>()
  readonly offers = new Map<string, { readonly agent: FakeAgent; readonly resources: Resources }>()
  /** Status and text by which other calls than SUBSCRIBE are refused. */
  refuse: { readonly status: number; readonly text: string } | undefined
  redirectTo: string | undefined
  /** What becomes of a launch; by default its container is created at once. */
  onLaunch: (task: FakeTask) => void = (task) => this.created(task)
  readonly #clock: Clock
  #stream: Outflow | undefined
  #streams = 0
  #offerNumber = 0
  #uuid = 0
  readonly #unacknowledged = new Map<string, TaskStatus>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  readonly application: Application = (request, exchange) => {
    if (this.redirectTo !== undefined)
      return exchange.reply(307, { location: `//${this.redirectTo}/api/v1/scheduler` })
    const call = calls[protobuf].decode(request.body)
    this.calls.push(call)
    if (call.type === 'SUBSCRIBE') return this.#subscribe(call, exchange)
    if (this.refuse !== undefined) return exchange.reply(this.refuse.status, {}, this.refuse.text)
    if (request.headers['mesos-stream-id'] !== `stream-${this.#streams}`)
      return exchange.reply(400, {}, 'The stream ID is not the one of the framework')
    exchange.reply(202, {})
    this.#take(call)
  }

  addAgent(
    name: string,
    resources: string,
    revocable = '',
    attributes: readonly Attribute[] = [],
  ): FakeAgent {
    const number = this.agents.size
    const endpoint = new FakeEngineEndpoint('abcdef'.charAt(number % 6))
    const agent: FakeAgent = {
      id: `M-S${number}`,
      hostname: name,
      ip: `10.0.0.${number + 1}`,
      total: plus(
        parseResources(resources).resources,
        as(parseResources(revocable).resources, 'revocable'),
      ),
      endpoint,
      attributes: [
        { name: engineAttribute, type: 'TEXT', text: { value: '/engine' } },
        ...attributes,
      ],
    }
    endpoint.onChange = (change, { Id }) => {
      const task = [...this.tasks.values()].find((one) => one.container?.Id === Id)
      if (task === undefined) return
      if (change === 'started') this.status(task.info.task_id.value, 'TASK_RUNNING')
      else if (task.state !== 'TASK_FINISHED') this.status(task.info.task_id.value, 'TASK_KILLED')
    }
    this.agents.set(agent.id, agent)
    this.offer()
    return agent
  }

  /** Offers whatever is free, kind by kind. */
  offer(): void {
    if (this.#stream === undefined) return
    const fresh = [...this.agents.values()].flatMap((agent) =>
      (['regular', 'revocable'] as const).flatMap((kind) => {
        const resources = ofKind(this.#free(agent), kind)
        if (resources.length === 0) return []
        const id = `M-O${this.#offerNumber++}`
        this.offers.set(id, { agent, resources })
        return [{ id, agent, resources }]
      }),
    )
    if (fresh.length === 0) return
    this.send({
      type: 'OFFERS',
      offers: {
        offers: fresh.map(({ id, agent, resources }) => ({
          id: { value: id },
          framework_id: { value: 'M-0000' },
          agent_id: { value: agent.id },
          hostname: agent.hostname,
          url: {
            scheme: 'http',
            address: { hostname: agent.hostname, ip: agent.ip, port: 5051 },
            path: '/slave(1)',
          },
          resources: toWire(resources, { allocationRole: '*', format: 'stacks' }),
          attributes: agent.attributes,
          allocation_info: { role: '*' },
        })),
      },
    })
  }

  rescind(offer: string): void {
    this.offers.delete(offer)
    this.send({ type: 'RESCIND', rescind: { offer_id: { value: offer } } })
  }

  /** The agent has created the container of a launch: TASK_STARTING with `docker inspect`. */
  created(task: FakeTask): void {
    const { info, agent } = task
    const again = info.labels?.labels?.find(({ key }) => key === startsContainerLabel)?.value
    task.container =
      again === undefined
        ? agent.endpoint.create(dataOf(info), info.task_id.value)
        : agent.endpoint.containers.get(again)
    this.status(info.task_id.value, 'TASK_STARTING', {
      data: Buffer.from(JSON.stringify([task.container])),
    })
  }

  /** A status with uuid, as an agent makes it. What ends gives its resources back at once. */
  status(task: string, state: TaskState, more: Partial<TaskStatus> = {}): void {
    const known = this.tasks.get(task)
    if (known !== undefined) known.state = state
    const uuid = Buffer.alloc(16)
    uuid.writeUInt32LE(++this.#uuid)
    const status: TaskStatus = {
      task_id: { value: task },
      state,
      source: 'SOURCE_EXECUTOR',
      agent_id: { value: known?.agent.id ?? 'M-S0' },
      uuid,
      ...more,
    }
    this.send({ type: 'UPDATE', update: { status } })
    if (status.uuid !== undefined) this.#unacknowledged.set(uuid.toString('hex'), status)
    if (!/STAGING|STARTING|RUNNING|KILLING|UNREACHABLE/.test(state)) {
      this.tasks.delete(task)
      this.offer()
    }
  }

  send(event: SchedulerEvent): void {
    this.#stream?.write(encodeRecord(events[protobuf].encode(event)))
  }

  /** Ends the subscription as a crashed master does. */
  hangUp(): void {
    this.#stream?.end()
    this.#stream = undefined
    this.offers.clear()
  }

  of(type: SchedulerCall['type']): readonly SchedulerCall[] {
    return this.calls.filter((call) => call.type === type)
  }

  #free(agent: FakeAgent): Resources {
    const held = [...this.tasks.values(), ...this.offers.values()]
      .filter((one) => one.agent === agent)
      .map((one) => one.resources)
    return minus(agent.total, plus(none, ...held))
  }

  #subscribe(call: SchedulerCall, exchange: Exchange): void {
    this.hangUp()
    const stream = exchange.open(200, { 'mesos-stream-id': `stream-${++this.#streams}` })
    this.#stream = stream
    const beat = () => {
      if (this.#stream !== stream) return
      this.send({ type: 'HEARTBEAT' })
      this.#clock.after(15_000, beat)
    }
    const framework = call.framework_id?.value ?? 'M-0000'
    this.send({
      type: 'SUBSCRIBED',
      subscribed: { framework_id: { value: framework }, heartbeat_interval_seconds: 15 },
    })
    beat()
    this.#resend(stream)
    this.offer()
    stream.onClose(() => {
      if (this.#stream === stream) this.hangUp()
    })
  }

  /** As agents do: what is not acknowledged is said again. */
  #resend(stream: Outflow): void {
    if (this.#stream !== stream) return
    for (const status of this.#unacknowledged.values())
      this.send({ type: 'UPDATE', update: { status } })
    this.#clock.after(10_000, () => this.#resend(stream))
  }

  #take(call: SchedulerCall): void {
    if (call.accept !== undefined) this.#accept(call.accept)
    else if (call.decline !== undefined) {
      for (const { value } of call.decline.offer_ids ?? []) this.offers.delete(value)
      this.#clock.after((call.decline.filters?.refuse_seconds ?? 5) * 1000, () => this.offer())
    } else if (call.type === 'REVIVE') this.offer()
    else if (call.acknowledge !== undefined)
      this.#unacknowledged.delete(Buffer.from(call.acknowledge.uuid).toString('hex'))
    else if (call.kill !== undefined) this.#kill(call.kill.task_id.value)
    else
      for (const { task_id } of call.reconcile?.tasks ?? [])
        this.status(task_id.value, this.tasks.get(task_id.value)?.state ?? 'TASK_GONE', {
          uuid: undefined,
          source: 'SOURCE_MASTER',
          reason: 'REASON_RECONCILIATION',
        })
  }

  #accept(accept: NonNullable<SchedulerCall['accept']>): void {
    const named = (accept.offer_ids ?? []).map(({ value }) => this.offers.get(value))
    for (const { value } of accept.offer_ids ?? []) this.offers.delete(value)
    const infos = (accept.operations ?? []).flatMap((one) => one.launch?.task_infos ?? [])
    const [first] = named
    for (const info of infos) {
      if (first === undefined || named.includes(undefined)) {
        this.status(info.task_id.value, 'TASK_DROPPED', {
          uuid: undefined,
          reason: 'REASON_INVALID_OFFERS',
          message: 'Task launched with invalid offers',
        })
        continue
      }
      const task: FakeTask = {
        info,
        agent: first.agent,
        resources: fromWire(info.resources),
        container: undefined,
        state: 'TASK_STAGING',
      }
      this.tasks.set(info.task_id.value, task)
      this.onLaunch(task)
    }
    this.offer()
  }

  #kill(id: string): void {
    const task = this.tasks.get(id)
    if (task !== undefined) this.status(id, 'TASK_KILLED')
  }
}

export const dataOf = (info: TaskInfo): CreateData =>
  JSON.parse(Buffer.from(info.data ?? []).toString('utf8')) as CreateData

export const tasksOf = (call: SchedulerCall): readonly TaskInfo[] =>
  (call.accept?.operations ?? []).flatMap((one) => one.launch?.task_infos ?? [])
