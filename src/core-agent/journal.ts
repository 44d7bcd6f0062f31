import { codecs } from '../mesos/codec.ts'
import { type AgentId, type FrameworkId, id, type TaskId } from '../mesos/ids.ts'
import { fromWire } from '../mesos/resources.ts'
import type {
  AgentInfo,
  CheckStatusInfo,
  ExecutorInfo,
  FrameworkInfo,
  Labels,
  TaskGroupInfo,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../mesos/wire.ts'
import { LogFormatError } from '../runtime/log-lines.ts'
import type { ContainerizerName } from './containerizers.ts'
import { executorWithoutSecrets, withoutSecrets } from './docker/environment.ts'
import { neverStarted } from './docker/inspect.ts'
import {
  type AgentState,
  type Ending,
  type ExecutorKey,
  executorKey,
  isTerminal,
  ordinary,
  type Standing,
  type TaskKey,
  taskKey,
} from './state.ts'

/**
 * What must survive a restart, one record a change. State changes that must last are made by `apply` alone, when they
 * happen and when they are read again, so a replay cannot differ from what was lived through.
 */
export type LogRecord =
  /** How the records that follow are meant; the first of a journal. */
  | { readonly type: 'SCHEMA'; readonly version: number }
  | { readonly type: 'AGENT'; readonly agentId: string | null }
  | { readonly type: 'TOLD'; readonly info: AgentInfo; readonly bootId: string }
  | { readonly type: 'STANDING'; readonly standing: Standing }
  | { readonly type: 'FRAMEWORK'; readonly info: FrameworkInfo }
  | { readonly type: 'FRAMEWORK_REMOVED'; readonly frameworkId: string }
  | {
      readonly type: 'LAUNCH'
      readonly launchId: string
      readonly frameworkId: string
      readonly task: TaskInfo
      readonly containerId: string
      /** Absent: the Docker engine's. */
      readonly containerizer?: ContainerizerName
      /** Only in a snapshot: the launch id of its group. */
      readonly group?: string
      /** Only in a snapshot: what the acknowledged updates had led to. */
      readonly state?: TaskState
      readonly deadlineMs?: number
      readonly healthy?: boolean
      readonly failures?: number
      readonly checkStatus?: CheckStatusInfo
      readonly runningAtMs?: number
    }
  /** All tasks of a group at once, or none. */
  | {
      readonly type: 'LAUNCH_GROUP'
      readonly launchId: string
      readonly frameworkId: string
      readonly group: TaskGroupInfo
      /** In the order of the tasks. */
      readonly containerIds: readonly string[]
    }
  | {
      readonly type: 'EXECUTOR'
      readonly launchId?: string | undefined
      readonly frameworkId: string
      readonly info: ExecutorInfo
      readonly containerId: string
    }
  | { readonly type: 'EXECUTOR_REMOVED'; readonly executor: ExecutorKey }
  | {
      readonly type: 'CONTAINER'
      readonly engineId: string
      readonly containerId: string
      readonly frameworkId: string
      readonly task: TaskKey
      readonly revocable: boolean
      readonly asked: Readonly<Record<string, unknown>>
      readonly autoRemove: boolean
      readonly kept: boolean
      readonly revoked?: string
    }
  /** The task takes over a container that stands still; `startedBefore` is that of its last run. */
  | {
      readonly type: 'ADOPT'
      readonly task: TaskKey
      readonly engineId: string
      readonly startedBefore: string
    }
  /** What hooks made of the labels. */
  | { readonly type: 'LABELS'; readonly task: TaskKey; readonly labels: Labels }
  | { readonly type: 'ENDING'; readonly task: TaskKey; readonly ending: Ending | null }
  | { readonly type: 'UPDATE'; readonly task: TaskKey; readonly status: TaskStatus }
  /** The head of the task's updates was acknowledged. */
  | { readonly type: 'ACKNOWLEDGED'; readonly task: TaskKey }
  | { readonly type: 'TASK_REMOVED'; readonly task: TaskKey }
  | {
      readonly type: 'ASKED'
      readonly engineId: string
      readonly asked: Readonly<Record<string, unknown>>
    }
  | { readonly type: 'CONTAINER_REMOVED'; readonly engineId: string }
  /** A create without an answer was given up; its container may yet appear, and must go. */
  | { readonly type: 'ABANDONED'; readonly containerId: string }
  /** Only in a snapshot. */
  | { readonly type: 'LAUNCHES'; readonly ids: readonly string[] }

type RecordOf<T> = Extract<LogRecord, { type: T }>

/** How many launch ids are remembered after their tasks have gone. */
export const maxLaunches = 10_000
/** How many creates that were given up. */
const maxAbandoned = 1000

/** Counts up when a record of a known type gets another meaning. */
export const schemaVersion = 1

/** Makes the change. A record about something that has gone since does nothing. */
export const apply = <T extends LogRecord['type']>(
  state: AgentState,
  record: RecordOf<T> & { type: T },
): void => appliers[record.type](state, record as never)

const appliers: {
  readonly [T in LogRecord['type']]: (state: AgentState, record: RecordOf<T>) => void
} = {
  SCHEMA: (state, { version }) => {
    if (version > schemaVersion) throw laterShoal(`schema ${version}`)
    state.schema = version
  },
  AGENT: (state, { agentId }) => {
    state.agentId = agentId === null ? undefined : id<AgentId>(agentId)
  },
  TOLD: (state, { info, bootId }) => {
    state.told = { info, bootId }
  },
  STANDING: (state, { standing }) => {
    state.standing = standing
  },
  FRAMEWORK: (state, { info }) => {
    state.frameworks.set(id<FrameworkId>(info.id?.value ?? ''), info)
  },
  FRAMEWORK_REMOVED: (state, { frameworkId }) => {
    state.frameworks.delete(id<FrameworkId>(frameworkId))
  },
  LAUNCH: (state, { launchId, frameworkId, task, containerId, ...rest }) => {
    remember(state.launches, [launchId], maxLaunches)
    const key = taskKey(frameworkId, task.task_id.value)
    state.tasks.set(key, {
      key,
      frameworkId: id<FrameworkId>(frameworkId),
      taskId: id<TaskId>(task.task_id.value),
      launchId,
      info: task,
      group: rest.group,
      resources: fromWire(task.resources),
      containerId,
      containerizer: rest.containerizer ?? 'docker',
      engineId: undefined,
      startedBefore: neverStarted,
      state: rest.state ?? 'TASK_STAGING',
      ending: undefined,
      updates: [],
      deadlineMs: rest.deadlineMs,
      healthy: rest.healthy,
      failures: rest.failures ?? 0,
      checkStatus: rest.checkStatus,
      runningAtMs: rest.runningAtMs,
      health: undefined,
      creating: false,
      labeling: false,
      starting: false,
      delivered: true,
      retryMs: 0,
      killAtMs: Infinity,
    })
  },
  LAUNCH_GROUP: (state, { launchId, frameworkId, group, containerIds }) => {
    group.tasks?.forEach((task, index) =>
      appliers.LAUNCH(state, {
        type: 'LAUNCH',
        launchId,
        frameworkId,
        task,
        containerId: containerIds[index] ?? '',
        containerizer: 'mesos',
        group: launchId,
      }),
    )
  },
  EXECUTOR: (state, { launchId, frameworkId, info, containerId }) => {
    const key = executorKey(frameworkId, info.executor_id.value)
    state.executors.set(key, {
      key,
      frameworkId: id<FrameworkId>(frameworkId),
      info,
      resources: fromWire(info.resources),
      launchId,
      containerId,
      phase: 'running',
      stream: undefined,
      verdict: undefined,
    })
  },
  EXECUTOR_REMOVED: (state, { executor }) => {
    state.executors.delete(executor)
  },
  CONTAINER: (state, record) => {
    const { engineId, containerId, task: key, revocable, asked, autoRemove, kept, revoked } = record
    state.containers.set(engineId, {
      engineId,
      containerId,
      frameworkId: id<FrameworkId>(record.frameworkId),
      task: key,
      revocable,
      asked,
      autoRemove,
      kept,
      revoked,
      inspect: undefined,
      restarting: 0,
      removing: false,
      kills: 0,
      emptied: undefined,
    })
    const task = state.tasks.get(key)
    if (task !== undefined) task.engineId = engineId
  },
  ADOPT: (state, { task: key, engineId, startedBefore }) => {
    const task = state.tasks.get(key)
    const container = state.containers.get(engineId)
    if (task === undefined || container === undefined) return
    task.engineId = engineId
    task.startedBefore = startedBefore
    container.task = key
    container.revoked = undefined
  },
  LABELS: (state, { task: key, labels }) => {
    const task = state.tasks.get(key)
    if (task !== undefined) task.info = { ...task.info, labels }
  },
  ENDING: (state, { task: key, ending }) => {
    const task = state.tasks.get(key)
    if (task === undefined) return
    task.ending = ending ?? undefined
    const container = task.engineId === undefined ? undefined : state.containers.get(task.engineId)
    if (container !== undefined && ending?.cause === 'preempted') container.revoked = ending.message
  },
  UPDATE: (state, { task: key, status }) => {
    const task = state.tasks.get(key)
    if (task === undefined) return
    task.updates.push(status)
    task.state = status.state
    if (status.reason === 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED')
      task.failures = status.healthy === true ? 0 : task.failures + 1
    task.healthy = status.healthy ?? task.healthy
    task.checkStatus = status.check_status ?? task.checkStatus
    if (status.state === 'TASK_RUNNING') task.runningAtMs ??= (status.timestamp ?? 0) * 1000
    const longest = task.info.max_completion_time?.nanoseconds
    if (status.state === 'TASK_RUNNING' && longest !== undefined && !task.info.executor)
      task.deadlineMs ??= (status.timestamp ?? 0) * 1000 + longest / 1e6
  },
  ACKNOWLEDGED: (state, { task: key }) => {
    const task = state.tasks.get(key)
    task?.updates.shift()
    if (task?.updates.length === 0 && isTerminal(task.state)) state.tasks.delete(key)
  },
  TASK_REMOVED: (state, { task }) => {
    state.tasks.delete(task)
  },
  ASKED: (state, { engineId, asked }) => {
    const container = state.containers.get(engineId)
    if (container !== undefined) container.asked = asked
  },
  CONTAINER_REMOVED: (state, { engineId }) => {
    state.containers.delete(engineId)
  },
  ABANDONED: ({ abandoned }, { containerId }) => remember(abandoned, [containerId], maxAbandoned),
  LAUNCHES: ({ launches }, { ids }) => remember(launches, ids, maxLaunches),
}

/** Adds to a bounded set; the oldest are forgotten. */
const remember = (set: Set<string>, added: readonly string[], limit: number): void => {
  for (const one of added) set.add(one)
  for (const oldest of set) {
    if (set.size <= limit) break
    set.delete(oldest)
  }
}

/** The shortest list of records that leads to this state. */
export const snapshotOf = (state: AgentState): readonly LogRecord[] => [
  { type: 'SCHEMA', version: schemaVersion },
  { type: 'AGENT', agentId: state.agentId ?? null },
  ...(state.standing === ordinary ? [] : [{ type: 'STANDING', standing: state.standing } as const]),
  ...(state.told === undefined ? [] : [{ type: 'TOLD', ...state.told } as const]),
  { type: 'LAUNCHES', ids: [...state.launches] },
  ...[...state.abandoned].map((containerId): LogRecord => ({ type: 'ABANDONED', containerId })),
  ...[...state.frameworks.values()].map((info): LogRecord => ({ type: 'FRAMEWORK', info })),
  ...[...state.executors.values()].map(
    ({ launchId, frameworkId, info, containerId }): LogRecord => ({
      type: 'EXECUTOR',
      launchId,
      frameworkId,
      info,
      containerId,
    }),
  ),
  ...[...state.tasks.values()].map(
    ({
      launchId,
      frameworkId,
      info,
      group,
      containerId,
      containerizer,
      state,
      deadlineMs,
      healthy,
      failures,
      checkStatus,
      runningAtMs,
    }): LogRecord => ({
      type: 'LAUNCH',
      launchId,
      frameworkId,
      task: info,
      containerId,
      containerizer,
      ...(group === undefined ? {} : { group }),
      state,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(healthy === undefined ? {} : { healthy }),
      ...(failures === 0 ? {} : { failures }),
      ...(checkStatus === undefined ? {} : { checkStatus }),
      ...(runningAtMs === undefined ? {} : { runningAtMs }),
    }),
  ),
  ...[...state.containers.values()].map(
    (container): LogRecord => ({
      type: 'CONTAINER',
      engineId: container.engineId,
      containerId: container.containerId,
      frameworkId: container.frameworkId,
      task: container.task,
      revocable: container.revocable,
      asked: container.asked,
      autoRemove: container.autoRemove,
      kept: container.kept,
      ...(container.revoked === undefined ? {} : { revoked: container.revoked }),
    }),
  ),
  ...[...state.tasks.values()].flatMap(({ key, engineId, startedBefore, ending, updates }) => [
    ...(engineId !== undefined && state.containers.has(engineId)
      ? [{ type: 'ADOPT', task: key, engineId, startedBefore } as const]
      : []),
    ...(ending === undefined ? [] : [{ type: 'ENDING', task: key, ending } as const]),
    ...updates.map((status) => ({ type: 'UPDATE', task: key, status }) as const),
  ]),
]

/**
 * A message of the wire inside a JSON record: bytes become text on the way out and bytes again on the way in. `safe`
 * takes out what must not lie on a disk; the state keeps it for as long as the agent lives.
 */
const message = <T = unknown>(fullName: string, safe: (value: T) => T = (value) => value) => {
  const codec = codecs<T>(fullName)['application/json']
  return {
    write: (value: unknown): unknown =>
      JSON.parse(Buffer.from(codec.encode(safe(value as T))).toString()),
    read: (json: unknown): unknown => codec.decode(Buffer.from(JSON.stringify(json))),
  }
}

const groupWithoutSecrets = ({ tasks, ...rest }: TaskGroupInfo): TaskGroupInfo => ({
  ...rest,
  ...(tasks === undefined ? {} : { tasks: tasks.map(withoutSecrets) }),
})

/** Which field of a record is a message of the wire. */
const wireFields: Readonly<
  Partial<Record<LogRecord['type'], { name: string } & ReturnType<typeof message>>>
> = {
  TOLD: { name: 'info', ...message('mesos.v1.AgentInfo') },
  FRAMEWORK: { name: 'info', ...message('mesos.v1.FrameworkInfo') },
  LAUNCH_GROUP: { name: 'group', ...message('mesos.v1.TaskGroupInfo', groupWithoutSecrets) },
  EXECUTOR: { name: 'info', ...message('mesos.v1.ExecutorInfo', executorWithoutSecrets) },
  LAUNCH: { name: 'task', ...message('mesos.v1.TaskInfo', withoutSecrets) },
  UPDATE: { name: 'status', ...message('mesos.v1.TaskStatus') },
}

/** The record as plain JSON, as it lies on disk. */
export const toJson = (record: LogRecord): unknown => {
  const field = wireFields[record.type]
  return field === undefined ? record : withField(record, field.name, field.write)
}

/** Throws LogFormatError where a later version wrote it. */
export const fromJson = (json: unknown): LogRecord => {
  const record = json as LogRecord
  if (!Object.hasOwn(appliers, record.type)) throw laterShoal(`record ${record.type}`)
  const field = wireFields[record.type]
  return field === undefined ? record : withField(record, field.name, field.read)
}

const laterShoal = (what: string): LogFormatError =>
  new LogFormatError(
    `the journal of this agent was written by a later shoal (${what}, this one reads schema ${schemaVersion}): start that version again, or take another --work_dir`,
  )

const withField = (record: LogRecord, name: string, change: (value: unknown) => unknown) => {
  const { [name]: value, ...rest } = record as unknown as Readonly<Record<string, unknown>>
  return { ...rest, [name]: change(value) } as unknown as LogRecord
}
