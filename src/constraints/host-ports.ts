import type { Range } from '../resources/ranges.ts'
import type { ContainerFacts, Node, PlacementRequest, PublishedPort } from './node.ts'

/** Which ports of the host the published ports of a request get on a node (docker-frontend §6.2). */
export interface HostPorts {
  /** As asked, each with one number. */
  readonly published: readonly PublishedPort[]
  /** Wanted, and not to be had here. */
  readonly missing: readonly PublishedPort[]
}

/**
 * A fixed port inside the ranges that the agent manages must be on offer, one outside them is the engine's affair. Of a
 * range the first one is taken that no container has, and that is on offer where it is managed; 0 takes the first on
 * offer. Fixed ones go before the others.
 */
export const hostPortsOn = (node: Node, request: PlacementRequest): HostPorts => {
  const mapped = mappedPorts(request)
  const taken = new Set(mapped.filter(isFixed).map(({ hostPort }) => hostPort))
  const published: PublishedPort[] = []
  const missing: PublishedPort[] = []
  for (const port of mapped) {
    const number = isFixed(port) ? fixed(node, port) : firstFree(node, request, port, taken)
    if (number === undefined) missing.push(port)
    else {
      taken.add(number)
      const { lastHostPort: _, ...rest } = port
      published.push({ ...rest, hostPort: number })
    }
  }
  return { published, missing }
}

/** What is mapped to ports of the host: with the host's own network, or none, nothing is. */
export const mappedPorts = ({ networkMode, publishedPorts }: PlacementRequest) =>
  networkMode === 'host' || networkMode === 'none' ? [] : publishedPorts

/** One certain port: neither any nor the first of a range. */
export const isFixed = ({ hostPort, lastHostPort }: PublishedPort): boolean =>
  hostPort !== 0 && lastHostPort === undefined

/** `8080`, or `8000-8010`. */
export const portText = ({ hostPort, lastHostPort }: PublishedPort): string =>
  lastHostPort === undefined ? String(hostPort) : `${hostPort}-${lastHostPort}`

/** The container of the node that keeps this very port from being published. */
export const holderOf = (
  node: Node,
  request: PlacementRequest,
  wanted: PublishedPort,
): ContainerFacts | undefined =>
  node.containers.find(
    (one) =>
      keepsPorts(one) &&
      !isItself(one, request) &&
      one.publishedPorts.some((held) => collide(held, wanted)),
  )

/** A stopped container holds its ports only if it will be started again. */
export const keepsPorts = ({ state, restarts }: ContainerFacts): boolean =>
  restarts || (state !== 'exited' && state !== 'dead')

/** A container that starts again finds its former self on its node. */
export const isItself = (container: ContainerFacts, request: PlacementRequest): boolean =>
  request.pinnedTo !== undefined && container.name === request.name

const fixed = (node: Node, { hostPort }: PublishedPort): number | undefined =>
  isAvailable(node, hostPort) ? hostPort : undefined

const firstFree = (
  node: Node,
  request: PlacementRequest,
  port: PublishedPort,
  taken: ReadonlySet<number>,
): number | undefined => {
  const { hostPort, lastHostPort, ...rest } = port
  if (lastHostPort === undefined) return first(node.offeredPorts, (number) => !taken.has(number))
  return first(
    [{ begin: hostPort, end: lastHostPort }],
    (number) =>
      !taken.has(number) &&
      isAvailable(node, number) &&
      holderOf(node, request, { ...rest, hostPort: number }) === undefined,
  )
}

const first = (
  ranges: readonly Range[],
  accepts: (number: number) => boolean,
): number | undefined => {
  for (const { begin, end } of ranges)
    for (let number = begin; number <= end; number++) if (accepts(number)) return number
  return undefined
}

const isAvailable = (node: Node, number: number): boolean =>
  !within(node.managedPorts, number) || within(node.offeredPorts, number)

const within = (ranges: readonly Range[], number: number): boolean =>
  ranges.some(({ begin, end }) => begin <= number && number <= end)

const collide = (held: PublishedPort, wanted: PublishedPort): boolean =>
  held.hostPort === wanted.hostPort &&
  held.protocol === wanted.protocol &&
  (held.hostIp === wanted.hostIp || isEveryAddress(held.hostIp) || isEveryAddress(wanted.hostIp))

const isEveryAddress = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::'
