import type { AgentId } from '../../mesos/ids.ts'
import type { AgentLinkCallSubscribe, DrainInfo } from '../../mesos/wire.ts'
import type { Agent, MasterState, Standing } from '../state.ts'
import { type Turn, tellAgent } from '../turn.ts'
import { markAbsentGone, markGone } from './leave.ts'

/** Nothing was decided about the agent. */
export const ordinary: Standing = { deactivated: false, drain: undefined }

/** What an agent last heard of its standing. */
export const reportedStanding = (turn: Turn, call: AgentLinkCallSubscribe): Standing => ({
  deactivated: call.deactivated === true || call.drain_config !== undefined,
  drain: call.drain_config && { config: call.drain_config, sinceMs: turn.nowMs },
})

/** The agent hears what it does not know yet; `known` is what it last said. */
export const tellStanding = (turn: Turn, agent: Agent, known: Standing): void => {
  const { deactivated, drain } = agent.standing
  if (drain === undefined) {
    if (known.drain !== undefined || deactivated !== known.deactivated)
      tellAgent(turn, agent, { type: deactivated ? 'DEACTIVATE' : 'REACTIVATE' })
  } else if (JSON.stringify(drain.config) !== JSON.stringify(known.drain?.config))
    tellAgent(turn, agent, { type: 'DRAIN', drain: { drain_config: drain.config } })
}

/** DRAINED once no task is left whose end was not acknowledged. Of an unreachable agent nobody knows. */
export const drainInfoOf = (
  { drain }: Standing,
  tasks: ReadonlySet<unknown> | undefined,
): DrainInfo | undefined =>
  drain && { state: tasks?.size === 0 ? 'DRAINED' : 'DRAINING', config: drain.config }

/** Agents that were drained to be marked gone, and are. After every message. */
export const settleGoing = (turn: Turn): void => {
  for (const agentId of turn.state.going) settle(turn, turn.state, agentId)
}

const settle = (turn: Turn, state: MasterState, agentId: AgentId): void => {
  const agent = state.agents.get(agentId)
  if (state.recoveredAgents.has(agentId)) return // It may come back with tasks.
  if (agent !== undefined && agent.tasks.size > 0) return
  state.going.delete(agentId)
  if (agent !== undefined) markGone(turn, agent)
  else if (state.unreachableAgents.has(agentId)) markAbsentGone(turn, agentId)
}
