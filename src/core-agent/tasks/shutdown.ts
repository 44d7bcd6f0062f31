import { abandonCommand } from '../command/life.ts'
import { isTerminal, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, removeContainer } from './end.ts'
import { recordEnding } from './kill.ts'

/** SHUTDOWN_FRAMEWORK: its tasks end, its containers go, running or not, and nobody is told any more. */
export const shutDownFramework = (turn: Turn, frameworkId: string): void => {
  const { state } = turn
  turn.record({ type: 'FRAMEWORK_REMOVED', frameworkId })
  for (const task of state.tasks.values()) if (task.frameworkId === frameworkId) forget(turn, task)
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
  if (task.containerizer === 'mesos') abandonCommand(turn, task)
  else if (task.engineId === undefined && !task.creating) endTask(turn, task, undefined)
}

/** Everything ends, the id goes too, and a new life begins: the master has given this agent up, or it is another now. */
export const shutDownAll = (turn: Turn, why: string): void => {
  turn.do({
    type: 'warn',
    fields: { why },
    message: 'all containers of this agent go, it subscribes as a new one',
  })
  for (const frameworkId of turn.state.frameworks.keys()) shutDownFramework(turn, frameworkId)
  turn.record({ type: 'AGENT', agentId: null })
  turn.do({ type: 'resubscribe' })
}
