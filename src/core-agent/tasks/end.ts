import { startsContainerLabel, statusLabels, taskLabels } from '../../mesos/engine-endpoint.ts'
import { toWire } from '../../mesos/resources.ts'
import { readRevocation } from '../../mesos/revocation.ts'
import type { FrameworkInfo, TaskInfo, TaskState, TaskStatusReason } from '../../mesos/wire.ts'
import { hasRevocable, named, type Resources, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { labelOf } from '../docker/container-spec.ts'
import { type Exit, neverStarted, record, stateOf } from '../docker/inspect.ts'
import type { Failure, Phase } from '../message.ts'
import {
  type Container,
  containerOf,
  type Ending,
  hasCapability,
  type Task,
  taskOf,
} from '../state.ts'
import type { Turn } from '../turn.ts'
import { remainingMs, surplus } from './dead.ts'
import { type News, update } from './updates.ts'

/**
 * The task is over; `exit` is undefined where its container never ran, or vanished unseen. `message` says more than is
 * told of such an end without it.
 */
export const endTask = (turn: Turn, task: Task, exit: Exit | undefined, message?: string): void => {
  const container = containerOf(turn.state, task)
  if (task.ending?.cause === 'preempted') turn.state.counters.preempted += 1
  const news = finalNews(task, exit, turn.state.frameworks.get(task.frameworkId))
  update(turn, task, message === undefined ? news : { ...news, message })
  if (container !== undefined) tidyContainer(turn, container)
}

/**
 * How a task ended (core-agent §3.3, §6): what was recorded before a signal wins over how the process took it, then
 * the engine's truth. Pure.
 */
export const finalNews = (
  { ending, info, resources, state }: Pick<Task, 'ending' | 'info' | 'resources' | 'state'>,
  exit: Exit | undefined,
  framework: FrameworkInfo | undefined,
): News => {
  const labels = exit === undefined ? {} : { labels: exitLabel(exit) }
  if (ending?.cause === 'preempted')
    return {
      state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
      source: 'SOURCE_AGENT',
      reason: 'REASON_CONTAINER_PREEMPTED',
      message: ending.message,
      ...labels,
    }
  if (ending?.cause === 'overdue')
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
      message: ending.message,
      ...labels,
    }
  if (exit === undefined && ending === undefined)
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_EXECUTOR_TERMINATED',
      message: 'The container vanished from the engine',
    }
  if (exit === undefined)
    return {
      state: 'TASK_KILLED',
      source: 'SOURCE_AGENT',
      ...(launching.has(state) ? { reason: 'REASON_TASK_KILLED_DURING_LAUNCH' } : {}),
      message: ending?.message,
    }
  const message = `Container exited with status ${exit.code}`
  if (ending !== undefined)
    return { state: 'TASK_KILLED', message: withCause(message, ending), ...labels }
  if (exit.code === 0) return { state: 'TASK_FINISHED', message, ...labels }
  if (!exit.oomKilled)
    return {
      state: 'TASK_FAILED',
      message: exit.error === '' ? message : `${message}: ${exit.error}`,
      ...labels,
    }
  return {
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: `${message}: out of memory, ${memoryText(info, resources)}`,
    limitation: { resources: toWire(named(resources, 'mem'), { format: 'stacks' }) },
    ...labels,
  }
}

/** An unhealthy task is killed by the agent's own decision, which its last status explains. */
export const withCause = (message: string, { cause, message: why }: Ending): string =>
  cause === 'unhealthy' ? `${message}: ${why}` : message

const memoryText = ({ limits }: TaskInfo, resources: Resources): string => {
  const limit = hasRevocable(resources) ? undefined : limits?.['mem']?.value
  if (limit === Infinity) return 'though it has no limit: the machine has no more'
  const amount = limit ?? units(scalarOf(resources, 'mem'))
  return `${limit === undefined ? 'it holds' : 'its limit is'} ${amount} MiB`
}

const launching: ReadonlySet<TaskState> = new Set(['TASK_STAGING', 'TASK_STARTING'])

const exitLabel = ({ code }: Exit) => ({
  labels: [{ key: statusLabels.exitCode, value: String(code) }],
})

/**
 * The engine, or the registry, would not: the client needs its status and its words. Our frontend passes the words on
 * as they are; to others they say in which phase.
 */
export const launchFailed = (turn: Turn, task: Task, failure: Failure): void => {
  const { status, message, phase } = failure
  const labels = [
    ...(status === undefined ? [] : [{ key: statusLabels.engineStatus, value: String(status) }]),
    ...(phase === undefined ? [] : [{ key: statusLabels.phase, value: phase }]),
  ]
  const isOurs = [taskLabels.create, startsContainerLabel].some(
    (key) => labelOf(task.info.labels, key) !== undefined,
  )
  update(turn, task, {
    state: 'TASK_FAILED',
    source: 'SOURCE_AGENT',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: phase === undefined || isOurs ? message : `${doing[phase](task)}: ${message}`,
    ...(labels.length === 0 ? {} : { labels: { labels } }),
  })
}

const doing: Readonly<Record<Phase, (task: Task) => string>> = {
  sandbox: () => 'making the sandbox',
  fetch: () => 'fetching files',
  hook: () => 'asking the hooks',
  pull: ({ info }) => `pulling ${info.container?.docker?.image ?? 'the image'}`,
  create: () => 'creating the container',
  start: () => 'starting the container',
}

/** The task provably never started; its framework may place it anew. */
export const dropTask = (
  turn: Turn,
  task: Task,
  reason: TaskStatusReason,
  message: string,
): void => {
  const framework = turn.state.frameworks.get(task.frameworkId)
  update(turn, task, {
    state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_DROPPED' : 'TASK_LOST',
    source: 'SOURCE_AGENT',
    reason,
    message,
  })
}

/**
 * A container that has run and belongs to no live task any more: `--rm` ones go now that their exit is on disk, those
 * of other frameworks after a while, all others stay.
 */
export const tidyContainer = (turn: Turn, container: Container): void => {
  if (container.inspect === undefined || taskOf(turn.state, container) !== undefined) return
  const { alive, startedAt } = stateOf(container.inspect)
  if (alive) return
  if (container.autoRemove && startedAt !== neverStarted && !runsAgain(container))
    removeContainer(turn, container)
  if (container.kept) return
  turn.do({
    type: 'after',
    timer: `outlived ${container.engineId}`,
    delayMs: remainingMs(turn, container),
    message: { type: 'OUTLIVED', container: container.engineId },
  })
  for (const one of surplus(turn)) removeContainer(turn, one)
}

/** Revoked, and its labels say that this is not its end: its framework starts it again, or removes it. */
export const runsAgain = ({ revoked, inspect }: Container): boolean =>
  revoked !== undefined &&
  readRevocation(record(record(inspect?.['Config'])['Labels'])).policy !== 'stop'

export const removeContainer = (turn: Turn, container: Container): void => {
  if (container.removing) return
  container.removing = true
  remove(turn, container.engineId)
}

/** A container that is none of the journal's. */
export const removeStray = (turn: Turn, engineId: string): void => remove(turn, engineId)

const remove = (turn: Turn, engineId: string): void =>
  turn.do({ type: 'change', container: engineId, change: removal })

/** As dockerd removes an AutoRemove container: with its anonymous volumes. */
const removal = { type: 'remove', force: true, volumes: true, link: false } as const
