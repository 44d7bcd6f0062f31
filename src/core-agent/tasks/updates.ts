import { type FrameworkId, id } from '../../mesos/ids.ts'
import type {
  AgentLinkCallStatusUpdate,
  AgentLinkEventLaunch,
  FrameworkID,
  FrameworkInfo,
  TaskID,
  TaskState,
  TaskStatus,
} from '../../mesos/wire.ts'
import { checkStatusOf, startChecks, stopChecks } from '../checks/schedule.ts'
import { reestimate } from '../oversubscription.ts'
import { type AgentState, drainOf, hasCapability, isTerminal, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { tellRemoved } from './removed.ts'

/** What the caller of `update` says; the rest of a TaskStatus is the same for all. */
export type News = Pick<TaskStatus, 'state'> &
  Partial<
    Pick<
      TaskStatus,
      | 'message'
      | 'reason'
      | 'source'
      | 'data'
      | 'labels'
      | 'limitation'
      | 'container_status'
      | 'healthy'
      | 'check_status'
      // An executor of a framework brings its own.
      | 'uuid'
      | 'timestamp'
    >
  >

/** First wait for an acknowledgement; each next one is twice as long, up to the last (core-agent §2.1). */
export const firstRetryMs = 10_000
export const lastRetryMs = 600_000

/**
 * The task's state is now this. Frameworks hear of it in order, each update once the one before is acknowledged;
 * a framework that is gone hears nothing.
 */
export const update = (turn: Turn, task: Task, news: News): void => {
  const { state, context } = turn
  if (isTerminal(news.state)) {
    const ended = state.counters.ended
    ended.set(news.state, (ended.get(news.state) ?? 0) + 1)
  }
  const framework = state.frameworks.get(task.frameworkId)
  if (framework !== undefined) {
    const status: TaskStatus = {
      task_id: task.info.task_id,
      ...(state.agentId === undefined ? {} : { agent_id: { value: state.agentId } }),
      executor_id: task.info.executor?.executor_id ?? { value: task.taskId },
      source: 'SOURCE_EXECUTOR',
      timestamp: context.nowMs / 1000,
      uuid: uuidBytes(context.uuid()),
      ...toldOfChecks(task),
      ...underDrain(state, framework, news),
      container_status: { container_id: { value: task.containerId }, ...news.container_status },
    }
    turn.record({ type: 'UPDATE', task: task.key, status })
    // First the new total: what is not lent any more must not be offered when the master hears that it is free.
    if (isTerminal(news.state)) reestimate(turn, 'task ended')
    if (task.updates.length === 1) send(turn, task)
    if (news.state === 'TASK_RUNNING') {
      watchDeadline(turn, task)
      startChecks(turn, task)
    }
  } else if (isTerminal(news.state)) {
    turn.record({ type: 'TASK_REMOVED', task: task.key })
    reestimate(turn, 'task ended')
  }
  if (isTerminal(news.state)) {
    cancelTimers(turn, task)
    const { frameworkId, info, containerId } = task
    if (info.executor === undefined)
      tellRemoved(turn, { frameworkId, executor: undefined, task: info, containerId })
  }
}

/** Every status of a task says what its checks told last, as those of Mesos' own executors do. */
const toldOfChecks = (task: Task): Pick<TaskStatus, 'healthy' | 'check_status'> => {
  const check_status = checkStatusOf(task)
  return {
    ...(task.healthy === undefined ? {} : { healthy: task.healthy }),
    ...(check_status === undefined ? {} : { check_status }),
  }
}

/** While the agent is drained, whoever is killed is so because of it (MESOS-9818). */
const underDrain = (state: AgentState, framework: FrameworkInfo, news: News): News => {
  const config = drainOf(state)
  if (config === undefined || !killed.has(news.state)) return news
  const isGone =
    config.mark_gone === true &&
    news.state === 'TASK_KILLED' &&
    hasCapability(framework, 'PARTITION_AWARE')
  return {
    ...news,
    state: isGone ? 'TASK_GONE_BY_OPERATOR' : news.state,
    reason: 'REASON_AGENT_DRAINING',
  }
}

const killed: ReadonlySet<TaskState> = new Set(['TASK_KILLING', 'TASK_KILLED'])

/** Puts the head of the task's updates on its way, for the first time or again from the first wait. */
export const send = (turn: Turn, task: Task): void => {
  task.retryMs = firstRetryMs
  transmit(turn, task)
}

/** No acknowledgement came in time. */
export const sendAgain = (turn: Turn, task: Task): void => {
  task.retryMs = Math.min(lastRetryMs, task.retryMs * 2)
  transmit(turn, task)
}

/** The master asks: the head of the updates, or where all are acknowledged, the newest state once more. */
export const tellTruth = (turn: Turn, task: Task): void => {
  if (task.updates.length > 0) return send(turn, task)
  tellOnce(
    turn,
    { framework_id: { value: task.frameworkId }, task_id: task.info.task_id },
    {
      state: task.state,
      reason: 'REASON_RECONCILIATION',
    },
  )
}

/** The master knows a task that the agent does not: it never came here, or is long over. */
export const tellUnknown = (turn: Turn, named: TaskName): void => {
  const framework = turn.state.frameworks.get(id<FrameworkId>(named.framework_id.value))
  tellOnce(turn, named, {
    state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_DROPPED' : 'TASK_LOST',
    reason: 'REASON_RECONCILIATION',
    message: 'The agent does not know this task',
  })
}

interface TaskName {
  readonly framework_id: FrameworkID
  readonly task_id: TaskID
}

/** The refusal of a launch that cannot be recorded (core-agent §8): who launched it may place it anew. */
export const refusal = (
  { state, context }: Turn,
  { framework_info: framework, task_info }: AgentLinkEventLaunch,
  message: string,
): AgentLinkCallStatusUpdate => {
  const news = {
    state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_DROPPED' : 'TASK_LOST',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message,
  } as const
  return {
    framework_id: { value: framework.id?.value ?? '' },
    status: statusOf(state, context, task_info.task_id, news),
    latest_state: news.state,
  }
}

/** Not retried: the master asks again when it hears nothing. */
const tellOnce = (turn: Turn, { framework_id, task_id }: TaskName, news: News): void => {
  const { state, context } = turn
  turn.do({
    type: 'status-update',
    call: {
      framework_id,
      status: statusOf(state, context, task_id, news),
      latest_state: news.state,
    },
  })
}

/** A status of the agent's own about a task that it has no record of. */
const statusOf = (
  state: AgentState,
  context: Turn['context'],
  task_id: TaskID,
  news: News,
): TaskStatus => ({
  task_id,
  ...(state.agentId === undefined ? {} : { agent_id: { value: state.agentId } }),
  source: 'SOURCE_AGENT',
  timestamp: context.nowMs / 1000,
  uuid: uuidBytes(context.uuid()),
  ...news,
})

/** The framework has seen `uuid`: the next update follows. Anything but the head's is of another life. */
export const acknowledge = (turn: Turn, task: Task, uuid: Uint8Array): void => {
  const head = task.updates[0]?.uuid
  if (head === undefined || Buffer.compare(head, uuid) !== 0) return
  turn.record({ type: 'ACKNOWLEDGED', task: task.key })
  turn.do({ type: 'cancel', timer: retryTimer(task) })
  if (task.updates.length > 0) send(turn, task)
}

/** While there is no master nothing is sent: a subscription sends every head. */
const transmit = (turn: Turn, task: Task): void => {
  const [status] = task.updates
  if (status === undefined || !turn.state.connected) return
  turn.do({
    type: 'status-update',
    call: {
      framework_id: { value: task.frameworkId },
      status,
      latest_state: task.state,
    },
  })
  turn.do({
    type: 'after',
    timer: retryTimer(task),
    delayMs: task.retryMs,
    message: { type: 'UPDATE_UNACKNOWLEDGED', task: task.key },
  })
}

/** Sets the timer of a task whose time is limited; again after a restart. */
export const watchDeadline = (turn: Turn, task: Task): void => {
  if (task.deadlineMs === undefined) return
  turn.do({
    type: 'after',
    timer: deadlineTimer(task),
    delayMs: Math.max(0, task.deadlineMs - turn.context.nowMs),
    message: { type: 'OVERDUE', task: task.key },
  })
}

const deadlineTimer = ({ key }: Task) => `deadline ${key}`
const retryTimer = ({ key }: Task) => `update ${key}`
export const startTimer = ({ key }: Task) => `start ${key}`
export const killTimer = ({ key }: Task) => `kill ${key}`

const cancelTimers = (turn: Turn, task: Task): void => {
  turn.do({ type: 'cancel', timer: startTimer(task) })
  turn.do({ type: 'cancel', timer: killTimer(task) })
  stopChecks(turn, task)
  if (task.deadlineMs !== undefined) turn.do({ type: 'cancel', timer: deadlineTimer(task) })
}

const uuidBytes = (uuid: string): Uint8Array => Buffer.from(uuid.replaceAll('-', ''), 'hex')
