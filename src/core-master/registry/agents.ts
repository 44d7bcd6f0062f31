import type { AgentId } from '../../mesos/ids.ts'
import type { AgentInfo } from '../../mesos/wire.ts'
import type { Agent, Standing, UnreachableAgent } from '../state.ts'
import { store, type Turn } from '../turn.ts'
import { type StoredKind, storedAgent, storedUnreachable } from './entries.ts'

/** An agent that is admitted, or that something new is known or decided of. */
export const storeAgent = (
  turn: Turn,
  agent: { readonly id: AgentId; readonly info: AgentInfo; readonly standing: Standing },
): void => store(turn, 'agent', agent.id, storedAgent(agent))

/** The same of an unreachable one. */
export const storeUnreachable = (turn: Turn, agentId: AgentId, one: UnreachableAgent): void =>
  store(turn, 'unreachable', agentId, storedUnreachable(one))

/** It is neither admitted nor expected any more. */
export const forgetAgent = (turn: Turn, agentId: AgentId): void => {
  turn.state.recoveredAgents.delete(agentId)
  store(turn, 'agent', agentId, undefined)
}

export const keepUnreachable = (turn: Turn, agentId: AgentId, one: UnreachableAgent): void => {
  storeUnreachable(turn, agentId, one)
  keep(turn, turn.state.unreachableAgents, 'unreachable', agentId, one)
}

export const keepGone = (turn: Turn, agentId: AgentId): void => {
  store(turn, 'gone', agentId, { sinceMs: turn.nowMs })
  keep(turn, turn.state.goneAgents, 'gone', agentId, turn.nowMs)
}

/** It is back, or gone. */
export const forgetUnreachable = (turn: Turn, agentId: AgentId): void => {
  if (turn.state.unreachableAgents.delete(agentId)) store(turn, 'unreachable', agentId, undefined)
}

/** Whether what an agent says of itself is not what is stored. */
export const isNews = (known: Pick<Agent, 'info'> | undefined, info: AgentInfo): boolean =>
  known === undefined || JSON.stringify(known.info) !== JSON.stringify(info)

/** Beyond --registry_max_agent_count nothing is known any more of the oldest (core-master M12). */
const keep = <T>(
  turn: Turn,
  agents: Map<AgentId, T>,
  kind: StoredKind,
  agentId: AgentId,
  value: T,
): void => {
  agents.set(agentId, value)
  const [oldest] = agents.keys()
  if (agents.size <= turn.config.registryMaxAgentCount || oldest === undefined) return
  agents.delete(oldest)
  store(turn, kind, oldest, undefined)
}
