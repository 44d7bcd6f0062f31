import { nodeResType } from '../constraints/res-type.ts'
import type { AgentId } from '../mesos/ids.ts'
import type { ContainerView, Found, NodeView, OfferView, RequeueView } from './cluster.ts'
import { nodeLabels } from './labels.ts'
import { heldBy, nodesOf } from './offers/node-view.ts'
import { nameToTake, promotedFrom } from './promotions.ts'
import { requeuedContainer } from './queue.ts'
import type { Agent, Container, Context, FrameworkState } from './state.ts'
import type { Requeue } from './tasks/revocation.ts'

/** Every known agent, with or without offers (D5). */
export const nodeViews = (state: FrameworkState, context: Context): readonly NodeView[] => {
  const nodes = nodesOf(state, context)
  return [...state.agents.values()].map((agent) => ({
    id: agent.id,
    hostname: agent.hostname,
    address: `${agent.ip}:${agent.port}`,
    ip: agent.ip,
    ...healthOf(agent),
    engine: agent.engine,
    images: agent.images,
    labels: new Map([
      ...nodeLabels(agent.attributes, agent.engine).labels,
      ['res-type', nodeResType(nodes.get(agent.id)?.offered ?? {})],
    ]),
    held: heldBy(state, agent.id),
    offered: state.book.offered(agent.id),
    updatedAtMs: agent.updatedAtMs,
  }))
}

const healthOf = ({ link, engine }: Agent): Pick<NodeView, 'status' | 'error'> => {
  if (link.kind === 'unreachable') return { status: 'Unreachable', error: link.why }
  if (link.kind === 'broken') return { status: 'Unhealthy', error: link.why }
  if (link.kind === 'connecting' || engine === undefined)
    return { status: 'Unhealthy', error: 'its engine endpoint has not answered yet' }
  return engine.healthy
    ? { status: 'Healthy', error: undefined }
    : { status: 'Unhealthy', error: 'its engine does not answer' }
}

export const offerViews = (state: FrameworkState): readonly OfferView[] =>
  state.book.all().map(({ id, agent, resources }) => ({
    id,
    agent,
    hostname: hostnameOf(state, agent),
    resources,
  }))

/** Newest first; of the same second, by id, so that lists repeat. */
export const containerViews = (state: FrameworkState): readonly ContainerView[] =>
  [...state.containers.values()]
    .map((container) => containerView(state, container))
    .sort((a, b) => b.createdSeconds - a.createdSeconds || (a.id < b.id ? -1 : 1))

/** By full id, short id, name, `/name`, `node/name`, unique id prefix, in this order (docker-frontend §1.4). */
export const findContainer = (state: FrameworkState, reference: string): Found => {
  const exact = state.containers.get(reference)
  if (exact !== undefined) return found(state, exact)
  const byPrefix = /^[0-9a-f]{1,63}$/.test(reference)
    ? [...state.containers.values()].filter(({ facts }) => facts.id.startsWith(reference))
    : []
  const [first, ...others] = byPrefix
  if (reference.length === 12 && first !== undefined && others.length === 0)
    return found(state, first)
  const byName = named(state, reference.replace(/^\//, ''))
  const [one, ...more] = byName
  if (more.length > 0) return { kind: 'ambiguous', by: 'name' }
  if (one !== undefined) return found(state, one)
  if (others.length > 0) return { kind: 'ambiguous', by: 'prefix' }
  const only = first ?? successorOf(state, reference)
  return only === undefined ? { kind: 'none' } : found(state, only)
}

/** Who knows a container by its id finds what took its place; by its name, while that place is being taken. */
const successorOf = (state: FrameworkState, reference: string): Container | undefined => {
  const isId = /^[0-9a-f]{12,64}$/.test(reference)
  const name = reference.replace(/^\//, '')
  return [...state.containers.values()].find((one) => {
    const from = promotedFrom(one)
    if (from === undefined) return false
    return (isId && from.startsWith(reference)) || nameToTake(one.facts.name) === name
  })
}

const named = (state: FrameworkState, name: string): readonly Container[] => {
  const shown = (text: string) =>
    state.names.idsOf(text).flatMap((id) => state.containers.get(id) ?? [])
  const slash = name.indexOf('/')
  if (slash === -1) return shown(name)
  const node = name.slice(0, slash)
  return shown(name.slice(slash + 1)).filter(
    ({ agent }) => agent === node || hostnameOf(state, agent) === node,
  )
}

const found = (state: FrameworkState, container: Container): Found => ({
  kind: 'found',
  container: containerView(state, container),
})

const containerView = (
  state: FrameworkState,
  { agent, inspect, facts, createdSeconds }: Container,
): ContainerView => {
  const link = state.agents.get(agent)?.link
  return {
    agent,
    hostname: hostnameOf(state, agent),
    inspect,
    id: facts.id,
    name: facts.name,
    createdSeconds,
    unreachableSinceMs: link?.kind === 'unreachable' ? link.sinceMs : undefined,
    requeue: requeueView(state, state.requeues.get(facts.id)),
  }
}

const requeueView = (
  state: FrameworkState,
  requeue: Requeue | undefined,
): RequeueView | undefined => {
  if (requeue === undefined) return undefined
  const { phase, attempt, max, on, cause, retryAtWallMs: nextTryMs } = requeue
  if (phase === 'settled') return undefined
  const lacks = phase === 'waiting' ? lacksOf(state, requeue) : undefined
  return { phase, attempt, max, on, cause, nextTryMs, lacks }
}

/** What its node lacked at the last try to place it. */
const lacksOf = (state: FrameworkState, { container }: Requeue): string | undefined =>
  state.queue.inOrder().find((waiting) => requeuedContainer(waiting) === container)?.lacks.text

const hostnameOf = (state: FrameworkState, agent: AgentId): string =>
  state.agents.get(agent)?.hostname ?? agent
