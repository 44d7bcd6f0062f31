import { expect, test } from 'vitest'
import { ExpressionError } from '../../../src/constraints/expression.ts'
import { nodeResType, resourceKinds } from '../../../src/constraints/res-type.ts'
import { amounts, constraint } from '../../support/placement.ts'

const on = { revocableEnabled: true, fallback: 'regular' }
const off = { ...on, revocableEnabled: false }
const kinds = (texts: readonly string[], options = on) =>
  resourceKinds(
    texts.map((text) => constraint(`res-type${text}`)),
    options,
  ).join(', ')

test.each([
  { form: '==regular', want: 'regular' },
  { form: '==~regular', want: 'regular, revocable' },
  { form: '==revocable', want: 'revocable' },
  { form: '==~revocable', want: 'revocable, regular' },
  { form: '==*', want: 'regular, revocable' },
  { form: '!=revocable', want: 'regular' },
  { form: '!=regular', want: 'revocable' },
  { form: '!=~revocable', want: 'regular, revocable' },
  { form: '!=~regular', want: 'revocable, regular' },
  { form: '==revoca*', want: 'revocable' },
  { form: '==/^rev/', want: 'revocable' },
  { form: '==re*', want: 'regular, revocable' },
  { form: '==/re/', want: 'regular, revocable' },
  { form: '!=foo', want: 'regular, revocable' },
])('§8.2: res-type$form takes $want', ({ form, want }) => {
  expect(kinds([form])).toBe(want)
})

test.each(['==~foo', '==any', '==foo', '===regular', '!=re*', '!=~*'])(
  'D15: res-type%s is refused, not waited for',
  (form) => {
    const text = `invalid constraint "res-type${form}": matches neither 'regular' nor 'revocable'`
    expect(() => kinds([form])).toThrow(new ExpressionError(text))
  },
)

test('D15: two res-type expressions are refused in the words of the proposal', () => {
  expect(() => kinds(['==regular', '==~revocable'])).toThrow(
    new ExpressionError("multiple resources constraint 'res-type' are specified"),
  )
})

test.each([
  { fallback: 'regular', want: 'regular' },
  { fallback: '~revocable', want: 'revocable, regular' },
  { fallback: '*', want: 'regular, revocable' },
  { fallback: '==~regular', want: 'regular, revocable' },
  { fallback: '!=regular', want: 'revocable' },
])('§5.2: without an expression mesos.restype=$fallback takes $want', ({ fallback, want }) => {
  expect(kinds([], { ...on, fallback })).toBe(want)
})

test('§8.2: an expression beats mesos.restype', () => {
  expect(kinds(['==regular'], { ...on, fallback: 'revocable' })).toBe('regular')
})

test('a mesos.restype that means nothing is refused', () => {
  expect(() => kinds([], { ...on, fallback: 'foo' })).toThrow(ExpressionError)
  expect(() => kinds([], { ...on, fallback: '' })).toThrow(ExpressionError)
})

test.each(['==regular', '==~regular', '==~revocable', '==*', '!=foo'])(
  '§8.1: without mesos.enablerevocable res-type%s is regular',
  (form) => {
    expect(kinds([form], off)).toBe('regular')
  },
)

test.each(['==revocable', '!=regular', '==/^rev/'])(
  '§8.1: without mesos.enablerevocable res-type%s names the option',
  (form) => {
    const text = `constraint res-type${form} needs --cluster-opt mesos.enablerevocable=true`
    expect(() => kinds([form], off)).toThrow(new ExpressionError(text))
  },
)

test.each([
  { name: 'regular cpus', offered: { regular: { cpus: 2 } }, want: 'regular' },
  { name: 'revocable cpus', offered: { revocable: { cpus: 2 } }, want: 'revocable' },
  {
    name: 'both, however little',
    offered: { regular: { cpus: 0.001 }, revocable: { cpus: 0.001 } },
    want: 'any',
  },
  { name: 'no offer', offered: {}, want: 'unknown' },
  {
    name: 'revocable cpus beside regular memory and disk',
    offered: { regular: { mem: 512, disk: 1 }, revocable: { cpus: 2 } },
    want: 'revocable',
  },
  { name: 'memory alone', offered: { regular: { mem: 512 } }, want: 'unknown' },
  { name: 'zero cpus', offered: { regular: { cpus: 0 } }, want: 'unknown' },
])('§8.1: a node that offers $name is $want', ({ offered, want }) => {
  const byKind = Object.entries(offered).map(([kind, units]) => [kind, amounts(units)])
  expect(nodeResType(Object.fromEntries(byKind))).toBe(want)
})
