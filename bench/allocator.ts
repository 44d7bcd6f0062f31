import { drfAllocator } from '../src/core-master/allocator/allocate.ts'
import { drfSorter } from '../src/core-master/allocator/drf-sorter.ts'
import type { AllocatorSnapshot, Run } from '../src/core-master/allocator/snapshot.ts'
import { parseMasterConfig } from '../src/core-master/config.ts'
import { changeTotal } from '../src/core-master/ledger.ts'
import { runAllocation } from '../src/core-master/offers/run-allocation.ts'
import { refuse, withdraw } from '../src/core-master/offers/withdraw.ts'
import { type Agent, type Framework, newState } from '../src/core-master/state.ts'
import type { Turn } from '../src/core-master/turn.ts'
import { type AgentId, type FrameworkId, id } from '../src/mesos/ids.ts'
import { parseResources } from '../src/resources/parse.ts'
import { none } from '../src/resources/resources.ts'
import { AllocatorCluster } from '../test/support/allocator-cluster.ts'
import { heapAllocation, named, scanAll, sizes } from './limits/allocation.ts'
import { bestCpuMicros, generator, scaled } from './measure.ts'
import type { Bench, Row } from './row.ts'

const of = (text: string) => parseResources(text).resources
const machine = of('cpus:24;mem:4096;disk:4096;ports:[31000-32000]')
const capabilities = ['MULTI_ROLE', 'REVOCABLE_RESOURCES']

const row = (
  rowId: string,
  work: string,
  unit: string,
  ours: { readonly value: number; readonly runs: readonly number[] },
  peer: number,
): Row => ({
  id: rowId,
  work,
  ours: ours.value,
  peer,
  ratio: ours.value / peer,
  unit,
  runs: ours.runs.map((run) => run / peer),
})

/** B01: every agent is free and goes to one of the frameworks of one role; the peer is H11, the same with bare numbers. */
export const allocationCycle: Bench = {
  ids: ['B01'],
  run: async () =>
    sizes.map(([agents, frameworks]) => {
      const cluster = new AllocatorCluster({ jointOffers: false })
      for (let n = 0; n < frameworks; n++) cluster.framework(`f${n}`, '*', capabilities)
      for (let n = 0; n < agents; n++) cluster.agent(`a${n}`, machine)
      const snapshot = cluster.snapshot()
      checkEven(drfAllocator.allocate(snapshot), snapshot)
      const ours = scaled(
        bestCpuMicros(1, () => drfAllocator.allocate(snapshot)),
        1e-3,
      )
      const floor = scaled(
        bestCpuMicros(1, () => heapAllocation(agents, frameworks)),
        1e-3,
      )
      return row(
        'B01',
        `one run, all offered, ${named(agents, frameworks)}`,
        'ms',
        ours,
        floor.value,
      )
    }),
}

/** Every agent went whole, and to each framework as many as to the next. */
const checkEven = ({ plan }: Run, { agents, frameworks }: AllocatorSnapshot): void => {
  const counts = new Map<string, number>()
  for (const { framework } of plan) counts.set(framework, (counts.get(framework) ?? 0) + 1)
  const each = [...counts.values()]
  const isEven = each.length === frameworks.length && Math.max(...each) - Math.min(...each) <= 1
  if (plan.length !== agents.length || !isEven) throw new Error('B01: the plan is not even')
}

const idleSizes = sizes.slice(0, 2)
const forLongSeconds = 31_536_000

/** B02: everybody declined everything; one agent a run has something new. The peer is H13, all pairs as bytes. */
export const idleAllocation: Bench = {
  ids: ['B02'],
  run: async () =>
    idleSizes.map(([agents, frameworks]) => {
      const turn = bareTurn(agents, frameworks)
      declineAll(turn)
      const [dirty] = turn.state.agents.values()
      if (dirty === undefined) throw new Error('B02: no agent')
      let cpus = 24
      const ours = scaled(
        bestCpuMicros(1, () => {
          cpus = cpus === 24 ? 23 : 24
          changeTotal(turn.state, dirty, of(`cpus:${cpus};mem:4096;disk:4096`))
          runAllocation(turn, 'all')
          turn.effects.length = 0
        }),
        1e-3,
      )
      if (turn.state.offers.size > 0) throw new Error('B02: something was offered')
      const pairs = new Uint8Array(agents * frameworks)
      const floor = scaled(
        bestCpuMicros(1, () => scanAll(pairs)),
        1e-3,
      )
      return row(
        'B02',
        `one run, all declined, 1 agent new, ${named(agents, frameworks)}`,
        'ms',
        ours,
        floor.value,
      )
    }),
}

const declineAll = (turn: Turn): void => {
  for (const agent of turn.state.agents.values())
    for (const framework of turn.state.frameworks.values())
      refuse(turn, { agent, framework, role: '*' }, machine, { refuse_seconds: forLongSeconds })
  runAllocation(turn, 'all')
  for (const offer of turn.state.offers.values()) withdraw(turn, offer)
}

/** A state with agents and frameworks as they are after they subscribed. */
const bareTurn = (agents: number, frameworks: number): Turn => {
  const random = generator(2)
  const turn: Turn = {
    state: newState('M', { nowMs: 0, monotonicMs: 0 }, new Map()),
    config: { ...parseMasterConfig({}, {}), version: '0', address: { ip: '', port: 0 } },
    nowMs: 0,
    monotonicMs: 0,
    freshId: () => 'x',
    random,
    effects: [],
  }
  for (let n = 0; n < agents; n++) {
    const agent = bareAgent(n)
    turn.state.agents.set(agent.id, agent)
    changeTotal(turn.state, agent, machine)
  }
  for (let n = 0; n < frameworks; n++) {
    const framework = bareFramework(n)
    turn.state.frameworks.set(framework.id, framework)
  }
  return turn
}

const bareAgent = (n: number): Agent => ({
  id: id<AgentId>(`M-S${n}`),
  info: { hostname: `h${n}` },
  address: { ip: '10.0.0.1', port: 5051 },
  version: '',
  capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'],
  session: 's',
  total: none,
  used: none,
  offered: none,
  tasks: new Set(),
  executors: new Map(),
  offers: new Set(),
  unavailability: undefined,
  inverseOffers: new Set(),
  answers: new Map(),
  runs: 0,
  known: undefined,
  barren: undefined,
  reasons: undefined,
  heard: true,
  missedPings: 0,
  standing: { deactivated: false, drain: undefined },
  registeredMs: 0,
  reregisteredMs: undefined,
})

const bareFramework = (n: number): Framework => ({
  id: id<FrameworkId>(`M-${n}`),
  info: { user: 'u', name: `f${n}` },
  capabilities: new Set(capabilities),
  roles: ['*'],
  stream: 's',
  recovered: false,
  suppressed: new Set(),
  minAllocatable: new Map(),
  filters: new Map(),
  tasks: new Map(),
  unreachableTasks: new Map(),
  completedTasks: [],
  offers: new Set(),
  inverseOffers: new Set(),
  inverseFilters: new Map(),
  waited: { declined: 0, isServed: false },
  held: new Map(),
  allocations: new Map(),
  registeredMs: 0,
  reregisteredMs: undefined,
  unregisteredMs: undefined,
})

const quotaRoles = 1000

/** B05: roles with two agents and two frameworks each; the peer is the same without quota. */
export const quotaAllocation: Bench = {
  ids: ['B05'],
  run: async () => {
    const cluster = new AllocatorCluster({ jointOffers: false })
    for (let n = 0; n < quotaRoles; n++) {
      for (const one of ['a', 'b']) {
        cluster.framework(`f${n}${one}`, `r${n}`, capabilities)
        cluster.agent(`a${n}${one}`, machine)
      }
    }
    const without = cluster.snapshot()
    for (let n = 0; n < quotaRoles; n++) cluster.quota(`r${n}`, of('cpus:48;mem:8192;disk:8192'))
    const quota = cluster.snapshot()
    for (const snapshot of [without, quota])
      if (drfAllocator.allocate(snapshot).plan.length !== 2 * quotaRoles)
        throw new Error('B05: not every agent was offered whole')
    const [ours, peer] = [quota, without].map((snapshot) =>
      scaled(
        bestCpuMicros(1, () => drfAllocator.allocate(snapshot)),
        1e-3,
      ),
    )
    if (ours === undefined || peer === undefined) return []
    return [
      row('B05', `${quotaRoles} roles with quota, without quota as peer`, 'ms', ours, peer.value),
    ]
  },
}

const sorted = 1_000

/** B07: all clients of a sorter once, in order; the peer is the sort of as many bare numbers with a comparator (H14). */
export const fullSort: Bench = {
  ids: ['B07'],
  run: async () => {
    const random = generator(7)
    const clients = Array.from({ length: sorted }, (_, n) => ({
      name: `c${n}`,
      held: [new Map([['cpus', Math.floor(random() * 1e6)]])],
      allocations: n,
      active: true,
    }))
    const total = new Map([['cpus', 1e9]])
    const contest = { total, weights: new Map<string, number>(), isTree: false, random, clients }
    const ours = scaled(
      bestCpuMicros(1, () => {
        let served = 0
        drfSorter(contest).walk(() => {
          served += 1
          return false
        })
        if (served !== sorted) throw new Error('B07: not everybody was served')
      }),
      1e-3,
    )
    const shares = clients.map(({ held }, client) => ({ client, share: held[0]?.get('cpus') ?? 0 }))
    const peer = scaled(
      bestCpuMicros(1, () => {
        shares.slice().sort((a, b) => a.share - b.share || a.client - b.client)
      }),
      1e-3,
    )
    return [row('B07', 'a sorter made and walked, 1,000 clients', 'ms', ours, peer.value)]
  },
}
