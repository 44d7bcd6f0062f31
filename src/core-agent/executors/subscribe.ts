import type { TaskStatus } from '../../mesos/wire.ts'
import { type Executor, hasCapability, isTerminal, type Task, taskKey } from '../state.ts'
import { dropTask } from '../tasks/end.ts'
import { update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import {
  destroyExecutor,
  executorExited,
  forgetExecutor,
  registerTimer,
  shutDownExecutor,
} from './end.ts'
import { tasksOf } from './find.ts'
import { deliver } from './launch.ts'
import type { ExecutorMessage } from './message.ts'

type Subscribed = Extract<ExecutorMessage, { type: 'EXECUTOR_SUBSCRIBED' }>

/**
 * EXECUTOR_SUBSCRIBED, the first time or again: what it could not tell is caught up with, then it gets what waits for
 * it. A task that was handed to it and that it does not know is lost (core-agent §3.9).
 */
export const executorSubscribed = (
  turn: Turn,
  executor: Executor,
  { stream, subscribe }: Subscribed,
): void => {
  const { state } = turn
  turn.do({ type: 'cancel', timer: registerTimer(executor) })
  if (executor.stream !== undefined)
    turn.do({ type: 'end-executor-stream', stream: executor.stream })
  executor.stream = stream
  const framework = state.frameworks.get(executor.frameworkId)
  if (framework === undefined || executor.phase === 'terminating') {
    turn.do({ type: 'tell-executor', stream, event: { type: 'SHUTDOWN' } })
    return
  }
  executor.phase = 'running'
  turn.do({
    type: 'tell-executor',
    stream,
    event: {
      type: 'SUBSCRIBED',
      subscribed: {
        executor_info: executor.info,
        framework_info: framework,
        agent_info: {
          hostname: '',
          ...state.told?.info,
          ...(state.agentId === undefined ? {} : { id: { value: state.agentId } }),
        },
        container_id: { value: executor.containerId },
      },
    },
  })
  for (const { status } of subscribe.unacknowledged_updates ?? [])
    executorUpdate(turn, executor, status)
  const listed = new Set((subscribe.unacknowledged_tasks ?? []).map(({ task_id }) => task_id.value))
  for (const task of tasksOf(state, executor)) {
    if (!task.delivered) continue
    if (task.state === 'TASK_STAGING' && !listed.has(task.taskId))
      dropTask(turn, task, 'REASON_AGENT_RESTARTED', 'Task launched during agent restart')
    else if (task.ending?.cause === 'killed')
      turn.do({
        type: 'tell-executor',
        stream,
        event: { type: 'KILL', kill: { task_id: task.info.task_id } },
      })
  }
  deliver(turn, executor, tasksOf(state, executor))
}

/** EXECUTOR_UPDATE: on disk, then acknowledged to the executor, and on its way to the framework in order. */
export const executorUpdate = (turn: Turn, executor: Executor, status: TaskStatus): void => {
  const { state } = turn
  const task = state.tasks.get(taskKey(executor.frameworkId, status.task_id.value))
  if (task !== undefined && isNews(task, executor, status)) {
    const { task_id: _, agent_id: __, executor_id: ___, ...news } = status
    update(turn, task, news)
  }
  if (executor.stream === undefined || status.uuid === undefined) return
  turn.do({
    type: 'tell-executor',
    stream: executor.stream,
    event: { type: 'ACKNOWLEDGED', acknowledged: { task_id: status.task_id, uuid: status.uuid } },
  })
}

/** Not of a task of somebody else's, nor of one that is over, nor told before. */
const isNews = (task: Task, executor: Executor, { uuid }: TaskStatus): boolean =>
  task.info.executor?.executor_id.value === executor.info.executor_id.value &&
  !isTerminal(task.state) &&
  !task.updates.some((one) => one.uuid && uuid && Buffer.compare(one.uuid, uuid) === 0)

/** EXECUTOR_LEFT: it may come back; if it has ended, its container tells. */
export const executorLeft = (executor: Executor, stream: number): void => {
  if (executor.stream === stream) executor.stream = undefined
}

/** EXECUTOR_LATE. */
export const executorLate = (turn: Turn, executor: Executor): void => {
  if (executor.stream !== undefined || executor.phase === 'terminating') return
  const framework = turn.state.frameworks.get(executor.frameworkId)
  if (executor.phase === 'registering')
    return destroyExecutor(turn, executor, {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT',
      message: 'Executor did not register within the time that it had',
    })
  destroyExecutor(turn, executor, {
    state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
    source: 'SOURCE_AGENT',
    reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
    message: 'Executor did not reregister within the time that it had',
  })
}

/** COMMAND_STARTED of an executor's container: its time to register runs from now (core-agent §3.9). */
export const executorStarted = (turn: Turn, executor: Executor): void => {
  if (executor.phase === 'terminating') return destroyExecutor(turn, executor)
  executor.phase = 'registering'
  if (!turn.state.frameworks.has(executor.frameworkId)) return shutDownExecutor(turn, executor)
  awaitSubscription(turn, executor, turn.context.settings.executorRegistrationMs)
}

/** After a restart of the agent: where it is there, it has a while to come back; the default executor is its tasks. */
export const resumeExecutor = (turn: Turn, executor: Executor, found: boolean): void => {
  if (executor.info.type === 'DEFAULT') {
    if (tasksOf(turn.state, executor).length === 0) forgetExecutor(turn, executor, 0)
  } else if (found) awaitReturn(turn, executor)
  else executorExited(turn, executor, { status: undefined })
}

const awaitReturn = (turn: Turn, executor: Executor): void => {
  const { settings } = turn.context
  const had = tasksOf(turn.state, executor).some(({ state }) => state !== 'TASK_STAGING')
  executor.phase = had ? 'running' : 'registering'
  awaitSubscription(
    turn,
    executor,
    had ? settings.executorReregistrationMs : settings.executorRegistrationMs,
  )
}

const awaitSubscription = (turn: Turn, executor: Executor, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: registerTimer(executor),
    delayMs,
    message: { type: 'EXECUTOR_LATE', executor: executor.key },
  })
