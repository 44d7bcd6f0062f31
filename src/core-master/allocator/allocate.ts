import type { AgentId, FrameworkId } from '../../mesos/ids.ts'
import {
  allocatableTo,
  isEmpty,
  minus,
  ofKind,
  plus,
  quantities,
  type Resources,
} from '../../resources/resources.ts'
import { drfSorter } from './drf-sorter.ts'
import { isRefused, type OfferFilter } from './filters.ts'
import { addTo, type Quantities, reachesOne, scalarsOf } from './quantities.ts'
import type { Client, CreateSorter, Sorter } from './sorter.ts'

/** Which agents a run should consider. */
export type Candidates = 'all' | readonly AgentId[]

/** The cluster as one run sees it. Nothing in it changes during the run. */
export interface AllocatorSnapshot {
  readonly nowMs: number
  /** Candidates, in the order in which they are handed out. */
  readonly agents: readonly Supply[]
  /** Scalars of all known agents, candidates or not (core-master L4). */
  readonly total: Quantities
  readonly roles: ReadonlyMap<string, { readonly weight: number; readonly allocations: number }>
  readonly frameworks: readonly Demand[]
  /** Cluster-wide minimums of an offer (core-master O9). */
  readonly minAllocatable: readonly Quantities[]
  /** Agents with gpus are only for frameworks that know GPU_RESOURCES (core-master §2). */
  readonly filterGpus: boolean
  /** Regular and revocable resources in one offer, as Mesos does, instead of one offer of each kind. */
  readonly jointOffers: boolean
}

interface Supply {
  readonly id: AgentId
  readonly free: Resources
  readonly hasGpus: boolean
  /** Runs that considered it before this one. */
  readonly runs: number
}

export interface Demand {
  readonly id: FrameworkId
  readonly capabilities: ReadonlySet<string>
  /** Every role it is subscribed to or holds resources in (core-master L10). */
  readonly roles: readonly RoleDemand[]
}

interface RoleDemand {
  readonly role: string
  readonly held: Quantities
  readonly allocations: number
  /** Connected, subscribed to the role and not suppressed. */
  readonly active: boolean
  readonly filters: ReadonlyMap<AgentId, readonly OfferFilter[]>
  /** Replaces the cluster-wide minimums where set (core-master O9). */
  readonly minAllocatable: readonly Quantities[] | undefined
}

export interface Allocation {
  readonly framework: FrameworkId
  readonly role: string
  readonly agent: AgentId
  /** One entry an offer: all together, or one for each kind. None is empty. */
  readonly offers: readonly Resources[]
}

/**
 * Who is offered what: agent by agent, roles and then frameworks in the order of the sorter, the first that may
 * have an agent's free resources gets all of them (core-master §5.2, the fair-share stage).
 * Snapshot in, plan out: reads no clock, draws no randomness, sends nothing.
 */
export const allocate = (
  snapshot: AllocatorSnapshot,
  createSorter: CreateSorter = drfSorter,
): readonly Allocation[] => {
  const roleSorter = createSorter(roleClients(snapshot), snapshot.total)
  const contenders = contendersByRole(snapshot, createSorter)
  const plan: Allocation[] = []

  for (const agent of snapshot.agents) {
    if (isEmpty(agent.free)) continue
    let left = new Remainder(agent.free)
    for (const role of roleSorter.sort()) {
      const { sorter, demands } = contenders.get(role) ?? nobody
      for (const name of sorter.sort()) {
        const contender = demands.get(name)
        if (contender === undefined || isEmpty(left.resources)) continue
        const offers = offersFor(snapshot, agent, left, contender)
        if (offers.length === 0) continue
        const taken = plus(...offers)
        plan.push({ framework: contender.framework.id, role, agent: agent.id, offers })
        const amounts = scalarsOf(taken)
        sorter.allocated(name, amounts)
        roleSorter.allocated(role, amounts)
        left = new Remainder(minus(left.resources, taken))
      }
    }
  }
  return plan
}

interface Contender {
  readonly framework: Demand
  readonly demand: RoleDemand
}

interface Contenders {
  readonly sorter: Sorter
  readonly demands: ReadonlyMap<string, Contender>
}

const nobody: Contenders = { sorter: { sort: () => [], allocated: () => {} }, demands: new Map() }

/** A role's share is that of its frameworks together. */
const roleClients = ({ roles, frameworks }: AllocatorSnapshot): readonly Client[] => {
  const held = new Map<string, Map<string, number>>()
  for (const framework of frameworks)
    for (const demand of framework.roles) {
      const sums = held.get(demand.role) ?? new Map<string, number>()
      addTo(sums, demand.held)
      held.set(demand.role, sums)
    }
  return [...held].map(([name, sums]) => {
    const { weight, allocations } = roles.get(name) ?? { weight: 1, allocations: 0 }
    return { name, weight, allocations, held: sums, active: true }
  })
}

/** Frameworks compete within their role with weight 1 each (core-master L3). */
const contendersByRole = (snapshot: AllocatorSnapshot, createSorter: CreateSorter) => {
  const byRole = new Map<string, Map<string, Contender>>()
  for (const framework of snapshot.frameworks)
    for (const demand of framework.roles) {
      const demands = byRole.get(demand.role) ?? new Map<string, Contender>()
      demands.set(framework.id, { framework, demand })
      byRole.set(demand.role, demands)
    }
  return new Map(
    [...byRole].map(([role, demands]): [string, Contenders] => {
      const clients = [...demands].map(([name, { demand }]) => ({
        name,
        weight: 1,
        held: demand.held,
        allocations: demand.allocations,
        active: demand.active,
      }))
      return [role, { sorter: createSorter(clients, snapshot.total), demands }]
    }),
  )
}

/** What `contender` may be offered of what is left on the agent; no entry where nothing may (O5, O9, §2). */
const offersFor = (
  snapshot: AllocatorSnapshot,
  agent: Supply,
  left: Remainder,
  { framework, demand }: Contender,
): readonly Resources[] => {
  if (snapshot.filterGpus && agent.hasGpus && !framework.capabilities.has('GPU_RESOURCES'))
    return []
  const candidate = left.candidate(demand.role, framework.capabilities, snapshot.jointOffers)
  const filters = demand.filters.get(agent.id) ?? []
  const at = { nowMs: snapshot.nowMs, runs: agent.runs }
  const wanted = candidate.parts.filter((part) => !isRefused(filters, part, at))
  const amounts =
    wanted.length === candidate.parts.length ? candidate.amounts : quantities(wanted.flat())
  return reachesOne(amounts, demand.minAllocatable ?? snapshot.minAllocatable) ? wanted : []
}

interface Candidate {
  readonly parts: readonly Resources[]
  readonly amounts: Quantities
}

/** What is left of an agent during a run. Frameworks of like capabilities share one look at it. */
class Remainder {
  readonly resources: Resources
  readonly #candidates = new Map<string, Candidate>()

  constructor(resources: Resources) {
    this.resources = resources
  }

  candidate(role: string, capabilities: ReadonlySet<string>, joint: boolean): Candidate {
    const revocable = capabilities.has('REVOCABLE_RESOURCES')
    const refined = capabilities.has('RESERVATION_REFINEMENT')
    const key = `${revocable ? 'v' : ''}${refined ? 'r' : ''}/${role}`
    const known = this.#candidates.get(key)
    if (known !== undefined) return known
    const all = this.resources.filter(
      (resource) =>
        allocatableTo(resource, role) &&
        (revocable || !resource.revocable) &&
        (refined || resource.reservations.length <= 1),
    )
    const kinds = joint ? [all] : [ofKind(all, 'regular'), ofKind(all, 'revocable')]
    const parts = kinds.filter((part) => !isEmpty(part))
    const candidate = { parts, amounts: quantities(all) }
    this.#candidates.set(key, candidate)
    return candidate
  }
}
