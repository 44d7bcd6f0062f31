import { offersNone } from '../amounts.ts'
import {
  holderOf,
  hostPortsOn,
  isFixed,
  isItself,
  keepsPorts,
  mappedPorts,
  portText,
} from '../host-ports.ts'
import type { Node, PlacementRequest, PublishedPort } from '../node.ts'
import type { Check, Filter } from './filter.ts'

/**
 * No container of the node has a port that this one wants, and ports that the agent manages are on offer; of a range one
 * will do. Ports differ by protocol, and a stopped container holds its ports only if it will be started again.
 */
export const port: Filter = {
  name: 'port',
  appliesToRestarts: true,
  checks: (request) => {
    if (request.networkMode === 'host')
      return request.exposedPorts.map((p) => notExposed(p, request))
    const numbered = numberedPorts(request)
    return numbered.length === 0
      ? []
      : [...numbered.filter(isFixed).map((p) => notPublished(p, request)), offered(request)]
  },
  conditions: (request) =>
    request.networkMode === 'host'
      ? request.exposedPorts.map((exposed) => `port ${exposed} (Host mode)`)
      : numberedPorts(request).map((wanted) => `port ${portText(wanted)} (Bridge mode)`),
}

const numberedPorts = (request: PlacementRequest): readonly PublishedPort[] =>
  mappedPorts(request).filter(({ hostPort }) => hostPort !== 0)

const notPublished = (wanted: PublishedPort, request: PlacementRequest): Check => ({
  soft: false,
  accepts: (node) => holderOf(node, request, wanted) === undefined,
  miss: (node) =>
    `port ${wanted.hostPort}/${wanted.protocol} in use by ${holderOf(node, request, wanted)?.name}`,
})

const notExposed = (wanted: string, request: PlacementRequest): Check => {
  const holder = (node: Node) =>
    node.containers.find(
      (one) =>
        keepsPorts(one) &&
        !isItself(one, request) &&
        one.networkMode === 'host' &&
        one.exposedPorts.includes(wanted),
    )
  return {
    soft: false,
    accepts: (node) => holder(node) === undefined,
    miss: (node) => `port ${wanted} in use by ${holder(node)?.name}`,
  }
}

/** A node without any offer is left to the check of its amounts, which says so; so are ports without a number. */
const offered = (request: PlacementRequest): Check => {
  const missing = (node: Node) =>
    hostPortsOn(node, request).missing.filter(({ hostPort }) => hostPort !== 0)
  return {
    soft: false,
    accepts: (node) => offersNone(node, 'regular') || missing(node).length === 0,
    miss: (node) => {
      const lacking = missing(node)
      const numbers = new Set(lacking.map(portText))
      const why = lacking.every(isFixed) ? 'not offered' : 'in use or not offered'
      return `port ${[...numbers].join(', ')} ${why}`
    },
  }
}
