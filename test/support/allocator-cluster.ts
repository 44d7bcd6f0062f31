import {
  type Allocation,
  type AllocatorSnapshot,
  allocate,
} from '../../src/core-master/allocator/allocate.ts'
import type { OfferFilter } from '../../src/core-master/allocator/filters.ts'
import { addTo, type Quantities, scalarsOf } from '../../src/core-master/allocator/quantities.ts'
import { type AgentId, type FrameworkId, id } from '../../src/mesos/ids.ts'
import { minus, plus, type Resources, scalarOf } from '../../src/resources/resources.ts'

interface AgentBook {
  total: Resources
  out: Resources
  runs: number
}

interface FrameworkBook {
  readonly role: string
  readonly capabilities: ReadonlySet<string>
  readonly held: Map<string, number>
  readonly filters: Map<AgentId, OfferFilter[]>
  minAllocatable: readonly Quantities[] | undefined
  allocations: number
}

/** The books of a cluster, kept by hand around `allocate`: one role a framework, plans taken as they are. */
export class AllocatorCluster {
  readonly agents = new Map<string, AgentBook>()
  readonly frameworks = new Map<string, FrameworkBook>()
  readonly weights = new Map<string, number>()
  readonly roleAllocations = new Map<string, number>()
  minAllocatable: readonly Quantities[] = [new Map([['cpus', 10]]), new Map([['mem', 32_000]])]
  jointOffers: boolean
  nowMs = 0

  constructor(options: { readonly jointOffers: boolean }) {
    this.jointOffers = options.jointOffers
  }

  agent(name: string, total: Resources): this {
    this.agents.set(name, { total, out: this.agents.get(name)?.out ?? [], runs: 0 })
    return this
  }

  framework(name: string, role: string, capabilities: readonly string[] = []): this {
    this.frameworks.set(name, {
      role,
      capabilities: new Set(capabilities),
      held: new Map(),
      filters: new Map(),
      minAllocatable: undefined,
      allocations: 0,
    })
    return this
  }

  /** One run over the named agents, or all; who got what is written into the books. */
  run(...candidates: string[]): readonly Allocation[] {
    const names = candidates.length > 0 ? candidates : [...this.agents.keys()]
    const plan = allocate(this.snapshot(names))
    for (const name of names) this.#agent(name).runs += 1
    for (const { framework, role, agent, offers } of plan) {
      this.take(framework, agent, plus(...offers))
      this.#framework(framework).allocations += 1
      this.roleAllocations.set(role, (this.roleAllocations.get(role) ?? 0) + 1)
    }
    return plan
  }

  take(framework: string, agent: string, resources: Resources): void {
    this.#agent(agent).out = plus(this.#agent(agent).out, resources)
    addTo(this.#framework(framework).held, scalarsOf(resources))
  }

  /** Resources come back, with a filter where `refuseMs` is given. */
  recover(framework: string, agent: string, resources: Resources, refuseMs?: number): void {
    const book = this.#agent(agent)
    book.out = minus(book.out, resources)
    addTo(this.#framework(framework).held, scalarsOf(resources), -1)
    if (refuseMs === undefined) return
    const { filters } = this.#framework(framework)
    const filter = { refused: resources, untilMs: this.nowMs + refuseMs, bornAtRun: book.runs }
    filters.set(id<AgentId>(agent), [...(filters.get(id<AgentId>(agent)) ?? []), filter])
  }

  recoverAll(plan: readonly Allocation[]): void {
    for (const { framework, agent, offers } of plan) this.recover(framework, agent, plus(...offers))
  }

  removeAgent(name: string, holder: string): void {
    addTo(this.#framework(holder).held, scalarsOf(this.#agent(name).out), -1)
    this.agents.delete(name)
  }

  snapshot(names: readonly string[] = [...this.agents.keys()]): AllocatorSnapshot {
    const total = new Map<string, number>()
    for (const agent of this.agents.values()) addTo(total, scalarsOf(agent.total))
    const roles = new Set([...this.frameworks.values()].map(({ role }) => role))
    return {
      nowMs: this.nowMs,
      total,
      agents: names.map((name) => {
        const agent = this.#agent(name)
        return {
          id: id<AgentId>(name),
          free: minus(agent.total, agent.out),
          hasGpus: scalarOf(agent.total, 'gpus') > 0,
          runs: agent.runs,
        }
      }),
      roles: new Map(
        [...roles].map((role) => [
          role,
          {
            weight: this.weights.get(role) ?? 1,
            allocations: this.roleAllocations.get(role) ?? 0,
          },
        ]),
      ),
      frameworks: [...this.frameworks].map(([name, book]) => ({
        id: id<FrameworkId>(name),
        capabilities: book.capabilities,
        roles: [{ ...book, active: true }],
      })),
      minAllocatable: this.minAllocatable,
      filterGpus: true,
      jointOffers: this.jointOffers,
    }
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
