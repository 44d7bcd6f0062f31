import type { AgentLinkCallExecutorExited } from '../../mesos/wire.ts'
import type { Turn } from '../turn.ts'

/** Beyond it the oldest are forgotten; the subscription after the next one sets the master right. */
export const maxUnheard = 1000

/** An executor is no more. While there is no master it waits: a subscription that is under way may still list it. */
export const tellExit = (turn: Turn, call: AgentLinkCallExecutorExited): void => {
  const { connected, unheard } = turn.state
  if (connected) return turn.doAtOnce({ type: 'executor-exited', call })
  unheard.push(call)
  if (unheard.length > maxUnheard) unheard.shift()
}

/** SUBSCRIBED. */
export const tellUnheard = (turn: Turn): void => {
  for (const call of turn.state.unheard.splice(0)) tellExit(turn, call)
}
