import { expect, test } from 'vitest'
import { fromWire, ResourceError, toWire } from '../../../src/mesos/resources.ts'
import type { Resource, ResourceDiskInfoSource } from '../../../src/mesos/wire.ts'
import { format } from '../../../src/resources/resources.ts'

const cpus = (more: Partial<Resource>): Resource => ({
  name: 'cpus',
  type: 'SCALAR',
  scalar: { value: 2 },
  ...more,
})

test.each([
  { name: 'unreserved, new format', wire: cpus({}), want: 'cpus:2' },
  { name: 'unreserved, old format', wire: cpus({ role: '*' }), want: 'cpus:2' },
  { name: 'statically reserved, old format', wire: cpus({ role: 'web' }), want: 'cpus(web):2' },
  {
    name: 'statically reserved, new format',
    wire: cpus({ reservations: [{ type: 'STATIC', role: 'web' }] }),
    want: 'cpus(web):2',
  },
  { name: 'revocable is a presence flag', wire: cpus({ revocable: {} }), want: 'cpus{REV}:2' },
  {
    name: 'the allocation role is not part of the value',
    wire: cpus({ allocation_info: { role: 'x' } }),
    want: 'cpus:2',
  },
  {
    name: 'ranges',
    wire: { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 3 }] } } as Resource,
    want: 'ports:[1-3]',
  },
])('read: $name (R7)', ({ wire, want }) => {
  expect(format(fromWire([wire]))).toBe(want)
})

test('disks with a source are of their own, there and back', () => {
  const disk = (source: ResourceDiskInfoSource, value: number): Resource => ({
    name: 'disk',
    type: 'SCALAR',
    scalar: { value },
    disk: { source },
  })
  const wire = [
    disk({ type: 'MOUNT', mount: { root: '/b' } }, 20),
    disk({ type: 'PATH', path: { root: '/a' } }, 10),
  ]
  expect(toWire(fromWire(wire), { format: 'stacks' })).toEqual(wire)
  const twice = fromWire([...wire, ...wire, { ...disk({ type: 'PATH' }, 1), disk: undefined }])
  expect(format(twice)).toBe('disk:1; disk[MOUNT:/b]:40; disk[PATH:/a]:20')
  expect(() => fromWire([disk({ type: 'RAW' }, 1)])).toThrow(/disk source of type RAW/)
})

test('a dynamic reservation of the old format equals the stack of the new one', () => {
  const old = cpus({ role: 'web', reservation: { principal: 'p' } })
  const stack = cpus({ reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'p' }] })
  expect(fromWire([old])).toEqual(fromWire([stack]))
})

test.each([
  { name: 'a negative scalar', wire: cpus({ scalar: { value: -1 } }) },
  { name: 'NaN', wire: cpus({ scalar: { value: Number.NaN } }) },
  { name: '1e308', wire: cpus({ scalar: { value: 1e308 } }) },
  { name: 'a scalar without value', wire: { name: 'cpus', type: 'SCALAR' } as Resource },
  { name: 'no name', wire: cpus({ name: '' }) },
  {
    name: 'an inverted range',
    wire: { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 3, end: 1 }] } } as Resource,
  },
  {
    name: 'overlapping ranges (R5)',
    wire: {
      name: 'ports',
      type: 'RANGES',
      ranges: {
        range: [
          { begin: 1, end: 5 },
          { begin: 5, end: 9 },
        ],
      },
    } as Resource,
  },
  {
    name: 'a set item twice',
    wire: { name: 'z', type: 'SET', set: { item: ['a', 'a'] } } as Resource,
  },
  { name: 'text', wire: { name: 'z', type: 'TEXT' } as Resource },
])('refused: $name (R15)', ({ wire }) => {
  expect(() => fromWire([wire])).toThrow(ResourceError)
})

test('written as stacks, or as roles for frameworks that read only those (W16)', () => {
  const value = fromWire([cpus({ role: 'web' }), cpus({ revocable: {} })])
  expect(toWire(value, { format: 'stacks', allocationRole: 'web' })).toEqual([
    cpus({ reservations: [{ type: 'STATIC', role: 'web' }], allocation_info: { role: 'web' } }),
    cpus({ revocable: {}, allocation_info: { role: 'web' } }),
  ])
  expect(toWire(value, { format: 'role' })).toEqual([
    cpus({ role: 'web' }),
    cpus({ role: '*', revocable: {} }),
  ])
})

test('a refined reservation is never written in the old format', () => {
  const refined = fromWire([
    cpus({
      reservations: [
        { type: 'STATIC', role: 'a' },
        { type: 'DYNAMIC', role: 'a/b' },
      ],
    }),
  ])
  expect(() => toWire(refined, { format: 'role' })).toThrow(ResourceError)
})
