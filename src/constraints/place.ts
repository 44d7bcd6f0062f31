import type { Kind } from '../resources/resources.ts'
import { drawnKind, formatShortage, offersNone, type Shortage, shortages } from './amounts.ts'
import type { Check, Filter } from './filters/filter.ts'
import { localImage } from './filters/local-image.ts'
import { type ImageLocation, locateImage } from './images.ts'
import type { Miss, Node, Placement, PlacementRequest } from './node.ts'
import type { RandomSource, Strategy } from './strategies/strategy.ts'

export interface Policy {
  readonly filters: readonly Filter[]
  readonly strategy: Strategy
  readonly random: RandomSource
}

/**
 * Where a container goes: filters, then for each kind in turn the nodes whose offers hold it, those with most soft
 * expressions fulfilled, the strategy (docker-frontend §7, §8.3). A request for one kind alone is the same request
 * with `kinds` cut to that one.
 */
export const place = (
  nodes: readonly Node[],
  request: PlacementRequest,
  policy: Policy,
): Placement => {
  const image = locateImage(request.image, nodes)
  const filters = applicable(policy.filters, request, image)
  const sifted = sift(nodes, request, filters)
  if (sifted.failed !== undefined) {
    const text = sifted.failed.failure ?? conditionList(filters, sifted.failed, request, nodes)
    return { kind: 'unplaceable', text, misses: filterMisses(sifted) }
  }
  for (const kind of request.kinds) {
    const fitting = sifted.kept.filter((node) => shortages(node, request, kind).length === 0)
    if (fitting.length === 0) continue
    const candidates = mostFulfilled(fitting, sifted.wishes).map((node) => ({
      node,
      load: load(node, request, kind, 'cpus') + load(node, request, kind, 'mem'),
      hasImage: image.holders.has(node),
    }))
    const { node } = policy.strategy.choose(candidates, policy.random)
    return { kind: 'placed', node, resourceKind: kind }
  }
  return {
    kind: 'unplaceable',
    text:
      sifted.kept.length === 0
        ? 'No nodes available in the cluster'
        : 'no resources available to schedule container',
    misses: [...resourceMisses(sifted.kept, request), ...filterMisses(sifted)],
  }
}

/** A container that starts again is asked no more than that its node lives and its ports are free. */
const applicable = (
  filters: readonly Filter[],
  request: PlacementRequest,
  image: ImageLocation,
): readonly Filter[] => {
  if (request.pinnedTo !== undefined) return filters.filter((filter) => filter.appliesToRestarts)
  return [...filters, localImage(request.image, image)]
}

interface Sifted {
  readonly kept: readonly Node[]
  readonly dropped: readonly { readonly node: Node; readonly check: Check }[]
  readonly wishes: readonly Check[]
  /** The filter that left no node. */
  readonly failed: Filter | undefined
}

/** Check by check over all nodes, not node by node: a compiled pattern is then used for all of them at once. */
const sift = (
  nodes: readonly Node[],
  request: PlacementRequest,
  filters: readonly Filter[],
): Sifted => {
  const { pinnedTo } = request
  let kept = pinnedTo === undefined ? nodes : nodes.filter(({ id }) => id === pinnedTo)
  const dropped: { node: Node; check: Check }[] = []
  const wishes: Check[] = []
  for (const filter of filters) {
    for (const check of filter.checks(request, nodes)) {
      if (check.soft) {
        wishes.push(check)
        continue
      }
      const accepted: Node[] = []
      for (const node of kept)
        if (check.accepts(node)) accepted.push(node)
        else dropped.push({ node, check })
      kept = accepted
    }
    // Of no nodes at all, only a filter with words of its own is to blame.
    if (kept.length === 0 && (nodes.length > 0 || filter.failure !== undefined))
      return { kept, dropped, wishes, failed: filter }
  }
  return { kept, dropped, wishes, failed: undefined }
}

const mostFulfilled = (nodes: readonly Node[], wishes: readonly Check[]): readonly Node[] => {
  if (wishes.length === 0) return nodes
  const fulfilled = nodes.map(() => 0)
  for (const wish of wishes)
    for (const [i, node] of nodes.entries())
      if (wish.accepts(node)) fulfilled[i] = (fulfilled[i] ?? 0) + 1
  const most = fulfilled.reduce((a, b) => Math.max(a, b))
  return nodes.filter((_, i) => fulfilled[i] === most)
}

/** Share in use with this request, in percent of what is ours or offered; never above 100, since the offer holds it. */
const load = (node: Node, request: PlacementRequest, kind: Kind, name: string): number => {
  const asked = request.asked.get(name) ?? 0
  if (asked === 0) return 100
  const drawn = drawnKind(name, node, request, kind)
  const used = node.held[drawn]?.get(name) ?? 0
  return ((used + asked) * 100) / (used + (node.offered[drawn]?.get(name) ?? 0))
}

/** Swarm's text; its first line ends with a blank (docker-frontend §7.5). */
const conditionList = (
  filters: readonly Filter[],
  failed: Filter,
  request: PlacementRequest,
  nodes: readonly Node[],
): string => {
  const lines = filters
    .slice(0, filters.indexOf(failed) + 1)
    .map((filter) => filter.conditions(request, nodes))
    .filter((conditions) => conditions.length > 0)
    .map((conditions) => `[${conditions.join(' ')}]`)
  return ['Unable to find a node that satisfies the following conditions ', ...lines].join('\n')
}

/** The later a node was dropped, the nearer it was. */
const filterMisses = ({ dropped }: Sifted): readonly Miss[] =>
  dropped.map(({ node, check }) => ({ node: node.hostname, why: check.miss(node) })).reverse()

/** Nearest first: by the scarcest resource of the kind that came closest. */
const resourceMisses = (nodes: readonly Node[], request: PlacementRequest): readonly Miss[] =>
  nodes
    .map((node) => {
      const found = request.kinds.map((kind) => shortages(node, request, kind))
      return { node, found, nearness: Math.max(...found.map(scarcest)) }
    })
    .sort((a, b) => b.nearness - a.nearness)
    .map(({ node, found }) => ({ node: node.hostname, why: shortOf(node, found.flat()) }))

const scarcest = (found: readonly Shortage[]): number =>
  found.reduce(
    (least, { wantedMilli, offeredMilli }) => Math.min(least, offeredMilli / wantedMilli),
    1,
  )

const shortOf = (node: Node, found: readonly Shortage[]): string => {
  if (!offersNone(node, 'regular', 'revocable'))
    return [...new Set(found.map(formatShortage))].join('; ')
  const { sinceOfferMs } = node
  return sinceOfferMs === undefined
    ? 'no offer yet'
    : `no offer for ${Math.floor(sinceOfferMs / 1000)}s`
}
