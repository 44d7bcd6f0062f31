import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseResources } from '../../src/resources/parse.ts'
import {
  countRanges,
  minusRanges,
  plusRanges,
  type Ranges,
  ranges,
} from '../../src/resources/ranges.ts'
import {
  contains,
  equal,
  format,
  isEmpty,
  minus,
  plus,
  type Resource,
  resources,
} from '../../src/resources/resources.ts'

const rangesArbitrary = fc
  .array(fc.tuple(fc.nat(60), fc.nat(8)), { maxLength: 6 })
  .map((parts) => ranges(parts.map(([begin, length]) => ({ begin, end: begin + length }))))

const value = fc.oneof(
  fc.nat(5000).map((milli) => ({ type: 'SCALAR', milli }) as const),
  fc.nat(5000).map((milli) => ({ type: 'SCALAR', milli }) as const),
)
const resource: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({
    name: fc.constantFrom('cpus', 'mem'),
    value,
    reservations: fc.constantFrom([], [{ type: 'STATIC', role: 'r' } as const]),
    revocable: fc.boolean(),
  }),
  rangesArbitrary.map((all) => ({
    name: 'ports',
    value: { type: 'RANGES', ranges: all } as const,
    reservations: [],
    revocable: false,
  })),
)
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
    fc.property(amounts, (a) => {
      const plain = a.filter((one) => !one.revocable)
      expect(parseResources(format(plain)).resources).toEqual(plain)
    }),
  )
})
