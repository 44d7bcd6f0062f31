import { expect } from 'vitest'
import { masterFlags } from '../../src/core-master/config.ts'
import type { Master } from '../../src/core-master/master.ts'
import { memoryRegistry } from '../../src/core-master/registry/registry.ts'
import { codecs } from '../../src/mesos/codec.ts'
import { fromWire, toWire } from '../../src/mesos/resources.ts'
import type {
  AgentLinkEvent,
  DrainInfo,
  FrameworkInfo,
  MaintenanceClusterStatus,
  MasterCall,
  SchedulerEvent,
  TaskState,
  TaskStatus,
  Unavailability,
} from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { as, format, plus, type Resources } from '../../src/resources/resources.ts'
import { parseGoDuration } from '../../src/runtime/durations.ts'
import { startSimMaster } from './master-fixture.ts'
import { masterProblems } from './master-invariants.ts'
import { AgentPeer, type Answered, ask, SchedulerPeer } from './master-peers.ts'
import { registryProblems } from './registry-problems.ts'
import { SimClock, settle } from './sim-clock.ts'

/**
 * Runs a scenario text and gives it back with what really happened: blocks of commands, a line of dashes, what the
 * peers saw. After each command the invariants of the master are checked.
 */
export const runScenario = async (text: string): Promise<string> => {
  const scenario = new Scenario()
  const out: string[] = []
  let seen: string[] = []
  let isExpectation = false
  const endBlock = () => {
    if (isExpectation) out.push(...(seen.length > 0 ? seen : ['(nothing)']))
    seen = []
    isExpectation = false
  }
  for (const line of text.trimEnd().split('\n')) {
    if (line === '----') isExpectation = true
    if (line === '') endBlock()
    if (isExpectation && line !== '----') continue
    out.push(line)
    if (line !== '' && line !== '----' && !line.startsWith('#'))
      seen.push(...(await scenario.run(line)))
  }
  endBlock()
  scenario.master.close()
  return `${out.join('\n')}\n`
}

const operatorCalls = codecs<MasterCall>('mesos.v1.master.Call')['application/json']

/** Resources of a scenario: `cpus:2;mem:64`, a revocable amount with a plus before it: `+cpus:1`. */
export const amounts = (text: string): Resources => {
  const parts = text.split(';').filter((part) => part !== '')
  const parse = (texts: readonly string[]) => parseResources(texts.join(';')).resources
  return plus(
    parse(parts.filter((part) => !part.startsWith('+'))),
    as(
      parse(parts.filter((part) => part.startsWith('+')).map((part) => part.slice(1))),
      'revocable',
    ),
  )
}

type Options = Readonly<Record<string, string | undefined>>
type Command = (
  scenario: Scenario,
  words: readonly string[],
  options: Options,
) => void | Promise<void>

/** Every command of a scenario: `name word … key=value …`. */
const commands: Readonly<Record<string, Command>> = {
  flags: (scenario, _words, options) => scenario.restart(options),
  'restart-master': (scenario) => scenario.restart(scenario.options),
  advance: (scenario, [time = '']) => scenario.advance(parseGoDuration(time)),
  agent: (scenario, [name = '', resources = ''], options) =>
    scenario.addAgent(name, resources, options),
  'agent-again': (scenario, [name = '', resources], options) =>
    scenario.bringBack(name, resources, options),
  mute: (scenario, [name = '']) => void scenario.muted.add(name),
  beat: (scenario, [name = '']) => scenario.beat(name),
  framework: (scenario, [name = ''], options) => scenario.addFramework(name, options),
  'framework-again': (scenario, [name = ''], options) => scenario.resubscribe(name, options),
  break: (scenario, [name = '']) => scenario.peer(name).stream.close(),
  leave: (scenario, [name = '']) =>
    scenario.answer(scenario.agent(name).call({ type: 'UNSUBSCRIBE' })),
  lend: (scenario, [name = '', resources = '']) =>
    scenario.answer(
      scenario.agent(name).call({
        type: 'OVERSUBSCRIBED',
        oversubscribed: { total: wire(as(amounts(resources), 'revocable')), generation: 1 },
      }),
    ),
  drain: (scenario, [name = ''], options) =>
    scenario.operate({
      type: 'DRAIN_AGENT',
      drain_agent: {
        agent_id: scenario.agentId(name),
        mark_gone: options['gone'] === 'true',
        ...(options['grace'] === undefined
          ? {}
          : { max_grace_period: { seconds: Number(options['grace']) } }),
      },
    }),
  deactivate: (scenario, [name = '']) =>
    scenario.operate({
      type: 'DEACTIVATE_AGENT',
      deactivate_agent: { agent_id: scenario.agentId(name) },
    }),
  reactivate: (scenario, [name = '']) =>
    scenario.operate({
      type: 'REACTIVATE_AGENT',
      reactivate_agent: { agent_id: scenario.agentId(name) },
    }),
  gone: (scenario, [name = '']) =>
    scenario.operate({
      type: 'MARK_AGENT_GONE',
      mark_agent_gone: { agent_id: scenario.agentId(name) },
    }),
  /** Windows as `a1,a2@SECONDS` or `a1@SECONDS+DURATION_SECONDS`: machines of agents, and when they go. */
  schedule: (scenario, windows) => scenario.schedule(windows),
  /** Guarantee and limit of a role, such as `cpus:2`; none voids it. */
  quota: (scenario, [role = '', amount = '']) =>
    scenario.operate({
      type: 'UPDATE_QUOTA',
      update_quota: {
        force: true,
        quota_configs: [
          {
            role,
            ...(amount === '' ? {} : { guarantees: scalarMap(amount), limits: scalarMap(amount) }),
          },
        ],
      },
    }),
  'machine-down': (scenario, names) =>
    scenario.operate({
      type: 'START_MAINTENANCE',
      start_maintenance: { machines: names.map((name) => scenario.machine(name)) },
    }),
  'machine-up': (scenario, names) =>
    scenario.operate({
      type: 'STOP_MAINTENANCE',
      stop_maintenance: { machines: names.map((name) => scenario.machine(name)) },
    }),
  'maintenance-status': (scenario) => scenario.showMaintenance(),
  'accept-inverse': (scenario, [name = '', offers = ''], options) =>
    scenario.answer(
      scenario.framework(name).call({
        type: 'ACCEPT_INVERSE_OFFERS',
        accept_inverse_offers: {
          inverse_offer_ids: scenario.offerIds(offers),
          filters: filters(options),
        },
      }),
    ),
  'decline-inverse': (scenario, [name = '', offers = ''], options) =>
    scenario.answer(
      scenario.framework(name).call({
        type: 'DECLINE_INVERSE_OFFERS',
        decline_inverse_offers: {
          inverse_offer_ids: scenario.offerIds(offers),
          filters: filters(options),
        },
      }),
    ),
  /** Tasks that are over or set aside, and frameworks that are over, as /state shows them. */
  history: (scenario) => scenario.showHistory(),
  /** What the registry holds, by key. */
  registry: (scenario) => scenario.showRegistry(),
  /** Metrics as they are now. */
  metrics: (scenario, names) => scenario.showMetrics(names),
  /** Its drain state and whether it is deactivated, as /slaves shows them. */
  standing: (scenario, [name = '']) => scenario.showStanding(name),
  decline: (scenario, [name = '', offers = ''], options) =>
    scenario.answer(
      scenario.framework(name).call({
        type: 'DECLINE',
        decline: { offer_ids: scenario.offerIds(offers), filters: filters(options) },
      }),
    ),
  accept: (scenario, [name = '', offers = '', ...tasks], options) =>
    scenario.accept(name, offers, tasks, options),
  revive: (scenario, [name = '']) =>
    scenario.answer(scenario.framework(name).call({ type: 'REVIVE' })),
  suppress: (scenario, [name = '']) =>
    scenario.answer(scenario.framework(name).call({ type: 'SUPPRESS' })),
  teardown: (scenario, [name = '']) =>
    scenario.answer(scenario.framework(name).call({ type: 'TEARDOWN' })),
  kill: (scenario, [name = '', task = '']) =>
    scenario.answer(
      scenario.framework(name).call({ type: 'KILL', kill: { task_id: { value: task } } }),
    ),
  reconcile: (scenario, [name = '', ...tasks]) =>
    scenario.answer(
      scenario.framework(name).call({
        type: 'RECONCILE',
        reconcile: { tasks: tasks.map((task) => scenario.reconciled(task)) },
      }),
    ),
  update: (scenario, [agent = '', task = '', state = ''], options) =>
    scenario.update(agent, task, state, options),
  ack: (scenario, [name = '', task = '']) => scenario.acknowledge(name, task),
}

const wire = (resources: Resources) => toWire(resources, { format: 'stacks' })

const filters = ({ refuse }: Options) =>
  refuse === undefined ? undefined : { refuse_seconds: Number(refuse) }

interface KnownTask {
  readonly framework: string
  readonly agent: string
  readonly resources: Resources
  state: TaskState
  uuid: Uint8Array | undefined
}

class Scenario {
  readonly clock = new SimClock(Date.UTC(2026, 0, 1))
  readonly muted = new Set<string>()
  readonly #agents = new Map<string, AgentPeer>()
  readonly #frameworks = new Map<string, SchedulerPeer>()
  readonly #agentResources = new Map<string, string>()
  readonly #infos = new Map<string, FrameworkInfo>()
  readonly #tasks = new Map<string, KnownTask>()
  readonly #ended = new Set<string>()
  readonly #lines: string[] = []
  options: Options = {}
  master: Master
  #registry = memoryRegistry()
  #seed = 1
  #uuids = 0

  constructor() {
    this.master = this.#newMaster({})
  }

  async run(line: string): Promise<readonly string[]> {
    const [command = '', ...rest] = line.split(/\s+/)
    const isOption = (word: string) => /^[a-z_]+=/.test(word)
    const options = Object.fromEntries(
      rest.filter(isOption).map((word) => {
        const at = word.indexOf('=')
        return [word.slice(0, at), word.slice(at + 1)]
      }),
    )
    const act = commands[command]
    if (act === undefined) throw new Error(`no command "${command}"`)
    await act(
      this,
      rest.filter((word) => !isOption(word)),
      options,
    )
    await settle()
    expect(masterProblems(this.master.state), line).toEqual([])
    expect(registryProblems(this.master.state, this.#registry), line).toEqual([])
    this.#collect()
    return this.#lines.splice(0)
  }

  /** A new master process: of the old one only the registry is left, and that not if it is in memory. */
  restart(options: Options): void {
    this.options = options
    this.master.close()
    this.#collect()
    this.master = this.#newMaster(options)
  }

  #newMaster(options: Options): Master {
    const flags = Object.fromEntries(
      Object.entries(options).filter(([name]) => name in masterFlags),
    )
    if (options['registry'] === 'in_memory') this.#registry = memoryRegistry()
    return startSimMaster(
      { work_dir: '/sim', ...flags },
      {
        clock: this.clock,
        seed: this.#seed++,
        registry: this.#registry,
        failed: ({ message }) => void this.#lines.push(`the master ends: ${message}`),
      },
    ).master
  }

  /** Agents answer pings at once, unless muted. */
  async advance(durationMs: number): Promise<void> {
    const untilMs = this.clock.monotonicMs() + durationMs
    await settle()
    while ((this.clock.nextDueMs ?? Infinity) <= untilMs) {
      this.clock.step()
      await settle()
      this.#collect()
    }
    await this.clock.advance(untilMs - this.clock.monotonicMs())
  }

  addAgent(name: string, resources: string, options: Options): void {
    this.#agentResources.set(name, resources)
    this.#subscribeAgent(name, undefined, options)
  }

  bringBack(name: string, resources: string | undefined, options: Options): void {
    if (resources !== undefined) this.#agentResources.set(name, resources)
    this.muted.delete(name)
    this.#subscribeAgent(name, this.agent(name).agentId, options)
  }

  #subscribeAgent(name: string, agentId: string | undefined, options: Options): void {
    const listed = [...this.#tasks].filter(
      ([task, { agent }]) => agent === name && (options['tasks'] ?? task).split(',').includes(task),
    )
    this.#ended.delete(name)
    const peer = new AgentPeer(
      this.master.application,
      {
        agent_info: {
          hostname: options['host'] ?? `${name}.example`,
          port: 5051,
          resources: wire(amounts(this.#agentResources.get(name) ?? '')),
          ...(agentId === undefined ? {} : { id: { value: agentId } }),
        },
        version: '0.0.0',
        oversubscribed: wire(as(amounts(options['lend'] ?? ''), 'revocable')),
        capabilities: [
          { type: 'MULTI_ROLE' },
          ...(options['stock'] === 'true' ? [] : [{ type: 'AGENT_DRAINING' as const }]),
        ],
        ...(options['drains'] === undefined
          ? {}
          : {
              deactivated: true,
              drain_config: { mark_gone: options['drains'] === 'gone' },
            }),
        frameworks: [...new Set(listed.map(([, { framework }]) => framework))].map(
          (framework) => this.#infos.get(framework) ?? { user: '', name: '' },
        ),
        tasks: listed.map(([task, known]) => ({
          name: task,
          task_id: { value: task },
          framework_id: { value: this.framework(known.framework).frameworkId },
          agent_id: { value: agentId ?? '' },
          state: known.state,
          resources: wire(known.resources),
        })),
      },
      options['ip'] ?? `10.0.0.${this.#agents.size + 1}`,
    )
    this.#agents.set(name, peer)
  }

  /** A sign of life; from now on it answers pings again. */
  beat(name: string): void {
    this.muted.delete(name)
    this.answer(this.agent(name).call({ type: 'HEARTBEAT' }))
  }

  addFramework(name: string, options: Options): void {
    const multiRole = options['roles'] !== undefined
    const capabilities = [
      ...(options['caps'] ?? '').split(',').filter((one) => one !== ''),
      ...(multiRole ? ['MULTI_ROLE'] : []),
    ]
    const info: FrameworkInfo = {
      user: 'root',
      name,
      capabilities: capabilities.map((type) => ({ type })) as FrameworkInfo['capabilities'],
      failover_timeout: Number(options['failover'] ?? 0),
      checkpoint: options['checkpoint'] !== 'false',
      ...(multiRole ? { roles: options['roles']?.split(',') } : {}),
      ...(options['role'] === undefined ? {} : { role: options['role'] }),
    }
    this.#infos.set(name, info)
    this.#subscribe(name, info)
  }

  resubscribe(name: string, options: Options): void {
    const id = { value: this.framework(name).frameworkId }
    const failover = options['failover']
    const info = { ...this.#infos.get(name), id } as FrameworkInfo
    this.#subscribe(
      name,
      failover === undefined ? info : { ...info, failover_timeout: Number(failover) },
    )
  }

  #subscribe(name: string, info: FrameworkInfo): void {
    const old = this.#frameworks.get(name)
    const peer = new SchedulerPeer(this.master.application, {
      subscribe: { framework_info: info },
      ...(info.id === undefined ? {} : { framework_id: info.id }),
    })
    this.#collect()
    if (peer.frameworkId === '' && old !== undefined) peer.frameworkId = old.frameworkId
    this.#ended.delete(name)
    this.#frameworks.set(name, peer)
    this.#infos.set(name, { ...info, id: { value: peer.frameworkId } })
  }

  /** Tasks as `t1:cpus:1;mem:32`. */
  accept(name: string, offers: string, tasks: readonly string[], options: Options): void {
    const offerIds = this.offerIds(offers)
    const agentId =
      [...this.master.state.offers.values()].find(({ id }) => id === offerIds[0]?.value)?.agent
        .id ??
      [...this.#agents.values()][0]?.agentId ??
      ''
    const agent = this.#nameOfAgent(agentId)
    const infos = tasks.map((task) => {
      const at = task.indexOf(':')
      const [taskId, resources] = [task.slice(0, at), amounts(task.slice(at + 1))]
      const uuid = undefined
      if (!this.#tasks.has(taskId))
        this.#tasks.set(taskId, { framework: name, agent, resources, state: 'TASK_STAGING', uuid })
      return {
        name: taskId,
        task_id: { value: taskId },
        agent_id: { value: agentId },
        command: { value: 'true' },
        resources: wire(resources),
      }
    })
    this.answer(
      this.framework(name).call({
        type: 'ACCEPT',
        accept: {
          offer_ids: offerIds,
          operations: infos.length === 0 ? [] : [{ type: 'LAUNCH', launch: { task_infos: infos } }],
          filters: filters(options),
        },
      }),
    )
  }

  update(agent: string, task: string, state: string, options: Options): void {
    const known = this.#task(task)
    const newState = `TASK_${state}` as TaskState
    known.state = `TASK_${options['latest'] ?? state}` as TaskState
    known.uuid = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? this.#uuids : 0))
    this.#uuids += 1
    this.answer(
      this.agent(agent).call({
        type: 'STATUS_UPDATE',
        status_update: {
          framework_id: { value: this.framework(known.framework).frameworkId },
          status: {
            task_id: { value: task },
            state: newState,
            source: 'SOURCE_AGENT',
            timestamp: this.clock.now() / 1000,
            uuid: known.uuid,
          },
          latest_state: known.state,
        },
      }),
    )
  }

  acknowledge(name: string, task: string): void {
    const known = this.#task(task)
    this.answer(
      this.framework(name).call({
        type: 'ACKNOWLEDGE',
        acknowledge: {
          agent_id: { value: this.agent(known.agent).agentId },
          task_id: { value: task },
          uuid: known.uuid ?? new Uint8Array(16),
        },
      }),
    )
  }

  /** `t1` or `t1@a1`. */
  reconciled(text: string) {
    const [task = '', agent] = text.split('@')
    const known = agent === undefined ? undefined : this.#agents.get(agent)?.agentId
    return {
      task_id: { value: task },
      ...(agent === undefined ? {} : { agent_id: { value: known ?? agent } }),
    }
  }

  offerIds(text: string) {
    return text
      .split(',')
      .map((offer) => ({ value: `${this.master.state.id}-${offer.toUpperCase()}` }))
  }

  /** Calls of an operator are answered 200 where they are taken. */
  operate(call: MasterCall): void {
    const { status, body } = ask(this.master.application, 'POST', '/api/v1', {
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: operatorCalls.encode(call),
    })
    this.#lines.push(`answer ${status} ${this.#short(body)}`.trimEnd())
  }

  agentId(name: string) {
    return { value: this.#agents.get(name)?.agentId ?? name }
  }

  machine(name: string) {
    return { hostname: `${name}.example` }
  }

  schedule(texts: readonly string[]): void {
    const windows = texts.map((text) => {
      const [names = '', times = ''] = text.split('@')
      const [start, duration] = times.split('+').map((seconds) => Number(seconds) * 1e9)
      return {
        machine_ids: names.split(',').map((name) => this.machine(name)),
        unavailability: {
          start: { nanoseconds: start ?? 0 },
          ...(duration === undefined ? {} : { duration: { nanoseconds: duration } }),
        },
      }
    })
    this.operate({
      type: 'UPDATE_MAINTENANCE_SCHEDULE',
      update_maintenance_schedule: { schedule: { windows } },
    })
  }

  showMaintenance(): void {
    const { body } = ask(this.master.application, 'GET', '/maintenance/status')
    const status = JSON.parse(body) as MaintenanceClusterStatus
    for (const { id, statuses = [] } of status.draining_machines ?? [])
      this.#lines.push(
        `${id.hostname} drains${statuses
          .map((one) => this.#short(`, ${one.framework_id.value} ${one.status}`))
          .join('')}`,
      )
    for (const { hostname } of status.down_machines ?? []) this.#lines.push(`${hostname} is down`)
  }

  showHistory(): void {
    interface Shown {
      readonly id: string
      readonly unreachable_tasks: readonly { readonly id: string }[]
      readonly completed_tasks: readonly { readonly id: string }[]
    }
    const { body } = ask(this.master.application, 'GET', '/state')
    const state = JSON.parse(body) as Readonly<Record<string, readonly Shown[]>>
    for (const kind of ['frameworks', 'completed_frameworks'])
      for (const { id, unreachable_tasks: aside, completed_tasks: over } of state[kind] ?? []) {
        const names = (tasks: readonly { readonly id: string }[]) =>
          tasks.map((task) => task.id).join(',')
        const what = kind === 'frameworks' ? '' : ' is over'
        this.#lines.push(
          this.#short(`${id}${what}: unreachable ${names(aside)}; completed ${names(over)}`),
        )
      }
  }

  showRegistry(): void {
    for (const [key] of this.#registry.entries())
      if (!key.startsWith('master/')) this.#lines.push(`registry: ${this.#short(key)}`)
  }

  showMetrics(names: readonly string[]): void {
    const { body } = ask(this.master.application, 'GET', '/metrics/snapshot')
    const metrics = JSON.parse(body) as Readonly<Record<string, number>>
    for (const name of names) this.#lines.push(`${name} ${metrics[name]}`)
  }

  showStanding(name: string): void {
    const { body } = ask(this.master.application, 'GET', '/slaves')
    const { slaves } = JSON.parse(body) as {
      readonly slaves: readonly {
        readonly id: string
        readonly active: boolean
        readonly deactivated: boolean
        readonly drain_info?: DrainInfo
      }[]
    }
    const { value } = this.agentId(name)
    const shown = slaves.find(({ id }) => id === value)
    if (shown === undefined) return void this.#lines.push(`${name} is not registered`)
    const { active, deactivated, drain_info: info } = shown
    const drain = info === undefined ? '' : ` ${info.state} ${JSON.stringify(info.config)}`
    this.#lines.push(`${name}: active ${active}, deactivated ${deactivated}${drain}`)
  }

  answer({ status, body }: Answered): void {
    if (status !== 202) this.#lines.push(`answer ${status} ${this.#short(body)}`)
  }

  peer(name: string): AgentPeer | SchedulerPeer {
    return this.#agents.get(name) ?? this.framework(name)
  }

  agent(name: string): AgentPeer {
    const agent = this.#agents.get(name)
    if (agent === undefined) throw new Error(`no agent ${name}`)
    return agent
  }

  framework(name: string): SchedulerPeer {
    const framework = this.#frameworks.get(name)
    if (framework === undefined) throw new Error(`no framework ${name}`)
    return framework
  }

  #task(name: string): KnownTask {
    const task = this.#tasks.get(name)
    if (task === undefined) throw new Error(`no task ${name}`)
    return task
  }

  /** What the peers saw since the last time, heartbeats aside. */
  #collect(): void {
    for (const [name, peer] of this.#frameworks) {
      for (const event of peer.stream.take()) this.#line(name, this.#schedulerEvent(event))
      this.#lineAtEnd(name, peer.stream.ended)
    }
    for (const [name, peer] of this.#agents) {
      for (const event of peer.stream.take()) {
        if (event.type === 'HEARTBEAT' && !this.muted.has(name)) peer.call({ type: 'HEARTBEAT' })
        this.#line(name, this.#agentEvent(event))
      }
      this.#lineAtEnd(name, peer.stream.ended)
    }
  }

  #line(name: string, text: string): void {
    if (text !== 'HEARTBEAT') this.#lines.push(`${name}: ${this.#short(text)}`)
  }

  #lineAtEnd(name: string, ended: boolean): void {
    if (!ended || this.#ended.has(name)) return
    this.#ended.add(name)
    this.#lines.push(`${name}: (stream ended)`)
  }

  #schedulerEvent(event: SchedulerEvent): string {
    if (event.offers !== undefined)
      return `OFFERS ${(event.offers.offers ?? [])
        .map(({ id, agent_id, resources, allocation_info: info, unavailability }) => {
          const role = info === undefined ? '' : ` (${info.role})`
          return `${id.value} ${agent_id.value}${role} ${format(fromWire(resources))}${timeText(unavailability)}`
        })
        .join(' | ')}`
    if (event.inverse_offers !== undefined)
      return `INVERSE_OFFERS ${(event.inverse_offers.inverse_offers ?? [])
        .map(
          ({ id, agent_id, resources = [], unavailability }) =>
            `${id.value} ${agent_id?.value}${timeText(unavailability)}${format(fromWire(resources))}`,
        )
        .join(' | ')}`
    if (event.update !== undefined) return `UPDATE ${statusText(event.update.status)}`
    const detail =
      event.subscribed?.framework_id.value ??
      event.rescind?.offer_id.value ??
      event.rescind_inverse_offer?.inverse_offer_id.value ??
      event.failure?.agent_id?.value ??
      event.error?.message
    return [event.type, detail].filter((part) => part !== undefined).join(' ')
  }

  #agentEvent(event: AgentLinkEvent): string {
    const words = [
      event.type,
      event.subscribed?.agent_id.value,
      event.launch?.task_info.task_id.value,
      event.launch && format(fromWire(event.launch.task_info.resources)),
      event.kill?.task_id.value,
      event.acknowledge?.task_id.value,
      event.shutdown_framework?.framework_id.value,
      event.shutdown?.message,
      event.shutdown?.gone === true ? '(for good)' : undefined,
      event.drain && JSON.stringify(event.drain.drain_config),
      event.update_framework?.framework_info.id?.value,
      event.reconcile?.tasks?.map(({ task_id: { value } }) => value).join(','),
    ]
    return words.filter((word) => word !== undefined).join(' ')
  }

  /** Ids by the names of the scenario; offers as o0, o1. */
  #short(text: string): string {
    let short = text
    for (const [name, { agentId }] of this.#agents)
      if (agentId !== '') short = short.replaceAll(agentId, name)
    for (const [name, { frameworkId }] of this.#frameworks)
      if (frameworkId !== '') short = short.replaceAll(frameworkId, name)
    return short
      .replaceAll(new RegExp(`[0-9a-f-]{36}-O(\\d+)`, 'g'), 'o$1')
      .replaceAll(new RegExp(`[0-9a-f-]{36}(-\\w+)`, 'g'), '*$1')
      .replaceAll(/[0-9a-f-]{36}/g, '*')
  }

  #nameOfAgent(agentId: string): string {
    return [...this.#agents].find(([, peer]) => peer.agentId === agentId)?.[0] ?? ''
  }
}

const scalarMap = (text: string) =>
  Object.fromEntries(
    text.split(';').map((part) => {
      const [name = '', value] = part.split(':')
      return [name, { value: Number(value) }]
    }),
  )

const timeText = (unavailability: Unavailability | undefined): string => {
  if (unavailability === undefined) return ''
  const { start, duration } = unavailability
  const span = duration === undefined ? '' : `+${duration.nanoseconds / 1e9}`
  return ` @${start.nanoseconds / 1e9}${span}`
}

const statusText = ({ task_id, state, reason, message, uuid, source }: TaskStatus): string =>
  [
    task_id.value,
    state,
    source === 'SOURCE_MASTER' ? 'from master' : undefined,
    reason,
    uuid === undefined ? 'no uuid' : undefined,
    message && `"${message}"`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(', ')
