import { type Inspect, labels } from '../mesos/engine-endpoint.ts'
import type { ContainerView } from './cluster.ts'
import { list, object, text } from './inspect.ts'
import type { Effect, JobRequest } from './messages.ts'
import { placementOf } from './requests.ts'
import type { Agent, Container, FrameworkState } from './state.ts'

/** What a promoted container is called until the one whose place it takes is gone. */
const temporary = '.promoting'

/**
 * Which resources a container is on is fixed when it is made. So a promotion makes another one of it, on its own node
 * for the sake of its volumes and networks, and the one on lent resources goes last. Pure.
 */
export const promotionJob = (container: ContainerView): PromotionJob => {
  const { inspect, id, name, requeue } = container
  return {
    type: 'create',
    request: {
      name: `${name}${temporary}`,
      platform: '',
      body: successorBody(inspect),
      placement: { ...placementOf(container), kinds: ['regular'], revocableMemory: false },
    },
    promotes: { container: id, name, revocations: requeue?.attempt ?? 1 },
  }
}

export type PromotionJob = Extract<JobRequest, { type: 'create' }>

/** The name that it is to have; undefined: it has it. */
export const nameToTake = (name: string): string | undefined =>
  name.endsWith(temporary) ? name.slice(0, -temporary.length) : undefined

/** The container whose place it takes. */
export const promotedFrom = ({ facts }: Pick<Container, 'facts'>): string | undefined =>
  facts.labels.get(labels.promotedBy) === facts.labels.get(labels.task)
    ? facts.labels.get(labels.promotedFrom)
    : undefined

/** Made for a container by a try that did not come to its end. */
export const successorOf = (state: FrameworkState, container: string): string | undefined =>
  [...state.containers.values()].find((one) => isLeft(one) && promotedFrom(one) === container)
    ?.facts.id

/**
 * What an earlier life of this process left half done: the container on lent resources is gone already, or its user
 * wanted it down while the new one was made. Where it is to be promoted still, its back-off comes first.
 */
export const leftPromotions = (state: FrameworkState, agent: Agent): readonly Effect[] =>
  [...agent.containers.values()]
    .filter((one) => {
      const from = isLeft(one) ? promotedFrom(one) : undefined
      return from !== undefined && (!state.containers.has(from) || isUnwanted(state, from))
    })
    .map(({ facts }) => ({ type: 'finish-promotion', container: facts.id }))

/** The container that was to be promoted is to stay as it is. */
export const isUnwanted = (state: FrameworkState, container: string): boolean => {
  const phase = state.requeues.get(container)?.phase
  return phase === 'settled' || phase === 'given-up'
}

const isLeft = (container: Pick<Container, 'facts'>): boolean =>
  promotedFrom(container) !== undefined && nameToTake(container.facts.name) !== undefined

/** A create body from what an inspect shows: the same container, but for what the engine made up for this one. */
const successorBody = (inspect: Inspect): Readonly<Record<string, unknown>> => {
  const { Hostname, ...config } = object(inspect['Config'])
  const host = object(inspect['HostConfig'])
  return {
    ...config,
    ...(isOwnId(inspect, Hostname) ? {} : { Hostname }),
    HostConfig: {
      ...Object.fromEntries(Object.entries(host).filter((entry) => !isMadeUp(entry, host))),
      Binds: [...list(host['Binds']), ...anonymousVolumes(inspect)],
    },
    NetworkingConfig: { EndpointsConfig: endpoints(inspect, text(host['NetworkMode'])) },
  }
}

/** The engine's own: a bound of swap that follows from a bound of memory which was the agent's, and default paths. */
const isMadeUp = (
  [field, value]: readonly [string, unknown],
  { Memory }: Readonly<Record<string, unknown>>,
): boolean =>
  (field === 'MemorySwap' && !(Number(Memory) > 0)) ||
  ((field === 'MaskedPaths' || field === 'ReadonlyPaths') && list(value).length > 0)

/** Given by the engine where the user gave none. */
const isOwnId = ({ Id }: Inspect, value: unknown): boolean =>
  text(value) === '' || Id.startsWith(text(value))

/** Volumes without a name of the user's go with it all the same. */
const anonymousVolumes = (inspect: Inspect): readonly string[] =>
  list(inspect['Mounts'])
    .map(object)
    .filter(({ Type, Name }) => Type === 'volume' && /^[0-9a-f]{64}$/.test(text(Name)))
    .map(
      ({ Name, Destination, RW }) =>
        `${text(Name)}:${text(Destination)}${RW === false ? ':ro' : ''}`,
    )

/** How it is known on the network that it was made with; those that it was connected to later are not joined anew. */
const endpoints = (inspect: Inspect, mode: string) => {
  const networks = object(object(inspect['NetworkSettings'])['Networks'])
  if (!Object.hasOwn(networks, mode) || predefined.has(mode)) return {}
  const { IPAMConfig = null, Links = null, Aliases, DriverOpts = null } = object(networks[mode])
  const aliases = list(Aliases).filter((alias) => !isOwnId(inspect, alias))
  return { [mode]: { IPAMConfig, Links, Aliases: aliases, DriverOpts } }
}

const predefined: ReadonlySet<string> = new Set(['bridge', 'host', 'none', 'default'])
