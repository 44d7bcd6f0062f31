import { forgetExecutor } from '../executors/end.ts'
import { executorOf, groupOf, tasksOf } from '../executors/find.ts'
import { isTerminal, type Task } from '../state.ts'
import { recordEnding } from '../tasks/ending.ts'
import type { Turn } from '../turn.ts'
import { killCommand } from './kill.ts'

/**
 * A command has ended. As Mesos' default executor: where one of a group did not finish, the rest of it is killed; when
 * nothing of the executor's runs any more, the executor is over.
 */
export const memberEnded = (turn: Turn, task: Task): void => {
  const { state, context } = turn
  if (task.group !== undefined && isTerminal(task.state) && task.state !== 'TASK_FINISHED')
    for (const other of groupOf(state, task)) {
      if (isTerminal(other.state) || other.ending !== undefined) continue
      const graceMs = context.settings.killGraceMs
      const message = `Task ${task.taskId} of its group ended first`
      recordEnding(turn, other, { cause: 'killed', by: 'agent', message }, graceMs)
      killCommand(turn, other, graceMs)
    }
  const executor = executorOf(state, task)
  if (executor?.info.type === 'DEFAULT' && tasksOf(state, executor).length === 0)
    forgetExecutor(turn, executor, 0)
}
