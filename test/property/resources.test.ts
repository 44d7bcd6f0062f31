import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromWire, ResourceError, toWire } from '../../src/mesos/resources.ts'
import { popReservation, pushReservation } from '../../src/resources/convert.ts'
import { parseResources } from '../../src/resources/parse.ts'
import {
  countRanges,
  minusRanges,
  plusRanges,
  type Ranges,
  ranges,
} from '../../src/resources/ranges.ts'
import type { ReservationStack } from '../../src/resources/reservations.ts'
import {
  contains,
  equal,
  format,
  isEmpty,
  isWhole,
  minus,
  plus,
  quantities,
  type Resource,
  type Resources,
  resources,
} from '../../src/resources/resources.ts'
import { shrink } from '../../src/resources/shrink.ts'

const rangesArbitrary = fc
  .array(fc.tuple(fc.nat(60), fc.nat(8)), { maxLength: 6 })
  .map((parts) => ranges(parts.map(([begin, length]) => ({ begin, end: begin + length }))))

const value = fc.nat(5000).map((milli) => ({ type: 'SCALAR', milli }) as const)

const stack = fc.constantFrom<ReservationStack>(
  [],
  [{ type: 'STATIC', role: 'r' }],
  [{ type: 'DYNAMIC', role: 'r', principal: 'p' }],
  [
    { type: 'STATIC', role: 'r' },
    { type: 'DYNAMIC', role: 'r/s', labels: [{ key: 'k' }] },
  ],
)
const source = fc.constantFrom<Pick<Resource, 'disk' | 'provider'>>(
  {},
  { disk: { type: 'PATH', root: '/a' } },
  { disk: { type: 'MOUNT', root: '/b' } },
  { disk: { type: 'BLOCK' }, provider: 'rp' },
  { disk: { type: 'RAW', id: 'x' }, provider: 'rp' },
  { disk: { type: 'RAW', profile: 'fast' }, provider: 'rp' },
)
const volumeOf = (id: string) => ({ id, containerPath: '/data', mode: 'RW' }) as const
const volume = fc.oneof(
  fc.constantFrom('v1', 'v2').map((id) => ({ volume: volumeOf(id) })),
  fc.integer({ min: 1, max: 3 }).map((copies) => ({ volume: volumeOf('shared'), copies })),
)

const plain: fc.Arbitrary<Resource> = fc.record({
  name: fc.constantFrom('cpus', 'mem'),
  value,
  reservations: stack,
  revocable: fc.boolean(),
})
const disk: fc.Arbitrary<Resource> = fc
  .tuple(fc.constantFrom(0, 1000, 2000), stack, source, fc.option(volume, { nil: {} }))
  .map(([milli, reservations, place, kept]) => ({
    name: 'disk',
    value: { type: 'SCALAR', milli },
    reservations,
    revocable: false,
    ...place,
    ...kept,
  }))
const ports: fc.Arbitrary<Resource> = rangesArbitrary.map((all) => ({
  name: 'ports',
  value: { type: 'RANGES', ranges: all },
  reservations: [],
  revocable: false,
}))
const resource = fc.oneof(plain, disk, ports)
const amounts = fc.array(resource, { maxLength: 6 }).map(resources)
const scalars = fc
  .array(resource, { maxLength: 6 })
  .map((all) => resources(all.filter((one) => one.value.type === 'SCALAR')))

test('adding is commutative and associative', () => {
  fc.assert(
    fc.property(amounts, amounts, amounts, (a, b, c) => {
      expect(plus(a, b)).toEqual(plus(b, a))
      expect(plus(plus(a, b), c)).toEqual(plus(a, plus(b, c)))
    }),
  )
})

test('what is contained can be taken away and put back (I11)', () => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      const whole = plus(a, b)
      expect(contains(whole, a)).toBe(true)
      expect(equal(plus(minus(whole, a), a), whole)).toBe(true)
    }),
  )
})

test('scalars: subtracting what was added gives back the same, bit for bit', () => {
  fc.assert(
    fc.property(scalars, scalars, (a, b) => {
      expect(minus(plus(a, b), b)).toEqual(a)
    }),
  )
})

test('an amount minus itself is nothing', () => {
  fc.assert(
    fc.property(amounts, (a) => {
      expect(isEmpty(minus(a, a))).toBe(true)
    }),
  )
})

const numbers = (all: Ranges): Set<number> =>
  new Set(
    all.flatMap(({ begin, end }) => Array.from({ length: end - begin + 1 }, (_, i) => begin + i)),
  )

test('range arithmetic is that of sets of numbers', () => {
  fc.assert(
    fc.property(rangesArbitrary, rangesArbitrary, (a, b) => {
      const [inA, inB] = [numbers(a), numbers(b)]
      expect(numbers(plusRanges(a, b))).toEqual(numbers(ranges([...a, ...b])))
      expect(numbers(minusRanges(a, b))).toEqual(new Set([...inA].filter((n) => !inB.has(n))))
      expect(countRanges(a)).toBe(inA.size)
    }),
  )
})

test('unreserved regular amounts survive the text form', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(plain, ports)).map(resources), (a) => {
      const plain = a.filter((one) => !one.revocable && one.reservations.length === 0)
      expect(parseResources(format(plain)).resources).toEqual(plain)
    }),
  )
})

test('containment is an order: reflexive, transitive, and equal where it holds both ways', () => {
  fc.assert(
    fc.property(amounts, amounts, amounts, (a, b, c) => {
      expect(contains(a, a)).toBe(true)
      expect(contains(plus(a, b, c), plus(a, b))).toBe(true)
      if (contains(a, b) && contains(b, c)) expect(contains(a, c)).toBe(true)
      if (contains(a, b) && contains(b, a)) expect(a).toEqual(b)
    }),
  )
})

test('what is taken away is gone, and only that: the rest is within the whole', () => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      expect(contains(a, minus(a, b))).toBe(true)
      if (contains(a, b)) expect(plus(minus(a, b), b)).toEqual(a)
    }),
  )
})

test('shrunk amounts are within the whole and within the bound, and shrinking again changes nothing', () => {
  const bounds = fc.dictionary(fc.constantFrom('cpus', 'mem', 'disk'), fc.nat(6000), {
    noNullPrototype: true,
  })
  fc.assert(
    fc.property(amounts, bounds, (a, given) => {
      const most = new Map(Object.entries(given))
      const cut = shrink(a, most)
      const sums = quantities(cut)
      for (const [name, milli] of most) expect(sums.get(name) ?? 0).toBeLessThanOrEqual(milli)
      for (const piece of cut.filter(isWhole)) expect(contains(a, [piece])).toBe(true)
      expect(shrink(cut, most)).toEqual(cut)
    }),
  )
})

test('a reservation pushed and popped is the same amount, and neither changes how much there is', () => {
  fc.assert(
    fc.property(amounts, (a) => {
      const unreserved = resources(a.filter(({ reservations }) => reservations.length === 0))
      const pushed = pushReservation(unreserved, { type: 'DYNAMIC', role: 'q' })
      expect(popReservation(pushed)).toEqual(unreserved)
      expect(quantities(pushed)).toEqual(quantities(unreserved))
    }),
  )
})

test('amounts survive the wire, in stacks and, unless refined, in roles (R7)', () => {
  fc.assert(
    fc.property(amounts, (a) => {
      const valid = fromWireOf(a)
      if (valid === undefined) return
      expect(valid).toEqual(a)
      if (a.every(({ reservations }) => reservations.length <= 1))
        expect(fromWire(toWire(a, { format: 'role' }))).toEqual(a)
    }),
  )
})

/** Volumes on what cannot bear them are refused (R18, R19): not what this is about. */
const fromWireOf = (a: Resources): Resources | undefined => {
  try {
    return fromWire(toWire(a, { format: 'stacks' }))
  } catch (error) {
    if (error instanceof ResourceError) return undefined
    throw error
  }
}
