import type { CommandExit } from '../command/containers.ts'
import { commandNews, exitText } from '../command/exit.ts'
import { reestimate } from '../oversubscription.ts'
import type { Executor, Task } from '../state.ts'
import { tellRemoved } from '../tasks/removed.ts'
import { type News, update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { tasksOf } from './find.ts'
import { tellExit } from './tell-exit.ts'

/** How often SIGKILL is repeated until the executor is really gone. */
const killAgainMs = 5000

export const registerTimer = ({ key }: Executor) => `register ${key}`
export const lingerTimer = ({ key }: Executor) => `linger ${key}`

/** Takes the executor down with all that runs in its container; `verdict` is what its tasks end with, if it is known. */
export const destroyExecutor = (turn: Turn, executor: Executor, verdict?: News): void => {
  executor.phase = 'terminating'
  executor.verdict ??= verdict
  turn.do({ type: 'cancel', timer: registerTimer(executor) })
  turn.do({
    type: 'command',
    command: { type: 'signal', container: executor.containerId, signal: 'SIGKILL' },
  })
  linger(turn, executor, killAgainMs)
}

/** Asks the executor to end, and takes it down after its grace (core-agent §3.4). */
export const shutDownExecutor = (turn: Turn, executor: Executor): void => {
  if (executor.phase === 'terminating') return
  if (executor.stream === undefined) return destroyExecutor(turn, executor)
  executor.phase = 'terminating'
  turn.do({ type: 'tell-executor', stream: executor.stream, event: { type: 'SHUTDOWN' } })
  linger(turn, executor, graceMs(turn, executor))
}

export const graceMs = ({ context }: Pick<Turn, 'context'>, { info }: Executor): number => {
  const nanoseconds = info.shutdown_grace_period?.nanoseconds
  return nanoseconds === undefined ? context.settings.killGraceMs : nanoseconds / 1e6
}

const linger = (turn: Turn, { key, ...executor }: Executor, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: lingerTimer({ key, ...executor }),
    delayMs,
    message: { type: 'EXECUTOR_LINGERS', executor: key },
  })

/** Its process has ended: its tasks end, its resources are free, and its framework hears of it (core-agent §2.3). */
export const executorExited = (turn: Turn, executor: Executor, exit: CommandExit): void => {
  for (const task of tasksOf(turn.state, executor)) {
    if (task.ending?.cause === 'preempted') turn.state.counters.preempted += 1
    update(turn, task, newsOf(turn, executor, task, exit))
  }
  forgetExecutor(turn, executor, waitStatus(exit.status))
  turn.do({ type: 'command', command: { type: 'remove', container: executor.containerId } })
}

/** Its container could not be made. */
export const executorFailed = (turn: Turn, executor: Executor, message: string): void => {
  turn.state.counters.launchErrors += 1
  executor.verdict ??= {
    state: 'TASK_FAILED',
    source: 'SOURCE_AGENT',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message,
  }
  for (const task of tasksOf(turn.state, executor))
    update(turn, task, newsOf(turn, executor, task, { status: undefined }))
  forgetExecutor(turn, executor, 1 << 8)
}

/** Nothing of it runs any more. */
export const forgetExecutor = (turn: Turn, executor: Executor, status: number): void => {
  const { key, frameworkId, info, launchId, containerId, stream } = executor
  turn.record({ type: 'EXECUTOR_REMOVED', executor: key })
  turn.do({ type: 'cancel', timer: registerTimer(executor) })
  turn.do({ type: 'cancel', timer: lingerTimer(executor) })
  if (stream !== undefined) turn.do({ type: 'end-executor-stream', stream })
  tellRemoved(turn, { frameworkId, executor: info, task: undefined, containerId })
  tellExit(turn, {
    framework_id: { value: frameworkId },
    executor_id: info.executor_id,
    status,
    launch_id: launchId,
  })
  reestimate(turn, 'executor ended')
}

/** What was recorded before a signal wins, then why the agent took it down, then a bound that it broke. */
const newsOf = ({ state }: Turn, executor: Executor, task: Task, exit: CommandExit): News => {
  const framework = state.frameworks.get(task.frameworkId)
  if (task.ending?.cause === 'preempted') return commandNews(task, exit, framework)
  if (executor.verdict !== undefined) return executor.verdict
  if (exit.limitation !== undefined)
    return commandNews({ ending: undefined, resources: executor.resources }, exit, framework)
  if (task.ending !== undefined)
    return { state: 'TASK_KILLED', source: 'SOURCE_AGENT', message: task.ending.message }
  return {
    state: 'TASK_FAILED',
    source: 'SOURCE_AGENT',
    reason: 'REASON_EXECUTOR_TERMINATED',
    message: `Executor terminated: ${exitText(exit.status)}`,
  }
}

/** As wait(2) has it: a status of a shell above 128 stands for a signal. */
const waitStatus = (status: number | undefined): number => {
  if (status === undefined) return 9
  return status > 128 ? status - 128 : status << 8
}
