import type { AgentId } from '../../mesos/ids.ts'
import { isEmpty, type Kind, ofKind, plus, type Resources } from '../../resources/resources.ts'
import { shrink } from '../../resources/shrink.ts'
import { drfSorter } from './drf-sorter.ts'
import { refusing } from './filters.ts'
import { type Quantities, reachesOne } from './quantities.ts'
import { isUnreserved, QuotaBook, unreservedOf } from './quota.ts'
import { type Refusal, Refusals } from './refusals.ts'
import { Remainder, takes, takesOf } from './remainder.ts'
import type {
  Allocation,
  Allocator,
  AllocatorSnapshot,
  ByKind,
  Demand,
  RoleDemand,
  Run,
  Supply,
} from './snapshot.ts'
import type { Client, CreateSorter, Sorter } from './sorter.ts'

export interface Sorters {
  readonly roles: CreateSorter
  readonly frameworks: CreateSorter
}

/**
 * Who is offered what, in two stages (core-master §5.2). First guarantees: agent by agent, roles and frameworks in the
 * order of the sorters, as much as each role lacks. Then fair share: the first that may have an agent's free resources
 * gets all of them. Regular and revocable resources are two contests with a ledger each, unless offers are joint.
 */
export const hierarchical = (sorters: Sorters): Allocator => ({
  allocate: (snapshot) => new AllocationRun(snapshot, sorters).run(),
})

export const drfAllocator = hierarchical({ roles: drfSorter, frameworks: drfSorter })

/** A framework in one of its roles. */
interface Contender {
  readonly framework: Demand
  readonly demand: RoleDemand
  /** Its place among all, for the reasons. */
  readonly at: number
  readonly takes: number
}

interface Role {
  readonly name: string
  readonly isNested: boolean
  readonly contenders: Contender[]
}

/** One contest: the kinds it is about, and who is served first. */
interface Contest {
  readonly kind: Kind | undefined
  readonly roles: Sorter
  /** By the place of the role. */
  readonly frameworks: readonly Sorter[]
}

/** An agent during the run. */
interface Shelf {
  readonly supply: Supply
  /** What is left of it, by contest; undefined where there was nothing. */
  readonly left: readonly (Remainder | undefined)[]
  given: readonly Given[]
  readonly isMultiRole: boolean
  readonly isHierarchical: boolean
  /** When the first filter that held something back ends. */
  wakesAtMs: number
}

interface Given {
  readonly contender: Contender
  /** By contest; undefined where nothing of it. */
  readonly offers: (Resources | undefined)[]
}

class AllocationRun {
  readonly #snapshot: AllocatorSnapshot
  readonly #sorters: Sorters
  readonly #roles: readonly Role[]
  readonly #contests: readonly Contest[]
  readonly #quota: QuotaBook | undefined
  readonly #refusals: Refusals

  constructor(snapshot: AllocatorSnapshot, sorters: Sorters) {
    this.#snapshot = snapshot
    this.#sorters = sorters
    const { roles, contenders } = contest(snapshot)
    this.#roles = roles
    this.#refusals = new Refusals(
      contenders.map(({ framework, demand }) => ({ framework: framework.id, role: demand.role })),
    )
    this.#contests = snapshot.jointOffers
      ? [this.#contest(undefined)]
      : [this.#contest('regular'), this.#contest('revocable')]
    this.#quota = snapshot.quota && new QuotaBook(snapshot.quota)
  }

  run(): Run {
    const { agents } = this.#snapshot
    const guaranteed = this.#guaranteed()
    const plan: Allocation[] = []
    const barren: { agent: AgentId; wakesAtMs: number }[] = []
    for (let n = 0; n < agents.length; n++) {
      const supply = agents[n] as Supply
      const shelf = guaranteed?.[n] ?? this.#shelf(supply)
      for (let at = 0; at < this.#contests.length; at++)
        if (shelf.left[at]?.isEmpty === false) this.#share(shelf, at)
      const { given, wakesAtMs } = shelf
      for (const one of given) plan.push(allocationOf(supply, one))
      if (given.length === 0) barren.push({ agent: supply.id, wakesAtMs })
    }
    return { plan, refusals: this.#refusals, barren }
  }

  /** All agents after the first stage; undefined where it has nothing to do, and an agent need not be kept. */
  #guaranteed(): readonly Shelf[] | undefined {
    const quota = this.#quota
    if (quota?.hasGuarantees !== true) return undefined
    const shelves = this.#snapshot.agents.map((supply) => this.#shelf(supply))
    for (const shelf of shelves) this.#guarantee(shelf, quota)
    return shelves
  }

  #contest(kind: Kind | undefined): Contest {
    const { total, weights, fairnessExcludes, roleAllocations, random } = this.#snapshot
    const named = new Map<string, number>()
    for (const amounts of ofLedger(total, kind))
      for (const [name, milli] of amounts)
        if (!fairnessExcludes.has(name)) named.set(name, (named.get(name) ?? 0) + milli)
    const among = { total: named, random }
    const allocationsOf = (allocations: RoleDemand['allocations'] | undefined) =>
      allocations?.[kind ?? 'regular'] ?? 0
    const clients = this.#roles.map(
      ({ name, contenders }): Client => ({
        name,
        held: contenders.flatMap(({ demand }) => ofLedger(demand.held, kind)),
        allocations: allocationsOf(roleAllocations.get(name)),
        active: contenders.some(({ demand }) => demand.active),
      }),
    )
    return {
      kind,
      roles: this.#sorters.roles({ ...among, clients, weights, isTree: true }),
      frameworks: this.#roles.map(({ contenders }) =>
        this.#sorters.frameworks({
          ...among,
          clients: contenders.map(
            ({ framework, demand }): Client => ({
              name: framework.id,
              held: ofLedger(demand.held, kind),
              allocations: allocationsOf(demand.allocations),
              active: demand.active,
            }),
          ),
          weights: noWeights,
          isTree: false,
        }),
      ),
    }
  }

  #shelf(supply: Supply): Shelf {
    const { free, shared, capabilities } = supply
    const whole = isEmpty(shared) ? free : plus(free, shared)
    return {
      supply,
      left:
        this.#contests.length > 1
          ? [remainderOf(ofKind(whole, 'regular')), remainderOf(ofKind(whole, 'revocable'))]
          : [remainderOf(whole)],
      given: nothing,
      isMultiRole: capabilities.includes('MULTI_ROLE'),
      isHierarchical: capabilities.includes('HIERARCHICAL_ROLE'),
      wakesAtMs: Number.POSITIVE_INFINITY,
    }
  }

  /** Stage 1: what a role lacks of its guarantee, with its own reservations and what nobody was promised. */
  #guarantee(shelf: Shelf, quota: QuotaBook): void {
    const [regular] = this.#contests
    const left = shelf.left[0]
    if (regular === undefined || left === undefined) return
    regular.roles.walk((roleAt) => {
      const role = this.#roles[roleAt] as Role
      if (quota.unmet(role.name).size === 0) return false
      regular.frameworks[roleAt]?.walk((at) => {
        const unmet = quota.unmet(role.name)
        if (unmet.size === 0 || left.isEmpty) return true
        const contender = role.contenders[at] as Contender
        const candidate = left
          .candidate(role.name, contender.takes)
          .filter(({ reservations }) => (reservations.at(-1)?.role ?? role.name) === role.name)
        const offer = shrink(candidate, quota.firstShare(role.name), isUnreserved)
        const isMeant = offer.some((one) => isUnreserved(one) && unmet.has(one.name))
        if (!isMeant) return false
        const refusal = this.#refusal(shelf, 0, contender, role, offer)
        if (refusal !== undefined) this.#refusals.note(shelf.supply.id, contender.at, refusal)
        else this.#give(shelf, 0, roleAt, at, offer)
        return false
      })
      return left.isEmpty
    })
  }

  /** Stage 2: all that is left, to the first that may have it. */
  #share(shelf: Shelf, contestAt: number): void {
    const contest = this.#contests[contestAt] as Contest
    const left = shelf.left[contestAt] as Remainder
    contest.roles.walk((roleAt) => {
      const role = this.#roles[roleAt] as Role
      contest.frameworks[roleAt]?.walk((at) => {
        const contender = role.contenders[at] as Contender
        const candidate = left.candidate(role.name, contender.takes)
        const offer = this.#underQuota(role.name, candidate)
        const refusal =
          isEmpty(offer) && !isEmpty(candidate)
            ? this.#quotaRefusal(role.name)
            : this.#refusal(shelf, contestAt, contender, role, offer)
        if (refusal !== undefined) this.#refusals.note(shelf.supply.id, contender.at, refusal)
        else this.#give(shelf, contestAt, roleAt, at, offer)
        return left.isEmpty
      })
      return left.isEmpty
    })
  }

  #underQuota(role: string, candidate: Resources): Resources {
    return this.#quota === undefined
      ? candidate
      : shrink(candidate, this.#quota.room(role), isUnreserved)
  }

  /** Which of the two bounds left nothing. */
  #quotaRefusal(role: string): Refusal {
    const allowance = [...(this.#quota?.allowance(role) ?? [])]
    return allowance.some(([, milli]) => milli === 0) ? 'quota limit' : 'quota headroom'
  }

  /** Why `contender` may not be offered this, or undefined where it may. */
  #refusal(
    shelf: Shelf,
    contestAt: number,
    contender: Contender,
    role: Role,
    offer: Resources,
  ): Refusal | undefined {
    const { supply } = shelf
    const { framework, demand } = contender
    const { capabilities } = framework
    if (isEmpty(offer)) return 'nothing for it'
    if (this.#snapshot.filterGpus && supply.hasGpus && !capabilities.has('GPU_RESOURCES'))
      return 'gpus'
    if (supply.isRemote && !capabilities.has('REGION_AWARE')) return 'region'
    if (!shelf.isMultiRole && capabilities.has('MULTI_ROLE')) return 'multi role'
    if (role.isNested && !shelf.isHierarchical) return 'hierarchical role'
    if (!this.#reaches(shelf, contestAt, contender, offer)) return 'min allocatable'
    const filter = this.#filter(supply, demand, offer)
    if (filter === undefined) return undefined
    shelf.wakesAtMs = Math.min(shelf.wakesAtMs, filter.untilMs)
    return 'filter'
  }

  #filter(supply: Supply, demand: RoleDemand, offer: Resources) {
    if (demand.filters.size === 0) return undefined
    const filters = demand.filters.get(supply.id)
    const at = { nowMs: this.#snapshot.nowMs, runs: supply.runs }
    return filters && refusing(filters, offer, at)
  }

  /** The minimums are of both kinds together, also where they come in an offer each (core-master O9). */
  #reaches(shelf: Shelf, contestAt: number, contender: Contender, offer: Resources): boolean {
    const { demand } = contender
    const minimums = demand.minAllocatable ?? this.#snapshot.minAllocatable
    if (reachesOne(offer, minimums)) return true
    if (this.#contests.length === 1) return false
    const given = shelf.given.find((one) => one.contender === contender)?.offers[0]
    if (contestAt > 0) return given !== undefined && reachesOne([...offer, ...given], minimums)
    if ((contender.takes & takes.revocable) === 0) return false
    const lent = shelf.left[1]?.candidate(demand.role, contender.takes) ?? []
    return (
      this.#filter(shelf.supply, demand, lent) === undefined &&
      reachesOne([...offer, ...lent], minimums)
    )
  }

  #give(shelf: Shelf, contestAt: number, roleAt: number, at: number, offer: Resources): void {
    const contest = this.#contests[contestAt] as Contest
    const role = this.#roles[roleAt] as Role
    const contender = role.contenders[at] as Contender
    contest.frameworks[roleAt]?.allocated(at, offer)
    contest.roles.allocated(roleAt, offer)
    this.#quota?.allocated(role.name, unreservedOf(offer))
    shelf.left[contestAt]?.take(offer)
    this.#refusals.offered(shelf.supply.id, contender.at)
    let given = shelf.given.find((one) => one.contender === contender)
    if (given === undefined) {
      given = { contender, offers: [] }
      shelf.given = [...shelf.given, given]
    }
    const before = given.offers[contestAt]
    given.offers[contestAt] = before === undefined ? offer : plus(before, offer)
  }
}

const remainderOf = (resources: Resources) =>
  isEmpty(resources) ? undefined : new Remainder(resources)

const nothing: readonly Given[] = []

const allocationOf = ({ id }: Supply, { contender, offers }: Given): Allocation => ({
  framework: contender.framework.id,
  role: contender.demand.role,
  agent: id,
  offers: offers.length === 1 && offers[0] !== undefined ? [offers[0]] : defined(offers),
})

const defined = (offers: readonly (Resources | undefined)[]): readonly Resources[] =>
  offers.filter((offer) => offer !== undefined)

/** Frameworks by role, in the order in which they came. */
const contest = ({ frameworks }: AllocatorSnapshot) => {
  const roles: Role[] = []
  const byName = new Map<string, Role>()
  const contenders: Contender[] = []
  for (const framework of frameworks) {
    const bits = takesOf(framework.capabilities)
    for (const demand of framework.roles) {
      let role = byName.get(demand.role)
      if (role === undefined) {
        role = { name: demand.role, isNested: demand.role.includes('/'), contenders: [] }
        byName.set(demand.role, role)
        roles.push(role)
      }
      const contender = { framework, demand, at: contenders.length, takes: bits }
      role.contenders.push(contender)
      contenders.push(contender)
    }
  }
  return { roles, contenders }
}

const ofLedger = (amounts: ByKind, kind: Kind | undefined): readonly Quantities[] =>
  kind === undefined ? [amounts.regular, amounts.revocable] : [amounts[kind]]

/** Frameworks compete within their role with weight 1 each (core-master L3). */
const noWeights: ReadonlyMap<string, number> = new Map()
