import type { AgentId } from '../../mesos/ids.ts'
import { cancelTimer, count, log, setTimer, type Turn } from '../turn.ts'
import { markMissing, markUnreachable } from './leave.ts'

/**
 * An agent is to become unreachable: at once, or when --agent_removal_rate_limit allows it, so that a broken network
 * does not cost a whole cluster at a time (core-master M5).
 */
export const scheduleRemoval = (turn: Turn, agentId: AgentId, why: string): void => {
  const { removals } = turn.state
  if (removals.waiting.has(agentId)) return
  count(turn, 'slave_unreachable_scheduled')
  removals.waiting.set(agentId, why)
  if (removals.waiting.size === 1) removeNext(turn)
}

/** It gave a sign of life. */
export const cancelRemoval = (turn: Turn, agentId: AgentId): void => {
  const { waiting } = turn.state.removals
  if (!waiting.delete(agentId)) return
  count(turn, 'slave_unreachable_canceled')
  log(turn, 'info', { agent: agentId }, 'agent is back before it was removed')
  if (waiting.size === 0) cancelTimer(turn, 'removal')
}

/** Removes whoever waits longest, as far as the limit allows now, and waits for the next. */
export const removeNext = (turn: Turn): void => {
  const { state, config, monotonicMs } = turn
  const { removals } = state
  for (const [agentId, why] of removals.waiting) {
    if (removals.readyAtMs > monotonicMs)
      return setTimer(turn, 'removal', removals.readyAtMs - monotonicMs, { type: 'removal-due' })
    removals.readyAtMs = monotonicMs + config.agentRemovalIntervalMs
    removals.waiting.delete(agentId)
    const agent = state.agents.get(agentId)
    if (agent !== undefined) markUnreachable(turn, agent, why)
    else if (state.recoveredAgents.has(agentId)) markMissing(turn, agentId, why)
  }
}
