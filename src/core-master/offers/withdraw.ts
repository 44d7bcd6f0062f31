import type { Filters } from '../../mesos/wire.ts'
import { isEmpty, type Resources } from '../../resources/resources.ts'
import { isActive, type OfferFilter, refuseMs } from '../allocator/filters.ts'
import { release } from '../ledger.ts'
import { type Agent, assert, type Framework, type MasterState, type Offer } from '../state.ts'
import { cancelTimer, type Turn, tell } from '../turn.ts'

/** Filters of one framework, role and agent; beyond it the oldest ends early, so that one is offered again sooner. */
const maxFiltersPerAgent = 64

/** Takes an offer back into the books without telling anybody. */
export const withdraw = (turn: Turn, offer: Offer): void => {
  const { agent, framework, role } = offer
  assert(turn.state.offers.delete(offer.id), `offer ${offer.id} is outstanding`)
  agent.offers.delete(offer)
  framework.offers.delete(offer)
  release({ agent, framework, role, as: 'offered' }, offer.resources)
  if (turn.config.offerTimeoutMs !== undefined) cancelTimer(turn, `offer:${offer.id}`)
}

/** Takes an offer back and tells its framework. Never makes a filter (core-master O8). */
export const rescind = (turn: Turn, offer: Offer): void => {
  withdraw(turn, offer)
  tell(turn, offer.framework, { type: 'RESCIND', rescind: { offer_id: { value: offer.id } } })
}

/** Keeps `refused` of an agent from a framework for a while: what DECLINE and ACCEPT leave behind (core-master O6). */
export const refuse = (
  turn: Turn,
  offer: Pick<Offer, 'agent' | 'framework' | 'role'>,
  refused: Resources,
  filters: Filters | undefined,
): void => {
  const forMs = refuseMs(filters?.refuse_seconds)
  if (forMs === 0 || isEmpty(refused)) return
  const { agent, framework, role } = offer
  const byAgent = framework.filters.get(role) ?? new Map()
  const held: OfferFilter[] = byAgent.get(agent.id) ?? []
  held.push({
    refused,
    untilMs: turn.monotonicMs + Math.max(forMs, turn.config.allocationIntervalMs),
    bornAtRun: agent.runs,
  })
  if (held.length > maxFiltersPerAgent) held.shift()
  framework.filters.set(role, byAgent.set(agent.id, held))
}

const pruneIntervalMs = 60_000

/** Drops, once a minute, filters that no longer hold anything back, and those of agents that are gone. */
export const pruneFilters = (state: MasterState, nowMs: number): void => {
  if (nowMs < state.allocator.pruneAtMs) return
  state.allocator.pruneAtMs = nowMs + pruneIntervalMs
  for (const framework of state.frameworks.values())
    for (const [role, byAgent] of framework.filters) {
      for (const [agentId, filters] of byAgent) {
        const runs = state.agents.get(agentId)?.runs
        const active = filters.filter((f) => runs !== undefined && isActive(f, { nowMs, runs }))
        if (active.length > 0) byAgent.set(agentId, active)
        else byAgent.delete(agentId)
      }
      if (byAgent.size === 0) framework.filters.delete(role)
    }
}

/** Forgets every filter on an agent (core-master O7). */
export const clearFiltersOf = (state: MasterState, agent: Agent): void => {
  agent.barren = undefined
  for (const framework of state.frameworks.values())
    for (const byAgent of framework.filters.values()) byAgent.delete(agent.id)
}

/** Takes back all offers of a framework without telling it: its stream is gone or about to go (core-master W11, W12). */
export const withdrawAll = (turn: Turn, framework: Framework): void => {
  for (const offer of framework.offers) withdraw(turn, offer)
}
