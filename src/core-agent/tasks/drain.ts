import type { DrainConfig } from '../../mesos/wire.ts'
import { drainOf, liveTasks, type Standing, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { graceOf, killTask } from './kill.ts'

/** DRAIN, DEACTIVATE, REACTIVATE: on disk first, so that a restart goes on with it (core-master M10). */
export const decide = (turn: Turn, standing: Standing): void => {
  turn.record({ type: 'STANDING', standing })
  drainTasks(turn)
}

export const drainingText = 'The agent is being drained'

/** Every live task gets its kill; one that is on its way out already goes on, or faster. */
export const drainTasks = (turn: Turn): void => {
  const config = drainOf(turn.state)
  if (config === undefined) return
  for (const task of liveTasks(turn.state))
    killTask(
      turn,
      task,
      { cause: 'killed', by: 'master', message: drainingText },
      graceUnder(config, task, turn.context.settings.killGraceMs),
    )
}

/** The task's own grace, but no more than the operator gives. */
const graceUnder = (
  { max_grace_period: most }: DrainConfig,
  { info }: Task,
  fallbackMs: number,
): number => {
  const mostMs = graceOf({ grace_period: most }) ?? Infinity
  return Math.min(mostMs, graceOf(info.kill_policy) ?? fallbackMs)
}
