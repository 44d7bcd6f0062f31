import type { AgentId, FrameworkId, OfferId, TaskId } from '../mesos/ids.ts'
import type {
  AgentInfo,
  DrainConfig,
  ExecutorInfo,
  FrameworkInfo,
  KillPolicy,
  MaintenanceWindow,
  TaskState,
  TaskStatus,
  Unavailability,
  Task as WireTask,
} from '../mesos/wire.ts'
import type { Resources } from '../resources/resources.ts'
import type { OfferFilter } from './allocator/filters.ts'
import type { Held } from './allocator/held.ts'
import type { Quantities } from './allocator/quantities.ts'
import type { Reasons } from './allocator/refusals.ts'
import type { Allocations, Quota } from './allocator/snapshot.ts'

/** Everything a master knows. Changed only by the handlers; read by the views and by tests. */
export interface MasterState {
  /** Random, one a process: the prefix of every id it gives out (core-master §6.1). */
  readonly id: string
  readonly startedMs: number
  readonly startedMonotonicMs: number
  /** Registered agents, connected or not. */
  readonly agents: Map<AgentId, Agent>
  /** Of the last master, not back yet (core-master M11). */
  readonly recoveredAgents: Map<AgentId, RecoveredAgent>
  /** How many those were at first. */
  expectedAgents: number
  readonly unreachableAgents: Map<AgentId, UnreachableAgent>
  /** Removed for good by an operator, and when; the oldest first, bounded. */
  readonly goneAgents: Map<AgentId, number>
  /** Being drained to be marked gone then. */
  readonly going: Set<AgentId>
  /** Agents whose removal waits for the rate limit, in that order, and why; on the monotonic clock when the next may go. */
  readonly removals: { readonly waiting: Map<AgentId, string>; readyAtMs: number }
  readonly frameworks: Map<FrameworkId, Framework>
  /** Removed for good, oldest first: their ids are refused (core-master M14). */
  readonly completedFrameworks: Map<FrameworkId, Framework>
  readonly offers: Map<OfferId, Offer>
  /** Not answered yet. */
  readonly inverseOffers: Map<OfferId, InverseOffer>
  maintenance: Maintenance
  /** Allocations that each role ever got (core-master L5). */
  readonly roleAllocations: Map<string, Allocations>
  /** By role; 1 where absent (core-master L3). */
  weights: ReadonlyMap<string, number>
  /** By top-level role. */
  quotas: ReadonlyMap<string, Quota>
  /** Hostnames of agents that may be offered; undefined: all (core-master L14). */
  whitelist: ReadonlySet<string> | undefined
  /** Scalars of all registered agents, of each kind. */
  readonly totals: {
    readonly regular: Map<string, number>
    readonly revocable: Map<string, number>
  }
  /** What the last run of the allocator leaves to the next. */
  readonly allocator: {
    /** What decided who may be offered something, compared by identity: see `marksOf`. */
    marks: readonly unknown[]
    /** Changes with every change of the marks. */
    epoch: number
    /** On the monotonic clock: when filters that hold nothing back are next looked for. */
    pruneAtMs: number
    /** How many agents must be registered before a run offers anything; undefined: it does (core-master L9). */
    pausedForAgents: number | undefined
  }
  /** Metrics that only grow, by key without the `master/` prefix (core-master §10). */
  readonly counters: Map<string, number>
  readonly next: { framework: number; agent: number; offer: number }
}

export interface Agent {
  readonly id: AgentId
  info: AgentInfo
  /** Where frameworks and people reach it. */
  address: { readonly ip: string; readonly port: number }
  version: string
  capabilities: readonly string[]
  /** The live stream to it; undefined while disconnected, when nothing of it is offered (core-master M6). */
  session: string | undefined
  /** Regular resources from its AgentInfo and revocable ones from its estimator. */
  total: Resources
  /** By executors, and by tasks whose latest state is not terminal (core-master M17). May exceed a total that shrank (R2). */
  used: Resources
  offered: Resources
  readonly tasks: Set<Task>
  /** Of frameworks, by framework id and executor id with a slash between. Their resources are in `used`. */
  readonly executors: Map<string, Executor>
  readonly offers: Set<Offer>
  /** When its machine will be unavailable; what its frameworks were asked about that, and answered last. */
  unavailability: Unavailability | undefined
  readonly inverseOffers: Set<InverseOffer>
  readonly answers: Map<
    FrameworkId,
    { readonly status: 'ACCEPT' | 'DECLINE'; readonly atMs: number }
  >
  /** Runs of the allocator that considered it. */
  runs: number
  /** The last result of `freeOf` and what it was made of. */
  known:
    | {
        readonly total: Resources
        readonly used: Resources
        readonly offered: Resources
        readonly free: Resources
      }
    | undefined
  /** Nobody was offered any of `free`, and nobody will be before that time, unless the marks change. */
  barren:
    | { readonly free: Resources; readonly epoch: number; readonly wakesAtMs: number }
    | undefined
  /** Why the last run gave it to those it gave it to: undefined where nobody was refused. */
  reasons: Reasons | undefined
  /** A call came since the last ping, and how many pings in a row went unanswered (core-master M5). */
  heard: boolean
  missedPings: number
  /** While deactivated nothing of it is offered. */
  standing: Standing
  readonly registeredMs: number
  reregisteredMs: number | undefined
}

/** What an operator decided about an agent (core-master M10). Draining implies deactivated. */
export interface Standing {
  readonly deactivated: boolean
  readonly drain: { readonly config: DrainConfig; readonly sinceMs: number } | undefined
}

export interface Executor {
  readonly framework: FrameworkId
  /** Of the launch that brought it: what its agent says of another one of the same id does not concern it. */
  readonly launchId: string | undefined
  readonly role: string
  readonly info: ExecutorInfo
  readonly resources: Resources
}

export interface RecoveredAgent {
  readonly id: AgentId
  readonly info: AgentInfo
  standing: Standing
}

export interface UnreachableAgent {
  readonly info: AgentInfo
  readonly sinceMs: number
  standing: Standing
}

export interface Framework {
  readonly id: FrameworkId
  info: FrameworkInfo
  capabilities: ReadonlySet<string>
  roles: readonly string[]
  /** The live event stream; undefined while disconnected. */
  stream: string | undefined
  /** Known only from agents since this master started (core-master M13). */
  recovered: boolean
  suppressed: ReadonlySet<string>
  /** Own minimums of an offer, by role (core-master O9). */
  minAllocatable: ReadonlyMap<string, readonly Quantities[]>
  /** By role and agent; bounded by `maxFiltersPerAgent`. */
  readonly filters: Map<string, Map<AgentId, OfferFilter[]>>
  readonly tasks: Map<TaskId, Task>
  /** On unreachable agents, oldest first; bounded. */
  readonly unreachableTasks: Map<TaskId, Task>
  /** Oldest first; bounded. */
  readonly completedTasks: Task[]
  readonly offers: Set<Offer>
  readonly inverseOffers: Set<InverseOffer>
  /** Until when it is not asked about an agent, on the monotonic clock. */
  readonly inverseFilters: Map<AgentId, number>
  /** How often in a row it declined what was taken back for it, and whether it has such offers now: see `reclaim`. */
  waited: { readonly declined: number; readonly isServed: boolean }
  /** Scalars offered and used, by role. */
  readonly held: Map<string, Held>
  /** Allocations it ever got, by role (core-master L5). */
  readonly allocations: Map<string, Allocations>
  readonly registeredMs: number
  reregisteredMs: number | undefined
  unregisteredMs: number | undefined
}

export interface Offer {
  readonly id: OfferId
  readonly framework: Framework
  readonly agent: Agent
  readonly role: string
  readonly resources: Resources
  /** On the monotonic clock. */
  readonly sinceMs: number
}

/** A question to a framework: it is about to lose what it has of an agent (core-master §3.5). */
export interface InverseOffer {
  readonly id: OfferId
  readonly framework: Framework
  readonly agent: Agent
  readonly unavailability: Unavailability
}

/** What operators plan for machines. Those in a window that are not down are draining; all others are up. */
export interface Maintenance {
  readonly windows: readonly MaintenanceWindow[]
  /** Keys of machines: see `machineKey`. */
  readonly down: ReadonlySet<string>
}

export interface Task {
  readonly id: TaskId
  readonly name: string
  readonly framework: FrameworkId
  readonly agent: AgentId
  /** Id of the framework's executor that runs it; undefined: a command. */
  readonly executor: string | undefined
  readonly role: string
  readonly resources: Resources
  /** The latest state its agent told of; resources are freed by it. */
  state: TaskState
  /** The newest status that went to the framework, and whether it must be acknowledged. */
  update: { readonly state: TaskState; readonly uuid: Uint8Array | undefined } | undefined
  /** One entry a state, without data; bounded by `maxStatuses`. */
  readonly statuses: TaskStatus[]
  /** A kill was asked: sent again when its agent comes back (core-master §1.5). */
  kill: { readonly policy: KillPolicy | undefined } | undefined
  /** Its agent came back without it and was asked for it; asked again until that is settled (core-master M3). */
  unlisted: boolean
  /** Parts of the task's description that the views show. */
  readonly shown: Pick<
    WireTask,
    'container' | 'discovery' | 'health_check' | 'labels' | 'limits' | 'user'
  >
}

export const newState = (
  id: string,
  at: { readonly nowMs: number; readonly monotonicMs: number },
  weights: ReadonlyMap<string, number>,
): MasterState => ({
  id,
  startedMs: at.nowMs,
  startedMonotonicMs: at.monotonicMs,
  agents: new Map(),
  recoveredAgents: new Map(),
  expectedAgents: 0,
  unreachableAgents: new Map(),
  goneAgents: new Map(),
  going: new Set(),
  removals: { waiting: new Map(), readyAtMs: at.monotonicMs },
  frameworks: new Map(),
  completedFrameworks: new Map(),
  offers: new Map(),
  inverseOffers: new Map(),
  maintenance: { windows: [], down: new Set() },
  roleAllocations: new Map(),
  weights,
  quotas: new Map(),
  whitelist: undefined,
  totals: { regular: new Map(), revocable: new Map() },
  allocator: { marks: [], epoch: 0, pruneAtMs: at.monotonicMs, pausedForAgents: undefined },
  counters: new Map(),
  next: { framework: 0, agent: 0, offer: 0 },
})

/** Stops the process on our own mistake: nothing a peer sends may make it fail. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${what}`)
}

/** The value of a field that validation has proved to be there. */
export const present = <T>(value: T | undefined): T => {
  assert(value !== undefined, 'a validated field is present')
  return value
}
