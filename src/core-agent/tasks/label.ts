import type { Unlabeled } from '../modules/message.ts'
import type { Task } from '../state.ts'
import type { Turn } from '../turn.ts'

/** True: hooks are asked for the labels of these tasks first, and LABELED goes on with the launch. */
export const awaitsLabels = (turn: Turn, tasks: readonly Task[], launch: Unlabeled): boolean => {
  if (!turn.context.hooks.has('agentRunTaskLabelDecorator')) return false
  for (const task of tasks) {
    task.creating = true
    task.labeling = true
  }
  turn.do({ type: 'hook-labels', launch })
  return true
}
