import type { KillPolicy } from '../../mesos/wire.ts'
import type { Ending, Task } from '../state.ts'
import { update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { destroyExecutor } from './end.ts'
import { executorOf, groupOf, tasksOf } from './find.ts'

/** A kill of a task that an executor of the framework runs: the executor does it, for as long as it takes (core-agent §2.2). */
export const killOnExecutor = (
  turn: Turn,
  task: Task,
  ending: Ending,
  kill_policy: KillPolicy | undefined,
): void => {
  const executor = executorOf(turn.state, task)
  if (task.delivered && executor?.stream !== undefined && ending.cause === 'killed') {
    const kill = {
      task_id: task.info.task_id,
      ...(kill_policy === undefined ? {} : { kill_policy }),
    }
    return turn.do({
      type: 'tell-executor',
      stream: executor.stream,
      event: { type: 'KILL', kill },
    })
  }
  if (ending.cause === 'preempted') {
    if (executor === undefined) return
    // They share its container, so all of them go for that reason.
    for (const one of tasksOf(turn.state, executor))
      if (one.ending?.cause !== 'preempted') turn.record({ type: 'ENDING', task: one.key, ending })
    return destroyExecutor(turn, executor)
  }
  // An executor that is away is told when it is back; of one that knows nothing of them all of a group go.
  if (task.delivered) return
  for (const one of groupOf(turn.state, task))
    update(turn, one, {
      state: 'TASK_KILLED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
      message: 'Killed before it was delivered to the executor',
    })
}
