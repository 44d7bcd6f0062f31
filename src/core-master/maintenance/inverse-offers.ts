import { id, type OfferId } from '../../mesos/ids.ts'
import type { Filters, OfferID, Unavailability } from '../../mesos/wire.ts'
import { refuseMs } from '../allocator/filters.ts'
import { inverseOffers } from '../allocator/inverse.ts'
import type { Candidates } from '../allocator/snapshot.ts'
import { agentUrl } from '../offers/wire-offer.ts'
import { rescind } from '../offers/withdraw.ts'
import { type Agent, type Framework, type InverseOffer, present } from '../state.ts'
import { cancelTimer, runAllocator, setTimer, type Turn, tell } from '../turn.ts'

/**
 * When the machine of an agent will be unavailable has changed: what was offered of it, or asked for, stands on old
 * facts, and so does what was answered (core-master §3.5). A run is due for it (O2).
 */
export const setUnavailability = (
  turn: Turn,
  agent: Agent,
  unavailability: Unavailability | undefined,
): void => {
  if (JSON.stringify(agent.unavailability) === JSON.stringify(unavailability)) return
  agent.unavailability = unavailability
  for (const offer of agent.offers) rescind(turn, offer)
  rescindInverseOffers(turn, agent)
  agent.answers.clear()
  agent.barren = undefined
  for (const framework of turn.state.frameworks.values()) framework.inverseFilters.delete(agent.id)
  runAllocator(turn, [agent.id])
}

/** Asks frameworks for what they have on agents whose machines will be unavailable: the second half of a run. */
export const makeInverseOffers = (turn: Turn, candidates: Candidates): void => {
  const { state, monotonicMs } = turn
  if (state.maintenance.windows.length === 0) return
  const agents =
    candidates === 'all'
      ? [...state.agents.values()]
      : candidates.flatMap((agentId) => state.agents.get(agentId) ?? [])
  const concerned = agents.filter(
    ({ session, unavailability }) => session !== undefined && unavailability !== undefined,
  )
  const plan = inverseOffers({
    nowMs: monotonicMs,
    agents: concerned.map((agent) => ({
      id: agent.id,
      holders: holdersOf(turn, agent).map((framework) => framework.id),
      asked: new Set([...agent.inverseOffers].map(({ framework }) => framework.id)),
    })),
    filters: new Map(
      [...state.frameworks.values()].map((framework) => [framework.id, framework.inverseFilters]),
    ),
  })
  for (const [frameworkId, agentIds] of plan) {
    const framework = present(state.frameworks.get(frameworkId))
    const made = agentIds.map((one) => make(turn, framework, present(state.agents.get(one))))
    tell(turn, framework, {
      type: 'INVERSE_OFFERS',
      inverse_offers: { inverse_offers: made.map(wireInverseOffer) },
    })
  }
}

/** Connected frameworks that were offered something of it, or use it. */
const holdersOf = ({ state }: Turn, { offers, tasks, executors }: Agent): readonly Framework[] => {
  const holders = new Set([...offers].map(({ framework }) => framework))
  for (const { framework } of [...tasks, ...executors.values()]) {
    const known = state.frameworks.get(framework)
    if (known !== undefined) holders.add(known)
  }
  return [...holders].filter(({ stream }) => stream !== undefined)
}

const make = (turn: Turn, framework: Framework, agent: Agent): InverseOffer => {
  const { state, config } = turn
  const inverseId = id<OfferId>(`${state.id}-O${state.next.offer++}`)
  const inverse = {
    id: inverseId,
    framework,
    agent,
    unavailability: present(agent.unavailability),
  }
  state.inverseOffers.set(inverseId, inverse)
  agent.inverseOffers.add(inverse)
  framework.inverseOffers.add(inverse)
  if (config.offerTimeoutMs !== undefined)
    setTimer(turn, timerOf(inverse), config.offerTimeoutMs, {
      type: 'inverse-offer-timeout',
      offer: inverseId,
    })
  return inverse
}

/** As its framework reads it; without resources it is about the whole agent. */
export const wireInverseOffer = (inverse: InverseOffer) => ({
  id: { value: inverse.id },
  url: agentUrl(inverse.agent),
  framework_id: { value: inverse.framework.id },
  agent_id: { value: inverse.agent.id },
  unavailability: inverse.unavailability,
})

/**
 * ACCEPT_INVERSE_OFFERS and DECLINE_INVERSE_OFFERS: the answer is kept for the operator, and the next question waits
 * for the filter. Ids of others, and of what was taken back, are ignored.
 */
export const answerInverseOffers = (
  turn: Turn,
  framework: Framework,
  status: 'ACCEPT' | 'DECLINE',
  call: {
    readonly inverse_offer_ids?: readonly OfferID[] | undefined
    readonly filters?: Filters | undefined
  },
): void => {
  for (const { value } of call.inverse_offer_ids ?? []) {
    const inverse = turn.state.inverseOffers.get(id<OfferId>(value))
    if (inverse?.framework !== framework) continue
    withdrawInverse(turn, inverse)
    inverse.agent.answers.set(framework.id, { status, atMs: turn.nowMs })
    const forMs = refuseMs(call.filters?.refuse_seconds)
    if (forMs > 0) framework.inverseFilters.set(inverse.agent.id, turn.monotonicMs + forMs)
  }
}

/** Takes one back without telling anybody. */
export const withdrawInverse = (turn: Turn, inverse: InverseOffer): void => {
  turn.state.inverseOffers.delete(inverse.id)
  inverse.agent.inverseOffers.delete(inverse)
  inverse.framework.inverseOffers.delete(inverse)
  if (turn.config.offerTimeoutMs !== undefined) cancelTimer(turn, timerOf(inverse))
}

export const rescindInverse = (turn: Turn, inverse: InverseOffer): void => {
  withdrawInverse(turn, inverse)
  tell(turn, inverse.framework, {
    type: 'RESCIND_INVERSE_OFFER',
    rescind_inverse_offer: { inverse_offer_id: { value: inverse.id } },
  })
}

export const rescindInverseOffers = (turn: Turn, agent: Agent): void => {
  for (const inverse of agent.inverseOffers) rescindInverse(turn, inverse)
}

/** Those of a framework, whose stream is gone or about to go: without a word (core-master W11, W12). */
export const withdrawInverseOffers = (turn: Turn, framework: Framework): void => {
  for (const inverse of framework.inverseOffers) withdrawInverse(turn, inverse)
}

const timerOf = ({ id: inverseId }: Pick<InverseOffer, 'id'>): string => `inverse:${inverseId}`
