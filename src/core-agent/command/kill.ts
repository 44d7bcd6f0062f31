import { hasCapability, isKill, isTerminal, type Task } from '../state.ts'
import { killTimer, update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'

/** How often SIGKILL is repeated until the container is really gone. */
const killAgainMs = 5000

/** Ends a command whose ending is recorded: SIGTERM, and SIGKILL after `graceMs`, which a later call may shorten. */
export const killCommand = (turn: Turn, task: Task, graceMs: number): void => {
  if (isTerminal(task.state)) return
  // Its launch is not done: whatever that comes to ends it.
  if (task.creating || task.state === 'TASK_STAGING') return stopFetching(turn, task)
  const killAtMs = turn.context.monotonicMs + graceMs
  if (task.killAtMs <= killAtMs) return
  const first = task.killAtMs === Infinity
  task.killAtMs = killAtMs
  const framework = turn.state.frameworks.get(task.frameworkId)
  if (first && isKill(task.ending) && hasCapability(framework, 'TASK_KILLING_STATE'))
    update(turn, task, { state: 'TASK_KILLING' })
  if (graceMs <= 0) return killCommandAgain(turn, task)
  if (first)
    turn.do({
      type: 'command',
      command: { type: 'signal', container: task.containerId, signal: 'SIGTERM' },
    })
  stillAlive(turn, task, graceMs)
}

/** STILL_ALIVE. */
export const killCommandAgain = (turn: Turn, task: Task): void => {
  if (isTerminal(task.state)) return
  strike(turn, task.containerId)
  stillAlive(turn, task, killAgainMs)
}

/** Its framework is no more: it goes at once, and nobody is told. */
export const abandonCommand = (turn: Turn, task: Task): void => {
  if (task.creating) stopFetching(turn, task)
  else killCommandAgain(turn, task)
}

const stopFetching = (turn: Turn, { containerId: container }: Task): void =>
  turn.do({ type: 'command', command: { type: 'stop-fetching', container } })

export const strike = (turn: Turn, container: string): void =>
  turn.do({ type: 'command', command: { type: 'signal', container, signal: 'SIGKILL' } })

const stillAlive = (turn: Turn, task: Task, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: killTimer(task),
    delayMs,
    message: { type: 'STILL_ALIVE', task: task.key },
  })
