import type { KillPolicy } from '../../mesos/wire.ts'
import { killCommand } from '../command/kill.ts'
import { stateOf } from '../docker/inspect.ts'
import { groupOf, isCustom } from '../executors/find.ts'
import { killOnExecutor } from '../executors/kill.ts'
import {
  type Container,
  containerOf,
  type Ending,
  hasCapability,
  isKill,
  isTerminal,
  type Task,
} from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask } from './end.ts'
import { recordEnding } from './ending.ts'
import { killTimer, update } from './updates.ts'

/** The engine's own stop gets this much longer than the grace before the agent itself sends SIGKILL. */
const stopSlackMs = 1000
/** How often SIGKILL is repeated until the container is really gone. */
const killAgainMs = 5000
/** Unanswered, of one container. */
const maxKills = 3

/**
 * Ends a task: the cause is recorded first, then SIGTERM, then SIGKILL after `graceMs` (core-agent §3.4). A later
 * call with less grace shortens one under way. There is no terminal status before the container is gone.
 */
export const killTask = (
  turn: Turn,
  task: Task,
  ending: Ending,
  graceMs: number,
  policy?: KillPolicy,
): void => {
  if (isTerminal(task.state)) return
  recordEnding(turn, task, ending, graceMs)
  if (task.labeling) return endUnlabeled(turn, task, ending)
  if (isCustom(task)) return killOnExecutor(turn, task, ending, policy)
  if (task.containerizer === 'mesos') {
    // Of a group all go, as with Mesos' default executor.
    const others =
      ending.cause === 'overdue' || ending.cause === 'unhealthy'
        ? ({ ...ending, cause: 'killed' } as const)
        : ending
    for (const one of groupOf(turn.state, task))
      recordEnding(turn, one, one === task ? ending : others, graceMs)
    for (const one of groupOf(turn.state, task)) killCommand(turn, one, graceMs)
    return
  }
  if (!turn.state.recovered) return // What runs is not known yet: the survey goes on by what is recorded.
  if (task.creating) return turn.do({ type: 'stop-fetching', task: task.key }) // CREATED, or its failure, ends it.
  if (!hasRun(turn, task) && !task.starting) endTask(turn, task, undefined)
  else pursue(turn, task, graceMs)
}

/** Nothing is there yet that could be told to end; of a group all go. LABELED finds none of them. */
const endUnlabeled = (turn: Turn, task: Task, ending: Ending): void => {
  for (const one of groupOf(turn.state, task)) {
    recordEnding(turn, one, ending, 0)
    endTask(turn, one, undefined)
  }
}

/** Whether the task's container was started since the task has it. */
export const hasRun = (turn: Turn, task: Task): boolean => {
  const inspect = containerOf(turn.state, task)?.inspect
  return inspect !== undefined && stateOf(inspect).startedAt !== task.startedBefore
}

/** Stops the container of a task whose ending is recorded. */
export const pursue = (turn: Turn, task: Task, graceMs: number): void => {
  const { state, context } = turn
  const killAtMs = context.monotonicMs + graceMs
  if (task.engineId === undefined || task.killAtMs <= killAtMs) return
  const first = task.killAtMs === Infinity
  task.killAtMs = killAtMs
  if (first) {
    const framework = state.frameworks.get(task.frameworkId)
    if (isKill(task.ending) && hasCapability(framework, 'TASK_KILLING_STATE'))
      update(turn, task, { state: 'TASK_KILLING' })
    const timeoutSeconds = Math.ceil(graceMs / 1000)
    turn.do({ type: 'change', container: task.engineId, change: { type: 'stop', timeoutSeconds } })
  }
  watchOver(turn, task, first ? graceMs + stopSlackMs : graceMs)
}

/** NEVER_STARTED: the container stays as it was created, its resources are free (docker-frontend §6.8). */
export const neverStarted = (turn: Turn, task: Task): void => {
  if (isTerminal(task.state) || task.starting || hasRun(turn, task)) return
  const message = 'The container was created and not started in time: its resources went back'
  recordEnding(turn, task, { cause: 'killed', by: 'agent', message })
  endTask(turn, task, undefined)
}

/** STILL_ALIVE: what should be gone is not. The engine is told, and the kernel, in case the engine does not answer. */
export const killAgain = (turn: Turn, task: Task): void => {
  const container = containerOf(turn.state, task)
  if (isTerminal(task.state) || container === undefined) return
  strike(turn, container)
  killGroup(turn, container)
  watchOver(turn, task, killAgainMs)
}

/** SIGKILL through the engine; so many at a time, for an engine that hangs answers none. */
export const strike = (turn: Turn, container: Container): void => {
  if (container.kills >= maxKills) return
  container.kills += 1
  const change = { type: 'kill', signal: 'SIGKILL' } as const
  turn.do({ type: 'change', container: container.engineId, change })
}

/** SIGKILL without the engine. */
export const killGroup = (turn: Turn, { engineId, revocable }: Container): void =>
  turn.do({ type: 'kill-group', container: engineId, revocable })

const watchOver = (turn: Turn, task: Task, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: killTimer(task),
    delayMs,
    message: { type: 'STILL_ALIVE', task: task.key },
  })

/** Milliseconds of a policy; undefined where it says nothing. */
export const graceOf = (policy: KillPolicy | undefined): number | undefined => {
  const nanoseconds = policy?.grace_period?.nanoseconds
  return nanoseconds === undefined ? undefined : Math.max(0, nanoseconds / 1e6)
}
