import { drawnKind } from '../../constraints/amounts.ts'
import { hostPortsOn } from '../../constraints/host-ports.ts'
import type { Node, PlacementRequest, PublishedPort } from '../../constraints/node.ts'
import { minusRanges, type Range, type Ranges, ranges } from '../../resources/ranges.ts'
import {
  contains,
  type Kind,
  minus,
  named,
  ofKind,
  plus,
  type Resource,
  type Resources,
  resources,
} from '../../resources/resources.ts'
import type { HeldOffer } from './book.ts'

/** What a task takes of the offers of one agent, and which of them it needs. */
export interface Draw {
  /** Exactly what was asked, with the reservations of the offers; no name in two kinds (docker-frontend §8.4). */
  readonly resources: Resources
  readonly offers: readonly HeldOffer[]
  /** The published ports of the request, each with the one number that it gets. */
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
  const { published, missing } = hostPortsOn(node, request)
  if (missing.length > 0) return undefined
  const managed = managedOf(published, node.managedPorts)
  const parts: Resources[] = [takeRanges(ofKind(all, 'regular'), 'ports', managed)]
  for (const [name, amountMilli] of request.asked) {
    const from = ofKind(all, drawnKind(name, node, request, kind))
    const part = takeScalar(from, name, amountMilli)
    if (part === undefined) return undefined
    parts.push(part)
  }
  const wanted = plus(...parts)
  return { resources: wanted, offers: needed(offers, wanted), ports: published }
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

/** The chosen numbers that the agent manages: others are not counted (docker-frontend §6.2). */
const managedOf = (published: readonly PublishedPort[], managedPorts: readonly Range[]): Ranges => {
  const chosen = ranges(published.map(({ hostPort }) => ({ begin: hostPort, end: hostPort })))
  return minusRanges(chosen, minusRanges(chosen, managedPorts))
}

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
