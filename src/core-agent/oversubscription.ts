import { toWire } from '../mesos/resources.ts'
import { equal, isEmpty, none, ofKind, plus, type Resources } from '../resources/resources.ts'
import type { Estimator } from './estimator/estimator.ts'
import { matters } from './estimator/publication.ts'
import { allocatedRevocable, type Oversubscribed } from './state.ts'
import type { Turn } from './turn.ts'

/**
 * Asks the estimator, and tells the master the new total (what is allocated of lent resources and what could be lent
 * besides) where it differs from the last one (core-agent §6). The estimator gets the agent's own sum, containers not
 * yet running included, so nothing is counted twice during a launch.
 */
export const reestimate = (turn: Turn, reason: string): void => {
  const { state, context } = turn
  const { estimator, monotonicMs: atMs } = context
  const allocated = allocatedRevocable(state)
  const isClosed = atMs < state.lending.closedUntilMs
  const estimate = isClosed
    ? none
    : estimator.oversubscribable({
        atMs,
        allocatedRevocable: allocated,
        told: state.lending.told,
      })
  const lendable = ofKind(estimate, 'revocable')
  state.counters.estimatesIgnored += estimate.length - lendable.length
  const total = plus(allocated, lendable)
  const before = state.oversubscribed
  const machineCpus = state.lending.sample?.cpus
  if (before.total !== undefined && !isNews(estimator, before, total, lendable, atMs, machineCpus))
    return
  state.oversubscribed = { total, generation: before.generation + 1, atMs }
  publish(turn, reason)
}

const isNews = (
  { publishes }: Estimator,
  { total: before = none, atMs }: Oversubscribed,
  total: Resources,
  lendable: Resources,
  nowMs: number,
  machineCpus: number | undefined,
): boolean =>
  publishes === 'changes'
    ? !equal(total, before)
    : matters(before, total, { isNothing: isEmpty(lendable), sinceMs: nowMs - atMs, machineCpus })

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
