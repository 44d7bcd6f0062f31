import { clearFiltersOf, rescind } from '../offers/withdraw.ts'
import { type Agent, type Framework, present, type Task } from '../state.ts'
import { completeTask, recordStatus, setAside } from '../tasks/life.ts'
import { masterStatus, orLost, tellStatus, type Verdict } from '../tasks/master-status.ts'
import { isTerminal } from '../tasks/states.ts'
import { cancelTimer, count, endStream, log, setTimer, type Turn, tell } from '../turn.ts'

/** As Mesos' --registry_max_agent_count. */
const maxUnreachableAgents = 102_400

/**
 * The stream broke: nothing of the agent is offered until it is back, and tasks of frameworks that do not checkpoint
 * are lost (core-master M6). Pings go unanswered from now on, so it soon is unreachable.
 */
export const disconnectAgent = (turn: Turn, agent: Agent): void => {
  log(turn, 'warn', { agent: agent.id }, 'agent disconnected')
  agent.session = undefined
  for (const offer of agent.offers) rescind(turn, offer)
  for (const task of agent.tasks) {
    const framework = frameworkOf(turn, task)
    if (framework.info.checkpoint === true) continue
    end(turn, framework, task, {
      state: 'TASK_LOST',
      reason: 'REASON_AGENT_DISCONNECTED',
      message: `Agent ${agent.info.hostname} disconnected`,
    })
  }
  setTimer(turn, `reregister:${agent.id}`, turn.config.agentReregisterTimeoutMs, {
    type: 'reregister-timeout',
    agent: agent.id,
  })
}

/** Its tasks are unreachable, or lost to frameworks that know no such state, and may come back with it (core-master M7). */
export const markUnreachable = (turn: Turn, agent: Agent, why: string): void => {
  const { state } = turn
  log(turn, 'warn', { agent: agent.id, why }, 'agent is unreachable')
  count(turn, 'slave_unreachable_scheduled')
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
  state.unreachableAgents.set(agent.id, { info: agent.info, sinceMs: turn.nowMs })
  const [oldest] = state.unreachableAgents.keys()
  if (state.unreachableAgents.size > maxUnreachableAgents && oldest !== undefined)
    state.unreachableAgents.delete(oldest)
}

/** It left, or another took its address: all tasks are lost (core-master M8). */
export const removeAgent = (
  turn: Turn,
  agent: Agent,
  why: string,
  counter: 'reason_registered' | 'reason_unregistered',
): void => {
  log(turn, 'info', { agent: agent.id, why }, 'agent removed')
  count(turn, `slave_removals/${counter}`)
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
  clearFiltersOf(state, agent)
  if (agent.session !== undefined) endStream(turn, agent.session)
  agent.session = undefined
  cancelTimer(turn, `ping:${agent.id}`)
  cancelTimer(turn, `reregister:${agent.id}`)
  state.agents.delete(agent.id)
  count(turn, 'slave_removals')
  for (const framework of state.frameworks.values())
    tell(turn, framework, { type: 'FAILURE', failure: { agent_id: { value: agent.id } } })
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
