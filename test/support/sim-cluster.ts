import { Agent } from '../../src/core-agent/agent.ts'
import { parseAgentConfig } from '../../src/core-agent/config.ts'
import type { HostFacts } from '../../src/core-agent/host.ts'
import { noModules } from '../../src/core-agent/modules/load.ts'
import { parseMasterConfig } from '../../src/core-master/config.ts'
import { Master } from '../../src/core-master/master.ts'
import { registryIn } from '../../src/core-master/registry/file-registry.ts'
import type { Registry } from '../../src/core-master/registry/registry.ts'
import { frameworkHeader } from '../../src/mesos/engine-endpoint.ts'
import { type FrameworkConfig, parseClusterOptions } from '../../src/mesos-framework/config.ts'
import { Framework } from '../../src/mesos-framework/framework.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import { silent } from '../../src/runtime/logger.ts'
import type { Random } from '../../src/runtime/random.ts'
import type { HttpResponse } from '../../src/runtime/transport.ts'
import { FakeCgroups } from './fake-cgroups.ts'
import { FakeCommands } from './fake-commands.ts'
import { FakeEngine } from './fake-engine.ts'
import { FakeFetcher } from './fake-fetcher.ts'
import { FakeLogs } from './fake-logs.ts'
import { FakeProbes } from './fake-probes.ts'
import { FakeSandboxes } from './fake-sandboxes.ts'
import { memoryHistory, memoryImageUses } from './lending.ts'
import { MemoryLog } from './memory-log.ts'
import { SimClock, settle } from './sim-clock.ts'
import { SimNetwork } from './sim-network.ts'
import { simIds, simRandom } from './sim-random.ts'
import { SimScheduler } from './sim-scheduler.ts'

const masterOrigin = '10.0.0.1:5050'
const frontendOrigin = '10.0.0.2:4375'
const schedulerOrigin = '10.0.0.3:0'

export interface SimOptions {
  readonly seed: number
  readonly agents: number
  /** Of each agent, as `--resources` and as what the fixed estimator lends. */
  readonly resources: string
  readonly lent: string
}

/**
 * A whole cluster in one process: the real master, agents and framework on a simulated clock, network, engine and disk.
 * Everything that happens follows from the seed.
 */
export class SimCluster {
  readonly clock = new SimClock(Date.UTC(2026, 0, 1))
  readonly random: Random
  readonly network: SimNetwork
  readonly machines: readonly SimMachine[]
  master: Master
  /** Of the master that runs. */
  registry: Registry
  framework: Framework
  /** Another framework, which knows nothing of what is lent. */
  readonly scheduler: SimScheduler
  #frontendLog: MemoryLog
  #registryLog: MemoryLog
  readonly #options: SimOptions
  /** Every process gets ids of its own: a restarted master is another master. */
  #processes = 0
  #masterActed = true

  constructor(options: SimOptions) {
    this.#options = options
    this.random = simRandom(options.seed)
    this.network = new SimNetwork({ clock: this.clock, random: this.random })
    this.#frontendLog = new MemoryLog(this.#disk())
    this.#registryLog = new MemoryLog(this.#disk())
    this.machines = Array.from({ length: options.agents }, (_, i) => new SimMachine(this, i))
    this.registry = this.#newRegistry()
    this.master = this.#newMaster()
    this.framework = this.#newFramework()
    this.scheduler = new SimScheduler(this.ports(schedulerOrigin), masterOrigin)
  }

  async start(): Promise<void> {
    this.#serveMaster()
    for (const machine of this.machines) machine.start()
    void this.framework.open()
    this.scheduler.subscribe()
    await settle()
  }

  restartMaster(): void {
    this.network.crash(masterOrigin)
    this.master.close()
    this.#registryLog = this.#registryLog.crash()
    this.registry = this.#newRegistry()
    this.master = this.#newMaster()
    this.#serveMaster()
  }

  /** kill -9: what was not on disk is lost, waiting clients hear nothing more. */
  restartFramework(): void {
    this.network.crash(frontendOrigin)
    void this.framework.close()
    this.#frontendLog = this.#frontendLog.crash()
    this.framework = this.#newFramework()
    void this.framework.open()
  }

  partition(machine: SimMachine): void {
    const [master, frontend] = [masterOrigin, frontendOrigin]
    this.network.partition(machine.origin, this.random.next() < 0.5 ? master : frontend)
  }

  /** A call of the Docker endpoint to the engine endpoint of a container's agent. */
  async engineCall(
    container: string,
    method: string,
    action: string,
  ): Promise<HttpResponse | undefined> {
    const found = this.framework.find(container)
    const place = found.kind === 'found' ? this.framework.engine(found.container.agent) : undefined
    if (place === undefined) return undefined
    return this.network
      .transport(frontendOrigin)
      .request(
        `${place.host}:${place.port}`,
        {
          method,
          path: `${place.prefix}/containers/${container}${action}`,
          headers: { [frameworkHeader]: this.framework.state.frameworkId ?? '' },
          body: new Uint8Array(),
        },
        { timeoutMs: 30_000 },
      )
      .catch(() => undefined)
  }

  /** Whether the master handled anything since the last call: only then can what it keeps have changed. */
  masterActed(): boolean {
    const acted = this.#masterActed
    this.#masterActed = false
    return acted
  }

  /** What a new process of this cluster is given. */
  ports(origin: string) {
    this.#processes += 1
    return {
      clock: this.clock,
      random: this.random,
      ids: simIds(this.#options.seed * 1000 + this.#processes),
      transport: this.network.transport(origin),
      logger: silent,
    }
  }

  newLog(): MemoryLog {
    return new MemoryLog(this.#disk())
  }

  get masterOrigin(): string {
    return masterOrigin
  }

  get options(): SimOptions {
    return this.#options
  }

  close(): void {
    this.master.close()
    void this.framework.close()
    this.scheduler.close()
    for (const machine of this.machines) void machine.agent.close()
  }

  #disk() {
    return { clock: this.clock, delayMs: () => 0.2 + this.random.next() * 5 }
  }

  #newRegistry(): Registry {
    return registryIn(this.#registryLog, this.#registryLog.content())
  }

  #newMaster(): Master {
    const settings = parseMasterConfig({ allocation_interval: ['1secs'], work_dir: ['/sim'] }, {})
    const [ip = '', port] = masterOrigin.split(':')
    const config = { ...settings, version: '0.0.0', address: { ip, port: Number(port) } }
    const clock: Clock = {
      now: () => this.clock.now(),
      monotonicMs: () => this.clock.monotonicMs(),
      after: (delayMs, act) => this.clock.after(delayMs, this.#noting(act)),
    }
    return new Master(config, {
      ...this.ports(masterOrigin),
      clock,
      registry: this.registry,
      failed: (error) => {
        throw error
      },
    })
  }

  #serveMaster(): void {
    const { application } = this.master
    this.network.listen(masterOrigin, (request, exchange) => {
      this.#masterActed = true
      application(request, {
        ...exchange,
        open: (status, headers) => {
          const outflow = exchange.open(status, headers)
          return { ...outflow, onClose: (act) => outflow.onClose(this.#noting(act)) }
        },
      })
    })
    this.#masterActed = true
    this.master.start()
  }

  #noting(act: () => void): () => void {
    return () => {
      this.#masterActed = true
      act()
    }
  }

  #newFramework(): Framework {
    const options = parseClusterOptions(['mesos.enablerevocable=true', 'mesos.user=root'], {})
    const config: FrameworkConfig = {
      ...options,
      master: masterOrigin,
      strategy: 'spread',
      filters: ['health', 'port', 'containerslots', 'dependency', 'affinity', 'constraint'],
      frameworkName: 'sim',
      hostname: 'frontend',
    }
    return new Framework(config, { ...this.ports(frontendOrigin), log: this.#frontendLog })
  }
}

/** One machine: an engine that outlives the agent on it. */
export class SimMachine {
  readonly origin: string
  readonly hostname: string
  readonly engine: FakeEngine
  /** Above 8 the agent takes back what it lends. */
  load = 0
  readonly commands: FakeCommands
  agent: Agent
  #log: MemoryLog
  readonly #cluster: SimCluster

  constructor(cluster: SimCluster, index: number) {
    this.#cluster = cluster
    this.hostname = `node${index + 1}`
    this.origin = `10.0.1.${index + 1}:5051`
    this.engine = new FakeEngine({
      clock: cluster.clock,
      ids: simIds(cluster.options.seed * 1000 + 900 + index),
      latencyMs: 20,
    })
    this.commands = new FakeCommands(cluster.clock)
    this.#log = cluster.newLog()
    this.agent = this.#newAgent()
  }

  start(): void {
    this.#cluster.network.listen(this.origin, this.agent.application)
    void this.agent.start()
  }

  /** kill -9 and a new start: of the writes under way some are on disk, though nobody was told. */
  restart(): void {
    this.#cluster.network.crash(this.origin)
    void this.agent.close()
    this.#log = this.#log.crash({ kept: Math.floor(this.#cluster.random.next() * 3) })
    this.agent = this.#newAgent()
    this.start()
  }

  #newAgent(): Agent {
    const { options, masterOrigin: master } = this.#cluster
    const [ip = '', port = ''] = this.origin.split(':')
    const given = {
      master: [master],
      ip: [ip],
      insecure_bind: ['true'],
      port: [port],
      hostname: [this.hostname],
      work_dir: ['/sim'],
      resources: [options.resources],
      resource_estimator: ['fixed'],
      oversubscribed_resources: [options.lent],
      qos_controller: ['load'],
      load_threshold_5min: ['8'],
      qos_correction_interval_min: ['5secs'],
      docker: ['unix:///sim.sock'],
    }
    return new Agent(parseAgentConfig(given, {}), {
      ...this.#cluster.ports(this.origin),
      engine: this.engine,
      cgroups: new FakeCgroups(),
      commands: this.commands,
      probes: new FakeProbes(),
      sandboxes: new FakeSandboxes(() => this.#cluster.clock.now()),
      logs: new FakeLogs(),
      fetcher: new FakeFetcher(),
      log: this.#log,
      history: memoryHistory(),
      imageUses: memoryImageUses(),
      modules: noModules,
      host: { ...hostOf(this.hostname), loadAverage: () => [0, this.load, 0] },
    })
  }
}

const hostOf = (hostname: string): HostFacts => ({
  hostname,
  bootId: 'boot',
  cpus: 8,
  memoryBytes: 8 * 1024 ** 3,
  diskBytes: 64 * 1024 ** 3,
  loadAverage: () => [0, 0, 0],
  network: () => undefined,
  counters: () => ({
    cpus: 8,
    busySeconds: 0,
    memoryTotalBytes: 8 * 1024 ** 3,
    memoryAvailableBytes: 6 * 1024 ** 3,
    load: [0, 0, 0],
  }),
})
