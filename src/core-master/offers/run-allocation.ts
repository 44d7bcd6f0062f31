import { id, type OfferId } from '../../mesos/ids.ts'
import { isEmpty } from '../../resources/resources.ts'
import { countAllocation } from '../allocator/held.ts'
import type { Allocation, Candidates, Run } from '../allocator/snapshot.ts'
import { charge, freeOf } from '../ledger.ts'
import { makeInverseOffers } from '../maintenance/inverse-offers.ts'
import { type Agent, type Framework, type MasterState, type Offer, present } from '../state.ts'
import { count, setTimer, type Turn, tell } from '../turn.ts'
import { reclaim } from './reclaim.ts'
import { mayBeOffered, snapshotOf } from './snapshot-of.ts'
import { wireOffer } from './wire-offer.ts'
import { pruneFilters } from './withdraw.ts'

/** One run of the allocator: one OFFERS event for each framework that gets something (core-master §1.6, §5.2). */
export const runAllocation = (turn: Turn, candidates: Candidates): void => {
  const { state, config } = turn
  if (state.allocator.pausedForAgents !== undefined) return
  count(turn, 'allocation_runs')
  updateEpoch(state)
  const considered = candidateAgents(turn, candidates)
  const agents = shuffled(
    considered.filter((agent) => mayYield(turn, agent)),
    turn.random,
  )
  if (agents.length > 0) {
    const run = config.allocator.allocate(snapshotOf(turn, agents))
    remember(state, agents, run)
    for (const agent of considered) agent.runs += 1
    offerAll(turn, run.plan)
  } else for (const agent of considered) agent.runs += 1
  makeInverseOffers(turn, candidates)
  if (candidates !== 'all') return
  pruneFilters(state, turn.monotonicMs)
  reclaim(turn)
}

const offerAll = (turn: Turn, plan: readonly Allocation[]): void => {
  const made = new Map<Framework, Offer[]>()
  for (const allocation of plan) {
    const framework = present(turn.state.frameworks.get(allocation.framework))
    const offers = made.get(framework) ?? []
    offers.push(...makeOffers(turn, framework, allocation))
    made.set(framework, offers)
  }
  for (const [framework, offers] of made)
    tell(turn, framework, { type: 'OFFERS', offers: { offers: offers.map(wireOffer) } })
}

const makeOffers = (turn: Turn, framework: Framework, allocation: Allocation): Offer[] => {
  const { state, config } = turn
  const { role } = allocation
  const agent = present(state.agents.get(allocation.agent))
  for (const counts of [framework.allocations, state.roleAllocations])
    countAllocation(counts, role, allocation.offers)
  return allocation.offers.map((resources) => {
    const offerId = id<OfferId>(`${state.id}-O${state.next.offer++}`)
    const sinceMs = turn.monotonicMs
    const offer = { id: offerId, framework, agent, role, resources, sinceMs }
    state.offers.set(offerId, offer)
    agent.offers.add(offer)
    framework.offers.add(offer)
    charge({ agent, framework, role, as: 'offered' }, resources)
    if (config.offerTimeoutMs !== undefined)
      setTimer(turn, `offer:${offerId}`, config.offerTimeoutMs, {
        type: 'offer-timeout',
        offer: offerId,
      })
    return offer
  })
}

/** Connected agents that are asked for, not deactivated, and whitelisted (core-master §5.2). */
const candidateAgents = ({ state }: Turn, candidates: Candidates): readonly Agent[] => {
  const agents =
    candidates === 'all'
      ? [...state.agents.values()]
      : candidates.flatMap((agentId) => state.agents.get(agentId) ?? [])
  return agents.filter((agent) => mayBeOffered(state, agent))
}

/** False where nothing is free, or where nobody took it and nothing that decides has changed since. */
const mayYield = ({ state, monotonicMs }: Turn, agent: Agent): boolean => {
  const free = freeOf(agent)
  const { barren } = agent
  if (isEmpty(free)) return agent.used.some(({ copies }) => copies !== undefined)
  return (
    barren?.free !== free ||
    barren.epoch !== state.allocator.epoch ||
    barren.wakesAtMs <= monotonicMs ||
    state.quotas.size > 0
  )
}

const remember = (state: MasterState, agents: readonly Agent[], run: Run): void => {
  const { epoch } = state.allocator
  for (const agent of agents) agent.reasons = run.refusals.of(agent.id)
  for (const { agent: agentId, wakesAtMs } of run.barren) {
    const agent = present(state.agents.get(agentId))
    agent.barren = { free: freeOf(agent), epoch, wakesAtMs }
  }
}

/** A framework that came, left, or may have more or less than before makes every agent worth another look. */
const updateEpoch = (state: MasterState): void => {
  const { allocator } = state
  const marks = marksOf(state)
  const same =
    marks.length === allocator.marks.length &&
    marks.every((mark, at) => mark === allocator.marks[at])
  if (same) return
  allocator.marks = marks
  allocator.epoch += 1
}

/**
 * Every value here is replaced, never changed, by whoever changes it. REVIVE and a new subscription drop filters, and
 * replace `suppressed`, too.
 */
const marksOf = ({ frameworks }: MasterState): readonly unknown[] => {
  const marks: unknown[] = []
  for (const framework of frameworks.values()) {
    const { stream, capabilities, roles, suppressed, minAllocatable } = framework
    marks.push(framework, stream, capabilities, roles, suppressed, minAllocatable)
  }
  return marks
}

/** Fisher and Yates: no agent is always first to be handed out (core-master §5.2). */
const shuffled = <T>(items: T[], random: () => number): T[] => {
  for (let last = items.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1))
    const [a, b] = [items[last], items[at]]
    if (a === undefined || b === undefined) continue
    items[last] = b
    items[at] = a
  }
  return items
}
