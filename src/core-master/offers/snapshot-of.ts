import { none, type Resources, scalarOf } from '../../resources/resources.ts'
import { newHeld, noAllocations } from '../allocator/held.ts'
import { addTo } from '../allocator/quantities.ts'
import { QuotaBook, quotaState } from '../allocator/quota.ts'
import type { AllocatorSnapshot, Demand, Supply } from '../allocator/snapshot.ts'
import { freeOf } from '../ledger.ts'
import type { Agent, Framework, MasterState } from '../state.ts'
import type { Turn } from '../turn.ts'

/** What the allocator reads of the master: the agents in the order in which they are to be handed out. */
export const snapshotOf = (
  { state, config, monotonicMs, random }: Turn,
  agents: readonly Agent[],
): AllocatorSnapshot => ({
  nowMs: monotonicMs,
  agents: agents.map((agent) => supplyOf(agent, config.region)),
  total: state.totals,
  weights: state.weights,
  roleAllocations: state.roleAllocations,
  frameworks: [...state.frameworks.values()].map(demandOf),
  quota: quotaOf(state),
  minAllocatable: config.minAllocatable,
  fairnessExcludes: config.fairnessExcludes,
  filterGpus: config.filterGpuResources,
  jointOffers: config.jointOffers,
  random,
})

export const mayBeOffered = (
  { whitelist }: Pick<MasterState, 'whitelist'>,
  { session, standing, info }: Agent,
): boolean =>
  session !== undefined && !standing.deactivated && whitelist?.has(info.hostname) !== false

const supplyOf = (agent: Agent, region: string | undefined): Supply => ({
  id: agent.id,
  free: freeOf(agent),
  shared: sharedOf(agent),
  hasGpus: scalarOf(agent.total, 'gpus') > 0,
  isRemote: isRemote(agent, region),
  capabilities: agent.capabilities,
  runs: agent.runs,
})

/** One copy of each shared volume that is in use, and not offered already. */
const sharedOf = ({ used, offered }: Agent): Resources => {
  if (used.every(({ copies }) => copies === undefined)) return none
  const isOffered = (id: string | undefined) => offered.some(({ volume }) => volume?.id === id)
  return used.flatMap((resource) =>
    resource.copies === undefined || isOffered(resource.volume?.id)
      ? []
      : [{ ...resource, copies: 1 }],
  )
}

/** Agents that name no region are where the master is, as all are where the master names none (core-master §2). */
const isRemote = ({ info }: Agent, region: string | undefined): boolean => {
  const there = info.domain?.fault_domain?.region.name
  return region !== undefined && there !== undefined && there !== region
}

const nothingHeld = newHeld()

const demandOf = (framework: Framework): Demand => ({
  id: framework.id,
  capabilities: framework.capabilities,
  roles: [...new Set([...framework.roles, ...framework.held.keys()])].map((role) => ({
    role,
    held: framework.held.get(role) ?? nothingHeld,
    allocations: framework.allocations.get(role) ?? noAllocations,
    active:
      framework.stream !== undefined &&
      framework.roles.includes(role) &&
      !framework.suppressed.has(role),
    filters: framework.filters.get(role) ?? noFilters,
    minAllocatable: framework.minAllocatable.get(role),
  })),
})

const noFilters = new Map()

/** The books about quota as they are now; undefined where none is set. */
export const quotaBook = (state: MasterState): QuotaBook | undefined => {
  const quota = quotaOf(state)
  return quota && new QuotaBook(quota)
}

const quotaOf = (state: MasterState) => {
  if (state.quotas.size === 0) return undefined
  const held = new Map<string, Map<string, number>>()
  for (const framework of state.frameworks.values())
    for (const [role, { unreserved }] of framework.held) {
      const sums = held.get(role) ?? new Map<string, number>()
      addTo(sums, unreserved)
      held.set(role, sums)
    }
  const agents = [...state.agents.values()].map((agent) => ({
    total: agent.total,
    free: freeOf(agent),
    isOffered: mayBeOffered(state, agent),
  }))
  return quotaState(state.quotas, agents, held)
}
