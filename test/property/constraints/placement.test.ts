import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortages } from '../../../src/constraints/amounts.ts'
import { filters } from '../../../src/constraints/filters/index.ts'
import type { ContainerFacts, Node, PlacementRequest } from '../../../src/constraints/node.ts'
import { type Policy, place } from '../../../src/constraints/place.ts'
import { strategies } from '../../../src/constraints/strategies/index.ts'
import {
  affinity,
  amounts,
  constraint,
  container,
  node,
  published,
  request,
  whitelist,
} from '../../support/placement.ts'

const ports = fc.array(
  fc.record({ port: fc.constantFrom(0, 80, 31_000, 31_001), udp: fc.boolean() }),
  { maxLength: 2 },
)
const publishedPorts = ports.map((all) =>
  all.map(({ port, udp }) => published(port, udp ? 'udp' : 'tcp')),
)
const facts: fc.Arbitrary<ContainerFacts> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom<ContainerFacts['state']>('pending', 'running', 'exited'),
    restarts: fc.boolean(),
    publishedPorts,
  })
  .map(({ name, ...given }) => container(name, given))
const quantity = fc.constantFrom(0, 0.1, 0.5, 1, 2, 4)
const offer = fc.record({ cpus: quantity, mem: quantity }).map(amounts)
const someNode: fc.Arbitrary<Node> = fc
  .record({
    healthy: fc.boolean(),
    healthScore: fc.constantFrom(100, 66),
    labels: fc.dictionary(
      fc.constantFrom('region', 'containerslots'),
      fc.constantFrom('eu', 'us', '1'),
    ),
    containers: fc.array(facts, { maxLength: 3 }),
    images: fc.constantFrom(
      [],
      [{ id: 'sha256:1', tags: ['local:latest'], digests: [] }],
      [{ id: 'sha256:2', tags: ['pulled:latest'], digests: ['pulled@sha256:2'] }],
    ),
    offered: fc.record({ regular: offer, revocable: offer }, { requiredKeys: [] }),
    held: fc.record({ regular: offer, revocable: offer }, { requiredKeys: [] }),
    offeredPorts: fc.constantFrom(
      [],
      [{ begin: 31_000, end: 31_000 }],
      [{ begin: 31_000, end: 31_001 }],
    ),
  })
  .map(({ labels, ...given }) => node('n', { ...given, labels: new Map(Object.entries(labels)) }))
const cluster = fc
  .array(someNode, { maxLength: 5 })
  .map((all) => all.map((one, i): Node => ({ ...one, id: `id${i}`, hostname: `n${i}` })))

const operator = fc.constantFrom('==', '!=', '==~', '!=~')
const expressions = <T>(
  keys: readonly string[],
  values: readonly string[],
  parse: (text: string) => T,
) =>
  fc.array(
    fc
      .tuple(fc.constantFrom(...keys), operator, fc.constantFrom(...values))
      .map((parts) => parse(parts.join(''))),
    { maxLength: 2 },
  )
const someRequest: fc.Arbitrary<PlacementRequest> = fc
  .record({
    image: fc.constantFrom('local', 'pulled', 'unknown'),
    constraints: expressions(['region', 'node'], ['eu', 'us', 'n1', '/n[0-2]/', '*'], constraint),
    affinities: expressions(['container', 'image'], ['a', 'b', '/^[ab]$/', 'local'], affinity),
    whitelists: expressions(['node'], ['n0|n1', 'n2|n3|n4'], whitelist),
    kinds: fc.constantFrom<PlacementRequest['kinds']>(
      ['regular'],
      ['revocable'],
      ['regular', 'revocable'],
      ['revocable', 'regular'],
    ),
    asked: offer,
    revocableMemory: fc.boolean(),
    publishedPorts,
  })
  .map(request)
const somePolicy: fc.Arbitrary<Policy> = fc
  .record({
    strategy: fc.constantFrom(...strategies.values()),
    next: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ strategy, next }) => ({ filters, strategy, random: { next: () => next } }))

test('a placed node passes every hard check and holds the amounts', () => {
  let seen = 0
  fc.assert(
    fc.property(cluster, someRequest, somePolicy, (nodes, asked, policy) => {
      const placement = place(nodes, asked, policy)
      if (placement.kind !== 'placed') return
      seen++
      const checks = filters.flatMap((filter) => filter.checks(asked, nodes))
      const broken = checks.filter((check) => !check.soft && !check.accepts(placement.node))
      expect(broken.map((check) => check.miss(placement.node))).toEqual([])
      expect(asked.kinds).toContain(placement.resourceKind)
      expect(shortages(placement.node, asked, placement.resourceKind)).toEqual([])
    }),
    { numRuns: 1000 },
  )
  expect(seen).toBeGreaterThan(50)
})

test('the first kind is chosen whenever it alone could be placed', () => {
  fc.assert(
    fc.property(cluster, someRequest, somePolicy, (nodes, asked, policy) => {
      const first = place(nodes, { ...asked, kinds: asked.kinds.slice(0, 1) }, policy)
      const any = place(nodes, asked, policy)
      if (first.kind === 'placed') expect(any).toEqual(first)
      else if (any.kind === 'placed') expect(any.resourceKind).toBe(asked.kinds[1])
    }),
    { numRuns: 1000 },
  )
})

test('no node fulfils more wishes than the placed one, of those that could be placed', () => {
  fc.assert(
    fc.property(cluster, someRequest, somePolicy, (nodes, asked, policy) => {
      const placement = place(nodes, asked, policy)
      if (placement.kind !== 'placed') return
      const checks = filters.flatMap((filter) => filter.checks(asked, nodes))
      const fulfilled = (one: Node) => checks.filter((c) => c.soft && c.accepts(one)).length
      const alternatives = nodes.filter(
        (one) =>
          checks.every((check) => check.soft || check.accepts(one)) &&
          shortages(one, asked, placement.resourceKind).length === 0 &&
          (asked.image !== 'local' || nodes.every(noLocal) || !noLocal(one)),
      )
      expect(fulfilled(placement.node)).toBe(Math.max(...alternatives.map(fulfilled)))
    }),
    { numRuns: 1000 },
  )
})

const noLocal = ({ images }: Node): boolean =>
  images.every(({ tags }) => !tags.includes('local:latest'))

test('one more node never makes a request unplaceable, if it brings no name that the request depends on', () => {
  fc.assert(
    fc.property(cluster, someNode, someRequest, somePolicy, (nodes, one, asked, policy) => {
      const more = [...nodes, { ...one, images: [] }]
      if (place(nodes, asked, policy).kind === 'placed')
        expect(place(more, asked, policy).kind).toBe('placed')
    }),
    { numRuns: 1000 },
  )
})

test('an unplaceable request has a text and exactly one reason a node', () => {
  fc.assert(
    fc.property(cluster, someRequest, somePolicy, (nodes, asked, policy) => {
      const placement = place(nodes, asked, policy)
      if (placement.kind === 'placed') return
      expect(placement.text).not.toBe('')
      expect(placement.misses.map((miss) => miss.node).sort()).toEqual(
        nodes.map(({ hostname }) => hostname),
      )
      for (const { why } of placement.misses) expect(why).not.toBe('')
    }),
    { numRuns: 1000 },
  )
})

test('D54: the order of the nodes does not matter to spread and binpack', () => {
  fc.assert(
    fc.property(cluster, someRequest, somePolicy, (nodes, asked, policy) => {
      fc.pre(policy.strategy.name !== 'random')
      const there = place(nodes, asked, policy)
      const back = place([...nodes].reverse(), asked, policy)
      expect(back.kind).toBe(there.kind)
      if (there.kind === 'placed') expect(back).toEqual(there)
    }),
    { numRuns: 1000 },
  )
})
