import type { EngineFacts } from '../../mesos/engine-endpoint.ts'
import { containerOf, hasCapability, type Task, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, removeContainer, runsAgain } from './end.ts'
import { hasRun } from './kill.ts'
import { update } from './updates.ts'

/** So long the engine has to come back and say how its containers ended (core-agent §8). */
const patienceMs = 60_000
/** From then on it is looked for more that have ended, so often. */
const lookAgainMs = 5000

/** ENGINE: the clock runs from its first bad news to the next good one. */
export const watchEngine = (turn: Turn, before: EngineFacts | undefined): void => {
  const healthy = turn.state.engine?.healthy
  if (healthy === true) return turn.do({ type: 'cancel', timer })
  if (before?.healthy === true) lookLater(turn, patienceMs)
}

/** ENGINE_GONE: which containers have no process any more, the kernel knows. */
export const engineGone = (turn: Turn): void => {
  if (turn.state.engine?.healthy !== false) return
  turn.do({ type: 'find-empty-groups' })
  lookLater(turn, lookAgainMs)
}

/**
 * GROUPS_EMPTY: these ended while the engine was gone, and nobody may ever know how. Their tasks are no more, which is
 * TASK_GONE, or TASK_LOST to frameworks that do not tell partitions apart; one that was to end is at its end.
 */
export const groupsEmpty = (turn: Turn, containers: readonly string[]): void => {
  const { state } = turn
  if (state.engine?.healthy !== false) return // Back since: it knows better.
  for (const engineId of containers) {
    const container = state.containers.get(engineId)
    const task = container === undefined ? undefined : taskOf(state, container)
    if (container === undefined || task === undefined || !hasRun(turn, task)) continue
    if (container.autoRemove && !runsAgain(container)) removeContainer(turn, container)
    if (task.ending === undefined) lose(turn, task)
    else endTask(turn, task, undefined, task.ending.cause === 'killed' ? message : undefined)
  }
}

const message = 'The container ended while the Docker engine was gone: its exit status is not known'

const lose = (turn: Turn, task: Task): void => {
  const framework = turn.state.frameworks.get(task.frameworkId)
  turn.do({
    type: 'warn',
    fields: { container: containerOf(turn.state, task)?.engineId, task: task.key },
    message: 'the engine is gone, and so is a container: its task is lost',
  })
  update(turn, task, {
    state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
    source: 'SOURCE_AGENT',
    reason: 'REASON_EXECUTOR_TERMINATED',
    message,
  })
}

const timer = 'engine gone'

const lookLater = (turn: Turn, delayMs: number): void =>
  turn.do({ type: 'after', timer, delayMs, message: { type: 'ENGINE_GONE' } })
