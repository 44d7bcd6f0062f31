import { countRanges, type Range } from '../resources/ranges.ts'
import type { Kind } from '../resources/resources.ts'
import { formatMilli } from '../resources/scalar.ts'
import type { Node, PlacementRequest } from './node.ts'

/** What a node's offers do not hold, in thousandths. */
export interface Shortage {
  /** `cpus`, `cpus(Revocable)`, `ports`, or `ports[31005]` for one certain port. */
  readonly name: string
  readonly wantedMilli: number
  readonly offeredMilli: number
}

/**
 * What is missing for the request on this node with cpus of `kind`; nothing: it fits. One kind a name: cpus decide,
 * the rest is regular, memory as `drawnKind` says (docker-frontend §7.3, §8.4).
 */
export const shortages = (
  node: Node,
  request: PlacementRequest,
  kind: Kind,
): readonly Shortage[] => {
  const found: Shortage[] = []
  // Without cpus of the kind the node is not of this type, whatever is asked (§8.1); a thousandth is the least.
  lack(found, node, 'cpus', kind, Math.max(1, request.asked.get('cpus') ?? 0))
  for (const [name, wantedMilli] of request.asked)
    if (name !== 'cpus') lack(found, node, name, drawnKind(name, node, request, kind), wantedMilli)
  lackPorts(found, node, request)
  return found
}

/** The kind that a name is taken from when the cpus are of `kind`. Never both (docker-frontend §8.4 rules 1 to 4). */
export const drawnKind = (
  name: string,
  node: Node,
  request: PlacementRequest,
  kind: Kind,
): Kind => {
  if (name === 'cpus') return kind
  const follows = name === 'mem' && kind === 'revocable' && request.revocableMemory
  const holdsAll = amountOf(node, 'revocable', 'mem') >= (request.asked.get('mem') ?? 0)
  return follows && holdsAll ? 'revocable' : 'regular'
}

/** `cpus(Revocable) 2 wanted, 0.5 offered` (docker-frontend §6.6). */
export const formatShortage = ({ name, wantedMilli, offeredMilli }: Shortage): string =>
  `${name} ${formatMilli(wantedMilli)} wanted, ${formatMilli(offeredMilli)} offered`

/** What is mapped to ports of the host: with the host's own network, or none, nothing is. */
export const mappedPorts = ({ networkMode, publishedPorts }: PlacementRequest) =>
  networkMode === 'host' || networkMode === 'none' ? [] : publishedPorts

/** Fixed host ports that the agent manages and does not offer now (docker-frontend §6.2). */
export const portsNotOffered = (node: Node, request: PlacementRequest): readonly number[] =>
  managedPorts(node, request).filter((port) => !within(node.offeredPorts, port))

/** True while nothing of the node is on offer in any of the kinds. */
export const offersNone = ({ offered }: Node, ...kinds: readonly Kind[]): boolean =>
  kinds.every((kind) => (offered[kind]?.size ?? 0) === 0)

const amountOf = (node: Node, kind: Kind, name: string): number =>
  node.offered[kind]?.get(name) ?? 0

const lack = (
  found: Shortage[],
  node: Node,
  name: string,
  kind: Kind,
  wantedMilli: number,
): void => {
  const offeredMilli = amountOf(node, kind, name)
  if (offeredMilli >= wantedMilli) return
  found.push({
    name: kind === 'revocable' ? `${name}(Revocable)` : name,
    wantedMilli,
    offeredMilli,
  })
}

/** Fixed ports first; those without a number then need as many of what is left. */
const lackPorts = (found: Shortage[], node: Node, request: PlacementRequest): void => {
  const notOffered = portsNotOffered(node, request)
  for (const port of notOffered)
    found.push({ name: `ports[${port}]`, wantedMilli: 1000, offeredMilli: 0 })
  const wanted = mappedPorts(request).filter(({ hostPort }) => hostPort === 0).length
  const taken = managedPorts(node, request).length - notOffered.length
  const free = countRanges(node.offeredPorts) - taken
  if (free < wanted)
    found.push({ name: 'ports', wantedMilli: wanted * 1000, offeredMilli: free * 1000 })
}

/** A number counts once, however many addresses and protocols it is published on. */
const managedPorts = (node: Node, request: PlacementRequest): readonly number[] => [
  ...new Set(
    mappedPorts(request)
      .map(({ hostPort }) => hostPort)
      .filter((port) => port !== 0 && within(node.managedPorts, port)),
  ),
]

const within = (ranges: readonly Range[], port: number): boolean =>
  ranges.some(({ begin, end }) => begin <= port && port <= end)
