import type { Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { killTask } from './kill.ts'

/**
 * OVERDUE: the task ran for as long as its max_completion_time and did not end (core-agent §3.3). It gets no grace.
 * One that is being ended already is left to that.
 */
export const overdue = (turn: Turn, task: Task): void => {
  if (task.ending !== undefined && task.ending.by !== 'client') return
  const seconds = (task.info.max_completion_time?.nanoseconds ?? 0) / 1e9
  killTask(
    turn,
    task,
    {
      cause: 'overdue',
      by: 'agent',
      message: `The task did not end within its max_completion_time of ${seconds} s`,
    },
    0,
  )
}
