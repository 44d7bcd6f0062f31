import { describe, expect, test } from 'vitest'
import {
  asVolume,
  type Conversion,
  convert,
  create,
  destroy,
  grow,
  popReservation,
  pushReservation,
  reserve,
  shrinkVolume,
  unreserve,
} from '../../../src/resources/convert.ts'
import type { DiskSource } from '../../../src/resources/disks.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { isSubroleOf, type Reservation, stackProblem } from '../../../src/resources/reservations.ts'
import {
  allocatableTo,
  as,
  contains,
  equal,
  format,
  meet,
  minus,
  plus,
  quantities,
  type Resource,
  type Resources,
  reservationRole,
  resources,
  scalar,
} from '../../../src/resources/resources.ts'
import { shrink } from '../../../src/resources/shrink.ts'

const of = (text: string): Resources => parseResources(text).resources
const dynamic = (role: string, more: Partial<Reservation> = {}): Reservation => ({
  type: 'DYNAMIC',
  role,
  ...more,
})
const disk = (mib: number, source?: DiskSource): Resource => ({
  ...scalar('disk', mib),
  ...(source === undefined ? {} : { disk: source }),
})
const mount = (mib: number): Resource => disk(mib, { type: 'MOUNT', root: '/m' })
const reservedDisk = (mib: number): Resource => ({ ...disk(mib), reservations: [dynamic('r')] })
const volume = (mib: number, id = 'v1', options: { shared?: boolean } = {}): Resource =>
  asVolume(reservedDisk(mib), { id, containerPath: 'data', mode: 'RW' }, options.shared === true)

describe('the algebra of resources (core-master §4.1)', () => {
  test('R1: scalars are exact to three decimals, and what is less is nothing', () => {
    expect(equal(plus(of('cpus:0.1'), of('cpus:0.2')), of('cpus:0.3'))).toBe(true)
    expect(equal(of('cpus:1.5123'), of('cpus:1.512'))).toBe(true)
    expect(resources([scalar('cpus', 0.0004)])).toEqual([])
  })

  test('R2: nothing empty is kept, and nothing goes below zero', () => {
    expect(resources([scalar('cpus', 0)])).toEqual([])
    expect(format(minus(of('cpus:1;ports:[1-3]'), of('cpus:2;ports:[2-9];mem:1')))).toBe(
      'ports:[1-1]',
    )
  })

  const unlike: readonly { name: string; other: Partial<Resource> }[] = [
    { name: 'another name', other: { name: 'mem' } },
    { name: 'a revocable one', other: { revocable: true } },
    { name: 'a reservation', other: { reservations: [dynamic('r')] } },
    { name: 'a provider', other: { provider: 'p' } },
    { name: 'a place', other: { disk: { type: 'PATH', root: '/a' } } },
  ]
  test.each(unlike)('R3: $name does not add up with an amount without it', ({ other }) => {
    const plain = scalar('disk', 1)
    expect(resources([plain, { ...plain, ...other }])).toHaveLength(2)
    expect(resources([plain, plain])).toHaveLength(1)
  })

  test.each([
    { name: 'the type', other: { type: 'STATIC' as const } },
    { name: 'the principal', other: { principal: 'p' } },
    { name: 'the labels', other: { labels: [{ key: 'k' }] } },
  ])('R3, R10: $name of a reservation is part of what it is', ({ other }) => {
    const one = { ...scalar('cpus', 1), reservations: [dynamic('r')] }
    const two = { ...scalar('cpus', 1), reservations: [{ ...dynamic('r'), ...other }] }
    expect(resources([one, two])).toHaveLength(2)
    expect(resources([one, { ...one, reservations: [dynamic('r')] }])).toHaveLength(1)
  })

  test('R3: mounts, devices, named raw disks and volumes never merge; other raw disks do', () => {
    const whole = [
      mount(5),
      disk(5, { type: 'BLOCK' }),
      disk(5, { type: 'RAW', id: 'd' }),
      volume(5),
    ]
    for (const one of whole) expect(resources([one, one])).toHaveLength(2)
    const raw = disk(5, { type: 'RAW', profile: 'fast' })
    expect(resources([raw, raw])).toHaveLength(1)
  })

  test('R3: copies of a shared volume are counted, not summed', () => {
    const shared = volume(5, 'v1', { shared: true })
    const [both] = resources([shared, shared])
    const onMount = { ...shared, disk: { type: 'MOUNT', root: '/m' } as const }
    expect(resources([onMount, { ...onMount, copies: 2 }])).toEqual([{ ...onMount, copies: 3 }])
    expect([both?.copies, quantities([shared, shared].slice(1)).get('disk')]).toEqual([2, 5000])
    expect(quantities(resources([shared, shared])).get('disk')).toBe(5000)
    expect(minus(resources([shared, shared]), [shared])).toEqual([shared])
  })

  test('R3: where a task sees a volume is no part of what it is', () => {
    const moved = asVolume(reservedDisk(5), { id: 'v1', containerPath: 'other', mode: 'RW' })
    expect(contains([volume(5)], [moved])).toBe(true)
    expect(contains([volume(5)], [volume(5, 'v2')])).toBe(false)
  })

  test('R4: a mount and a volume are contained only whole, each piece once', () => {
    expect(contains([mount(5)], [mount(3)])).toBe(false)
    expect(contains([mount(5)], [mount(5)])).toBe(true)
    expect(contains([mount(5)], resources([mount(5), mount(5)]))).toBe(false)
    expect(contains(resources([mount(5), mount(7)]), [mount(7)])).toBe(true)
    expect(format(minus(resources([mount(5), mount(7)]), [mount(7)]))).toBe('disk[MOUNT:/m]:5')
    expect(contains([volume(5)], [volume(4)])).toBe(false)
  })

  test('R4: as many copies of a shared volume as there are', () => {
    const shared = volume(5, 'v1', { shared: true })
    const two = resources([shared, shared])
    expect(contains(two, [shared])).toBe(true)
    expect(contains([shared], two)).toBe(false)
    expect(contains([shared], [volume(5)])).toBe(false)
  })

  test('R5: ranges are joined; scalars are cut to any amount, mounts and volumes never', () => {
    expect(format(of('ports:[1-3,4-6]'))).toBe('ports:[1-6]')
    const most = new Map([['disk', 4000]])
    expect(format(shrink([disk(10)], most))).toBe('disk:4')
    expect(shrink([mount(10)], most)).toEqual([])
    expect(shrink([volume(10)], most)).toEqual([])
    expect(format(shrink([mount(4)], most))).toBe('disk[MOUNT:/m]:4')
  })

  test('R5: what is cut is cut piece by piece; what is not named, and ranges, stay', () => {
    const all = of('cpus:2;cpus(r):3;mem:7;ports:[1-2]')
    expect(format(shrink(all, new Map([['cpus', 4000]])))).toBe(
      'cpus:2; cpus(r):2; mem:7; ports:[1-2]',
    )
    expect(format(shrink(all, new Map([['cpus', 0]])))).toBe('mem:7; ports:[1-2]')
  })
})

describe('their text (core-master §4.2)', () => {
  test('R6: items part by semicolons; a role is optional, blanks do not count', () => {
    expect(format(of(' cpus (web) : 1.5 ; ports:[ 1 - 2 , 5 - 6 ] ; z:{b,a} ; mem(*):1'))).toBe(
      'cpus(web):1.5; mem:1; ports:[1-2, 5-6]; z:{a, b}',
    )
  })

  test('R8: gpus are counted whole', () => {
    expect(() => of('gpus:1.5')).toThrow(/gpus are counted in whole numbers/)
    expect(format(of('gpus:2'))).toBe('gpus:2')
  })
})

describe('reservations (core-master §4.3)', () => {
  test.each([
    { name: 'nothing', stack: [], want: undefined },
    { name: 'one static', stack: [{ type: 'STATIC', role: 'a' }], want: undefined },
    {
      name: 'a refined one',
      stack: [{ type: 'STATIC', role: 'a' }, dynamic('a/b'), dynamic('a/b/c')],
      want: undefined,
    },
    { name: 'a star', stack: [dynamic('*')], want: /cannot be reserved/ },
    { name: 'no role', stack: [dynamic('a//b')], want: /adjacent slashes/ },
    { name: 'the same role twice', stack: [dynamic('a'), dynamic('a')], want: /not a subrole/ },
    { name: 'another role', stack: [dynamic('a'), dynamic('ab')], want: /not a subrole/ },
    {
      name: 'a static refinement',
      stack: [dynamic('a'), { type: 'STATIC', role: 'a/b' }],
      want: /must be DYNAMIC/,
    },
  ] as const)('R10: a stack of $name', ({ stack, want }) => {
    if (want === undefined) expect(stackProblem(stack)).toBeUndefined()
    else expect(stackProblem(stack)).toMatch(want)
  })

  test('R10: the last entry says whose it is', () => {
    const refined = { ...scalar('cpus', 1), reservations: [dynamic('a'), dynamic('a/b')] }
    expect(reservationRole(refined)).toBe('a/b')
    expect(reservationRole(scalar('cpus', 1))).toBe('*')
  })

  test('R11: unreserved is for all, reserved for the role and those below it', () => {
    const refined = { ...scalar('cpus', 1), reservations: [dynamic('a'), dynamic('a/b')] }
    const mayHave = ['a', 'a/b', 'a/b/c', 'a/bc', '*'].filter((role) =>
      allocatableTo(refined, role),
    )
    expect(mayHave).toEqual(['a/b', 'a/b/c'])
    expect(isSubroleOf('a', 'a')).toBe(false)
    expect(allocatableTo(scalar('cpus', 1), 'any')).toBe(true)
  })

  const whole = plus(of('cpus:4'), [reservedDisk(10)])
  const after = (conversion: Conversion) => {
    const converted = convert(whole, conversion)
    return converted && format(converted)
  }

  test('R12: RESERVE pushes one entry, UNRESERVE pops it', () => {
    const reserved = pushReservation(of('cpus:3'), dynamic('r'))
    expect(after(reserve(reserved))).toBe('cpus:1; cpus(r):3; disk(r):10')
    const back = convert(convert(whole, reserve(reserved)) ?? [], unreserve(reserved))
    expect(back).toEqual(whole)
    const refined = pushReservation(reserved, dynamic('r/s'))
    expect(reservationRole(refined[0] as Resource)).toBe('r/s')
    expect(popReservation(refined)).toEqual(reserved)
    expect(() => pushReservation(reserved, dynamic('x'))).toThrow(RangeError)
    expect(() => popReservation(of('cpus:1'))).toThrow(RangeError)
  })

  test('R12, L13: what is not there is not converted', () => {
    expect(after(reserve(pushReservation(of('cpus:5'), dynamic('r'))))).toBeUndefined()
  })

  test('R13: CREATE makes a volume of reserved disk, DESTROY makes it disk again', () => {
    const made = create([volume(4)])
    expect(after(made)).toBe('cpus:4; disk(r):6; disk(r)[v1:data]:4')
    expect(convert(convert(whole, made) ?? [], destroy([volume(4)]))).toEqual(whole)
    expect(after(create([asVolume(disk(4), { id: 'v', containerPath: 'd', mode: 'RW' })]))).toBe(
      undefined,
    )
  })

  test('R13: GROW and SHRINK move disk in and out of a volume', () => {
    const made = convert(whole, create([volume(4)])) ?? []
    const grown = convert(made, grow(volume(4), reservedDisk(2))) ?? []
    expect(format(grown)).toBe('cpus:4; disk(r):4; disk(r)[v1:data]:6')
    expect(convert(grown, shrinkVolume(volume(6), 2000))).toEqual(made)
  })
})

test('R22: ranges and sets of two amounts may name the same element, scalars never do', () => {
  expect(meet(of('ports:[1-5]'), of('ports:[5-9]'))).toBe(true)
  expect(meet(of('ports:[1-5]'), of('ports:[6-9];cpus:1'))).toBe(false)
  expect(meet(of('z:{a}'), of('z(r):{a}'))).toBe(true)
  expect(meet(of('cpus:1'), of('cpus:1'))).toBe(false)
  expect(meet(of('ports:[1-5]'), as(of('ports:[5-9]'), 'revocable'))).toBe(true)
})
