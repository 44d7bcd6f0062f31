import type { TaskState } from '../../mesos/wire.ts'

/** Whether a state is the end of a task; LOST and GONE_BY_OPERATOR still come back if the agent does (core-master M16). */
export const isTerminal = (state: TaskState): boolean => states[state] === 'terminal'

/** Every state a task can be in, in the order of the wire. */
export const states: Readonly<Record<TaskState, 'alive' | 'terminal'>> = {
  TASK_STAGING: 'alive',
  TASK_STARTING: 'alive',
  TASK_RUNNING: 'alive',
  TASK_KILLING: 'alive',
  TASK_FINISHED: 'terminal',
  TASK_FAILED: 'terminal',
  TASK_KILLED: 'terminal',
  TASK_ERROR: 'terminal',
  TASK_LOST: 'terminal',
  TASK_DROPPED: 'terminal',
  TASK_UNREACHABLE: 'alive',
  TASK_GONE: 'terminal',
  TASK_GONE_BY_OPERATOR: 'terminal',
  TASK_UNKNOWN: 'alive',
}
