import { Agent } from '../../src/core-agent/agent.ts'
import type { CommandContainers } from '../../src/core-agent/command/containers.ts'
import { parseAgentConfig } from '../../src/core-agent/config.ts'
import type { HostFacts } from '../../src/core-agent/host.ts'
import { type Modules, noModules } from '../../src/core-agent/modules/load.ts'
import type { NetworkCounters } from '../../src/core-agent/usage/network.ts'
import type { LoadAverage } from '../../src/core-agent/usage/sample.ts'
import { codecs } from '../../src/mesos/codec.ts'
import {
  frameworkHeader,
  statusLabels,
  taskLabels,
  type WatchRecord,
} from '../../src/mesos/engine-endpoint.ts'
import { encodeRecord, RecordDecoder } from '../../src/mesos/recordio.ts'
import { toWire } from '../../src/mesos/resources.ts'
import type {
  AgentLinkCall,
  AgentLinkEvent,
  ExecutorInfo,
  FrameworkInfo,
  TaskInfo,
  TaskStatus,
} from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { as } from '../../src/resources/resources.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { type Level, type Logger, silent } from '../../src/runtime/logger.ts'
import type { Exchange, HttpRequest, Outflow } from '../../src/runtime/transport.ts'
import { FakeCgroups } from './fake-cgroups.ts'
import { FakeCommands } from './fake-commands.ts'
import { FakeEngine } from './fake-engine.ts'
import { FakeFetcher } from './fake-fetcher.ts'
import { FakeLogs } from './fake-logs.ts'
import { FakeProbes } from './fake-probes.ts'
import { FakeSandboxes } from './fake-sandboxes.ts'
import { memoryHistory, memoryImageUses } from './lending.ts'
import { MemoryLog } from './memory-log.ts'
import { SimClock } from './sim-clock.ts'
import { SimNetwork } from './sim-network.ts'
import { simIds, simRandom } from './sim-random.ts'

const calls = codecs<AgentLinkCall>('shoal.agent_link.Call')['application/x-protobuf']
const events = codecs<AgentLinkEvent>('shoal.agent_link.Event')['application/x-protobuf']

export const agentId = 'm1-S0'

/** The master's end of the agent link, played by a test. */
export class ScriptedMaster {
  readonly calls: AgentLinkCall[] = []
  /** Whether status updates are acknowledged as they come. */
  acknowledges = true
  /** What the next calls are answered with instead. */
  refuses: { readonly status: number; readonly location?: string } | undefined
  givesId = agentId
  /** Told of each call as it comes. */
  onCall: (call: AgentLinkCall) => void = () => {}
  /** Why a SUBSCRIBE is answered with SHUTDOWN. */
  turnsAway: string | undefined
  #stream: Outflow | undefined
  #sessions = 0
  #launches = 0

  readonly application = (request: HttpRequest, exchange: Exchange): void => {
    const call = calls.decode(request.body)
    this.calls.push(call)
    this.onCall(call)
    if (this.refuses !== undefined) {
      const { status, location } = this.refuses
      return exchange.reply(status, location === undefined ? {} : { location }, 'refused')
    }
    if (call.type === 'SUBSCRIBE') return this.#subscribe(call, exchange)
    if (call.session_id !== `session-${this.#sessions}`) return exchange.reply(403, {}, 'stale')
    exchange.reply(202, {})
    if (call.status_update !== undefined && this.acknowledges) this.acknowledge(call)
  }

  send(event: AgentLinkEvent): void {
    this.#stream?.write(encodeRecord(events.encode(event)))
  }

  endStream(): void {
    this.#stream?.end()
    this.#stream = undefined
  }

  acknowledge({ status_update: update }: AgentLinkCall): void {
    const uuid = update?.status.uuid
    if (update === undefined || uuid === undefined) return
    const acknowledge = { framework_id: update.framework_id, task_id: update.status.task_id, uuid }
    this.send({ type: 'ACKNOWLEDGE', acknowledge })
  }

  launch(task: TaskInfo, framework: FrameworkInfo = frontend, launchId?: string): void {
    this.#launches += 1
    this.send({
      type: 'LAUNCH',
      launch: {
        launch_id: launchId ?? `launch-${this.#launches}`,
        framework_info: framework,
        task_info: task,
      },
    })
  }

  launchGroup(
    executor: ExecutorInfo,
    tasks: readonly TaskInfo[],
    framework = stockFramework,
  ): void {
    this.#launches += 1
    this.send({
      type: 'LAUNCH_GROUP',
      launch_group: {
        launch_id: `launch-${this.#launches}`,
        framework_info: framework,
        executor_info: executor,
        task_infos: tasks.map((task) => ({ ...task, executor })),
        launch_executor: true,
      },
    })
  }

  kill(task: string, graceMs?: number, framework = 'f1'): void {
    const policy =
      graceMs === undefined ? {} : { kill_policy: { grace_period: { nanoseconds: graceMs * 1e6 } } }
    this.send({
      type: 'KILL',
      kill: { framework_id: { value: framework }, task_id: { value: task }, ...policy },
    })
  }

  ofType(type: AgentLinkCall['type']): readonly AgentLinkCall[] {
    return this.calls.filter((call) => call.type === type)
  }

  /** Statuses of a task in the order of arrival, repetitions included. */
  statuses(task: string): readonly TaskStatus[] {
    return this.calls.flatMap(({ status_update: update }) =>
      update?.status.task_id.value === task ? [update.status] : [],
    )
  }

  states(task: string): readonly string[] {
    return this.statuses(task).map(({ state }) => state.replace('TASK_', ''))
  }

  #subscribe(call: AgentLinkCall, exchange: Exchange): void {
    this.#sessions += 1
    this.#stream = exchange.open(200, { 'content-type': 'application/x-protobuf' })
    if (this.turnsAway !== undefined) {
      this.send({ type: 'SHUTDOWN', shutdown: { message: this.turnsAway } })
      return this.endStream()
    }
    this.send({
      type: 'SUBSCRIBED',
      subscribed: {
        agent_id: call.subscribe?.agent_info.id ?? { value: this.givesId },
        session_id: `session-${this.#sessions}`,
        master_id: 'm1',
        heartbeat_interval_seconds: 15,
        unreachable_after_seconds: 75,
      },
    })
  }
}

export const frontend: FrameworkInfo = {
  id: { value: 'f1' },
  name: 'shoal',
  user: 'root',
  capabilities: [{ type: 'PARTITION_AWARE' }, { type: 'REVOCABLE_RESOURCES' }],
}

/** A framework as the npm package `mesos-framework` makes one: no capability at all. */
export const stockFramework: FrameworkInfo = { id: { value: 'f2' }, name: 'stock', user: 'root' }

export interface TaskOptions {
  readonly cpus?: number
  readonly memory?: number
  readonly revocable?: boolean
  readonly body?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
}

const resourcesOf = ({ cpus = 1, memory = 64, revocable = false }: TaskOptions) => {
  const { resources } = parseResources(`cpus:${cpus}`)
  return [
    ...toWire(revocable ? as(resources, 'revocable') : resources, { format: 'stacks' }),
    ...toWire(parseResources(`mem:${memory}`).resources, { format: 'stacks' }),
  ]
}

/** A task as our frontend sends it: the create body in its data. */
export const bodyTask = (id: string, command: readonly string[], options: TaskOptions = {}) => {
  const body = { Image: 'busybox:latest', Cmd: command, ...options.body }
  const labels = { [taskLabels.create]: 'body', ...options.labels }
  return {
    name: id,
    task_id: { value: id },
    agent_id: { value: agentId },
    resources: resourcesOf(options),
    labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) },
    data: Buffer.from(JSON.stringify({ name: id, body, platform: '' })),
  } satisfies TaskInfo
}

/** A task as any other framework sends it. */
export const dockerTask = (id: string, value: string, options: TaskOptions = {}): TaskInfo => ({
  name: id,
  task_id: { value: id },
  agent_id: { value: agentId },
  resources: resourcesOf(options),
  command: { shell: true, value },
  container: { type: 'DOCKER', docker: { image: 'busybox' } },
})

/** A plain command, for the agent itself. */
export const commandTask = (id: string, value: string, options: TaskOptions = {}): TaskInfo => ({
  name: id,
  task_id: { value: id },
  agent_id: { value: agentId },
  resources: resourcesOf(options),
  command: { shell: true, value },
})

export interface RigOptions {
  readonly seed?: number
  readonly flags?: Readonly<Record<string, string>>
  /** Instead of the fake ones. */
  readonly commands?: CommandContainers
  /** Plug-ins of each life of the agent. */
  readonly modules?: (ports: { readonly clock: Clock; readonly logger: Logger }) => Modules
}

export interface CrashOptions {
  /** Of the writes under way, how many are on the disk all the same. */
  readonly kept?: number
  readonly flags?: Readonly<Record<string, string>>
  readonly bootId?: string
}

/** One real agent between a scripted master, a fake engine and a simulated disk. */
export class AgentRig {
  readonly clock = new SimClock(1_700_000_000_000)
  readonly network: SimNetwork
  readonly engine: FakeEngine
  readonly cgroups = new FakeCgroups()
  readonly sandboxes = new FakeSandboxes(() => this.clock.now())
  readonly logs = new FakeLogs()
  readonly fetcher = new FakeFetcher()
  readonly commands: FakeCommands
  readonly probes = new FakeProbes()
  readonly master = new ScriptedMaster()
  readonly logged: { readonly level: Level; readonly message: string }[] = []
  readonly logger: Logger = {
    ...silent,
    level: 'info',
    warn: (_fields, message) => this.logged.push({ level: 'warn', message }),
    error: (_fields, message) => this.logged.push({ level: 'error', message }),
  }
  load: LoadAverage = [0, 0, 0]
  /** Counters of network namespaces, by a process in it. */
  readonly networks = new Map<number, NetworkCounters>()
  readonly history = memoryHistory()
  readonly imageUses = memoryImageUses()
  /** Of the machine: four idle cpus. */
  counters = {
    cpus: 4,
    busySeconds: 0,
    memoryTotalBytes: 8 * 1024 ** 3,
    memoryAvailableBytes: 6 * 1024 ** 3,
  }
  log: MemoryLog
  agent: Agent
  readonly #options: RigOptions
  #lives = 0

  constructor(options: RigOptions = {}) {
    const { seed = 1 } = options
    this.#options = options
    this.network = new SimNetwork({ clock: this.clock, random: simRandom(seed) })
    this.network.listen('master:5050', this.master.application)
    this.engine = new FakeEngine({ clock: this.clock, ids: simIds(seed) })
    this.commands = new FakeCommands(this.clock)
    this.log = new MemoryLog({ clock: this.clock, delayMs: () => 1 })
    this.agent = this.#agent()
  }

  /** Starts the agent and lets it subscribe. */
  async up(): Promise<this> {
    await Promise.all([this.agent.start(), this.clock.advance(3000)])
    return this
  }

  /** The agent's process dies, losing what was not yet on disk, and is started anew, with other flags if given. */
  async crash({ kept = 0, flags = {}, bootId = 'boot-1' }: CrashOptions = {}): Promise<void> {
    this.network.crash('agent:5051')
    this.log = this.log.crash({ kept })
    void this.agent.close()
    this.agent = this.#agent(flags, bootId)
    await this.up()
  }

  /** The process dies at once; `revive` starts it anew. */
  die(): void {
    this.network.crash('agent:5051')
    this.log = this.log.crash()
    void this.agent.close()
  }

  async revive(): Promise<void> {
    this.agent = this.#agent()
    await this.up()
  }

  /** A request whose answer nobody waits for. */
  tell(method: string, path: string, framework = 'f1'): void {
    const headers = { [frameworkHeader]: framework }
    this.network
      .transport('frontend')
      .request(
        'agent:5051',
        { method, path, headers, body: new Uint8Array() },
        { timeoutMs: 60_000 },
      )
      .catch(() => {})
  }

  /** Stopped as by SIGTERM and started anew. */
  async restart(): Promise<void> {
    const closed = this.agent.close()
    await this.clock.advance(100)
    await closed
    this.network.crash('agent:5051')
    this.log = this.log.crash()
    this.agent = this.#agent()
    await this.up()
  }

  /** A request of a framework to the agent, answered while a little time passes. */
  async ask(
    method: string,
    path: string,
    options: { readonly framework?: string; readonly body?: unknown } = {},
  ): Promise<{ readonly status: number; readonly json: unknown }> {
    const body =
      options.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(options.body))
    const request = {
      method,
      path,
      headers: { [frameworkHeader]: options.framework ?? 'f1' },
      body,
    }
    const timeoutMs = 60_000
    const state = { waiting: true }
    const asked = this.network
      .transport('frontend')
      .request('agent:5051', request, { timeoutMs })
      .finally(() => (state.waiting = false))
    while (state.waiting) await this.clock.advance(5)
    const answer = await asked
    const text = Buffer.from(answer.body).toString()
    return { status: answer.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  /** Watches the engine endpoint; records arrive in the list. */
  async watch(framework = 'f1'): Promise<WatchRecord[]> {
    const records: WatchRecord[] = []
    const decoder = new RecordDecoder({ maxBytes: 1e9 })
    const request = {
      method: 'GET',
      path: '/engine/watch',
      headers: { [frameworkHeader]: framework },
      body: new Uint8Array(),
    }
    this.network.transport('frontend').stream('agent:5051', request, {
      onResponse: () => {},
      onData: (chunk) => {
        for (const record of decoder.push(chunk))
          records.push(JSON.parse(Buffer.from(record).toString()) as WatchRecord)
      },
      onEnd: () => {},
    })
    await this.clock.advance(10)
    return records
  }

  /** Launches a task of our frontend and waits for its container. */
  async create(id: string, command: readonly string[], options: TaskOptions = {}): Promise<string> {
    this.master.launch(bodyTask(id, command, options))
    await this.clock.advance(50)
    return this.container(id)
  }

  /** Creates and starts, as `docker run -d` does. */
  async run(id: string, command: readonly string[], options: TaskOptions = {}): Promise<string> {
    const container = await this.create(id, command, options)
    await this.ask('POST', `/engine/containers/${container}/start`)
    await this.clock.advance(20)
    return container
  }

  /** Engine id of a container by its name. */
  container(name: string): string {
    const found = [...this.engine.containers.values()].find((one) => one.name === name)
    if (found === undefined) throw new Error(`no container ${name}`)
    return found.id
  }

  #agent(changed: Readonly<Record<string, string>> = {}, bootId = 'boot-1'): Agent {
    this.#lives += 1
    const { flags = {}, seed = 1 } = this.#options
    const given = Object.entries({ ...defaults, ...flags, ...changed }).map(([name, value]) => [
      name,
      [value],
    ])
    const config = parseAgentConfig(
      Object.fromEntries(given) as Record<string, readonly string[]>,
      {},
      '1.2.3',
    )
    const agent = new Agent(config, {
      clock: this.clock,
      random: simRandom(seed + this.#lives),
      ids: simIds(1000 * seed + this.#lives),
      transport: this.network.transport('agent:5051'),
      engine: this.engine,
      cgroups: this.cgroups,
      commands: this.#options.commands ?? this.commands,
      probes: this.probes,
      sandboxes: this.sandboxes,
      fetcher: this.fetcher,
      logs: this.logs,
      log: this.log,
      logger: this.logger,
      host: this.#host(bootId),
      history: this.history,
      imageUses: this.imageUses,
      modules: this.#options.modules?.({ clock: this.clock, logger: this.logger }) ?? noModules,
    })
    this.network.listen('agent:5051', agent.application)
    return agent
  }

  #host(bootId: string): HostFacts {
    return {
      hostname: 'host-1',
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      diskBytes: 100 * 1024 ** 3,
      bootId,
      loadAverage: () => this.load,
      network: (pid) => this.networks.get(pid),
      counters: () => ({ ...this.counters, load: this.load }),
    }
  }
}

const defaults = {
  master: 'master:5050',
  work_dir: '/var/lib/shoal',
  resources: 'cpus:4;mem:4096',
}

/** The label of a status, such as its exit code. */
export const statusLabel = (
  status: TaskStatus | undefined,
  key: keyof typeof statusLabels,
): string | undefined =>
  status?.labels?.labels?.find((label) => label.key === statusLabels[key])?.value
