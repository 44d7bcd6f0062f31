import type { EngineFacts, ImageFacts, Inspect } from '../mesos/engine-endpoint.ts'
import type { AgentId, FrameworkId, TaskId } from '../mesos/ids.ts'
import type {
  AgentInfo,
  AgentLinkCallExecutorExited,
  AgentLinkCallStatusUpdate,
  CheckStatusInfo,
  DrainConfig,
  ExecutorInfo,
  FrameworkInfo,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../mesos/wire.ts'
import { none, ofKind, plus, type Resources } from '../resources/resources.ts'
import type { Tiers } from './cgroups.ts'
import type { Health } from './checks/judge.ts'
import type { ContainerizerName } from './containerizers.ts'
import type { Level } from './qos/controller.ts'
import type { NodeSample, TaskSample } from './usage/sample.ts'

/** All that the agent knows. Changed only by the journal and by handlers, within one turn. */
export interface AgentState {
  /** Of the journal's records; 0 before the first. */
  schema: number
  /** Given by a master, kept for good; undefined until the first subscription. */
  agentId: AgentId | undefined
  /** As the master was told last, and in which boot of the machine; undefined in journals of old. */
  told: { readonly info: AgentInfo; readonly bootId: string } | undefined
  standing: Standing
  readonly frameworks: Map<FrameworkId, FrameworkInfo>
  /** Alive, or ended with updates not yet acknowledged. */
  readonly tasks: Map<TaskKey, Task>
  /** Of frameworks and of task groups, as long as they hold resources. */
  readonly executors: Map<ExecutorKey, Executor>
  /** Containers of ours that exist on the engine, by engine id. */
  readonly containers: Map<string, Container>
  /** Launch ids of late, the oldest first: a launch seen before does nothing (I4). */
  readonly launches: Set<string>
  /** Mesos ContainerIDs of creates that were given up without an answer. */
  readonly abandoned: Set<string>

  /** Not in the journal from here on. */
  connected: boolean
  /** Why the journal cannot be written; undefined while it can. */
  stuck: string | undefined
  /** Launches that nothing could be recorded about, until their refusal is acknowledged; the oldest first. */
  readonly refused: Map<TaskKey, AgentLinkCallStatusUpdate>
  /** Ends of executors that there was no master to tell of. */
  readonly unheard: AgentLinkCallExecutorExited[]
  /** False until the engine's containers were compared with the journal once. */
  recovered: boolean
  /** The same of commands and executors. */
  commandsRecovered: boolean
  /** The machine has rebooted as one that cannot go on under the old id: why. Settled by the first comparison. */
  estranged: string | undefined
  /** What runs would not fit what the agent is now: it is drained first, as what it was (core-agent §2.4). */
  retiring: boolean
  engine: EngineFacts | undefined
  images: readonly ImageFacts[]
  /** Of the engine's containers. */
  tiers: Tiers
  /** Of commands; the same groups, but where the engine leaves its own to systemd. */
  commandTiers: Tiers
  oversubscribed: Oversubscribed
  /** What was measured last, and what was decided by it. */
  readonly lending: Lending
  /** The newest last, at most `maxActions`. */
  readonly actions: QosAction[]
  readonly counters: Counters
}

/** What an operator decided about this agent; kept, for a new master asks us (core-master M10). */
export interface Standing {
  readonly deactivated: boolean
  /** Tasks are on their way out, and none is let in. */
  readonly drain?: DrainConfig
  /** Removed for good: this agent does nothing any more. */
  readonly gone?: boolean
}

export const ordinary: Standing = { deactivated: false }

/** How tasks are to leave; undefined: they may stay. */
export const drainOf = ({ standing, retiring }: AgentState): DrainConfig | undefined =>
  standing.drain ?? (retiring ? {} : undefined)

/** Framework id and task id, joined by a slash, which neither contains. */
export type TaskKey = `${string}/${string}`

export const taskKey = (framework: string, task: string): TaskKey => `${framework}/${task}`

/** Framework id and executor id, joined by a slash. */
export type ExecutorKey = `${string}/${string}`

export const executorKey = (framework: string, executor: string): ExecutorKey =>
  `${framework}/${executor}`

export interface Executor {
  readonly key: ExecutorKey
  readonly frameworkId: FrameworkId
  readonly info: ExecutorInfo
  readonly resources: Resources
  /** Of the launch that brought it. */
  readonly launchId: string | undefined
  /** Of its process; the default executor, which is the agent itself, has none. */
  readonly containerId: string

  /** Not in the journal: `running` once it has subscribed. */
  phase: 'starting' | 'registering' | 'running' | 'terminating'
  /** Of the answer that carries its events; undefined while it is not there. */
  stream: number | undefined
  /** What its tasks end with, where the agent takes it down. */
  verdict: Pick<TaskStatus, 'state' | 'source' | 'reason' | 'message'> | undefined
}

export interface Task {
  readonly key: TaskKey
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  readonly launchId: string
  info: TaskInfo
  /** Launch id of the group that it belongs to. */
  readonly group: string | undefined
  readonly resources: Resources
  /** Mesos' ContainerID, a UUID. */
  readonly containerId: string
  /** Whose container it is, for good. */
  readonly containerizer: ContainerizerName
  /** Engine id of its container, once that exists. */
  engineId: string | undefined
  /** `StartedAt` of that container before this task: when it differs, the task has started. */
  startedBefore: string
  /** The newest, whether or not anybody was told. */
  state: TaskState
  /** Why it is going to end, recorded before anything is signalled. */
  ending: Ending | undefined
  /** Not yet acknowledged, in order; only the head is on its way (core-agent §2.1). */
  readonly updates: TaskStatus[]
  /** Wall time at which it has run for its max_completion_time; undefined before it runs, or without one; custom executors see to it themselves. */
  deadlineMs: number | undefined
  /** What its health check, and its check, told last. */
  healthy: boolean | undefined
  /** Of its health check, in a row, as far as they were told. */
  failures: number
  checkStatus: CheckStatusInfo | undefined
  /** Wall time since which it runs; undefined before that, and of tasks that an earlier shoal has started. */
  runningAtMs: number | undefined

  /** Not in the journal: undefined until it is looked at in this life of the agent. */
  health: Health | undefined
  /** A create, a start is under way. */
  creating: boolean
  /** Hooks are asked for its labels: nobody else has heard of it yet. */
  labeling: boolean
  starting: boolean
  /** Handed to its executor, as far as this life of the agent knows: what is read from the journal may have been. */
  delivered: boolean
  retryMs: number
  /** Monotonic time at which a stop that is under way becomes SIGKILL. */
  killAtMs: number
}

export interface Ending {
  readonly cause: 'killed' | 'preempted' | 'overdue' | 'unhealthy'
  /** `client`: a call through the engine endpoint, which may still fail. */
  readonly by: 'master' | 'client' | 'agent'
  readonly message: string
  /** Wall time at which its grace is over; undefined: nobody gave it one, or an earlier shoal did. */
  readonly deadlineMs?: number
}

/** Its framework hears that it is being killed, for whichever of these reasons. */
export const isKill = (ending: Ending | undefined): boolean =>
  ending?.cause === 'killed' || ending?.cause === 'unhealthy'

export interface Container {
  readonly engineId: string
  readonly containerId: string
  readonly frameworkId: FrameworkId
  /** The last task that it was given to. */
  task: TaskKey
  readonly revocable: boolean
  /** HostConfig values of the user's that accounting has changed on the engine. */
  asked: Readonly<Record<string, unknown>>
  /** The user said `--rm`: the agent removes it once its exit is on disk. */
  readonly autoRemove: boolean
  /** Made for our frontend: stays until its user removes it, others go after `docker_remove_delay`. */
  readonly kept: boolean
  /** Why its resources were taken back. */
  revoked: string | undefined

  /** Not in the journal: as the engine last showed it. */
  inspect: Inspect | undefined
  /** Restarts under way: an exit seen meanwhile is not the end. */
  restarting: number
  /** A removal of the agent's own is under way. */
  removing: boolean
  /** SIGKILLs of the agent's own that the engine has not answered. */
  kills: number
  /** Its group held no process at that monotonic time; undefined of a container that has run since. */
  emptied: { readonly atMs: number; readonly struck: boolean } | undefined
}

export interface Oversubscribed {
  /** What was published last; undefined before the first estimate. */
  readonly total: Resources | undefined
  readonly generation: number
  /** When; monotonic clock. */
  readonly atMs: number
}

export interface Lending {
  /** Undefined: nothing is measured, or cannot be. */
  sample: NodeSample | undefined
  tasks: ReadonlyMap<TaskKey, TaskSample>
  /** The newest samples, the last one last, at most `maxRecent`; kept where an estimator module wants them. */
  recent: readonly NodeSample[]
  /** What an estimator module said last, with what was allocated then; undefined: nothing yet. */
  told: Resources | undefined
  /** Failures in a row of the modules. */
  estimatorFailures: number
  controllerFailures: number
  level: Level
  /** The kernel was told of the two below in this life of the agent. */
  isSet: boolean
  /** Of the revocable tier; undefined: no bound. */
  quotaCpus: number | undefined
  frozen: boolean
  /** Until then no event tells that the tier is throttled; monotonic clock. */
  quietUntilMs: number
  /** Until then nothing more is lent; monotonic clock. */
  closedUntilMs: number
}

export interface QosAction {
  readonly atMs: number
  readonly action: 'kill' | 'throttle' | 'freeze' | 'thaw'
  /** Undefined: it was done to the whole tier. */
  readonly task?: TaskKey
  readonly signal: string
  readonly value: number
  readonly threshold: number
  readonly quotaCpus?: number | undefined
  readonly freed?: Resources
}

/** Since the start, for `/metrics/snapshot`. */
export interface Counters {
  launchErrors: number
  preempted: number
  /** Resources of an estimate that were not revocable. */
  estimatesIgnored: number
  readonly ended: Map<TaskState, number>
}

export const emptyState = (): AgentState => ({
  schema: 0,
  agentId: undefined,
  told: undefined,
  standing: ordinary,
  frameworks: new Map(),
  tasks: new Map(),
  executors: new Map(),
  containers: new Map(),
  launches: new Set(),
  abandoned: new Set(),
  connected: false,
  stuck: undefined,
  refused: new Map(),
  unheard: [],
  recovered: false,
  commandsRecovered: false,
  estranged: undefined,
  retiring: false,
  engine: undefined,
  images: [],
  tiers: {},
  commandTiers: {},
  oversubscribed: { total: undefined, generation: 0, atMs: 0 },
  lending: {
    sample: undefined,
    tasks: new Map(),
    recent: [],
    told: undefined,
    estimatorFailures: 0,
    controllerFailures: 0,
    level: 'run',
    isSet: false,
    quotaCpus: undefined,
    frozen: false,
    quietUntilMs: 0,
    closedUntilMs: 0,
  },
  actions: [],
  counters: { launchErrors: 0, preempted: 0, estimatesIgnored: 0, ended: new Map() },
})

const terminal: ReadonlySet<TaskState> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
] satisfies TaskState[])

export const isTerminal = (state: TaskState): boolean => terminal.has(state)

/** Tasks whose resources are held. */
export const liveTasks = (state: AgentState): readonly Task[] =>
  [...state.tasks.values()].filter((task) => !isTerminal(task.state))

export const allocatedRevocable = (state: AgentState): Resources =>
  plus(
    none,
    ...[...liveTasks(state), ...state.executors.values()].map(({ resources }) =>
      ofKind(resources, 'revocable'),
    ),
  )

/** The control groups of each kind of container. */
export const tierGroups = ({ tiers, commandTiers }: AgentState) => ({
  regular: distinct([tiers.regular, commandTiers.regular]),
  revocable: distinct([tiers.revocable, commandTiers.revocable]),
})

const distinct = (groups: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(groups.filter((group) => group !== undefined)),
]

/** The live task that a container belongs to. */
export const taskOf = (state: AgentState, container: Container): Task | undefined => {
  const task = state.tasks.get(container.task)
  return task === undefined || isTerminal(task.state) ? undefined : task
}

export const containerOf = (state: AgentState, task: Task): Container | undefined =>
  task.engineId === undefined ? undefined : state.containers.get(task.engineId)

export const hasCapability = (
  framework: FrameworkInfo | undefined,
  capability: NonNullable<NonNullable<FrameworkInfo['capabilities']>[number]['type']>,
): boolean => framework?.capabilities?.some(({ type }) => type === capability) ?? false
