import { cancelTimer, log, runAllocator, setTimer, type Turn } from '../turn.ts'

/**
 * A master that begins with quota to keep, and with most agents still away, knows too little to hand out what there
 * is: guarantees would be met with whatever came first. It waits for a share of the agents, or a while (core-master L9).
 */
export const pauseForRecovery = (turn: Turn): void => {
  const { state, config } = turn
  const wanted = Math.floor(state.expectedAgents * config.allocatorAgentRecoveryFactor)
  if (state.quotas.size === 0 || wanted === 0) return
  state.allocator.pausedForAgents = wanted
  log(turn, 'info', { agents: wanted }, 'nothing is offered before agents are back: there is quota')
  setTimer(turn, timer, config.allocatorRecoveryTimeoutMs, { type: 'allocation-resumes' })
}

/** An agent was admitted. */
export const resumeIfEnough = (turn: Turn): void => {
  const { pausedForAgents } = turn.state.allocator
  if (pausedForAgents !== undefined && turn.state.agents.size >= pausedForAgents) resume(turn)
}

export const resume = (turn: Turn): void => {
  turn.state.allocator.pausedForAgents = undefined
  cancelTimer(turn, timer)
  log(turn, 'info', { agents: turn.state.agents.size }, 'offers are made from now on')
  runAllocator(turn, 'all')
}

const timer = 'allocation-resumes'
