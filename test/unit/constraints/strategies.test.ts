import { expect, test } from 'vitest'
import type { Node, PlacementRequest } from '../../../src/constraints/node.ts'
import { place } from '../../../src/constraints/place.ts'
import { strategies } from '../../../src/constraints/strategies/index.ts'
import { amounts, container, node, policy, request } from '../../support/placement.ts'

const byStrategy = (
  name: string,
  nodes: readonly Node[],
  given: Partial<PlacementRequest> = {},
) => {
  const strategy = strategies.get(name)
  if (strategy === undefined) throw new Error(name)
  const placement = place(nodes, request(given), { ...policy, strategy })
  return placement.kind === 'placed' ? placement.node.hostname : placement.text
}

/** `used` of 4 cpus and 4096 MiB are ours, the rest is on offer. */
const used = (hostname: string, cpus: number, mem: number, given: Partial<Node> = {}): Node =>
  node(hostname, {
    held: { regular: amounts({ cpus, mem }) },
    offered: { regular: amounts({ cpus: 4 - cpus, mem: 4096 - mem }) },
    ...given,
  })
const busybox = { id: 'sha256:1', tags: ['busybox:latest'], digests: ['busybox@sha256:feed'] }
const containers = (...states: readonly ('running' | 'exited')[]) =>
  states.map((state, i) => container(`c${i}`, { state }))

test.each([
  {
    name: 'the share of cpus in use counts',
    nodes: [used('n1', 1, 0), used('n2', 0, 0)],
    spread: 'n2',
    binpack: 'n1',
  },
  {
    name: 'the share of memory in use counts the same',
    nodes: [used('n1', 1, 0), used('n2', 0, 2048)],
    spread: 'n1',
    binpack: 'n2',
  },
  {
    name: 'shares, not amounts: half of a small node is more than a third of a large one',
    nodes: [
      node('n1', {
        held: { regular: amounts({ cpus: 2, mem: 0 }) },
        offered: { regular: amounts({ cpus: 2, mem: 4096 }) },
      }),
      node('n2', {
        held: { regular: amounts({ cpus: 4, mem: 0 }) },
        offered: { regular: amounts({ cpus: 8, mem: 4096 }) },
      }),
    ],
    spread: 'n2',
    binpack: 'n1',
  },
  {
    name: 'D32: what is held as revocable is no use of regular cpus',
    nodes: [used('n1', 0, 0, { held: { revocable: amounts({ cpus: 3 }) } }), used('n2', 0.5, 0)],
    spread: 'n1',
    binpack: 'n2',
  },
  {
    name: 'ten points of load weigh as much as one point of health',
    nodes: [used('n1', 0, 0, { healthScore: 96 }), used('n2', 1.5, 0, { healthScore: 100 })],
    spread: 'n2',
    binpack: 'n2',
  },
  {
    name: 'a small loss of health does not hide a large load',
    nodes: [used('n1', 0, 0, { healthScore: 98 }), used('n2', 3, 0, { healthScore: 100 })],
    spread: 'n1',
    binpack: 'n2',
  },
  {
    name: 'ties go to a node with the image, before containers are counted',
    nodes: [
      used('n1', 0, 0),
      used('n2', 0, 0, { images: [busybox], containers: containers('running') }),
    ],
    spread: 'n2',
    binpack: 'n2',
  },
  {
    name: 'then to the number of containers',
    nodes: [used('n1', 0, 0, { containers: containers('running') }), used('n2', 0, 0)],
    spread: 'n2',
    binpack: 'n1',
  },
  {
    name: 'stopped containers do not count',
    nodes: [
      used('n1', 0, 0, { containers: containers('exited', 'exited') }),
      used('n2', 0, 0, { containers: containers('running') }),
    ],
    spread: 'n1',
    binpack: 'n2',
  },
  {
    name: 'D54: the last tie goes by hostname, whatever the order of the nodes',
    nodes: [used('n3', 0, 0), used('n1', 0, 0), used('n2', 0, 0)],
    spread: 'n1',
    binpack: 'n1',
  },
])('§7.4: $name', ({ nodes, spread, binpack }) => {
  expect([byStrategy('spread', nodes), byStrategy('binpack', nodes)]).toEqual([spread, binpack])
  const reversed = [...nodes].reverse()
  expect([byStrategy('spread', reversed), byStrategy('binpack', reversed)]).toEqual([
    spread,
    binpack,
  ])
})

test('§7.4: what is not asked does not count', () => {
  const nodes = [used('n1', 0, 2048), used('n2', 1, 0)]
  expect(byStrategy('spread', nodes, { asked: amounts({ cpus: 1 }) })).toBe('n1')
})

test('§7.3: memory counts as the kind it is taken from', () => {
  const nodes = ['n1', 'n2'].map((name, i) =>
    node(name, {
      offered: { regular: amounts({ mem: 600 }), revocable: amounts({ cpus: 2 }) },
      held: { regular: amounts({ mem: i * 900 }) },
    }),
  )
  expect(byStrategy('spread', nodes, { kinds: ['revocable'] })).toBe('n1')
  expect(byStrategy('binpack', nodes, { kinds: ['revocable'] })).toBe('n2')
})

test('§5.1: binpacking is binpack', () => {
  expect(strategies.get('binpacking')?.name).toBe('binpack')
  expect(strategies.get('best')).toBeUndefined()
})

test('D54: random draws among the nodes that fit, and repeats with its seed', () => {
  const nodes = [used('n1', 4, 0), used('n2', 0, 0), used('n3', 0, 0), used('n4', 0, 0)]
  const strategy = strategies.get('random') ?? policy.strategy
  const drawn = [0, 0.34, 0.999].map((next) => {
    const placement = place(nodes, request(), { ...policy, strategy, random: { next: () => next } })
    return placement.kind === 'placed' ? placement.node.hostname : placement.text
  })
  expect(drawn).toEqual(['n2', 'n3', 'n4'])
})
