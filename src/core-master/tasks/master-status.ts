import type { TaskState, TaskStatus, TaskStatusReason } from '../../mesos/wire.ts'
import type { Framework, Task } from '../state.ts'
import { type Turn, tell } from '../turn.ts'

export interface Verdict {
  readonly taskId: string
  readonly agentId: string | undefined
  readonly state: TaskState
  readonly reason: TaskStatusReason
  readonly message: string
  readonly unreachableSinceMs?: number
}

/** A status that the master itself makes: without uuid, so it is never acknowledged (core-master W14, M19). */
export const masterStatus = (turn: Turn, verdict: Verdict): TaskStatus => ({
  task_id: { value: verdict.taskId },
  state: verdict.state,
  message: verdict.message,
  source: 'SOURCE_MASTER',
  reason: verdict.reason,
  ...(verdict.agentId === undefined ? {} : { agent_id: { value: verdict.agentId } }),
  timestamp: turn.nowMs / 1000,
  ...(verdict.unreachableSinceMs === undefined
    ? {}
    : { unreachable_time: { nanoseconds: verdict.unreachableSinceMs * 1e6 } }),
})

export const tellStatus = (turn: Turn, framework: Framework, status: TaskStatus): void =>
  tell(turn, framework, { type: 'UPDATE', update: { status } })

/** What a known task is said to be: the state the framework was told last, its newest health and container (M20). */
export const latestStatus = (
  turn: Turn,
  task: Task,
  reason: TaskStatusReason,
  message: string,
): TaskStatus => {
  const newest = task.statuses.at(-1)
  const state = task.update?.state ?? task.state
  return {
    ...masterStatus(turn, { taskId: task.id, agentId: task.agent, state, reason, message }),
    ...(newest?.healthy === undefined ? {} : { healthy: newest.healthy }),
    ...(newest?.check_status === undefined ? {} : { check_status: newest.check_status }),
    ...(newest?.container_status === undefined
      ? {}
      : { container_status: newest.container_status }),
  }
}

/** States that frameworks without PARTITION_AWARE know only as TASK_LOST (core-master §2). */
export const orLost = (framework: Framework, state: TaskState): TaskState =>
  framework.capabilities.has('PARTITION_AWARE') ? state : 'TASK_LOST'
