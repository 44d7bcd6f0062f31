import { mappedPorts, offersNone, portsNotOffered } from '../amounts.ts'
import type { ContainerFacts, Node, PlacementRequest, PublishedPort } from '../node.ts'
import type { Check, Filter } from './filter.ts'

/**
 * No container of the node has a port that this one wants, and fixed ports that the agent manages are on offer.
 * Ports differ by protocol, and a stopped container holds its ports only if it will be started again.
 */
export const port: Filter = {
  name: 'port',
  appliesToRestarts: true,
  checks: (request) => {
    if (request.networkMode === 'host')
      return request.exposedPorts.map((p) => notExposed(p, request))
    const fixed = fixedPorts(request)
    return fixed.length === 0
      ? []
      : [...fixed.map((p) => notPublished(p, request)), offered(request)]
  },
  conditions: (request) =>
    request.networkMode === 'host'
      ? request.exposedPorts.map((exposed) => `port ${exposed} (Host mode)`)
      : fixedPorts(request).map(({ hostPort }) => `port ${hostPort} (Bridge mode)`),
}

const fixedPorts = (request: PlacementRequest): readonly PublishedPort[] =>
  mappedPorts(request).filter(({ hostPort }) => hostPort !== 0)

const notPublished = (wanted: PublishedPort, request: PlacementRequest): Check =>
  heldByNone(`port ${wanted.hostPort}/${wanted.protocol}`, request, ({ publishedPorts }) =>
    publishedPorts.some((held) => collide(held, wanted)),
  )

const notExposed = (wanted: string, request: PlacementRequest): Check =>
  heldByNone(
    `port ${wanted}`,
    request,
    ({ networkMode, exposedPorts }) => networkMode === 'host' && exposedPorts.includes(wanted),
  )

const heldByNone = (
  what: string,
  request: PlacementRequest,
  holds: (container: ContainerFacts) => boolean,
): Check => {
  const holder = (node: Node) =>
    node.containers.find((one) => keepsPorts(one) && !isItself(one, request) && holds(one))
  return {
    soft: false,
    accepts: (node) => holder(node) === undefined,
    miss: (node) => `${what} in use by ${holder(node)?.name}`,
  }
}

/** A node without any offer is left to the check of its amounts, which says so. */
const offered = (request: PlacementRequest): Check => ({
  soft: false,
  accepts: (node) => offersNone(node, 'regular') || portsNotOffered(node, request).length === 0,
  miss: (node) => `port ${portsNotOffered(node, request).join(', ')} not offered`,
})

const keepsPorts = ({ state, restarts }: ContainerFacts): boolean =>
  restarts || (state !== 'exited' && state !== 'dead')

/** A container that starts again finds its former self on its node. */
const isItself = (container: ContainerFacts, request: PlacementRequest): boolean =>
  request.pinnedTo !== undefined && container.name === request.name

const collide = (held: PublishedPort, wanted: PublishedPort): boolean =>
  held.hostPort === wanted.hostPort &&
  held.protocol === wanted.protocol &&
  (held.hostIp === wanted.hostIp || isEveryAddress(held.hostIp) || isEveryAddress(wanted.hostIp))

const isEveryAddress = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::'
