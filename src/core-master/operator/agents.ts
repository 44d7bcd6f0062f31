import { type AgentId, id } from '../../mesos/ids.ts'
import type { AgentID, DrainConfig, MasterCallDrainAgent } from '../../mesos/wire.ts'
import { markAbsentGone, markGone } from '../agents/leave.ts'
import { drainInfoOf, ordinary, tellStanding } from '../agents/standing.ts'
import { rescind } from '../offers/withdraw.ts'
import { storeAgent, storeUnreachable } from '../registry/agents.ts'
import type { Agent, MasterState, Standing } from '../state.ts'
import { answer, count, log, runAllocator, type Turn } from '../turn.ts'

/** DRAIN_AGENT: no more offers, and every task ends within a grace (core-master M10); also once it is back. */
export const drainAgent = (turn: Turn, call: MasterCallDrainAgent): void => {
  const decided = findAgent(turn, call.agent_id)
  if (decided === undefined) return unknown(turn)
  const { agent, agentId } = decided
  if (agent !== undefined && !agent.capabilities.includes('AGENT_DRAINING'))
    return answer(turn, 400, `Agent ${agentId} cannot be drained: it lacks AGENT_DRAINING`)
  const config = configOf(call)
  decide(turn, decided, { deactivated: true, drain: { config, sinceMs: turn.nowMs } })
  if (config.mark_gone === true) turn.state.going.add(agentId)
  else turn.state.going.delete(agentId)
  count(turn, 'operator_drain_agent')
}

/** DEACTIVATE_AGENT: no more offers; what runs goes on. */
export const deactivateAgent = (turn: Turn, agentId: AgentID): void => {
  const decided = findAgent(turn, agentId)
  if (decided === undefined) return unknown(turn)
  decide(turn, decided, { ...decided.at.standing, deactivated: true })
}

/** REACTIVATE_AGENT: voids both, unless tasks are still on their way out. */
export const reactivateAgent = (turn: Turn, agentId: AgentID): void => {
  const decided = findAgent(turn, agentId)
  if (decided === undefined) return unknown(turn)
  const { agent, at } = decided
  if (drainInfoOf(at.standing, agent?.tasks)?.state === 'DRAINING' && agent !== undefined)
    return answer(turn, 409, `Agent ${agentId.value} is still in the DRAINING state`)
  turn.state.going.delete(decided.agentId)
  decide(turn, decided, ordinary)
  if (agent !== undefined) runAllocator(turn, [agent.id])
}

/** MARK_AGENT_GONE: it is shut down if it can be told, and may never come back (core-master M9). */
export const markAgentGone = (turn: Turn, call: AgentID): void => {
  const agentId = id<AgentId>(call.value)
  const { state } = turn
  if (state.goneAgents.has(agentId)) return answer(turn, 200, '')
  const decided = findAgent(turn, call)
  if (decided === undefined) return answer(turn, 404, `Agent '${agentId}' not found`)
  state.going.delete(agentId)
  if (decided.agent === undefined) markAbsentGone(turn, agentId)
  else markGone(turn, decided.agent)
  answer(turn, 200, '')
}

interface Decided {
  readonly agentId: AgentId
  /** Where the decision is kept: the registered agent, or the record of one that is away. */
  readonly at: { standing: Standing }
  readonly agent: Agent | undefined
}

const findAgent = ({ state }: Turn, { value }: AgentID): Decided | undefined => {
  const agentId = id<AgentId>(value)
  const agent = state.agents.get(agentId)
  const at = agent ?? state.recoveredAgents.get(agentId) ?? state.unreachableAgents.get(agentId)
  return at && { agentId, at, agent }
}

const decide = (turn: Turn, { agentId, at, agent }: Decided, standing: Standing): void => {
  const before = at.standing
  at.standing = standing
  storeStanding(turn, agentId)
  const { deactivated, drain } = standing
  log(turn, 'info', { agent: agentId, deactivated, drain: drain?.config }, 'an operator decided')
  answer(turn, 200, '')
  if (agent === undefined) return
  tellStanding(turn, agent, before)
  if (deactivated) for (const offer of agent.offers) rescind(turn, offer)
}

const storeStanding = (turn: Turn, agentId: AgentId): void => {
  const { agents, recoveredAgents, unreachableAgents }: MasterState = turn.state
  const known = agents.get(agentId) ?? recoveredAgents.get(agentId)
  const unreachable = unreachableAgents.get(agentId)
  if (known !== undefined) storeAgent(turn, known)
  else if (unreachable !== undefined) storeUnreachable(turn, agentId, unreachable)
}

const configOf = ({ max_grace_period: grace, mark_gone }: MasterCallDrainAgent): DrainConfig => ({
  ...(grace === undefined
    ? {}
    : {
        max_grace_period: { nanoseconds: (grace.seconds ?? 0) * 1e9 + (grace.nanos ?? 0) },
      }),
  mark_gone: mark_gone ?? false,
})

const unknown = (turn: Turn): void => answer(turn, 404, 'Unknown agent')
