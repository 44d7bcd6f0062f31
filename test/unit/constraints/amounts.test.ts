import { expect, test } from 'vitest'
import { formatShortage, shortages } from '../../../src/constraints/amounts.ts'
import type { Node, PlacementRequest } from '../../../src/constraints/node.ts'
import { amounts, node, published, request } from '../../support/placement.ts'

const missing = (one: Node, asked: PlacementRequest, kind: 'regular' | 'revocable') =>
  shortages(one, asked, kind).map(formatShortage)

const offering = (regular: Record<string, number>, revocable: Record<string, number>) =>
  node('n1', { offered: { regular: amounts(regular), revocable: amounts(revocable) } })
const asking = (units: Record<string, number>, given: Partial<PlacementRequest> = {}) =>
  request({ asked: amounts(units), ...given })

test.each([
  {
    name: 'rule 1: regular cpus do not count for a revocable request',
    offer: [{ cpus: 4, mem: 512 }, {}],
    kind: 'revocable',
    want: ['cpus(Revocable) 2 wanted, 0 offered'],
  },
  {
    name: 'rule 1: revocable cpus do not count for a regular request',
    offer: [{ cpus: 0.5, mem: 512 }, { cpus: 4 }],
    kind: 'regular',
    want: ['cpus 2 wanted, 0.5 offered'],
  },
  {
    name: 'D25 rule 3: memory beside revocable cpus is regular',
    offer: [{ mem: 512 }, { cpus: 4 }],
    kind: 'revocable',
    want: [],
  },
  {
    name: 'rule 3: revocable memory alone is not taken unless allowed',
    offer: [{ cpus: 4 }, { cpus: 4, mem: 512 }],
    kind: 'revocable',
    want: ['mem 256 wanted, 0 offered'],
  },
  {
    name: 'rule 3: revocable memory is taken where it is allowed and holds all',
    offer: [{ cpus: 4 }, { cpus: 4, mem: 512 }],
    kind: 'revocable',
    revocableMemory: true,
    want: [],
  },
  {
    name: 'rule 3: revocable memory that does not hold all gives way to regular',
    offer: [{ mem: 256 }, { cpus: 4, mem: 255 }],
    kind: 'revocable',
    revocableMemory: true,
    want: [],
  },
  {
    name: 'rule 3: memory is not split',
    offer: [{ mem: 200 }, { cpus: 4, mem: 200 }],
    kind: 'revocable',
    revocableMemory: true,
    want: ['mem 256 wanted, 200 offered'],
  },
  {
    name: 'rule 3: memory beside regular cpus is regular even where revocable is allowed',
    offer: [{ cpus: 4 }, { mem: 512 }],
    kind: 'regular',
    revocableMemory: true,
    want: ['mem 256 wanted, 0 offered'],
  },
  {
    name: 'D26: fractions count to the thousandth',
    offer: [{ cpus: 1.999, mem: 256 }, {}],
    kind: 'regular',
    want: ['cpus 2 wanted, 1.999 offered'],
  },
] as {
  name: string
  offer: [Record<string, number>, Record<string, number>]
  kind: 'regular' | 'revocable'
  revocableMemory?: boolean
  want: string[]
}[])('§8.4 $name', ({ offer, kind, revocableMemory = false, want }) => {
  expect(
    missing(offering(...offer), asking({ cpus: 2, mem: 256 }, { revocableMemory }), kind),
  ).toEqual(want)
})

test.each([
  { cpus: 3, kind: 'regular', fits: false },
  { cpus: 3, kind: 'revocable', fits: true },
  { cpus: 6, kind: 'regular', fits: false },
  { cpus: 6, kind: 'revocable', fits: false },
] as const)(
  '§8.4 rule 4: $cpus cpus on 2 regular + 4 revocable as $kind: $fits',
  ({ cpus, kind, fits }) => {
    expect(missing(offering({ cpus: 2 }, { cpus: 4 }), asking({ cpus }), kind).length === 0).toBe(
      fits,
    )
  },
)

test('§8.4 rule 2: gpus and disk are regular whatever the cpus are', () => {
  const asked = asking({ cpus: 1, gpus: 1, disk: 10 })
  expect(missing(offering({}, { cpus: 1, gpus: 1, disk: 10 }), asked, 'revocable')).toEqual([
    'gpus 1 wanted, 0 offered',
    'disk 10 wanted, 0 offered',
  ])
  expect(missing(offering({ gpus: 1, disk: 10 }, { cpus: 1 }), asked, 'revocable')).toEqual([])
})

test('D24: ports are regular beside revocable cpus', () => {
  const asked = asking({ cpus: 1 }, { publishedPorts: [published(0), published(31_000)] })
  expect(missing(offering({}, { cpus: 1 }), asked, 'revocable')).toEqual([])
})

test('§8.1: a node without cpus of the kind is no candidate, even if none are asked', () => {
  const asked = asking({ mem: 64 })
  expect(missing(offering({ mem: 64 }, {}), asked, 'regular')).toHaveLength(1)
  expect(missing(offering({ cpus: 0.1, mem: 64 }, {}), asked, 'regular')).toEqual([])
})

const tenPorts = offering({ cpus: 1 }, {})
test.each([
  { name: 'as many free ports as are offered fit', ports: Array(10).fill(0), want: [] },
  {
    name: 'one more does not',
    ports: Array(11).fill(0),
    want: ['ports 11 wanted, 10 offered'],
  },
  {
    name: 'fixed ports are taken out first',
    ports: [31_003, ...Array(10).fill(0)],
    want: ['ports 10 wanted, 9 offered'],
  },
  { name: 'unmanaged ports are not counted', ports: [80, 443, ...Array(10).fill(0)], want: [] },
  { name: 'a number counts once', ports: [31_003, 31_003, ...Array(9).fill(0)], want: [] },
])('§6.2: $name', ({ ports, want }) => {
  const publishedPorts = ports.map((port: number) => published(port))
  expect(missing(tenPorts, asking({ cpus: 1 }, { publishedPorts }), 'regular')).toEqual(want)
})

test('§6.2: a fixed managed port that is not on offer is named', () => {
  const one = { ...tenPorts, offeredPorts: [{ begin: 31_000, end: 31_004 }] }
  const asked = asking({ cpus: 1 }, { publishedPorts: [published(31_005), published(31_004)] })
  expect(missing(one, asked, 'regular')).toEqual(['ports[31005] 1 wanted, 0 offered'])
})

test.each(['host', 'none'])('§6.2: with network %s no ports are taken', (networkMode) => {
  const asked = asking({ cpus: 1 }, { networkMode, publishedPorts: [published(0)] })
  expect(missing({ ...tenPorts, offeredPorts: [] }, asked, 'regular')).toEqual([])
})
