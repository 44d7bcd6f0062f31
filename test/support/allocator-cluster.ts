import { drfAllocator } from '../../src/core-master/allocator/allocate.ts'
import type { OfferFilter } from '../../src/core-master/allocator/filters.ts'
import {
  book,
  countAllocation,
  type Held,
  newHeld,
  noAllocations,
} from '../../src/core-master/allocator/held.ts'
import { addTo, type Quantities, scalarsOf } from '../../src/core-master/allocator/quantities.ts'
import { quotaState } from '../../src/core-master/allocator/quota.ts'
import { type Reasons, reasonOf } from '../../src/core-master/allocator/refusals.ts'
import type {
  Allocation,
  Allocations,
  Allocator,
  AllocatorSnapshot,
  Quota,
} from '../../src/core-master/allocator/snapshot.ts'
import { type AgentId, type FrameworkId, id } from '../../src/mesos/ids.ts'
import { type Conversion, convert } from '../../src/resources/convert.ts'
import {
  contains,
  minus,
  none,
  ofKind,
  plus,
  type Resource,
  type Resources,
  scalarOf,
} from '../../src/resources/resources.ts'

interface AgentBook {
  total: Resources
  out: Resources
  /** Shared volumes that tasks use. */
  shared: Resources
  capabilities: readonly string[]
  isRemote: boolean
  runs: number
  reasons: Reasons | undefined
}

interface RoleBook {
  readonly held: Held
  isActive: boolean
  readonly filters: Map<AgentId, OfferFilter[]>
}

interface FrameworkBook {
  readonly capabilities: ReadonlySet<string>
  readonly roles: Map<string, RoleBook>
  readonly counts: Map<string, Allocations>
  minAllocatable: readonly Quantities[] | undefined
}

const capable = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT']

/** The books of a cluster, kept by hand around an allocator; plans are taken as they are. */
export class AllocatorCluster {
  readonly agents = new Map<string, AgentBook>()
  readonly frameworks = new Map<string, FrameworkBook>()
  readonly weights = new Map<string, number>()
  readonly quotas = new Map<string, Quota>()
  readonly roleAllocations = new Map<string, Allocations>()
  minAllocatable: readonly Quantities[] = [new Map([['cpus', 10]]), new Map([['mem', 32_000]])]
  fairnessExcludes: ReadonlySet<string> = new Set()
  jointOffers: boolean
  allocator: Allocator = drfAllocator
  nowMs = 0

  constructor(options: { readonly jointOffers: boolean }) {
    this.jointOffers = options.jointOffers
  }

  agent(
    name: string,
    total: Resources,
    options: Partial<Pick<AgentBook, 'capabilities' | 'isRemote' | 'shared'>> = {},
  ): this {
    const { out = none, runs = 0 } = this.agents.get(name) ?? {}
    const { capabilities = capable, isRemote = false, shared = none } = options
    const book = { total, out, runs, capabilities, isRemote, shared, reasons: undefined }
    this.agents.set(name, book)
    return this
  }

  framework(
    name: string,
    roles: string | readonly string[],
    capabilities: readonly string[] = [],
  ): this {
    this.frameworks.set(name, {
      capabilities: new Set(capabilities),
      roles: new Map(),
      counts: new Map(),
      minAllocatable: undefined,
    })
    for (const role of [roles].flat()) this.role(name, role).isActive = true
    return this
  }

  /** Guarantee and limit alike. */
  quota(role: string, amounts: Resources): this {
    const quantities = scalarsOf(amounts)
    this.quotas.set(role, { guarantees: quantities, limits: quantities })
    return this
  }

  /** One run over the named agents, or all; who got what is written into the books. */
  run(...candidates: string[]): readonly Allocation[] {
    const names = candidates.length > 0 ? candidates : [...this.agents.keys()]
    const { plan, refusals } = this.allocator.allocate(this.snapshot(names))
    for (const name of names) {
      this.#agent(name).runs += 1
      this.#agent(name).reasons = refusals.of(id<AgentId>(name))
    }
    for (const { framework, role, agent, offers } of plan) {
      this.take(framework, agent, plus(...offers), role)
      countAllocation(this.#framework(framework).counts, role, offers)
      countAllocation(this.roleAllocations, role, offers)
    }
    return plan
  }

  /** Why the last run that considered the agent gave the framework nothing of it. */
  why(framework: string, agent: string): string {
    const [role = ''] = this.#framework(framework).roles.keys()
    return reasonOf(this.#agent(agent).reasons, { framework: id<FrameworkId>(framework), role })
  }

  take(framework: string, agent: string, resources: Resources, role?: string): void {
    const taken = this.#agent(agent)
    taken.out = plus(taken.out, resources)
    book(this.#held(framework, role), id<AgentId>(agent), resources)
  }

  /** Resources come back, with a filter where `refuseMs` is given. */
  recover(
    framework: string,
    agent: string,
    resources: Resources,
    refuseMs?: number,
    role?: string,
  ): void {
    const given = this.#agent(agent)
    given.out = minus(given.out, resources)
    book(this.#held(framework, role), id<AgentId>(agent), resources, -1)
    if (refuseMs === undefined) return
    const { filters } = this.#role(framework, role)
    const filter = { refused: resources, untilMs: this.nowMs + refuseMs, bornAtRun: given.runs }
    filters.set(id<AgentId>(agent), [...(filters.get(id<AgentId>(agent)) ?? []), filter])
  }

  recoverAll(plan: readonly Allocation[], refuseMs?: number): void {
    for (const { framework, agent, role, offers } of plan)
      for (const offer of offers) this.recover(framework, agent, offer, refuseMs, role)
  }

  removeAgent(name: string, holder: string): void {
    book(this.#held(holder), id<AgentId>(name), this.#agent(name).out, -1)
    this.agents.delete(name)
  }

  /** An operator changes what is free (core-master L13); false where that is not there. */
  updateAvailable(name: string, conversion: Conversion): boolean {
    const agent = this.#agent(name)
    const total = convert(agent.total, conversion)
    if (total === undefined || !contains(minus(agent.total, agent.out), conversion.consumed))
      return false
    agent.total = total
    return true
  }

  /** A framework changes what it holds. */
  updateAllocation(framework: string, name: string, conversion: Conversion): void {
    this.recover(framework, name, conversion.consumed)
    this.#agent(name).total = convert(this.#agent(name).total, conversion) ?? none
    this.take(framework, name, conversion.converted)
  }

  role(framework: string, role: string): RoleBook {
    const { roles } = this.#framework(framework)
    const known = roles.get(role) ?? { held: newHeld(), isActive: false, filters: new Map() }
    roles.set(role, known)
    return known
  }

  snapshot(names: readonly string[] = [...this.agents.keys()]): AllocatorSnapshot {
    const total = { regular: new Map<string, number>(), revocable: new Map<string, number>() }
    for (const agent of this.agents.values())
      for (const kind of ['regular', 'revocable'] as const)
        addTo(total[kind], scalarsOf(ofKind(agent.total, kind)))
    return {
      nowMs: this.nowMs,
      total,
      agents: names.map((name) => {
        const agent = this.#agent(name)
        return {
          id: id<AgentId>(name),
          free: minus(agent.total, agent.out),
          shared: agent.shared,
          hasGpus: scalarOf(agent.total, 'gpus') > 0,
          isRemote: agent.isRemote,
          capabilities: agent.capabilities,
          runs: agent.runs,
        }
      }),
      weights: this.weights,
      roleAllocations: this.roleAllocations,
      frameworks: [...this.frameworks].map(
        ([name, { capabilities, roles, counts, minAllocatable }]) => ({
          id: id<FrameworkId>(name),
          capabilities,
          roles: [...roles].map(([role, { held, isActive, filters }]) => ({
            role,
            held,
            allocations: counts.get(role) ?? noAllocations,
            active: isActive,
            filters,
            minAllocatable,
          })),
        }),
      ),
      quota: quotaState(this.quotas, this.#supplies(), this.#unreserved()),
      minAllocatable: this.minAllocatable,
      fairnessExcludes: this.fairnessExcludes,
      filterGpus: true,
      jointOffers: this.jointOffers,
      random: () => 0.5,
    }
  }

  #supplies() {
    return [...this.agents.values()].map(({ total, out }) => ({
      total,
      free: minus(total, out),
      isOffered: true,
    }))
  }

  #unreserved(): ReadonlyMap<string, Quantities> {
    const sums = new Map<string, Map<string, number>>()
    for (const { roles } of this.frameworks.values())
      for (const [role, { held }] of roles) {
        const sum = sums.get(role) ?? new Map<string, number>()
        addTo(sum, held.unreserved)
        sums.set(role, sum)
      }
    return sums
  }

  #held(framework: string, role?: string): Held {
    return this.#role(framework, role).held
  }

  /** The only one, where none is named. */
  #role(framework: string, role?: string): RoleBook {
    const [first = ''] = this.#framework(framework).roles.keys()
    return this.role(framework, role ?? first)
  }

  #agent(name: string): AgentBook {
    const book = this.agents.get(name)
    if (book === undefined) throw new Error(`no agent ${name}`)
    return book
  }

  #framework(name: string): FrameworkBook {
    const book = this.frameworks.get(name)
    if (book === undefined) throw new Error(`no framework ${name}`)
    return book
  }
}

/** The same amounts under one static reservation. */
export const reservedFor = (role: string, all: Resources): Resources =>
  all.map((resource): Resource => ({ ...resource, reservations: [{ type: 'STATIC', role }] }))
