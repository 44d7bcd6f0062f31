import { type AgentId, id, type TaskId } from '../../mesos/ids.ts'
import type {
  SchedulerCallReconcile,
  SchedulerCallReconcileTask,
  TaskStatus,
} from '../../mesos/wire.ts'
import type { Framework, MasterState } from '../state.ts'
import { count, log, type Turn } from '../turn.ts'
import { latestStatus, masterStatus, orLost, tellStatus } from './master-status.ts'

/** RECONCILE: an empty list is every known task, else an answer for each task named (core-master M20, M21). */
export const reconcile = (
  turn: Turn,
  framework: Framework,
  { tasks = [] }: SchedulerCallReconcile,
): void => {
  count(turn, 'messages_reconcile_tasks')
  if (tasks.length > 0) return reconcileTasks(turn, framework, tasks)
  for (const task of framework.tasks.values())
    tellStatus(turn, framework, latestStatus(turn, task, 'REASON_RECONCILIATION', latestText))
}

const latestText = 'Reconciliation: Latest task state'

/** Explicit reconciliation; also the answer to the KILL of a task that nobody knows (core-master §1.5). */
export const reconcileTasks = (
  turn: Turn,
  framework: Framework,
  tasks: readonly SchedulerCallReconcileTask[],
): void => {
  for (const named of tasks) {
    const status = truthAbout(turn, framework, named)
    if (status !== undefined) tellStatus(turn, framework, status)
    else
      log(
        turn,
        'info',
        { framework: framework.id, task: named.task_id.value },
        'no answer about a task while its agent may still come back',
      )
  }
}

const truthAbout = (
  turn: Turn,
  framework: Framework,
  named: SchedulerCallReconcileTask,
): TaskStatus | undefined => {
  const { state } = turn
  const taskId = id<TaskId>(named.task_id.value)
  const known = framework.tasks.get(taskId)
  if (known !== undefined) return latestStatus(turn, known, 'REASON_RECONCILIATION', latestText)
  const aside = framework.unreachableTasks.get(taskId)
  const agentId = aside?.agent ?? (named.agent_id && id<AgentId>(named.agent_id.value))
  const verdict = { taskId, agentId, reason: 'REASON_RECONCILIATION' } as const
  if (agentId !== undefined && state.agents.has(agentId))
    return masterStatus(turn, {
      ...verdict,
      state: orLost(framework, 'TASK_GONE'),
      message: 'Reconciliation: Task is unknown to the agent',
    })
  const unreachable = agentId && state.unreachableAgents.get(agentId)
  if (unreachable !== undefined)
    return masterStatus(turn, {
      ...verdict,
      state: orLost(framework, 'TASK_UNREACHABLE'),
      message: 'Reconciliation: Task is unreachable',
      unreachableSinceMs: unreachable.sinceMs,
    })
  if (agentId !== undefined && state.goneAgents.has(agentId))
    return masterStatus(turn, {
      ...verdict,
      state: orLost(framework, 'TASK_GONE_BY_OPERATOR'),
      message: 'Reconciliation: Task is gone',
    })
  if (isAwaited(turn, framework, agentId)) return undefined
  return masterStatus(turn, {
    ...verdict,
    state: orLost(framework, 'TASK_UNKNOWN'),
    message: 'Reconciliation: Task is unknown',
  })
}

/**
 * Whether the agent, or where none is named any agent, of the last master may still bring the task (core-master M21). A
 * framework that this master named has none there. Without a registry nobody knows whom to expect: then all are.
 */
const isAwaited = (
  { state, config, monotonicMs }: Turn,
  framework: Framework,
  agentId: AgentId | undefined,
): boolean => {
  if (namedBy(state, framework)) return false
  if (config.registry === 'in_memory')
    return monotonicMs - state.startedMonotonicMs < config.agentReregisterTimeoutMs
  return agentId === undefined ? state.recoveredAgents.size > 0 : state.recoveredAgents.has(agentId)
}

const namedBy = (state: MasterState, framework: Framework): boolean =>
  framework.id.startsWith(`${state.id}-`)
