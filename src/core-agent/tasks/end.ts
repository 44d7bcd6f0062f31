import { statusLabels } from '../../mesos/engine-endpoint.ts'
import { toWire } from '../../mesos/resources.ts'
import type { FrameworkInfo, TaskState, TaskStatusReason } from '../../mesos/wire.ts'
import { named, scalarOf } from '../../resources/resources.ts'
import { formatMilli } from '../../resources/scalar.ts'
import { type Exit, neverStarted, stateOf } from '../docker/inspect.ts'
import type { Failure } from '../message.ts'
import { type Container, containerOf, hasCapability, type Task, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { type News, update } from './updates.ts'

/** The task is over; `exit` is undefined where its container never ran, or vanished unseen. */
export const endTask = (turn: Turn, task: Task, exit: Exit | undefined): void => {
  const container = containerOf(turn.state, task)
  if (task.ending?.cause === 'preempted') turn.state.counters.preempted += 1
  update(turn, task, finalNews(task, exit, turn.state.frameworks.get(task.frameworkId)))
  if (container !== undefined) tidyContainer(turn, container)
}

/**
 * How a task ended (core-agent §3.3, §6): what was recorded before a signal wins over how the process took it, then
 * the engine's truth. Pure.
 */
export const finalNews = (
  { ending, resources, state }: Pick<Task, 'ending' | 'resources' | 'state'>,
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
  if (ending !== undefined) return { state: 'TASK_KILLED', message, ...labels }
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
    message: `${message}: out of memory, it holds ${formatMilli(scalarOf(resources, 'mem'))} MiB`,
    limitation: { resources: toWire(named(resources, 'mem'), { format: 'stacks' }) },
    ...labels,
  }
}

const launching: ReadonlySet<TaskState> = new Set(['TASK_STAGING', 'TASK_STARTING'])

const exitLabel = ({ code }: Exit) => ({
  labels: [{ key: statusLabels.exitCode, value: String(code) }],
})

/** The engine, or the registry, would not: the client needs its status and its words. */
export const launchFailed = (turn: Turn, task: Task, { status, message }: Failure): void => {
  update(turn, task, {
    state: 'TASK_FAILED',
    source: 'SOURCE_AGENT',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message,
    ...(status === undefined
      ? {}
      : { labels: { labels: [{ key: statusLabels.engineStatus, value: String(status) }] } }),
  })
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
  if (container.autoRemove && startedAt !== neverStarted) removeContainer(turn, container)
  if (container.kept) return
  turn.do({
    type: 'after',
    timer: `outlived ${container.engineId}`,
    delayMs: turn.context.settings.dockerRemoveDelayMs,
    message: { type: 'OUTLIVED', container: container.engineId },
  })
}

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
