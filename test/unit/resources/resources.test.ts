import { expect, test } from 'vitest'
import { parseResources } from '../../../src/resources/parse.ts'
import {
  allocatableTo,
  as,
  contains,
  format,
  minus,
  ofKind,
  plus,
  quantities,
  type Resources,
  resources,
  scalar,
  scalarOf,
} from '../../../src/resources/resources.ts'

const of = (text: string): Resources => parseResources(text).resources
const lent = (text: string): Resources => as(of(text), 'revocable')

test('a tenth and two tenths are three tenths (R1)', () => {
  const sum = plus(of('cpus:0.1'), of('cpus:0.2'))
  expect(contains(sum, of('cpus:0.3')) && contains(of('cpus:0.3'), sum)).toBe(true)
})

test.each([
  { name: 'regular does not cover revocable', a: of('cpus:4'), b: lent('cpus:1'), want: false },
  { name: 'revocable does not cover regular', a: lent('cpus:4'), b: of('cpus:1'), want: false },
  { name: 'unreserved does not cover reserved', a: of('cpus:4'), b: of('cpus(r):1'), want: false },
  { name: 'ranges cover by number', a: of('ports:[1-9]'), b: of('ports:[2-3,9-9]'), want: true },
  { name: 'ranges beyond', a: of('ports:[1-9]'), b: of('ports:[9-10]'), want: false },
  { name: 'sets by subset', a: of('z:{a,b}'), b: of('z:{b}'), want: true },
  { name: 'anything covers nothing', a: of(''), b: of('cpus:0'), want: true },
])('$name', ({ a, b, want }) => {
  expect(contains(a, b)).toBe(want)
})

test('subtraction drops what is empty or beyond (R2)', () => {
  expect(format(minus(of('cpus:2;mem:5'), of('cpus:3;disk:1')))).toBe('mem:5')
  expect(format(minus(of('ports:[1-9]'), of('ports:[3-4,8-20]')))).toBe('ports:[1-2, 5-7]')
})

test('kinds are told apart and summed on request', () => {
  const both = plus(of('cpus:2;ports:[1-3]'), lent('cpus:4'))
  expect(format(both)).toBe('cpus:2; cpus{REV}:4; ports:[1-3]')
  expect(format(ofKind(both, 'revocable'))).toBe('cpus{REV}:4')
  expect(scalarOf(both, 'cpus')).toBe(6000)
  expect([...quantities(both)]).toEqual([
    ['cpus', 6000],
    ['ports', 3000],
  ])
})

test.each([
  { reserved: 'a', role: 'a', want: true },
  { reserved: 'a', role: 'a/b', want: true },
  { reserved: 'a/b', role: 'a', want: false },
  { reserved: 'a', role: 'ab', want: false },
  { reserved: '*', role: 'x', want: true },
])('reserved for $reserved, asked by $role: $want (R11)', ({ reserved, role, want }) => {
  const [resource] = of(`cpus(${reserved}):1`)
  expect(resource !== undefined && allocatableTo(resource, role)).toBe(want)
})

test('one entry an identity, however the list was written', () => {
  expect(resources([scalar('cpus', 1), scalar('cpus', 0), scalar('cpus', 2)])).toEqual([
    scalar('cpus', 3),
  ])
})
