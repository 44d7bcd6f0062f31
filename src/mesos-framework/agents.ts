import { plusRanges } from '../resources/ranges.ts'
import { rangesOf } from '../resources/resources.ts'
import { hideContainer } from './containers.ts'
import type { KnownAgent } from './log-records.ts'
import type { Effect, Offer } from './messages.ts'
import { type Agent, type Context, type FrameworkState, kinds, kindsIn, touch } from './state.ts'

/** Remembers where the agent of an offer is. A new one is logged, so that a restart finds its containers (D9). */
export const learnAgent = (
  state: FrameworkState,
  context: Context,
  offer: Offer,
  prefix: string,
): readonly Effect[] => {
  const seen: KnownAgent = {
    id: offer.agent,
    hostname: offer.hostname,
    ip: offer.ip,
    port: offer.port,
    prefix,
    attributes: [...offer.attributes],
  }
  const known = state.agents.get(offer.agent)
  const isNews = known === undefined || JSON.stringify(describe(known)) !== JSON.stringify(seen)
  const effects = isNews
    ? [...forgetPredecessor(state, seen), ...addAgent(state, context, seen)]
    : []
  const agent = state.agents.get(offer.agent)
  if (agent !== undefined) {
    agent.lastOfferMs = context.monotonicMs
    // A master offers all that is free at once: where both kinds are awaited, this is what there is.
    const came = agent.awaited.size === kinds.length ? kinds : kindsIn(offer.resources)
    agent.awaited = new Set([...agent.awaited].filter((kind) => !came.includes(kind)))
    agent.managedPorts = plusRanges(agent.managedPorts, rangesOf(offer.resources, 'ports'))
  }
  return isNews ? [{ type: 'append', record: { type: 'AGENT', agent: seen } }, ...effects] : effects
}

/** Adds an agent, or moves a known one to where it is now, and opens its watch. */
export const addAgent = (
  state: FrameworkState,
  context: Context,
  seen: KnownAgent,
): readonly Effect[] => {
  const known = state.agents.get(seen.id)
  state.agents.set(seen.id, {
    engine: undefined,
    images: [],
    networks: new Set(),
    volumes: new Set(),
    containers: new Map(),
    lastOfferMs: undefined,
    awaited: new Set(kinds),
    managedPorts: [],
    ...known,
    ...seen,
    attributes: new Map(seen.attributes),
    link: { kind: 'connecting' },
    updatedAtMs: context.nowMs,
  })
  touch(state)
  return [{ type: 'watch', agent: seen.id }]
}

/** An agent that lost its id comes back under another at the same address; the endpoint there is the new one's. */
const forgetPredecessor = (state: FrameworkState, seen: KnownAgent): readonly Effect[] =>
  [...state.agents.values()]
    .filter(({ id, ip, port }) => id !== seen.id && ip === seen.ip && port === seen.port)
    .flatMap(({ id, containers }) => {
      for (const container of containers.keys()) hideContainer(state, container)
      for (const offer of state.book.ofAgent(id)) state.book.remove(offer.id)
      state.agents.delete(id)
      return [
        { type: 'append', record: { type: 'FORGOTTEN', agent: id } },
        { type: 'unwatch', agent: id },
      ] as const
    })

/** What the log keeps of an agent. */
export const describe = (agent: Agent): KnownAgent => ({
  id: agent.id,
  hostname: agent.hostname,
  ip: agent.ip,
  port: agent.port,
  prefix: agent.prefix,
  attributes: [...agent.attributes],
})
