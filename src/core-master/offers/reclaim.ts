import type { FrameworkId } from '../../mesos/ids.ts'
import { hasRevocable, plus, type Resources } from '../../resources/resources.ts'
import { book, newHeld } from '../allocator/held.ts'
import type { AllocatorSnapshot, ByKind } from '../allocator/snapshot.ts'
import { type Agent, type Framework, type Offer, present } from '../state.ts'
import { count, log, runAllocator, type Turn } from '../turn.ts'
import { snapshotOf } from './snapshot-of.ts'
import { rescind } from './withdraw.ts'

/** Offers that one run takes back; the rest is for the runs after it. */
const maxReclaims = 64
/** Nobody waits longer than this for others, however often it declined what it had waited for. */
const maxPatienceMs = 5 * 60_000

/**
 * An offer is a lock. Where a framework has none, others do not answer theirs for `--offer_patience`, and the allocator
 * would give it some of them if they were free, those are taken back for it: exactly its fair share (core-master §12.2).
 * A framework that declines what it got so has to wait twice as long the next time.
 */
export const reclaim = (turn: Turn): void => {
  const { state, config, monotonicMs } = turn
  const hungry = new Set([...state.frameworks.values()].filter(isHungry))
  if (hungry.size === 0) return
  const patienceMs = Math.min(...[...hungry].map((one) => patienceOf(turn, one)))
  const old: Offer[] = []
  for (const offer of state.offers.values()) {
    // In the order in which they were made.
    if (offer.sinceMs + patienceMs > monotonicMs || old.length === maxReclaims) break
    if (!hungry.has(offer.framework)) old.push(offer)
  }
  if (old.length === 0) return
  const { plan } = config.allocator.allocate(withReturned(turn, old))
  const agents = new Set<Agent>()
  for (const { framework: frameworkId, agent: agentId, offers } of plan) {
    const framework = present(state.frameworks.get(frameworkId))
    if (!hungry.has(framework)) continue
    for (const offer of old) {
      const isDue = offer.sinceMs + patienceOf(turn, framework) <= monotonicMs
      if (offer.agent.id !== agentId || !isDue || !meets(offer, offers)) continue
      if (!state.offers.has(offer.id)) continue
      rescind(turn, offer)
      count(turn, 'offers_reclaimed')
      log(
        turn,
        'info',
        { offer: offer.id, from: offer.framework.id, for: frameworkId },
        'an offer that lay unanswered is taken back',
      )
      framework.waited = { ...framework.waited, isServed: true }
      agents.add(offer.agent)
    }
  }
  if (agents.size > 0)
    runAllocator(
      turn,
      [...agents].map(({ id }) => id),
    )
}

/** It could be offered something, and has no offer to answer. */
const isHungry = ({ stream, roles, suppressed, offers }: Framework): boolean =>
  stream !== undefined && offers.size === 0 && roles.some((role) => !suppressed.has(role))

const patienceOf = ({ config }: Turn, { waited }: Framework): number =>
  Math.min(config.offerPatienceMs * 2 ** waited.declined, maxPatienceMs)

/** One of the offers is of the same kind: what is lent is not taken back for who would get what is not. */
const meets = ({ resources }: Offer, offers: readonly Resources[]): boolean =>
  offers.some((one) => hasRevocable(one) === hasRevocable(resources))

/** The cluster as it would be if the offers had been declined. */
const withReturned = (turn: Turn, old: readonly Offer[]): AllocatorSnapshot => {
  const byAgent = new Map<Agent, Resources>()
  for (const { agent, resources } of old)
    byAgent.set(agent, plus(byAgent.get(agent) ?? [], resources))
  const snapshot = snapshotOf(turn, [...byAgent.keys()])
  return {
    ...snapshot,
    agents: snapshot.agents.map((supply) => {
      const agent = present(turn.state.agents.get(supply.id))
      return { ...supply, free: plus(supply.free, byAgent.get(agent) ?? []) }
    }),
    frameworks: snapshot.frameworks.map((demand) => ({
      ...demand,
      roles: demand.roles.map((one) => ({
        ...one,
        held: heldWithout(
          one.held,
          old.filter((offer) => isOf(offer, demand.id, one.role)),
        ),
      })),
    })),
  }
}

const isOf = ({ framework, role }: Offer, id: FrameworkId, of: string): boolean =>
  framework.id === id && role === of

const heldWithout = (held: ByKind, offers: readonly Offer[]): ByKind => {
  if (offers.length === 0) return held
  const rest = { ...newHeld(), regular: new Map(held.regular), revocable: new Map(held.revocable) }
  for (const { agent, resources } of offers) book(rest, agent.id, resources, -1)
  return rest
}

/** What a framework did with offers that were taken back for it: it launched, or did not. */
export const answered = (framework: Framework, launched: boolean): void => {
  const { declined, isServed } = framework.waited
  if (launched) framework.waited = { declined: 0, isServed: false }
  else if (isServed) framework.waited = { declined: declined + 1, isServed: false }
}
