import type { NodeView, OfferView } from '../../mesos-framework/cluster.ts'
import { formatRanges } from '../../resources/ranges.ts'
import {
  ofKind,
  plus,
  type Resource,
  type Resources,
  reservationRole,
} from '../../resources/resources.ts'
import { formatMilli, units } from '../../resources/scalar.ts'
import type { Value } from '../../resources/values.ts'
import { formatBytes, naturalOrder } from '../units.ts'

/** The offers of one agent, which are shown as one. */
export interface OfferBlock {
  readonly agent: string
  readonly hostname: string
  readonly offerIds: readonly string[]
  readonly resources: Resources
  readonly labels: ReadonlyMap<string, string>
}

export type Row = readonly [string, string]

/** One block an agent, by hostname in natural order (docker-frontend §4.1). */
export const offerBlocks = (
  offers: readonly OfferView[],
  nodes: readonly NodeView[],
): readonly OfferBlock[] => {
  const labels = new Map(nodes.map((node) => [node.id, node.labels]))
  const byAgent = new Map<string, OfferBlock>()
  for (const { id, agent, hostname, resources } of offers) {
    const block = byAgent.get(agent)
    byAgent.set(agent, {
      agent,
      hostname,
      offerIds: [...(block?.offerIds ?? []), id],
      resources: plus(block?.resources ?? [], resources),
      labels: labels.get(agent) ?? new Map<string, string>(),
    })
  }
  return [...byAgent.values()].sort(
    (a, b) => naturalOrder(a.hostname, b.hostname) || naturalOrder(a.agent, b.agent),
  )
}

/** Regular amounts, then revocable ones, then those reserved for a role, then the labels. */
export const offerRows = ({ agent, offerIds, resources, labels }: OfferBlock): readonly Row[] => [
  ['  Offer', `${agent}>>${offerIds.join(',')}`],
  ...[...resources].sort(inShownOrder).map(resourceRow),
  ['   └ Labels', formatLabels(labels)],
]

/** The same as data, for clients that read JSON. */
export const offerObject = ({ agent, hostname, offerIds, resources, labels }: OfferBlock) => ({
  AgentID: agent,
  Hostname: hostname,
  OfferIDs: offerIds,
  Regular: amounts(ofKind(resources, 'regular').filter((one) => !isReserved(one))),
  Revocable: amounts(ofKind(resources, 'revocable')),
  Reserved: amounts(ofKind(resources, 'regular').filter(isReserved)),
  Labels: Object.fromEntries(labels),
})

export const formatLabels = (labels: ReadonlyMap<string, string>): string =>
  [...labels]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ')

const shownFirst = ['cpus', 'mem', 'disk', 'ports']

const inShownOrder = (a: Resource, b: Resource): number =>
  group(a) - group(b) || place(a) - place(b) || (a.name < b.name ? -1 : 1)

const group = (resource: Resource): number => {
  if (resource.revocable) return 1
  return isReserved(resource) ? 2 : 0
}

const place = ({ name }: Resource): number => {
  const at = shownFirst.indexOf(name)
  return at === -1 ? shownFirst.length : at
}

const isReserved = (resource: Resource): boolean => reservationRole(resource) !== '*'

const resourceRow = (resource: Resource): Row => [
  `   └ ${shownName(resource)}`,
  formatValue(resource),
]

const shownName = (resource: Resource): string => {
  if (resource.revocable) return `${resource.name}(Revocable)`
  return isReserved(resource) ? `${resource.name}(${reservationRole(resource)})` : resource.name
}

/** mem and disk are MiB in Mesos. */
const formatValue = ({ name, value }: Resource): string => {
  if (value.type === 'RANGES') return formatRanges(value.ranges)
  if (value.type === 'SET') return value.items.join(', ')
  return name === 'mem' || name === 'disk'
    ? formatBytes(units(value.milli) * 1_048_576)
    : formatMilli(value.milli)
}

const amounts = (resources: Resources) =>
  Object.fromEntries(
    resources.map((resource) => {
      const role = reservationRole(resource)
      return [
        isReserved(resource) ? `${resource.name}(${role})` : resource.name,
        plain(resource.value),
      ]
    }),
  )

const plain = (value: Value) => {
  if (value.type === 'SCALAR') return units(value.milli)
  return value.type === 'RANGES' ? formatRanges(value.ranges) : value.items
}
