import type { Node } from '../node.ts'
import type { Filter } from './filter.ts'

/** The engine label `containerslots=N` accepts a node while it has fewer than N containers, stopped ones included. */
export const containerSlots: Filter = {
  name: 'containerslots',
  checks: () => [
    {
      soft: false,
      accepts: (node) => node.containers.length < slots(node),
      miss: (node) => `${node.containers.length} of ${slots(node)} container slots in use`,
    },
  ],
  conditions: (_request, nodes) =>
    nodes.some((node) => slots(node) !== Number.POSITIVE_INFINITY)
      ? ['available container slots']
      : [],
}

/** What is no whole number limits nothing. */
const slots = (node: Node): number => {
  const text = node.labels.get('containerslots')
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}
