import type { AgentId } from '../../mesos/ids.ts'
import { none } from '../../resources/resources.ts'
import { removeExecutor } from '../executors/book.ts'
import { changeTotal } from '../ledger.ts'
import { rescindInverseOffers } from '../maintenance/inverse-offers.ts'
import { clearFiltersOf, rescind } from '../offers/withdraw.ts'
import { forgetAgent, forgetUnreachable, keepGone, keepUnreachable } from '../registry/agents.ts'
import { type Agent, type Framework, present, type Task } from '../state.ts'
import { addToHistory, completeTask, recordStatus, setAside } from '../tasks/life.ts'
import { masterStatus, orLost, tellStatus, type Verdict } from '../tasks/master-status.ts'
import { isTerminal } from '../tasks/states.ts'
import {
  cancelTimer,
  count,
  endStream,
  log,
  setTimer,
  type Turn,
  tell,
  tellAgent,
} from '../turn.ts'

/**
 * The stream broke: nothing of the agent is offered until it is back, and tasks of frameworks that do not checkpoint
 * are lost (core-master M6). Pings go unanswered from now on, so it soon is unreachable.
 */
export const disconnectAgent = (turn: Turn, agent: Agent): void => {
  log(turn, 'warn', { agent: agent.id }, 'agent disconnected')
  agent.session = undefined
  for (const offer of agent.offers) rescind(turn, offer)
  rescindInverseOffers(turn, agent)
  for (const task of agent.tasks) {
    const framework = frameworkOf(turn, task)
    if (framework.info.checkpoint === true) continue
    end(turn, framework, task, {
      state: 'TASK_LOST',
      reason: 'REASON_AGENT_DISCONNECTED',
      message: `Agent ${agent.info.hostname} disconnected`,
    })
  }
  for (const executor of agent.executors.values())
    if (turn.state.frameworks.get(executor.framework)?.info.checkpoint !== true)
      removeExecutor(turn, agent, executor)
  setTimer(turn, `reregister:${agent.id}`, turn.config.agentReregisterTimeoutMs, {
    type: 'reregister-timeout',
    agent: agent.id,
  })
}

/** Its tasks are unreachable, or lost to frameworks that know no such state, and may come back with it (core-master M7). */
export const markUnreachable = (turn: Turn, agent: Agent, why: string): void => {
  log(turn, 'warn', { agent: agent.id, why }, 'agent is unreachable')
  count(turn, 'slave_unreachable_completed')
  count(turn, 'slave_removals/reason_unhealthy')
  for (const task of agent.tasks) {
    if (isTerminal(task.state)) {
      completeTask(turn, task)
      continue
    }
    const framework = frameworkOf(turn, task)
    const status = masterStatus(turn, {
      taskId: task.id,
      agentId: agent.id,
      state: orLost(framework, 'TASK_UNREACHABLE'),
      reason: 'REASON_AGENT_REMOVED',
      message: `Agent ${agent.info.hostname} is unreachable: ${why}`,
      unreachableSinceMs: turn.nowMs,
    })
    recordStatus(turn, task, status)
    setAside(turn, task, status.state)
    tellStatus(turn, framework, status)
  }
  drop(turn, agent)
  const { info, standing } = agent
  keepUnreachable(turn, agent.id, { info, sinceMs: turn.nowMs, standing })
}

/** The same of an agent of the last master: of its tasks nothing is known here (core-master M11). */
export const markMissing = (turn: Turn, agentId: AgentId, why: string): void => {
  const { info, standing } = present(turn.state.recoveredAgents.get(agentId))
  log(turn, 'warn', { agent: agentId, why }, 'agent is unreachable')
  count(turn, 'slave_unreachable_completed')
  count(turn, 'slave_removals')
  count(turn, 'slave_removals/reason_unhealthy')
  count(turn, 'recovery_slave_removals')
  forgetAgent(turn, agentId)
  keepUnreachable(turn, agentId, { info, sinceMs: turn.nowMs, standing })
  tellOfLoss(turn, agentId)
}

/** An operator removes the agent for good (core-master M9). */
export const markGone = (turn: Turn, agent: Agent): void => {
  log(turn, 'info', { agent: agent.id }, 'agent is gone')
  for (const task of agent.tasks) {
    const framework = frameworkOf(turn, task)
    end(turn, framework, task, goneVerdict(framework, agent.info.hostname))
  }
  tellAgent(turn, agent, { type: 'SHUTDOWN', shutdown: { message: goneText, gone: true } })
  drop(turn, agent)
  keepGone(turn, agent.id)
}

/** The same for one that cannot be told: it hears of it should it ever come back. */
export const markAbsentGone = (turn: Turn, agentId: AgentId): void => {
  const { state } = turn
  const known = state.unreachableAgents.get(agentId) ?? present(state.recoveredAgents.get(agentId))
  const { hostname } = known.info
  log(turn, 'info', { agent: agentId }, 'absent agent is gone')
  for (const framework of state.frameworks.values())
    for (const task of framework.unreachableTasks.values())
      if (task.agent === agentId)
        settleUnreachable(turn, framework, task, goneVerdict(framework, hostname))
  if (state.recoveredAgents.has(agentId)) {
    forgetAgent(turn, agentId)
    tellOfLoss(turn, agentId)
  }
  forgetUnreachable(turn, agentId)
  keepGone(turn, agentId)
}

export const goneText = 'An operator marked this agent gone'

const goneVerdict = (framework: Framework, hostname: string) =>
  ({
    state: orLost(framework, 'TASK_GONE_BY_OPERATOR'),
    reason: 'REASON_AGENT_REMOVED_BY_OPERATOR',
    message: `Agent ${hostname} was marked gone`,
  }) as const

/** A task that was unreachable has come to an end that its agent does not tell. */
export const settleUnreachable = (
  turn: Turn,
  framework: Framework,
  task: Task,
  verdict: Pick<Verdict, 'state' | 'reason' | 'message'>,
): void => {
  framework.unreachableTasks.delete(task.id)
  const status = masterStatus(turn, { taskId: task.id, agentId: task.agent, ...verdict })
  task.state = status.state
  recordStatus(turn, task, status)
  addToHistory(turn, framework, task)
  tellStatus(turn, framework, status)
}

/** It left, another took its address, or its machine goes down: all tasks are lost (core-master M8). */
export const removeAgent = (
  turn: Turn,
  agent: Agent,
  why: string,
  counter?: 'reason_registered' | 'reason_unregistered',
): void => {
  log(turn, 'info', { agent: agent.id, why }, 'agent removed')
  if (counter !== undefined) count(turn, `slave_removals/${counter}`)
  for (const task of agent.tasks)
    end(turn, frameworkOf(turn, task), task, {
      state: 'TASK_LOST',
      reason: 'REASON_AGENT_REMOVED',
      message: `Agent ${agent.info.hostname} removed: ${why}`,
    })
  drop(turn, agent)
}

/** The end of its time here, common to all ways; every connected framework hears of it (core-master W13). */
const drop = (turn: Turn, agent: Agent): void => {
  const { state } = turn
  for (const offer of agent.offers) rescind(turn, offer)
  rescindInverseOffers(turn, agent)
  for (const framework of state.frameworks.values()) framework.inverseFilters.delete(agent.id)
  for (const executor of agent.executors.values()) removeExecutor(turn, agent, executor)
  clearFiltersOf(state, agent)
  if (agent.session !== undefined) endStream(turn, agent.session)
  agent.session = undefined
  cancelTimer(turn, `ping:${agent.id}`)
  cancelTimer(turn, `reregister:${agent.id}`)
  changeTotal(state, agent, none)
  state.agents.delete(agent.id)
  state.removals.waiting.delete(agent.id)
  forgetAgent(turn, agent.id)
  count(turn, 'slave_removals')
  tellOfLoss(turn, agent.id)
}

const tellOfLoss = (turn: Turn, agentId: AgentId): void => {
  for (const framework of turn.state.frameworks.values())
    tell(turn, framework, { type: 'FAILURE', failure: { agent_id: { value: agentId } } })
}

const end = (
  turn: Turn,
  framework: Framework,
  task: Task,
  verdict: Pick<Verdict, 'state' | 'reason' | 'message'>,
): void => {
  if (isTerminal(task.state)) return completeTask(turn, task)
  const status = masterStatus(turn, { taskId: task.id, agentId: task.agent, ...verdict })
  recordStatus(turn, task, status)
  completeTask(turn, task, status.state)
  tellStatus(turn, framework, status)
}

const frameworkOf = ({ state }: Turn, task: Task): Framework =>
  present(state.frameworks.get(task.framework))
