import type { AgentId, FrameworkId } from '../../mesos/ids.ts'
import type { Resources } from '../../resources/resources.ts'
import type { OfferFilter } from './filters.ts'
import type { Quantities } from './quantities.ts'
import type { Refusals } from './refusals.ts'

/** Which agents a run should consider. */
export type Candidates = 'all' | readonly AgentId[]

/** Scalars in two ledgers: fairness knows of each kind by itself. */
export interface ByKind {
  readonly regular: Quantities
  readonly revocable: Quantities
}

/** The cluster as one run sees it. Nothing in it changes during the run. */
export interface AllocatorSnapshot {
  readonly nowMs: number
  /** Candidates, in the order in which they are handed out. */
  readonly agents: readonly Supply[]
  /** Scalars of all known agents, candidates or not (core-master L4). */
  readonly total: ByKind
  /** By path (core-master L3). */
  readonly weights: ReadonlyMap<string, number>
  /** Allocations that each role ever got, of each kind (core-master L5). */
  readonly roleAllocations: ReadonlyMap<string, Allocations>
  readonly frameworks: readonly Demand[]
  /** Of top-level roles; absent where none is set, when all the books about it are void. */
  readonly quota: QuotaState | undefined
  /** Cluster-wide minimums of an offer (core-master O9). */
  readonly minAllocatable: readonly Quantities[]
  /** Names that fairness leaves out (core-master L6). */
  readonly fairnessExcludes: ReadonlySet<string>
  /** Agents with gpus are only for frameworks that know GPU_RESOURCES (core-master §2). */
  readonly filterGpus: boolean
  /** Regular and revocable resources in one offer and in one ledger, as Mesos does. */
  readonly jointOffers: boolean
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** What a top-level role and those below it are promised, and what they may have at most, in thousandths by name. */
export interface Quota {
  readonly guarantees: Quantities
  /** Without limit where absent. */
  readonly limits: Quantities
}

/** What quota is about: unreserved regular scalars, in thousandths. */
export interface QuotaState {
  readonly quotas: ReadonlyMap<string, Quota>
  /** Of each role with quota: what is reserved for it and those below, and what they hold unreserved. */
  readonly consumed: ReadonlyMap<string, Quantities>
  /** Free on all agents that may be offered. */
  readonly available: Quantities
}

export interface Supply {
  readonly id: AgentId
  /** Neither offered nor used. */
  readonly free: Resources
  /** Shared volumes in use, one copy each: each is offered once more a run (core-master A18). */
  readonly shared: Resources
  readonly hasGpus: boolean
  /** In another region than the master. */
  readonly isRemote: boolean
  readonly capabilities: readonly string[]
  /** Runs that considered it before this one. */
  readonly runs: number
}

/** How often something was handed out. */
export interface Allocations {
  readonly regular: number
  readonly revocable: number
}

export interface Demand {
  readonly id: FrameworkId
  readonly capabilities: ReadonlySet<string>
  /** Every role it is subscribed to or holds resources in (core-master L10). */
  readonly roles: readonly RoleDemand[]
}

export interface RoleDemand {
  readonly role: string
  readonly held: ByKind
  readonly allocations: Allocations
  /** Connected, subscribed to the role and not suppressed. */
  readonly active: boolean
  readonly filters: ReadonlyMap<AgentId, readonly OfferFilter[]>
  /** Replaces the cluster-wide minimums where set (core-master O9). */
  readonly minAllocatable: readonly Quantities[] | undefined
}

/** What a framework gets of an agent in a role. */
export interface Allocation {
  readonly framework: FrameworkId
  readonly role: string
  readonly agent: AgentId
  /** One entry an offer: all together, or one for each kind. None is empty. */
  readonly offers: readonly Resources[]
}

/** What one run decided. */
export interface Run {
  readonly plan: readonly Allocation[]
  /** Why others got nothing. */
  readonly refusals: Refusals
  /** Of whom nothing was offered, and when the first filter that held something back ends. */
  readonly barren: readonly { readonly agent: AgentId; readonly wakesAtMs: number }[]
}

/** Decides who is offered what. A module may bring its own; it reads no clock, sends nothing and keeps nothing. */
export interface Allocator {
  allocate(snapshot: AllocatorSnapshot): Run
}
