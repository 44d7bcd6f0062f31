import { drawnKind, mappedPorts } from '../../constraints/amounts.ts'
import type { Node, PlacementRequest, PublishedPort } from '../../constraints/node.ts'
import {
  containsRanges,
  minusRanges,
  type Range,
  type Ranges,
  ranges,
} from '../../resources/ranges.ts'
import {
  contains,
  type Kind,
  minus,
  named,
  ofKind,
  plus,
  type Resource,
  type Resources,
  rangesOf,
  resources,
} from '../../resources/resources.ts'
import type { HeldOffer } from './book.ts'

/** What a task takes of the offers of one agent, and which of them it needs. */
export interface Draw {
  /** Exactly what was asked, with the reservations of the offers; no name in two kinds (docker-frontend §8.4). */
  readonly resources: Resources
  readonly offers: readonly HeldOffer[]
  /** The published ports of the request with every `hostPort` 0 replaced by a port of the offers. */
  readonly ports: readonly PublishedPort[]
}

/**
 * Draws what `request` asks, with cpus of `kind`, from the offers of one node; undefined when they do not hold it.
 * Memory follows the cpus only as `drawnKind` says, everything else is regular. Reserved amounts go first.
 */
export const draw = (
  offers: readonly HeldOffer[],
  node: Node,
  request: PlacementRequest,
  kind: Kind,
): Draw | undefined => {
  const all = plus(...offers.map((offer) => offer.resources))
  const ports = pickPorts(ofKind(all, 'regular'), request, node.managedPorts)
  if (ports === undefined) return undefined
  const parts: Resources[] = [takeRanges(ofKind(all, 'regular'), 'ports', ports.taken)]
  for (const [name, amountMilli] of request.asked) {
    const from = ofKind(all, drawnKind(name, node, request, kind))
    const part = takeScalar(from, name, amountMilli)
    if (part === undefined) return undefined
    parts.push(part)
  }
  const wanted = plus(...parts)
  return { resources: wanted, offers: needed(offers, wanted), ports: ports.published }
}

/** Reserved before unreserved: what others could take as well is spared. */
const reservedFirst = (all: Resources, name: string): readonly Resource[] =>
  [...named(all, name)].sort((a, b) => b.reservations.length - a.reservations.length)

const takeScalar = (all: Resources, name: string, amountMilli: number): Resources | undefined => {
  const parts: Resource[] = []
  let restMilli = amountMilli
  for (const resource of reservedFirst(all, name)) {
    if (resource.value.type !== 'SCALAR') continue
    const milli = Math.min(restMilli, resource.value.milli)
    parts.push({ ...resource, value: { type: 'SCALAR', milli } })
    restMilli -= milli
  }
  return restMilli > 0 ? undefined : resources(parts)
}

const takeRanges = (all: Resources, name: string, wanted: Ranges): Resources => {
  const parts: Resource[] = []
  let rest = wanted
  for (const resource of reservedFirst(all, name)) {
    if (resource.value.type !== 'RANGES') continue
    const left = minusRanges(rest, resource.value.ranges)
    parts.push({ ...resource, value: { type: 'RANGES', ranges: minusRanges(rest, left) } })
    rest = left
  }
  return resources(parts)
}

/**
 * Numbers for the published ports: a fixed one inside the managed ranges must be on offer, one outside them is not
 * counted, and 0 takes the first free one (docker-frontend §6.2).
 */
const pickPorts = (
  offered: Resources,
  request: PlacementRequest,
  managedPorts: readonly Range[],
) => {
  const mapped = mappedPorts(request)
  const fixed = ranges(
    mapped.filter(({ hostPort }) => hostPort !== 0).map(({ hostPort }) => single(hostPort)),
  )
  const managed = minusRanges(fixed, minusRanges(fixed, managedPorts))
  const onOffer = rangesOf(offered, 'ports')
  if (!containsRanges(onOffer, managed)) return undefined
  let free = minusRanges(onOffer, managed)
  let taken = managed
  const published: PublishedPort[] = []
  for (const port of mapped) {
    const first = free[0]?.begin
    if (port.hostPort !== 0) published.push(port)
    else if (first === undefined) return undefined
    else {
      free = minusRanges(free, [single(first)])
      taken = ranges([...taken, single(first)])
      published.push({ ...port, hostPort: first })
    }
  }
  return { taken, published }
}

const single = (port: number): Range => ({ begin: port, end: port })

/** The offers that together hold `wanted`: none that another one of them makes superfluous. */
const needed = (offers: readonly HeldOffer[], wanted: Resources): readonly HeldOffer[] =>
  [...offers]
    .sort((a, b) => covered(a, wanted) - covered(b, wanted))
    .reduce<readonly HeldOffer[]>((kept, offer) => {
      const others = kept.filter((one) => one !== offer)
      return contains(plus(...others.map((one) => one.resources)), wanted) ? others : kept
    }, offers)

/** How many of the wanted entries an offer holds whole: the least useful is given up first. */
const covered = (offer: HeldOffer, wanted: Resources): number =>
  wanted.filter((resource) => contains(offer.resources, [resource])).length

/** What is left of an offer's resources after `taken` went, and what of `taken` it did not have. */
export const spend = (offers: readonly HeldOffer[], taken: Resources) => {
  let rest = taken
  return offers.map((offer) => {
    const left = minus(offer.resources, rest)
    rest = minus(rest, offer.resources)
    return { ...offer, resources: left }
  })
}
