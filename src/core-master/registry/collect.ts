import type { AgentId } from '../../mesos/ids.ts'
import { setTimer, store, type Turn } from '../turn.ts'

/** Unreachable and gone agents of long ago are forgotten: whoever comes back then is as any other (core-master M12). */
export const collectRegistry = (turn: Turn): void => {
  const { state } = turn
  forgetOld(turn, state.unreachableAgents, 'unreachable', ({ sinceMs }) => sinceMs)
  forgetOld(turn, state.goneAgents, 'gone', (sinceMs) => sinceMs)
  scheduleCollection(turn)
}

export const scheduleCollection = (turn: Turn): void =>
  setTimer(turn, 'collect-registry', turn.config.registryGcIntervalMs, { type: 'collect-registry' })

const forgetOld = <T>(
  turn: Turn,
  agents: Map<AgentId, T>,
  kind: 'unreachable' | 'gone',
  sinceMs: (agent: T) => number,
): void => {
  const before = turn.nowMs - turn.config.registryMaxAgentAgeMs
  for (const [agentId, agent] of agents) {
    if (sinceMs(agent) >= before) continue
    agents.delete(agentId)
    store(turn, kind, agentId, undefined)
  }
}
