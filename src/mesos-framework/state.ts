import type { ContainerFacts } from '../constraints/node.ts'
import type { Policy } from '../constraints/place.ts'
import type { EngineFacts, ImageFacts, Inspect } from '../mesos/engine-endpoint.ts'
import type { AgentId, FrameworkId, TaskId } from '../mesos/ids.ts'
import type { Ranges } from '../resources/ranges.ts'
import { type Kind, ofKind, type Resources } from '../resources/resources.ts'
import type { Ids, Random } from '../runtime/random.ts'
import type { FrameworkConfig } from './config.ts'
import { Names } from './names.ts'
import { Book } from './offers/book.ts'
import { Queue } from './queue.ts'
import type { Status, Task } from './tasks/lifecycle.ts'
import type { Requeue } from './tasks/revocation.ts'

/** What decisions need beside the state: the configuration, the time, and fresh names. */
export interface Context {
  readonly config: FrameworkConfig
  readonly policy: Policy
  /** Wall clock. */
  readonly nowMs: number
  readonly monotonicMs: number
  readonly random: Random
  readonly ids: Ids
}

/** Everything the framework knows. Changed by handlers.ts and the files it calls, one message at a time. */
export interface FrameworkState {
  clusterId: string
  frameworkId: FrameworkId | undefined
  /** The framework id is in the log: before that nothing is launched (D10). */
  idIsDurable: boolean
  /** `host:port` of the master that we are subscribed to. */
  master: string | undefined
  /** Why the subscription is over for good; nothing is launched any more. */
  halted: string | undefined
  readonly agents: Map<AgentId, Agent>
  readonly book: Book
  /** All of them by full id; each is with its agent too. */
  readonly containers: Map<string, Container>
  readonly names: Names
  /** Tasks that may hold resources; a terminal one is dropped at once (D38). */
  readonly tasks: Map<TaskId, Task>
  readonly queue: Queue
  /** Tasks that nobody wants any more: a container that still comes of one is removed (D14). Oldest first. */
  readonly abandoned: Set<TaskId>
  /** Task of a container that was started again, by container id; else its label names the task. */
  readonly restarted: Map<string, TaskId>
  /** What became of revoked containers whose labels say more than `stop`, by container id. */
  readonly requeues: Map<string, Requeue>
  /** Revocations whose requeue is not on disk yet, by task. */
  readonly unacknowledged: Map<TaskId, Status>
  /** Ids read as gone before the watch said so: what the watch has under way does not bring them back. */
  readonly gone: Map<string, AgentId>
  /** Counts what can change a placement: offers, machines, containers, tasks. */
  version: number
  /** The log says that agents without engine endpoint are not used. */
  saidStockAgents: boolean
  /** Until then some declined offer is refused; a request that has to wait asks for it back. */
  refusedUntilMs: number
  /** When to reconcile next, while there is something to ask for. */
  reconcileAtMs: number | undefined
}

export interface Agent {
  readonly id: AgentId
  readonly hostname: string
  readonly ip: string
  readonly port: number
  /** Path prefix of its engine endpoint. */
  readonly prefix: string
  /** Attributes in text form. */
  readonly attributes: ReadonlyMap<string, string>
  /** Absent until its endpoint answered once. */
  engine: EngineFacts | undefined
  images: readonly ImageFacts[]
  /** Names of local networks and volumes, the predefined networks left out. */
  networks: ReadonlySet<string>
  volumes: ReadonlySet<string>
  link: Link
  readonly containers: Map<string, Container>
  /** Wall clock. */
  updatedAtMs: number
  /** Monotonic clock. */
  lastOfferMs: number | undefined
  /** Kinds of which more may be offered soon: the rest of what we took, what we declined, or all of a new agent. */
  awaited: ReadonlySet<Kind>
  /** Every port that it ever offered. */
  managedPorts: Ranges
}

/** The watch stream of an agent. A broken one whose next try fails too makes it unreachable. Times: wall clock. */
export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'broken' | 'unreachable'; readonly sinceMs: number; readonly why: string }

export interface Container {
  readonly agent: AgentId
  readonly inspect: Inspect
  readonly facts: ContainerFacts
  readonly createdSeconds: number
  /** Its last start or end, as sortable text. */
  readonly changed: string
  /** The watch has shown it: a snapshot without it means that it is gone. */
  readonly isConfirmed: boolean
  readonly task: TaskId | undefined
  /** `task` has ended. */
  readonly hasEnded: boolean
}

export const emptyState = (): FrameworkState => ({
  clusterId: '',
  frameworkId: undefined,
  idIsDurable: false,
  master: undefined,
  halted: undefined,
  agents: new Map(),
  book: new Book(),
  containers: new Map(),
  names: new Names(),
  tasks: new Map(),
  queue: new Queue(),
  abandoned: new Set(),
  restarted: new Map(),
  requeues: new Map(),
  unacknowledged: new Map(),
  gone: new Map(),
  version: 0,
  saidStockAgents: false,
  refusedUntilMs: 0,
  reconcileAtMs: undefined,
})

/** Some of `resources` was given away and may come back: until it does, a better offer may be on its way. */
export const awaitKinds = (state: FrameworkState, agent: AgentId, resources: Resources): void => {
  const known = state.agents.get(agent)
  if (known !== undefined) known.awaited = new Set([...known.awaited, ...kindsIn(resources)])
}

export const kinds: readonly Kind[] = ['regular', 'revocable']

export const kindsIn = (resources: Resources): readonly Kind[] =>
  kinds.filter((kind) => ofKind(resources, kind).length > 0)

/** Something changed that may let a waiting request fit. */
export const touch = (state: FrameworkState): void => {
  state.version += 1
}
