import { frameworkHeader } from '../mesos/engine-endpoint.ts'
import { type AgentId, type FrameworkId, id } from '../mesos/ids.ts'
import type { AppendLog } from '../runtime/append-log.ts'
import type { Clock } from '../runtime/clock.ts'
import { EventHub } from '../runtime/event-stream.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Ids, Random } from '../runtime/random.ts'
import type { Transport } from '../runtime/transport.ts'
import { AgentWatch } from './agent-watch.ts'
import { addAgent, describe } from './agents.ts'
import { askAgainMs, maxEventsBehind, maxLogRecords } from './bounds.ts'
import { subscribe } from './calls.ts'
import type {
  Cluster,
  ClusterEvent,
  ClusterSummary,
  ContainerView,
  CreateOutcome,
  CreateRequest,
  EngineAddress,
  Found,
  NameOutcome,
  NodeView,
  OfferView,
  StartOutcome,
} from './cluster.ts'
import type { FrameworkConfig } from './config.ts'
import { holdsTask, needsTask } from './containers.ts'
import { readEvent } from './decode.ts'
import { EngineClient } from './engine-client.ts'
import { type LogRecord, type Memory, remember } from './log-records.ts'
import { Machine, type Performers } from './machine.ts'
import { MasterClient } from './master-client.ts'
import type { JobOutcome, JobRequest, MessageOf } from './messages.ts'
import { nextRun } from './next-run.ts'
import { OwnEvents } from './own-events.ts'
import { Promoter } from './promoter.ts'
import type { RequestKey } from './queue.ts'
import { placementOf } from './requests.ts'
import type { FrameworkState } from './state.ts'
import { readWritten, written } from './tasks/requeue-record.ts'
import { isPending } from './tasks/revocation.ts'
import { containerViews, findContainer, nodeViews, offerViews } from './views.ts'

export interface FrameworkPorts {
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly transport: Transport
  /** Outlives the framework: whoever opened it closes it. */
  readonly log: AppendLog
  readonly logger: Logger
}

/**
 * The cluster behind the Docker endpoint: a Mesos framework that launches a task for each container.
 * Decisions are in handlers.ts and what it calls, run by machine.ts; here the effects are performed.
 */
export class Framework implements Cluster {
  readonly #ports: FrameworkPorts
  readonly #config: FrameworkConfig
  readonly #machine: Machine
  readonly #master: MasterClient
  readonly #engines: EngineClient
  readonly #watches = new Map<AgentId, AgentWatch>()
  readonly #events = new EventHub<ClusterEvent>({ limit: maxEventsBehind })
  readonly #ownEvents = new OwnEvents()
  readonly #clients = new Map<RequestKey, (outcome: JobOutcome) => void>()
  readonly #promoter: Promoter
  /** Of those who wait for the next run of a container. */
  readonly #looks = new Set<() => void>()
  readonly #starts = new Map<string, Promise<unknown>>()
  #nextKey: RequestKey = 1
  #logRecords = 0

  /** Throws ConfigError for an unknown strategy or filter. */
  constructor(config: FrameworkConfig, ports: FrameworkPorts) {
    this.#config = config
    this.#ports = ports
    this.#machine = new Machine(config, ports, this.#performers, () => {
      for (const look of this.#looks) look()
    })
    this.#engines = new EngineClient(ports.transport)
    this.#promoter = new Promoter({
      state: this.state,
      engines: this.#engines,
      find: (reference) => this.find(reference),
      engine: (agent) => this.engine(agent),
      submit: (job) => this.#submit(job, job.request.placement, undefined),
      start: (container) => this.#startHeld(container),
      refresh: (container) => this.refresh(container),
      removed: (container) => this.removed(container),
      later: (container, why) => {
        ports.logger.warn({ container }, `promoted container not renamed: ${why}: trying again`)
        ports.clock.after(askAgainMs, () => {
          if (!this.#machine.isClosed) void this.#promoter.finish(container)
        })
      },
      promoted: (container, from) => this.#machine.dispatch({ type: 'PROMOTED', container, from }),
    })
    this.#master = new MasterClient(
      ports,
      {
        master: config.master,
        mediaType: 'application/x-protobuf',
        credential: config.credential,
        subscribe: () => subscribe(config, this.state.frameworkId),
      },
      {
        onSubscribed: (framework, master) =>
          this.#machine.dispatch({ type: 'SUBSCRIBED', framework, master }),
        onEvent: (event) => {
          const message = readEvent(event, this.state.frameworkId)
          if (message !== undefined) this.#machine.dispatch(message)
        },
        onDisconnected: (why) => {
          ports.logger.warn({ master: config.master }, `no subscription: ${why}`)
          this.#machine.dispatch({ type: 'DISCONNECTED' })
        },
        onCallTaken: (call) => this.#machine.dispatch({ type: 'CALL_TAKEN', call }),
        onCallFailed: (call, acted, why) =>
          this.#machine.dispatch({ type: 'CALL_FAILED', call, acted, why }),
      },
    )
  }

  /** Readable by tests and the simulation. */
  get state(): FrameworkState {
    return this.#machine.state
  }

  /** Remembers who it was and where its containers are, then subscribes and watches; the master need not be there yet. */
  async open(): Promise<void> {
    const { log, ids } = this.#ports
    const { snapshot, records } = await log.read()
    const memory = remember(snapshot, records)
    const frameworkId = this.#config.frameworkId ?? memory.frameworkId
    this.state.clusterId = memory.clusterId ?? ids.uuid()
    this.state.frameworkId = frameworkId === undefined ? undefined : id<FrameworkId>(frameworkId)
    for (const [container, task] of memory.restarted) this.state.restarted.set(container, task)
    for (const written of memory.requeues) {
      const requeue = readWritten(written, this.#machine.context())
      this.state.requeues.set(requeue.container, requeue)
    }
    const watches = memory.agents.flatMap((agent) =>
      addAgent(this.state, this.#machine.context(), agent),
    )
    await log.snapshot(this.#memory())
    this.state.idIsDurable = frameworkId !== undefined
    this.#machine.perform(watches)
    this.#master.open()
  }

  /** Leaves the framework registered and its containers running: the next start finds them again. */
  close(): Promise<void> {
    this.#machine.close()
    this.#master.close()
    for (const watch of this.#watches.values()) watch.close()
    for (const look of this.#looks) look()
    for (const answer of this.#clients.values()) answer({ kind: 'cancelled' })
    this.#clients.clear()
    return Promise.resolve()
  }

  summary(): ClusterSummary {
    const { clusterId, frameworkId, master, queue } = this.state
    const { strategy, filters } = this.#config
    return { clusterId, frameworkId, master, strategy, filters, waiting: queue.size }
  }

  nodes(): readonly NodeView[] {
    return nodeViews(this.state, this.#machine.context())
  }

  offers(): readonly OfferView[] {
    return offerViews(this.state)
  }

  containers(): readonly ContainerView[] {
    return containerViews(this.state)
  }

  find(reference: string): Found {
    return findContainer(this.state, reference)
  }

  create(request: CreateRequest, signal: AbortSignal): Promise<CreateOutcome> {
    return this.#submit({ type: 'create', request }, request.placement, signal)
  }

  start(container: ContainerView, signal: AbortSignal): Promise<StartOutcome> {
    this.#machine.dispatch({ type: 'USER_STARTS', container: container.id })
    return this.#inTurn(container, () => this.#startContainer(container, signal))
  }

  endRequeue(container: ContainerView): boolean {
    const wasPending = isPending(this.state.requeues.get(container.id))
    this.#machine.dispatch({ type: 'USER_STOPS', container: container.id })
    return wasPending
  }

  nextRun({ id }: ContainerView, signal: AbortSignal): Promise<ContainerView | undefined> {
    return new Promise((resolve) => {
      const end = (container: ContainerView | undefined) => {
        this.#looks.delete(look)
        signal.removeEventListener('abort', leave)
        resolve(container)
      }
      const leave = () => end(undefined)
      const look = () => {
        const next = nextRun(this.state, id)
        if (next.type === 'undecided' && !this.#machine.isClosed) return
        const found = next.type === 'runs' ? this.find(next.container) : undefined
        end(found?.kind === 'found' ? found.container : undefined)
      }
      signal.addEventListener('abort', leave)
      this.#looks.add(look)
      look()
    })
  }

  reserveName(name: string, holder: string): NameOutcome {
    return this.state.names.reserve(name, holder)
  }

  releaseName(name: string, holder: string): void {
    this.state.names.release(name, holder)
  }

  async refresh(container: ContainerView): Promise<void> {
    await this.#inspect(container.agent, container.id)
  }

  removed({ agent, id }: ContainerView): void {
    this.#machine.dispatch({ type: 'VANISHED', agent, container: id })
  }

  engine(agent: AgentId): EngineAddress | undefined {
    const known = this.state.agents.get(agent)
    if (known === undefined) return undefined
    const headers = { [frameworkHeader]: this.state.frameworkId ?? '' }
    return { host: known.ip, port: known.port, prefix: known.prefix, headers }
  }

  events(signal: AbortSignal): AsyncIterable<ClusterEvent> {
    return this.#events.subscribe(signal)
  }

  ownEvents(): readonly ClusterEvent[] {
    return this.#ownEvents.all()
  }

  /** One start of a container at a time: who comes second finds it running. */
  async #inTurn<T>(container: ContainerView, act: () => Promise<T>): Promise<T> {
    const before = this.#starts.get(container.id)
    const start = (async () => {
      await before
      return act()
    })()
    this.#starts.set(container.id, start)
    try {
      return await start
    } finally {
      if (this.#starts.get(container.id) === start) this.#starts.delete(container.id)
    }
  }

  /** As a client's start, but however long it has to wait for resources. */
  async #runAgain(id: string, attempt: number): Promise<void> {
    const found = this.find(id)
    if (found.kind !== 'found') return
    const outcome = await this.#inTurn(found.container, () => this.#startRevoked(found.container))
    this.#machine.dispatch({ type: 'RAN_AGAIN', container: id, attempt, outcome })
  }

  /** A created container; where its task has ended meanwhile, with a new one. */
  async #startHeld(container: ContainerView): Promise<StartOutcome> {
    const outcome = await this.#inTurn(container, () => this.#startRevoked(container))
    return outcome.kind === 'busy' ? { kind: 'failed', message: 'too many wait already' } : outcome
  }

  async #promote(id: string, attempt: number): Promise<void> {
    const outcome = await this.#promoter.promote(id)
    this.#machine.dispatch({ type: 'RAN_AGAIN', container: id, attempt, outcome })
  }

  async #startRevoked(container: ContainerView): Promise<MessageOf<'RAN_AGAIN'>['outcome']> {
    if (holdsTask(this.state, container.id)) return this.#startOnEngine(container)
    const job = { type: 'start', container: container.inspect } as const
    const launched = await this.#submit(job, placementOf(container), undefined)
    if (launched.kind === 'name-in-use') throw new Error(`a start took the name ${launched.name}`)
    return launched.kind === 'created' ? this.#startOnEngine(container) : launched
  }

  /**
   * A created container is started on its engine; one whose task is over gets a new task first (docker-frontend §6.8).
   * An agent that knows of an end before we do answers 409: then the container is read again.
   */
  async #startContainer(container: ContainerView, signal: AbortSignal): Promise<StartOutcome> {
    if (needsTask(this.state, container.id)) return this.#startAgain(container, signal)
    const started = await this.#startOnEngine(container)
    if (started.kind !== 'engine' || started.status !== 409) return started
    await this.refresh(container)
    return needsTask(this.state, container.id) ? this.#startAgain(container, signal) : started
  }

  async #startAgain(container: ContainerView, signal: AbortSignal): Promise<StartOutcome> {
    const job = { type: 'start', container: container.inspect } as const
    const launched = await this.#submit(job, placementOf(container), signal)
    if (launched.kind === 'name-in-use') throw new Error(`a start took the name ${launched.name}`)
    if (launched.kind === 'busy') return { kind: 'failed', message: launched.message }
    return launched.kind === 'created' ? this.#startOnEngine(container) : launched
  }

  async #startOnEngine(container: ContainerView): Promise<StartOutcome> {
    const at = this.engine(container.agent)
    if (at === undefined)
      return { kind: 'failed', message: `agent ${container.hostname} is not known any more` }
    const changed = this.state.containers.get(container.id)?.changed ?? ''
    const started = await this.#engines.start(at, container.id)
    if (started.kind === 'started')
      this.#machine.dispatch({ type: 'STARTED', container: container.id, changed })
    return started
  }

  /** Without signal it is nobody's request, and waits for as long as it takes. */
  #submit(
    job: JobRequest,
    placement: CreateRequest['placement'],
    signal: AbortSignal | undefined,
  ): Promise<JobOutcome> {
    if (signal?.aborted || this.#machine.isClosed) return Promise.resolve({ kind: 'cancelled' })
    const key = this.#nextKey++
    return new Promise((resolve) => {
      const cancel = () => this.#machine.dispatch({ type: 'CANCEL', key })
      signal?.addEventListener('abort', cancel, { once: true })
      this.#clients.set(key, (outcome) => {
        signal?.removeEventListener('abort', cancel)
        resolve(outcome)
      })
      const isRequeue = signal === undefined
      this.#machine.dispatch({ type: 'SUBMIT', key, job, placement, isRequeue })
    })
  }

  readonly #performers: Performers = {
    append: ({ record }) => this.#append(record),
    call: ({ call }) => this.#master.call(call),
    answer: ({ key, outcome }) => {
      this.#clients.get(key)?.(outcome)
      this.#clients.delete(key)
    },
    watch: ({ agent }) => this.#watch(agent),
    unwatch: ({ agent }) => {
      this.#watches.get(agent)?.close()
      this.#watches.delete(agent)
    },
    'take-inventory': ({ agent }) => void this.#takeInventory(agent),
    inspect: ({ agent, container }) => void this.#inspectUntilRead(agent, container),
    'remove-container': ({ agent, container }) => void this.#remove(agent, container),
    'run-again': ({ container, attempt }) => void this.#runAgain(container, attempt),
    promote: ({ container, attempt }) => void this.#promote(container, attempt),
    'finish-promotion': ({ container }) => void this.#promoter.finish(container),
    publish: ({ event }) => {
      this.#ownEvents.keep(event)
      this.#events.publish(event)
    },
    unsubscribe: () => this.#master.close(),
    say: ({ level, fields, message }) => this.#ports.logger[level](fields, message),
  }

  #append(record: LogRecord): void {
    const { log } = this.#ports
    this.#logRecords += 1
    const done =
      this.#logRecords > maxLogRecords ? log.snapshot(this.#memory()) : log.append(record)
    if (this.#logRecords > maxLogRecords) this.#logRecords = 0
    done.then(
      () => this.#machine.dispatch({ type: 'LOGGED', record }),
      (error: unknown) => this.#notAppended(record, error),
    )
  }

  /** Without an id that lasts nothing may be launched; what else there is to remember can be written later. */
  #notAppended(record: LogRecord, error: unknown): void {
    if (this.#machine.isClosed) return
    const why = `the log of the framework cannot be written: ${String(error)}`
    if (!this.state.idIsDurable) return this.#machine.dispatch({ type: 'HALT', why })
    this.#ports.logger.error({ record: record.type }, `${why}: trying again`)
    this.#logRecords = maxLogRecords // All of it anew, for later records may be there already.
    this.#ports.clock.after(askAgainMs, () => {
      if (!this.#machine.isClosed) this.#append(record)
    })
  }

  #memory(): Memory {
    const { clusterId, frameworkId, agents, restarted, requeues } = this.state
    return {
      clusterId,
      frameworkId,
      agents: [...agents.values()].map(describe),
      restarted: [...restarted],
      requeues: [...requeues.values()].map(written),
    }
  }

  #watch(agent: AgentId): void {
    if (this.engine(agent) === undefined) return // Left before its watch was begun.
    this.#watches.get(agent)?.close()
    const watch = new AgentWatch(this.#ports, () => this.#addressOf(agent), {
      onRecord: (record) => this.#machine.dispatch({ type: 'WATCH', agent, record }),
      onLost: (why) => this.#machine.dispatch({ type: 'WATCH_LOST', agent, why }),
    })
    this.#watches.set(agent, watch)
    watch.open()
  }

  /** A watch ends with its agent, so the agent is known. */
  #addressOf(agent: AgentId): EngineAddress {
    const at = this.engine(agent)
    if (at === undefined) throw new Error(`a watch of the unknown agent ${agent}`)
    return at
  }

  /** What nobody else will tell of a container is asked for again while it is shown. */
  async #inspectUntilRead(agent: AgentId, container: string): Promise<void> {
    if (await this.#inspect(agent, container)) return
    this.#ports.clock.after(askAgainMs, () => {
      if (!this.#machine.isClosed && this.state.containers.has(container))
        void this.#inspectUntilRead(agent, container)
    })
  }

  /** Whether the agent answered. */
  async #inspect(agent: AgentId, container: string): Promise<boolean> {
    const at = this.engine(agent)
    if (at === undefined) return true
    const read = await this.#engines.inspect(at, container)
    if (read.kind === 'inspected')
      this.#machine.dispatch({ type: 'INSPECTED', agent, inspect: read.inspect })
    else if (read.kind === 'gone') this.#machine.dispatch({ type: 'VANISHED', agent, container })
    else this.#ports.logger.warn({ agent, container }, `container not read: ${read.why}`)
    return read.kind === 'inspected' || read.kind === 'gone'
  }

  async #remove(agent: AgentId, container: string): Promise<void> {
    const at = this.engine(agent)
    const why = at === undefined ? undefined : await this.#engines.remove(at, container)
    if (why === undefined) return
    this.#ports.logger.warn({ agent, container }, `abandoned container not removed: ${why}`)
    this.#ports.clock.after(askAgainMs, () => {
      if (!this.#machine.isClosed) void this.#remove(agent, container)
    })
  }

  async #takeInventory(agent: AgentId): Promise<void> {
    const at = this.engine(agent)
    const inventory = at === undefined ? undefined : await this.#engines.inventory(at)
    if (inventory !== undefined) this.#machine.dispatch({ type: 'INVENTORY', agent, ...inventory })
  }
}
