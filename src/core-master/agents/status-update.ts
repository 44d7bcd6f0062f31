import { type FrameworkId, id, type TaskId } from '../../mesos/ids.ts'
import type { AgentLinkCallStatusUpdate, TaskStatus } from '../../mesos/wire.ts'
import type { Agent, Framework, Task } from '../state.ts'
import { completeTask, recordStatus, setState } from '../tasks/life.ts'
import { tellStatus } from '../tasks/master-status.ts'
import { isTerminal } from '../tasks/states.ts'
import { sameUuid } from '../tasks/uuid.ts'
import { count, log, type Turn, tellAgent } from '../turn.ts'

/**
 * STATUS_UPDATE: goes on to the framework, which acknowledges it; a disconnected one misses it and the agent tries
 * again. The latest state, which may be ahead of the status, frees the resources (core-master M17, M18).
 */
export const statusUpdate = (turn: Turn, agent: Agent, call: AgentLinkCallStatusUpdate): void => {
  count(turn, 'messages_status_update')
  const frameworkId = id<FrameworkId>(call.framework_id.value)
  const framework = turn.state.frameworks.get(frameworkId)
  if (framework === undefined) return ignore(turn, agent, call, 'its framework is not known')

  const status = { ...call.status, agent_id: { value: agent.id } }
  const task = framework.tasks.get(id<TaskId>(status.task_id.value))
  if (isOvertaken(framework, task, status))
    return ignore(turn, agent, call, 'the end of its task has overtaken it')
  tellStatus(turn, framework, status)
  if (task?.agent !== agent.id) return ignore(turn, agent, call, 'its task is not known')
  count(turn, 'valid_status_updates')
  const isRetry = sameUuid(task.update?.uuid, status.uuid)
  if (!isRetry) {
    task.update = { state: status.state, uuid: status.uuid }
    recordStatus(turn, task, status)
  }
  setState(turn, task, call.latest_state)
  if (!isTerminal(task.state)) task.unlisted = false
  // Nobody acknowledges a status without uuid.
  if (status.uuid === undefined && isTerminal(task.state)) completeTask(turn, task)
}

/** Terminal is final (reliability I5): calls of an agent may overtake each other, a repeated one above all. */
const isOvertaken = (framework: Framework, task: Task | undefined, status: TaskStatus): boolean => {
  if (isTerminal(status.state)) return false
  if (task !== undefined) return task.update !== undefined && isTerminal(task.update.state)
  return framework.completedTasks.some(({ id: ended }) => ended === status.task_id.value)
}

/** An agent that still runs a removed framework is told again. */
const ignore = (
  turn: Turn,
  agent: Agent,
  { framework_id: frameworkId, status }: AgentLinkCallStatusUpdate,
  why: string,
): void => {
  count(turn, 'invalid_status_updates')
  log(
    turn,
    'warn',
    { agent: agent.id, framework: frameworkId.value, task: status.task_id.value, why },
    'a status update changes nothing here',
  )
  if (turn.state.completedFrameworks.has(id<FrameworkId>(frameworkId.value)))
    tellAgent(turn, agent, {
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: frameworkId },
    })
}
