import { agentsWithExecutors, removeExecutor } from '../executors/book.ts'
import { withdrawInverseOffers } from '../maintenance/inverse-offers.ts'
import { withdrawAll } from '../offers/withdraw.ts'
import type { Framework } from '../state.ts'
import { completeTask, recordStatus } from '../tasks/life.ts'
import { masterStatus } from '../tasks/master-status.ts'
import { isTerminal } from '../tasks/states.ts'
import { cancelTimer, endStream, log, setTimer, type Turn, tellAgent } from '../turn.ts'

/** The stream broke: nothing is offered any more, and the failover timeout runs (core-master W12, M13). */
export const disconnectFramework = (turn: Turn, framework: Framework): void => {
  framework.stream = undefined
  withdrawAll(turn, framework)
  withdrawInverseOffers(turn, framework)
  framework.filters.clear()
  framework.inverseFilters.clear()
  cancelTimer(turn, `heartbeat:${framework.id}`)
  const failoverSeconds = Math.max(0, framework.info.failover_timeout ?? 0)
  log(turn, 'info', { framework: framework.id, failoverSeconds }, 'framework disconnected')
  setTimer(turn, `failover:${framework.id}`, failoverSeconds * 1000, {
    type: 'failover-timeout',
    framework: framework.id,
  })
}

/** TEARDOWN and failover timeout: its tasks are killed without updates, its id is refused from now on (core-master §1.5, M13). */
export const removeFramework = (turn: Turn, framework: Framework, why: string): void => {
  const { state, config } = turn
  log(turn, 'info', { framework: framework.id, why }, 'framework removed')
  withdrawAll(turn, framework)
  withdrawInverseOffers(turn, framework)
  const withExecutors = agentsWithExecutors(state, framework.id)
  const agents = new Set([
    ...[...framework.tasks.values()].map(({ agent }) => agent),
    ...withExecutors.map(([agent]) => agent.id),
  ])
  for (const agentId of agents) {
    const agent = state.agents.get(agentId)
    if (agent === undefined) continue
    tellAgent(turn, agent, {
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: { value: framework.id } },
    })
  }
  for (const task of framework.tasks.values()) {
    if (isTerminal(task.state)) {
      completeTask(turn, task)
      continue
    }
    const status = masterStatus(turn, {
      taskId: task.id,
      agentId: task.agent,
      state: 'TASK_KILLED',
      reason: 'REASON_FRAMEWORK_REMOVED',
      message: `Framework ${framework.id} removed`,
    })
    recordStatus(turn, task, status)
    completeTask(turn, task, status.state)
  }
  for (const [agent, executors] of withExecutors)
    for (const executor of executors) removeExecutor(turn, agent, executor)
  if (framework.stream !== undefined) endStream(turn, framework.stream)
  framework.stream = undefined
  framework.filters.clear()
  framework.inverseFilters.clear()
  framework.unregisteredMs = turn.nowMs
  cancelTimer(turn, `heartbeat:${framework.id}`)
  cancelTimer(turn, `failover:${framework.id}`)
  state.frameworks.delete(framework.id)
  state.completedFrameworks.set(framework.id, framework)
  const [oldest] = state.completedFrameworks.keys()
  if (state.completedFrameworks.size > config.maxCompletedFrameworks && oldest !== undefined)
    state.completedFrameworks.delete(oldest)
}
