import type { Kind } from '../resources/resources.ts'
import { formatMilli } from '../resources/scalar.ts'
import { hostPortsOn, mappedPorts, portText } from './host-ports.ts'
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

/** What has a number is named by it; the others need as many of what the numbered ones leave. */
const lackPorts = (found: Shortage[], node: Node, request: PlacementRequest): void => {
  const { missing } = hostPortsOn(node, request)
  if (missing.length === 0) return
  const numbered = new Set(missing.filter(({ hostPort }) => hostPort !== 0).map(portText))
  for (const text of numbered)
    found.push({ name: `ports[${text}]`, wantedMilli: 1000, offeredMilli: 0 })
  const anyMissing = missing.filter(({ hostPort }) => hostPort === 0).length
  if (anyMissing === 0) return
  const any = mappedPorts(request).filter(({ hostPort }) => hostPort === 0).length
  const offeredMilli = (any - anyMissing) * 1000
  found.push({ name: 'ports', wantedMilli: any * 1000, offeredMilli })
}
