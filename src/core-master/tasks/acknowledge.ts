import { type AgentId, id, type TaskId } from '../../mesos/ids.ts'
import type { SchedulerCallAcknowledge } from '../../mesos/wire.ts'
import type { Framework, Task } from '../state.ts'
import { count, log, type Turn, tellAgent } from '../turn.ts'
import { completeTask } from './life.ts'
import { isTerminal } from './states.ts'
import { sameUuid } from './uuid.ts'

/** ACKNOWLEDGE: goes on to the agent; the one of the terminal status ends the task here too (core-master §1.5, M17). */
export const acknowledge = (
  turn: Turn,
  framework: Framework,
  call: SchedulerCallAcknowledge,
): void => {
  count(turn, 'messages_status_update_acknowledgement')
  const agent = turn.state.agents.get(id<AgentId>(call.agent_id.value))
  if (agent?.session === undefined) {
    count(turn, 'invalid_status_update_acknowledgements')
    return log(
      turn,
      'warn',
      { framework: framework.id, task: call.task_id.value, agent: call.agent_id.value },
      'an acknowledgement for an agent that is not connected is dropped; its status will come again',
    )
  }
  count(turn, 'valid_status_update_acknowledgements')
  const task = framework.tasks.get(id<TaskId>(call.task_id.value))
  if (task?.agent === agent.id && endsTask(task, call)) completeTask(turn, task)
  tellAgent(turn, agent, {
    type: 'ACKNOWLEDGE',
    acknowledge: {
      framework_id: { value: framework.id },
      task_id: call.task_id,
      uuid: call.uuid,
    },
  })
}

const endsTask = ({ update }: Task, { uuid }: SchedulerCallAcknowledge): boolean =>
  update !== undefined && isTerminal(update.state) && sameUuid(update.uuid, uuid)
