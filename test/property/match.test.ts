import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortages } from '../../src/constraints/amounts.ts'
import type { Node, PlacementRequest } from '../../src/constraints/node.ts'
import { type AgentId, id, type OfferId } from '../../src/mesos/ids.ts'
import type { HeldOffer } from '../../src/mesos-framework/offers/book.ts'
import { draw, spend } from '../../src/mesos-framework/offers/match.ts'
import { plusRanges } from '../../src/resources/ranges.ts'
import {
  contains,
  type Kind,
  minus,
  named,
  ofKind,
  plus,
  quantities,
  type Resource,
  type Resources,
  rangesOf,
  resources,
  scalar,
} from '../../src/resources/resources.ts'
import { createRequest } from '../support/framework-rig.ts'
import { node } from '../support/placement.ts'

const kind = fc.constantFrom<Kind>('regular', 'revocable')
const amount = fc.integer({ min: 0, max: 8 })

const scalars = fc
  .record({ cpus: amount, mem: amount, kind, reserved: fc.boolean() })
  .map(
    ({ cpus, mem, kind, reserved }): Resources =>
      resources(
        [scalar('cpus', cpus, kind), scalar('mem', mem, kind)].map((resource) =>
          reserved && kind === 'regular'
            ? { ...resource, reservations: [{ type: 'STATIC', role: 'dev' }] }
            : resource,
        ),
      ),
  )

const ports = fc
  .record({ begin: fc.integer({ min: 1, max: 9 }), length: amount })
  .map(({ begin, length }): Resources => {
    const range: Resource = {
      name: 'ports',
      value: { type: 'RANGES', ranges: length === 0 ? [] : [{ begin, end: begin + length - 1 }] },
      reservations: [],
      revocable: false,
    }
    return resources([range])
  })

/** Offers of one agent: ports in the first only, since an agent has each number once. */
const offers = fc
  .record({ parts: fc.array(scalars, { minLength: 1, maxLength: 4 }), ports })
  .map(({ parts, ports }) =>
    parts.map(
      (part, i): HeldOffer => ({
        id: id<OfferId>(`o${i}`),
        agent: id<AgentId>('a1'),
        resources: i === 0 ? plus(part, ports) : part,
        expiresMs: 0,
      }),
    ),
  )

const request = fc
  .record({
    cpus: fc.integer({ min: 1, max: 8 }),
    mem: amount,
    revocableMemory: fc.boolean(),
    hostPorts: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
  })
  .map(
    ({ cpus, mem, revocableMemory, hostPorts }): PlacementRequest =>
      createRequest({
        cpus,
        mem,
        placement: {
          revocableMemory,
          publishedPorts: hostPorts.map((hostPort) => ({
            hostIp: '',
            hostPort,
            containerPort: 80,
            protocol: 'tcp',
          })),
        },
      }).placement,
  )

const nodeWith = (held: readonly HeldOffer[]): Node => {
  const all = plus(...held.map((offer) => offer.resources))
  const amountsOf = (kind: Kind) =>
    new Map([...quantities(ofKind(all, kind))].filter(([name]) => name !== 'ports'))
  const offered = rangesOf(all, 'ports')
  return node('n1', {
    offered: { regular: amountsOf('regular'), revocable: amountsOf('revocable') },
    offeredPorts: offered,
    managedPorts: plusRanges(offered, [{ begin: 1, end: 6 }]),
  })
}

const forAll = (
  check: (given: {
    held: readonly HeldOffer[]
    wanted: PlacementRequest
    kind: Kind
    at: Node
  }) => void,
) =>
  fc.assert(
    fc.property(offers, request, kind, (held, wanted, kind) =>
      check({ held, wanted, kind, at: nodeWith(held) }),
    ),
    { numRuns: 500 },
  )

test('what fits by amounts can be drawn, and nothing else', () => {
  forAll(({ held, wanted, kind, at }) => {
    const fits = shortages(at, wanted, kind).length === 0
    expect(draw(held, at, wanted, kind) !== undefined).toBe(fits)
  })
})

test('a draw takes exactly what was asked, and never more than offered (I1)', () => {
  forAll(({ held, wanted, kind, at }) => {
    const drawn = draw(held, at, wanted, kind)
    if (drawn === undefined) return
    const all = plus(...drawn.offers.map((offer) => offer.resources))
    expect(contains(all, drawn.resources)).toBe(true)
    for (const [name, milli] of wanted.asked)
      expect(quantities(drawn.resources).get(name) ?? 0).toBe(milli)
  })
})

test('no name is taken in two kinds; cpus are of the kind, ports are regular (I2, D24, D25)', () => {
  forAll(({ held, wanted, kind, at }) => {
    const drawn = draw(held, at, wanted, kind)
    for (const name of ['cpus', 'mem', 'ports']) {
      const kinds = new Set(named(drawn?.resources ?? [], name).map((one) => one.revocable))
      expect(kinds.size).toBeLessThanOrEqual(1)
      if (name === 'cpus') expect(kinds.has(kind === 'regular')).toBe(false)
      if (name === 'ports') expect(kinds.has(true)).toBe(false)
    }
  })
})

test('no offer is named that the others make superfluous', () => {
  forAll(({ held, wanted, kind, at }) => {
    const drawn = draw(held, at, wanted, kind)
    if (drawn === undefined) return
    for (const offer of drawn.offers) {
      const others = drawn.offers.filter((one) => one !== offer).map((one) => one.resources)
      expect(contains(plus(...others), drawn.resources)).toBe(false)
    }
  })
})

test('every published port gets a number of its own, from the offer where it had none', () => {
  forAll(({ held, wanted, kind, at }) => {
    const drawn = draw(held, at, wanted, kind)
    if (drawn === undefined) return
    const given = wanted.publishedPorts.flatMap(({ hostPort }, i) =>
      hostPort === 0 ? [drawn.ports[i]?.hostPort ?? 0] : [],
    )
    expect(new Set(given).size).toBe(given.length)
    const fixed = new Set(wanted.publishedPorts.map(({ hostPort }) => hostPort))
    for (const port of given) {
      expect(fixed.has(port)).toBe(false)
      expect(at.offeredPorts.some(({ begin, end }) => begin <= port && port <= end)).toBe(true)
    }
  })
})

test('what is left of the offers after a draw is the offers less the draw', () => {
  forAll(({ held, wanted, kind, at }) => {
    const drawn = draw(held, at, wanted, kind)
    if (drawn === undefined) return
    const left = spend(drawn.offers, drawn.resources).map((offer) => offer.resources)
    const before = drawn.offers.map((offer) => offer.resources)
    expect(plus(...left)).toEqual(minus(plus(...before), drawn.resources))
  })
})
