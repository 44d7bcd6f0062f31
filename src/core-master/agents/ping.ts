import type { Agent } from '../state.ts'
import { setTimer, type Turn, tellAgent } from '../turn.ts'
import { askForUnlisted } from './reconcile.ts'
import { scheduleRemoval } from './removals.ts'

/** One tick: a period in which the agent called nothing is a missed ping, too many in a row are the end (core-master M5). */
export const pingTick = (turn: Turn, agent: Agent): void => {
  agent.missedPings = agent.heard ? 0 : agent.missedPings + 1
  if (agent.missedPings >= turn.config.maxAgentPingTimeouts)
    scheduleRemoval(turn, agent.id, 'health check timed out')
  // It may wait for its removal, and answer yet.
  if (!turn.state.agents.has(agent.id)) return
  ping(turn, agent)
  askForUnlisted(turn, agent)
}

/** Asks for a sign of life; any call of the agent is one. */
export const ping = (turn: Turn, agent: Agent): void => {
  agent.heard = false
  tellAgent(turn, agent, { type: 'HEARTBEAT' })
  setTimer(turn, `ping:${agent.id}`, turn.config.agentPingTimeoutMs, {
    type: 'agent-ping',
    agent: agent.id,
  })
}
