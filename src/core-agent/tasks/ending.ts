import type { Ending, Task } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * A recorded preemption stays: it wins over whatever else may happen to the task (core-agent §6); so does the end of
 * its time. A client's wish, which the engine may refuse, gives way to any other. Whatever the cause, the end of the
 * grace never moves back; a restart of the agent counts by it.
 */
export const recordEnding = (turn: Turn, task: Task, ending: Ending, graceMs?: number): void => {
  const known = task.ending
  const next = known !== undefined && outranks(known, ending) ? known : ending
  const deadlineMs = Math.min(
    known?.deadlineMs ?? Infinity,
    graceMs === undefined ? Infinity : turn.context.nowMs + graceMs,
  )
  if (next === known && deadlineMs === (known.deadlineMs ?? Infinity)) return
  turn.record({
    type: 'ENDING',
    task: task.key,
    ending: { ...next, ...(deadlineMs === Infinity ? {} : { deadlineMs }) },
  })
}

const outranks = (known: Ending, ending: Ending): boolean =>
  known.cause === 'preempted' ||
  known.cause === 'overdue' ||
  (known.by !== 'client' && known.cause === ending.cause)

/** What is left of the grace of a task that was being ended when the agent stopped. */
export const graceAgain = ({ context }: Turn, { ending }: Task): number => {
  if (ending?.cause === 'overdue') return 0
  if (ending?.deadlineMs === undefined) return context.settings.killGraceMs
  return Math.max(0, ending.deadlineMs - context.nowMs)
}
