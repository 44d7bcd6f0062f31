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
  expect(format(twice)).toBe('disk:1; disk[MOUNT:/b]:20; disk[MOUNT:/b]:20; disk[PATH:/a]:20')
  expect(() => fromWire([disk({ type: 'PATH' }, 1)])).toThrow(/disk source of type PATH/)
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

const volume: Resource = {
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 5 },
  reservations: [{ type: 'DYNAMIC', role: 'web', principal: 'p' }],
  disk: {
    persistence: { id: 'v1', principal: 'p' },
    volume: { container_path: 'data', mode: 'RW' },
  },
}

test.each([
  { name: 'a persistent volume', wire: [volume] },
  {
    name: 'a shared volume, once a copy',
    wire: [volume, volume].map((one) => ({ ...one, shared: {} })),
  },
  { name: 'of a provider', wire: [cpus({ provider_id: { value: 'rp' } })] },
  {
    name: 'a raw disk with all it has',
    wire: [
      {
        name: 'disk',
        type: 'SCALAR' as const,
        scalar: { value: 5 },
        disk: {
          source: {
            type: 'RAW' as const,
            vendor: 'v',
            id: 'i',
            profile: 'fast',
            metadata: { labels: [{ key: 'k', value: 'v' }, { key: 'bare' }] },
          },
        },
      },
    ],
  },
])('there and back: $name (R3, R10, R13)', ({ wire }) => {
  expect(toWire(fromWire(wire), { format: 'stacks' })).toEqual(wire)
})

test.each([
  { name: 'R10: a star reserved', wire: [cpus({ reservations: [{ type: 'STATIC', role: '*' }] })] },
  {
    name: 'R10: a refinement that is static',
    wire: [
      cpus({
        reservations: [
          { type: 'STATIC', role: 'a' },
          { type: 'STATIC', role: 'a/b' },
        ],
      }),
    ],
  },
  {
    name: 'R10: a refinement for no subrole',
    wire: [
      cpus({
        reservations: [
          { type: 'STATIC', role: 'a' },
          { type: 'DYNAMIC', role: 'ab' },
        ],
      }),
    ],
  },
  { name: 'R18: a volume on revocable disk', wire: [{ ...volume, revocable: {} }] },
  { name: 'R18: a volume on unreserved disk', wire: [{ ...volume, reservations: [] }] },
  { name: 'R19: two volumes of one id in a role', wire: [volume, volume] },
  { name: 'R24: disk info on cpus', wire: [cpus({ disk: { source: { type: 'RAW' } } })] },
  { name: 'R24: an empty disk info', wire: [{ ...volume, disk: {} }] },
  { name: 'R25: shared cpus', wire: [cpus({ shared: {} })] },
  {
    name: 'R25: shared disk that is no volume',
    wire: [{ ...volume, disk: undefined, shared: {} }],
  },
])('refused: $name', ({ wire }) => {
  expect(() => fromWire(wire)).toThrow(ResourceError)
})

test('R19: one id in two roles are two volumes', () => {
  const other = { ...volume, reservations: [{ type: 'STATIC' as const, role: 'db' }] }
  expect(fromWire([volume, other])).toHaveLength(2)
})
