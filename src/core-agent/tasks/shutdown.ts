import { abandonCommand } from '../command/kill.ts'
import { shutDownExecutor } from '../executors/end.ts'
import { isCustom } from '../executors/find.ts'
import { isTerminal, ordinary, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, removeContainer } from './end.ts'
import { recordEnding } from './ending.ts'

/** SHUTDOWN_FRAMEWORK: its tasks end, its containers go, running or not, and nobody is told any more. */
export const shutDownFramework = (turn: Turn, frameworkId: string): void => {
  const { state } = turn
  turn.record({ type: 'FRAMEWORK_REMOVED', frameworkId })
  for (const task of state.tasks.values()) if (task.frameworkId === frameworkId) forget(turn, task)
  for (const executor of state.executors.values())
    if (executor.frameworkId === frameworkId && executor.info.type !== 'DEFAULT')
      shutDownExecutor(turn, executor)
  for (const container of state.containers.values())
    if (container.frameworkId === frameworkId) removeContainer(turn, container)
}

const forget = (turn: Turn, task: Task): void => {
  if (isTerminal(task.state)) return turn.record({ type: 'TASK_REMOVED', task: task.key })
  recordEnding(turn, task, {
    cause: 'killed',
    by: 'master',
    message: 'The framework was shut down',
  })
  if (isCustom(task)) return // Its executor ends it.
  if (task.containerizer === 'mesos') abandonCommand(turn, task)
  else if (task.engineId === undefined && !task.creating) endTask(turn, task, undefined)
}

/** Everything ends, the id goes too, and a new life begins: the master has given this agent up, or it is another now. */
export const beginAnew = (turn: Turn, why: string): void => {
  warn(turn, why, 'all containers of this agent go, it subscribes as a new one')
  turn.state.estranged = undefined
  shutDownAll(turn)
  forgetId(turn)
  turn.do({ type: 'resubscribe' })
}

/** SHUTDOWN of an agent that an operator marked gone: it stays away, also after a restart (core-master M9). */
export const leaveForGood = (turn: Turn, why: string): void => {
  warn(
    turn,
    why,
    'all containers of this agent go, and it stays away; to join anew it needs another --work_dir',
  )
  turn.record({ type: 'STANDING', standing: { deactivated: true, gone: true } })
  turn.do({ type: 'leave' })
  shutDownAll(turn)
}

/** LEAVE: unregisters first, so that nothing is sent here any more; the next start is that of a new agent. */
export const leave = (turn: Turn): void => {
  warn(turn, 'asked to leave', 'all containers of this agent go, it unregisters')
  turn.do({ type: 'leave' })
  shutDownAll(turn)
  forgetId(turn)
}

const warn = (turn: Turn, why: string, message: string): void =>
  turn.do({ type: 'warn', fields: { why }, message })

const shutDownAll = (turn: Turn): void => {
  for (const frameworkId of turn.state.frameworks.keys()) shutDownFramework(turn, frameworkId)
  for (const container of turn.state.containers.values()) removeContainer(turn, container)
}

/** What was decided about the old id does not concern the next one. */
const forgetId = (turn: Turn): void => {
  turn.record({ type: 'AGENT', agentId: null })
  if (turn.state.standing !== ordinary) turn.record({ type: 'STANDING', standing: ordinary })
}
