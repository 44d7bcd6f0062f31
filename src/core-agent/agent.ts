import type { Readable } from 'node:stream'
import type { Inspect } from '../mesos/engine-endpoint.ts'
import type { AgentLinkEvent } from '../mesos/wire.ts'
import { hasRevocable, ofKind, plus } from '../resources/resources.ts'
import type { AppendLog } from '../runtime/append-log.ts'
import type { Clock } from '../runtime/clock.ts'
import { ConfigError } from '../runtime/flags.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Ids, Random } from '../runtime/random.ts'
import type { Application, Exchange, HttpRequest, Transport } from '../runtime/transport.ts'
import { builtInAttributes } from './attributes.ts'
import type { Cgroups } from './cgroups.ts'
import { Prober } from './checks/prober.ts'
import type { Probes } from './checks/probes.ts'
import type { CommandContainers } from './command/containers.ts'
import { CommandDriver } from './command/driver.ts'
import type { AgentConfig } from './config.ts'
import { ContainerGroups } from './container-groups.ts'
import { adviceFor } from './docker/advice.ts'
import { CreationError, createContainer, Pulls } from './docker/create.ts'
import {
  type Change,
  type Engine,
  type EngineDetails,
  EngineError,
  EngineUnavailableError,
} from './docker/engine.ts'
import { EngineObserver } from './docker/observer.ts'
import type { Act } from './effect.ts'
import type { Estimator } from './estimator/estimator.ts'
import { FetchError, type Fetcher } from './fetch/fetcher.ts'
import { handle } from './handlers.ts'
import type { HostFacts } from './host.ts'
import { createApplication } from './http/application.ts'
import { type Admission, EngineEndpoint, reply } from './http/engine-endpoint.ts'
import { ExecutorEndpoint } from './http/executor-endpoint.ts'
import { OperatorEndpoint } from './http/operator-endpoint.ts'
import { Watchers } from './http/watchers.ts'
import { ImageCollector } from './images/image-collector.ts'
import type { ImageUses } from './images/image-uses.ts'
import { apply, fromJson } from './journal.ts'
import type { ContainerLogs } from './logs/container-logs.ts'
import { MasterLink } from './master-link.ts'
import type { Failure, Message } from './message.ts'
import { HookDriver } from './modules/hook-driver.ts'
import { HookError } from './modules/hooks.ts'
import type { Modules } from './modules/load.ts'
import { PolicyDriver } from './modules/policy-driver.ts'
import { Outbox } from './outbox.ts'
import { makeController, makeEstimator, measures } from './policies.ts'
import type { QosController } from './qos/controller.ts'
import { noopController } from './qos/noop.ts'
import { mayStay, reconfigure } from './reconfiguration.ts'
import { detectedNames, detectResources } from './resources.ts'
import { SandboxError, type Sandboxes } from './sandboxes/sandboxes.ts'
import { type AgentState, emptyState, liveTasks, type TaskKey, tierGroups } from './state.ts'
import { descriptionOf, type Identity, infoOf, subscriptionOf } from './subscription.ts'
import { Timers } from './timers.ts'
import type { Settings } from './turn.ts'
import { Collector } from './usage/collector.ts'
import type { HistoryFile } from './usage/history-file.ts'
import { measuredOf } from './usage/processes.ts'
import { shareOf } from './usage/share.ts'

export interface AgentPorts {
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly transport: Transport
  readonly engine: Engine
  readonly cgroups: Cgroups
  readonly commands: CommandContainers
  readonly probes: Probes
  readonly sandboxes: Sandboxes
  readonly fetcher: Fetcher
  readonly logs: ContainerLogs
  readonly log: AppendLog
  readonly logger: Logger
  readonly host: HostFacts
  readonly history: HistoryFile
  readonly imageUses: ImageUses
  readonly modules: Modules
}

/** How long a leaving agent waits for its containers to be gone. */
const leaveTimeoutMs = 60_000
const leaveLookMs = 100

/** So long an engine that hangs is waited for before the agent registers without it. */
const engineWaitMs = 10_000

/** What the estimator has learned is kept so often. */
const historyIntervalMs = 60_000

/** A controller that answers at once is still not asked more often than this. */
const leastCorrectionIntervalMs = 1000

/**
 * One machine of the cluster. What happens becomes a message, the handlers change the state and say what is to be
 * done, and the outbox has it done in order. Nothing is awaited in between: results come back as messages.
 */
export class Agent {
  readonly state: AgentState = emptyState()
  readonly application: Application
  readonly #config: AgentConfig
  readonly #settings: Settings
  readonly #ports: AgentPorts
  #identity: Identity
  /** What it becomes once what does not fit that is drained. */
  #renewed: Identity
  #left: Promise<void> | undefined
  readonly #estimator: Estimator
  readonly #qos: QosController
  readonly #outbox: Outbox
  readonly #pulls: Pulls
  readonly #link: MasterLink
  readonly #observer: EngineObserver
  readonly #watchers: Watchers
  readonly #endpoint: EngineEndpoint
  readonly #executors: ExecutorEndpoint
  readonly #operator: OperatorEndpoint
  readonly #images: ImageCollector
  readonly #timers: Timers
  readonly #prober: Prober
  readonly #groups: ContainerGroups
  readonly #hooks: HookDriver
  readonly #commands: CommandDriver
  readonly #policies: PolicyDriver
  #collector: Collector | undefined
  readonly #exchanges = new Map<number, Exchange>()
  readonly #creations = new Map<TaskKey, AbortController>()
  /** Paths of sandboxes on their way out. */
  readonly #removals = new Set<string>()
  #lastRequest = 0
  #linked = false
  #closed = false
  /** What an operator was warned of already: the engine comes back more than once. */
  readonly #warnings = new Set<string>()

  constructor(config: AgentConfig, ports: AgentPorts) {
    const { clock, engine, host, log, logger } = ports
    this.#config = config
    this.#settings = {
      ...config,
      enforcement: { cfs: config.cfs, memoryBytes: host.memoryBytes },
    }
    this.#ports = ports
    this.#identity = {
      hostname: config.hostname ?? host.hostname,
      port: config.listen.port,
      version: config.version,
      bootId: host.bootId,
      resources: detectResources(config.resources, config.defaultRole, host),
      attributes: [...config.attributes, ...builtInAttributes(config.advertiseIp)],
    }
    this.#renewed = this.#identity
    this.#estimator = makeEstimator(config.estimator)
    this.#qos = makeController(config.qosController)
    this.#outbox = new Outbox({
      clock,
      random: ports.random,
      log,
      state: this.state,
      perform: (act) => this.#perform(act),
      onStuck: (error) => {
        const problem = `${error instanceof Error ? error.message : String(error)}, in ${config.workDir}`
        logger.error(
          { problem },
          'the journal cannot be written: launches are refused until it can, what runs goes on',
        )
        this.#tell({ type: 'JOURNAL', problem })
      },
      onFlowing: () => {
        logger.warn({}, 'the journal can be written again: launches are taken')
        this.#tell({ type: 'JOURNAL', problem: undefined })
        this.#watchers.close() // They come back, and begin with what has changed meanwhile.
      },
      onSnapshotFailed: (error) =>
        logger.warn({ error: String(error) }, 'the journal cannot be shortened: it grows on'),
    })
    this.#timers = new Timers(clock)
    this.#prober = new Prober(ports, (message) => this.#tell(message))
    this.#groups = new ContainerGroups(ports, (emptied) =>
      this.#tell({ type: 'GROUP_EMPTY', ...emptied }),
    )
    this.#pulls = new Pulls(engine)
    this.#watchers = new Watchers(clock)
    this.#link = new MasterLink(
      {
        agentId: () => this.state.agentId,
        subscription: () => subscriptionOf(this.state, this.#identity),
        onSubscribed: (subscribed) =>
          this.#tell({
            type: 'SUBSCRIBED',
            subscribed,
            told: { info: infoOf(this.#identity), bootId: host.bootId },
          }),
        onEvent: (event) => {
          const message = messageOf(event)
          if (message !== undefined) this.#tell(message)
        },
        onDown: () => this.#tell({ type: 'DISCONNECTED' }),
      },
      {
        master: config.master,
        backoffMs: config.registrationBackoffMs,
        credential: config.credential,
      },
      ports,
    )
    this.#hooks = new HookDriver({
      hooks: ports.modules.hooks,
      state: this.state,
      policy: config.dockerPolicy,
      tell: (message) => this.#tell(message),
      send: (call) => this.#link.send(call),
    })
    this.#commands = new CommandDriver({
      containers: ports.commands,
      fetcher: ports.fetcher,
      hooks: this.#hooks,
      tell: (message) => this.#tell(message),
      sandboxes: ports.sandboxes,
    })
    this.#policies = new PolicyDriver({
      ...ports,
      correctionIntervalMs: config.correctionIntervalMs,
      tell: (message) => this.#tell(message),
    })
    this.#observer = new EngineObserver(
      {
        agentId: () => this.state.agentId,
        containers: () => [...this.state.containers.keys()],
        owns: (container) => this.state.containers.has(container),
        onEngine: (details) => this.#engine(details),
        onImages: (images) => {
          this.#images.seen(images)
          this.#tell({ type: 'IMAGES', images })
        },
        onInspected: (look) => {
          this.#groups.note(look.container, look.inspect)
          this.#tell({ type: 'INSPECTED', ...look })
        },
        onDied: (container, code) => {
          this.#tell({ type: 'DIED', container, code })
          return this.state.containers.get(container)?.removing !== true
        },
        onSurveyed: (strangers) => this.#surveyed(strangers),
        onEvent: (event, container) => this.#tell({ type: 'EVENT', event, container }),
      },
      ports,
    )
    this.#endpoint = new EngineEndpoint({
      state: this.state,
      engine,
      watchers: this.#watchers,
      policy: config.dockerPolicy,
      change: (container, change, exchange) => this.#request(container, change, exchange),
    })
    this.#executors = new ExecutorEndpoint(this.state, ports, (message) => this.#tell(message))
    const startedAtMs = clock.now()
    const source = () => ({
      state: this.state,
      config,
      identity: this.#identity,
      machine: ports.host,
      modules: ports.modules.view(),
      startedAtMs,
      nowMs: clock.now(),
      monotonicMs: clock.monotonicMs(),
    })
    this.#images = new ImageCollector({
      ...ports,
      state: this.state,
      uses: ports.imageUses,
      config: config.imageGc,
    })
    this.#operator = new OperatorEndpoint({
      images: this.#images,
      state: this.state,
      engine,
      logger,
      clock,
      policy: config.dockerPolicy,
      source,
    })
    this.application = createApplication(
      this.#endpoint,
      this.#executors,
      this.#operator,
      source,
      clock,
    )
  }

  /** A request to the operator API whose body is records, which are taken as they come. */
  answerStream(request: Omit<HttpRequest, 'body'>, body: Readable, exchange: Exchange): void {
    this.#operator.answerStream(request, body, exchange)
  }

  /** What to do with a request below the engine prefix, decided before its body is read. */
  admit(head: Pick<HttpRequest, 'method' | 'path' | 'headers'>): Promise<Admission> {
    return this.#endpoint.admit(head)
  }

  /**
   * Reads the journal, compares it with the engine, and subscribes at the master once that is done. Throws ConfigError
   * where the flags make another agent of the one that the journal tells of.
   */
  async start(): Promise<void> {
    const { snapshot, records } = await this.#ports.log.read()
    if (this.#closed) return
    const known = Array.isArray(snapshot) ? (snapshot as readonly unknown[]) : []
    for (const json of [...known, ...records]) apply(this.state, fromJson(json))
    if (this.#config.recover === 'reconnect') this.#compare()
    this.#tell({ type: 'OPENED' })
    this.#tell({ type: 'ESTIMATE' })
    this.#timers.every('estimate', this.#config.estimateIntervalMs, () =>
      this.#tell({ type: 'ESTIMATE' }),
    )
    this.#watchUsage()
    this.#timers.every('sandboxes', this.#config.diskWatchIntervalMs, () => this.#lookForOld())
    await this.#recoverCommands()
    if (this.#closed) return
    if (!this.#config.containerizers.includes('docker')) return this.#surveyed([])
    this.#images.start()
    this.#timers.after('engine', engineWaitMs, () => this.#register())
    await this.#observer.start()
    this.#register()
  }

  /** Each second: what was measured where something asks for it, else the load alone. */
  #watchUsage(): void {
    const { estimator, qosController, correctionIntervalMs } = this.#config
    const { host, cgroups, clock } = this.#ports
    const load = () => host.loadAverage()
    if (measures(estimator, qosController)) {
      this.#collector = new Collector({
        clock,
        cgroups,
        node: () => shareOf(host.counters(), this.#identity.resources, host.cpus),
        tiers: () => tierGroups(this.state),
        tasks: () => measuredOf(this.state),
        network: (pid) => host.network(pid),
        commandUsage: (container) => this.#ports.commands.usage(container),
        isGlancing: () =>
          this.#qos.react !== undefined &&
          liveTasks(this.state).some(({ resources }) => hasRevocable(resources)),
        onGlance: (glance) => this.#tell({ type: 'GLANCE', glance }),
        onSample: (sample, tasks) => this.#tell({ type: 'CORRECT', load: load(), sample, tasks }),
      })
      this.#resumeHistory()
      this.#collector.start()
      return
    }
    if (this.#qos === noopController) return
    const intervalMs = Math.max(leastCorrectionIntervalMs, correctionIntervalMs)
    const nothing = { sample: undefined, tasks: new Map() }
    this.#timers.every('correct', intervalMs, () =>
      this.#tell({ type: 'CORRECT', load: load(), ...nothing }),
    )
  }

  /** The estimator goes on from what the last life of the agent knew. */
  #resumeHistory(): void {
    const { history: file, clock } = this.#ports
    if (this.#estimator.resume === undefined) return
    const saved = file.read()
    if (saved !== undefined) {
      const awayMs = Math.max(0, clock.now() - saved.takenAtMs)
      this.#estimator.resume(saved.history, clock.monotonicMs() - awayMs)
    }
    this.#timers.every('history', historyIntervalMs, () => this.#saveHistory())
  }

  #saveHistory(): void {
    const { history: file, clock, logger } = this.#ports
    const history = this.#estimator.history?.(clock.monotonicMs())
    if (history === undefined) return
    try {
      file.write({ takenAtMs: clock.now(), history })
    } catch (error) {
      logger.warn({ error: String(error) }, 'what was measured cannot be kept over a restart')
    }
  }

  /** Ends everything of the agent's own. Containers go on; the next start finds them. */
  async close(): Promise<void> {
    this.#stop()
    await this.#outbox.close()
    await this.#ports.log.close()
  }

  /** Unregisters and ends everything; resolves when no container is left, or after a while all the same. */
  async leave(): Promise<void> {
    this.#tell({ type: 'LEAVE' })
    const { clock, logger } = this.#ports
    for (let waitedMs = 0; this.#isBusy(); waitedMs += leaveLookMs) {
      if (waitedMs >= leaveTimeoutMs) {
        const left = [...this.state.containers.keys()]
        logger.error({ left }, 'not all containers could be removed in time')
        break
      }
      await new Promise<void>((resolve) => clock.after(leaveLookMs, resolve))
    }
    await this.#left
  }

  #isBusy(): boolean {
    return this.state.tasks.size + this.state.containers.size > 0
  }

  /** Whether the machine is still the one that the master knows by our id (core-agent §2.4). */
  #compare(): void {
    const { agentId, told } = this.state
    if (agentId === undefined || told === undefined) return
    const { reconfigurationPolicy: policy, anyPort, resources: given, workDir } = this.#config
    const before = descriptionOf(told.info)
    const { resources, differences } = reconfigure(before, this.#identity, {
      policy,
      detected: detectedNames(given),
      anyPort,
    })
    this.#identity = { ...this.#identity, resources }
    this.#renewed = this.#identity
    const problems = differences.map(({ text }) => text)
    if (problems.length === 0) return
    if (policy === 'any') {
      const used = plus(...liveTasks(this.state).map((task) => ofKind(task.resources, 'regular')))
      if (mayStay(differences, used, resources)) return
      this.state.retiring = true
      this.#identity = { ...this.#identity, ...before }
      return
    }
    if (told.bootId !== this.#identity.bootId) {
      this.state.estranged = `after a reboot it is another machine: ${problems.join('; ')}`
      return
    }
    const remedy = `start agent ${agentId} as it was, or with --reconfiguration_policy=any, or as a new agent with another --work_dir than ${workDir}`
    throw new ConfigError([...problems, remedy].map((line) => `--reconfiguration_policy: ${line}`))
  }

  #stop(): void {
    this.#closed = true
    this.#collector?.close()
    this.#setTier({ quotaCpus: undefined, frozen: false }) // Nobody would thaw it.
    this.#link.close()
    this.#observer.close()
    this.#prober.close()
    this.#ports.commands.close()
    this.#groups.close()
    this.#executors.close()
    this.#operator.close()
    this.#images.close()
    this.#watchers.close()
    this.#timers.cancelAll()
    for (const creation of this.#creations.values()) creation.abort()
    this.#commands.close()
    this.#ports.logs.close()
    this.#ports.modules.close()
  }

  #tell(message: Message): void {
    if (this.#closed) return
    const { clock, ids } = this.#ports
    const effects = handle(this.state, message, {
      nowMs: clock.now(),
      monotonicMs: clock.monotonicMs(),
      uuid: () => ids.uuid(),
      estimator: this.#estimator,
      qos: this.#qos,
      hooks: this.#ports.modules.hooks,
      settings: this.#settings,
    })
    this.#outbox.take(effects)
  }

  #perform(act: Act): void {
    switch (act.type) {
      case 'create':
        return this.#create(act)
      case 'follow-logs':
        return this.#ports.logs.follow(act.source)
      case 'remove-sandbox':
        return this.#removeSandbox(act.path)
      case 'touch-sandboxes':
        return void this.#ports.sandboxes.touch(act.paths)
      case 'stop-fetching':
        return this.#creations.get(act.task)?.abort()
      case 'change':
        return this.#change(act)
      case 'set-tier':
        return this.#setTier(act)
      case 'kill-group':
        return this.#killGroup(act)
      case 'find-empty-groups':
        return this.#tell({ type: 'GROUPS_EMPTY', containers: this.#groups.empty() })
      case 'inspect':
        return void this.#observer.look(act.container)
      case 'tell-executor':
        return this.#executors.tell(act.stream, act.event)
      case 'end-executor-stream':
        return this.#executors.end(act.stream)
      case 'executor-exited':
        return this.#hooks.send({ type: 'EXECUTOR_EXITED', executor_exited: act.call })
      case 'executor-message':
        return this.#hooks.send({ type: 'EXECUTOR_MESSAGE', executor_message: act.call })
      case 'command':
        return this.#commands.perform(act.command)
      case 'hook-labels':
      case 'hook-removed':
        return this.#hooks.perform(act)
      case 'ask-estimator':
      case 'ask-controller':
        return this.#policies.perform(act)
      case 'probe':
      case 'stop-probes':
        return this.#prober.perform(act)
      case 'known':
        return this.#observer.known(act.container)
      case 'status-update':
        return this.#hooks.send({ type: 'STATUS_UPDATE', status_update: act.call })
      case 'oversubscribed':
        return this.#hooks.send({ type: 'OVERSUBSCRIBED', oversubscribed: act.call })
      case 'renew':
        this.#identity = this.#renewed
        return this.#link.resubscribe('the agent has another description now')
      case 'leave':
        this.#left = this.#link.leave()
        return
      case 'resubscribe':
        return this.#link.resubscribe('the session is over')
      case 'reply':
        return this.#reply(act)
      case 'publish':
        return this.#watchers.publish(act.framework, act.record)
      case 'after':
        return this.#timers.after(act.timer, act.delayMs, () => this.#tell(act.message))
      case 'cancel':
        return this.#timers.cancel(act.timer)
      case 'warn':
        return this.#ports.logger.warn(act.fields, act.message)
    }
  }

  /** Also makes the tiers, whose weights commands need where there is no engine to ask for them. */
  async #recoverCommands(): Promise<void> {
    const { commands, cgroups, host } = this.#ports
    if (!this.#config.containerizers.includes('mesos')) return
    const { tiers, problem } = cgroups.prepare({ driver: 'cgroupfs', cpus: host.cpus })
    if (problem !== undefined) this.#warnOnce(unweighed, { problem })
    const containers = await commands.recover({
      onExit: (container, exit) => this.#tell({ type: 'COMMAND_EXITED', container, exit }),
    })
    this.#tell({ type: 'COMMANDS_FOUND', containers, tiers })
  }

  #setTier({ quotaCpus, frozen }: Pick<ActOf<'set-tier'>, 'quotaCpus' | 'frozen'>): void {
    if (this.#collector === undefined) return
    for (const group of tierGroups(this.state).revocable)
      this.#onCgroups((cgroups) => {
        cgroups.bound(group, quotaCpus)
        cgroups.freeze(group, frozen)
      })
  }

  /** The engine is told to stop it too, and hears of the end from the kernel. */
  #killGroup({ container, revocable, group }: ActOf<'kill-group'>): void {
    const { boostsDying } = this.#config
    const { tiers, commandTiers } = this.state
    const tier = group === undefined ? tiers.revocable : commandTiers.revocable
    const boosted = revocable && boostsDying ? tier : undefined
    if (group !== undefined) return this.#groups.kill(container, boosted, group)
    const inspect = this.state.containers.get(container)?.inspect
    if (inspect !== undefined) this.#groups.note(container, inspect)
    this.#groups.kill(container, boosted)
  }

  #onCgroups(act: (cgroups: Cgroups) => void): void {
    try {
      act(this.#ports.cgroups)
    } catch (error) {
      this.#ports.logger.warn({ error: String(error) }, 'a control group could not be written')
    }
  }

  #lookForOld(): void {
    const { sandboxes, logger } = this.#ports
    sandboxes.survey().then(
      (found) => this.#tell({ type: 'SANDBOXES', ...found }),
      (error: unknown) => logger.warn({ error: String(error) }, 'sandboxes cannot be listed'),
    )
  }

  #removeSandbox(path: string): void {
    if (this.#removals.has(path)) return
    this.#removals.add(path)
    const { sandboxes, logger } = this.#ports
    sandboxes
      .remove(path)
      .catch((error: unknown) => {
        logger.warn({ error: String(error) }, 'a sandbox cannot be removed: it stays')
      })
      .finally(() => this.#removals.delete(path))
  }

  #create({ task, ...creation }: ActOf<'create'>): void {
    const controller = new AbortController()
    this.#creations.set(task, controller)
    const hooks = this.#hooks.forCreation(task, creation.containerId, creation.sandbox?.path)
    const { dockerConfig } = this.#config
    const ports = { ...this.#ports, pulls: this.#pulls, hooks, dockerConfig }
    createContainer(ports, creation, controller.signal)
      .finally(() => this.#creations.delete(task))
      .then(
        (made) => {
          this.#images.used(made.inspect)
          this.#tell({ type: 'CREATED', task, ...made })
        },
        (error: unknown) => this.#tell({ type: 'CREATE_FAILED', task, failure: failureOf(error) }),
      )
  }

  #change({ container, change, request }: ActOf<'change'>): void {
    const told = { type: 'CHANGED', container, change, request } as const
    this.#ports.engine.change(container, change).then(
      (outcome) => this.#tell({ ...told, outcome: { ok: true, ...outcome } }),
      (error: unknown) => this.#tell({ ...told, outcome: { ok: false, ...failureOf(error) } }),
    )
  }

  #request(container: string, change: Change, exchange: Exchange): void {
    this.#lastRequest += 1
    this.#exchanges.set(this.#lastRequest, exchange)
    this.#tell({ type: 'CHANGE', container, change, request: this.#lastRequest })
  }

  #reply({ request, status, body }: ActOf<'reply'>): void {
    const exchange = this.#exchanges.get(request)
    this.#exchanges.delete(request)
    if (exchange !== undefined) reply(exchange, status, body)
  }

  #engine(details: EngineDetails): void {
    const { cgroupDriver, runcVersion, ...facts } = details
    if (!facts.healthy) return this.#tell({ type: 'ENGINE', facts })
    const { cgroups, host, logger } = this.#ports
    const { tiers, problem } = cgroups.prepare({ driver: cgroupDriver, cpus: host.cpus })
    if (problem !== undefined) this.#warnOnce(unweighed, { problem })
    for (const advice of adviceFor(details)) this.#warnOnce(advice)
    logger.info({ engine: facts.version, runc: runcVersion, tiers }, 'the Docker engine answers')
    this.#tell({ type: 'ENGINE', facts, tiers })
  }

  #warnOnce(message: string, fields: object = {}): void {
    if (this.#warnings.has(message)) return
    this.#warnings.add(message)
    this.#ports.logger.warn(fields, message)
  }

  #surveyed(strangers: readonly Inspect[]): void {
    this.#tell({ type: 'SURVEYED', strangers })
    this.#register()
  }

  /**
   * Once, as soon as the engine was looked at, or has shown that it does not answer: what runs goes on, and a master that
   * hears nothing gives it up (core-agent §8). One that may be another machine now has to know first.
   */
  #register(): void {
    const { standing, estranged } = this.state
    if (this.#linked || this.#closed || standing.gone === true || estranged !== undefined) return
    if (this.#config.recover !== 'reconnect') return
    this.#linked = true
    this.#timers.cancel('engine')
    this.#link.start()
  }
}

const unweighed = 'revocable containers compete with regular ones as equals'

type ActOf<T> = Extract<Act, { type: T }>

/** An event of the master as a message; undefined: of a type that this agent does not know. */
const messageOf = (event: AgentLinkEvent): Message | undefined => {
  const { type, launch, kill, acknowledge, reconcile, update_framework, shutdown_framework } = event
  if (type === 'LAUNCH' && launch) return { type, launch }
  const { launch_group: launchGroup, message, shutdown_executor } = event
  if (type === 'LAUNCH_GROUP' && launchGroup) return { type, launchGroup }
  if (type === 'MESSAGE' && message) return { type, message }
  if (type === 'SHUTDOWN_EXECUTOR' && shutdown_executor)
    return { type, shutdown: shutdown_executor }
  if (type === 'KILL' && kill) return { type, kill }
  if (type === 'ACKNOWLEDGE' && acknowledge) return { type, acknowledge }
  if (type === 'RECONCILE' && reconcile) return { type, reconcile }
  if (type === 'UPDATE_FRAMEWORK' && update_framework) return { type, update: update_framework }
  if (type === 'SHUTDOWN_FRAMEWORK' && shutdown_framework)
    return { type, shutdown: shutdown_framework }
  if (type === 'SHUTDOWN') {
    const { message = '', gone = false } = event.shutdown ?? {}
    return { type, message, gone }
  }
  if (type === 'DRAIN' && event.drain)
    return {
      type: 'STANDING',
      standing: { deactivated: true, drain: event.drain.drain_config },
    }
  if (type === 'DEACTIVATE' || type === 'REACTIVATE')
    return { type: 'STANDING', standing: { deactivated: type === 'DEACTIVATE' } }
  return undefined
}

/** Anything but the engine's own two kinds of failure, the sandbox's, the fetcher's and a hook's, is a bug of ours. */
const failureOf = (error: unknown): Failure => {
  if (error instanceof CreationError) return { ...failureOf(error.cause), phase: error.phase }
  if (error instanceof EngineError || error instanceof HookError)
    return { status: error.status, message: error.message }
  if (error instanceof SandboxError || error instanceof FetchError)
    return { status: undefined, message: error.message }
  if (error instanceof EngineUnavailableError) return { status: undefined, message: error.message }
  throw error
}
