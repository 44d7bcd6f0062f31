import { toWire } from '../mesos/resources.ts'
import { equal, none, ofKind, plus } from '../resources/resources.ts'
import { allocatedRevocable } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * Asks the estimator, and tells the master the new total (what is allocated of lent resources and what could be lent
 * besides) where it differs from the last one (core-agent §6). The estimator gets the agent's own sum, containers not
 * yet running included, so nothing is counted twice during a launch.
 */
export const reestimate = (turn: Turn, reason: string): void => {
  const { state, context } = turn
  const allocated = allocatedRevocable(state)
  const estimate = context.estimator.oversubscribable({ allocatedRevocable: allocated })
  const lendable = ofKind(estimate, 'revocable')
  state.counters.estimatesIgnored += estimate.length - lendable.length
  const total = plus(allocated, lendable)
  if (equal(total, state.oversubscribed.total ?? none) && state.oversubscribed.total) return
  state.oversubscribed = { total, generation: state.oversubscribed.generation + 1 }
  publish(turn, reason)
}

/** Tells the master what is known, changed or not: after a subscription. */
export const publish = (turn: Turn, reason: string): void => {
  const { connected, oversubscribed } = turn.state
  if (!connected || oversubscribed.total === undefined) return
  turn.do({
    type: 'oversubscribed',
    call: {
      total: toWire(oversubscribed.total, { format: 'stacks' }),
      generation: oversubscribed.generation,
      reason,
    },
  })
}
