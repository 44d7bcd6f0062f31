import { id, type TaskId } from '../../mesos/ids.ts'
import type { SchedulerCallKill } from '../../mesos/wire.ts'
import type { Agent, Framework, Task } from '../state.ts'
import { count, log, type Turn, tellAgent } from '../turn.ts'
import { reconcileTasks } from './reconcile.ts'

/** KILL: remembered and forwarded each time; of an unknown task the truth is told instead (core-master §1.5). */
export const kill = (turn: Turn, framework: Framework, call: SchedulerCallKill): void => {
  count(turn, 'messages_kill_task')
  const task = framework.tasks.get(id<TaskId>(call.task_id.value))
  if (task === undefined) return reconcileTasks(turn, framework, [call])
  if (call.agent_id !== undefined && call.agent_id.value !== task.agent)
    return log(
      turn,
      'warn',
      { framework: framework.id, task: task.id, agent: call.agent_id.value },
      'a KILL that names an agent the task is not on is dropped',
    )
  task.kill = { policy: call.kill_policy }
  const agent = turn.state.agents.get(task.agent)
  if (agent !== undefined) forwardKill(turn, agent, task)
}

/** Sends a kill that was asked; a disconnected agent gets it when it is back. */
export const forwardKill = (turn: Turn, agent: Agent, task: Task): void => {
  if (task.kill === undefined) return
  tellAgent(turn, agent, {
    type: 'KILL',
    kill: {
      framework_id: { value: task.framework },
      task_id: { value: task.id },
      kill_policy: task.kill.policy,
    },
  })
}
