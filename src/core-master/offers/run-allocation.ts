import { id, type OfferId } from '../../mesos/ids.ts'
import { scalarOf } from '../../resources/resources.ts'
import {
  type Allocation,
  type AllocatorSnapshot,
  allocate,
  type Candidates,
  type Demand,
} from '../allocator/allocate.ts'
import { addTo, scalarsOf } from '../allocator/quantities.ts'
import { charge, freeOf } from '../ledger.ts'
import { type Agent, type Framework, type Offer, present } from '../state.ts'
import { count, setTimer, type Turn, tell } from '../turn.ts'
import { wireOffer } from './wire-offer.ts'
import { pruneFilters } from './withdraw.ts'

/** One run of the allocator: one OFFERS event for each framework that gets something (core-master §1.6, §5.2). */
export const runAllocation = (turn: Turn, candidates: Candidates): void => {
  const { state } = turn
  const agents = shuffled(candidateAgents(turn, candidates), turn.random)
  const plan = allocate(snapshotOf(turn, agents))
  for (const agent of agents) agent.runs += 1
  if (candidates === 'all') pruneFilters(state, turn.monotonicMs)
  count(turn, 'allocation_runs')

  const made = new Map<Framework, Offer[]>()
  for (const allocation of plan) {
    const framework = present(state.frameworks.get(allocation.framework))
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
  for (const allocations of [framework.allocations, state.roleAllocations])
    allocations.set(role, (allocations.get(role) ?? 0) + 1)
  return allocation.offers.map((resources) => {
    const offerId = id<OfferId>(`${state.id}-O${state.next.offer++}`)
    const offer = { id: offerId, framework, agent, role, resources }
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

/** Connected agents that are asked for and not deactivated. */
const candidateAgents = ({ state }: Turn, candidates: Candidates): Agent[] => {
  const agents =
    candidates === 'all'
      ? [...state.agents.values()]
      : candidates.flatMap((agentId) => state.agents.get(agentId) ?? [])
  return agents.filter(({ session, standing }) => session !== undefined && !standing.deactivated)
}

const snapshotOf = (
  { state, config, monotonicMs }: Turn,
  agents: readonly Agent[],
): AllocatorSnapshot => {
  const total = new Map<string, number>()
  for (const agent of state.agents.values()) addTo(total, scalarsOf(agent.total))
  const frameworks = [...state.frameworks.values()].map(demandOf)
  const roles = new Set(frameworks.flatMap((framework) => framework.roles.map(({ role }) => role)))
  return {
    nowMs: monotonicMs,
    total,
    frameworks,
    agents: agents.map((agent) => ({
      id: agent.id,
      free: freeOf(agent),
      hasGpus: scalarOf(agent.total, 'gpus') > 0,
      runs: agent.runs,
    })),
    roles: new Map(
      [...roles].map((role) => [
        role,
        {
          weight: config.weights.get(role) ?? 1,
          allocations: state.roleAllocations.get(role) ?? 0,
        },
      ]),
    ),
    minAllocatable: config.minAllocatable,
    filterGpus: config.filterGpuResources,
    jointOffers: config.jointOffers,
  }
}

const demandOf = (framework: Framework): Demand => ({
  id: framework.id,
  capabilities: framework.capabilities,
  roles: [...new Set([...framework.roles, ...framework.held.keys()])].map((role) => ({
    role,
    held: framework.held.get(role) ?? new Map<string, number>(),
    allocations: framework.allocations.get(role) ?? 0,
    active:
      framework.stream !== undefined &&
      framework.roles.includes(role) &&
      !framework.suppressed.has(role),
    filters: framework.filters.get(role) ?? new Map(),
    minAllocatable: framework.minAllocatable.get(role),
  })),
})

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
