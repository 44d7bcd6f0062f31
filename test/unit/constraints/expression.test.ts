import { expect, test } from 'vitest'
import {
  ExpressionError,
  type Family,
  formatExpression,
  parseExpression,
} from '../../../src/constraints/expression.ts'
import { maxInputLength, maxPatternLength } from '../../../src/constraints/pattern.ts'
import { maxLivePatterns } from '../../../src/constraints/regex.ts'
import { constraint, whitelist } from '../../support/placement.ts'

const problem = (text: string, family: Family = 'constraint'): string => {
  try {
    parseExpression(family, text)
  } catch (error) {
    if (error instanceof ExpressionError) return error.message
    throw error
  }
  return 'accepted'
}

test.each([
  { name: '`==`', text: 'region==eu', want: ['region', '==', 'eu', false] },
  { name: '`!=`', text: 'region!=eu', want: ['region', '!=', 'eu', false] },
  { name: 'a soft `==`', text: 'region==~eu', want: ['region', '==', 'eu', true] },
  { name: 'a soft `!=`', text: 'region!=~eu', want: ['region', '!=', 'eu', true] },
  { name: '`===v` as `==` with `=v`', text: 'ab===v', want: ['ab', '==', '=v', false] },
  { name: '`==!v` as `==` with `!v`', text: 'ab==!v', want: ['ab', '==', '!v', false] },
  { name: 'a `~` that is not first as text', text: 'ab===~v', want: ['ab', '==', '=~v', false] },
  { name: 'a regex', text: 'node==/(?i)^a/', want: ['node', '==', '/(?i)^a/', false] },
  { name: 'a soft regex', text: 'node==~/a/', want: ['node', '==', '/a/', true] },
  {
    name: 'blanks in the value',
    text: 'os==Ubuntu 14.04',
    want: ['os', '==', 'Ubuntu 14.04', false],
  },
  { name: 'dots and dashes in the key', text: 'a.b-c_9==x', want: ['a.b-c_9', '==', 'x', false] },
])('§7.1: an expression may have $name', ({ text, want }) => {
  const { key, operator, value, soft } = constraint(text)
  expect([key, operator, value, soft]).toEqual(want)
})

test.each([
  { text: 'region', reason: 'One of operator ==, != is expected' },
  { text: 'region=eu', reason: 'One of operator ==, != is expected' },
  { text: 'x==eu', reason: "Key 'x' is invalid" },
  { text: '==eu', reason: "Key '' is invalid" },
  { text: '1region==eu', reason: "Key '1region' is invalid" },
  { text: 'region ==eu', reason: "Key 'region ' is invalid" },
  { text: 'a!=b==c', reason: "Key 'a!=b' is invalid" },
  { text: 'region==', reason: "Value '' is invalid" },
  { text: 'region==~', reason: "Value '~' is invalid" },
  { text: 'region==~~eu', reason: "Value '~~eu' is invalid" },
  { text: 'region==a@b', reason: "Value 'a@b' is invalid" },
  ...Array.from('@,{}<>"\'#%&').map((c) => ({
    text: `region==${c}`,
    reason: `Value '${c}' is invalid`,
  })),
  { text: 'region==\u00A0', reason: "Value '\u00A0' is invalid" },
  { text: 'region!=/(/', reason: "Value '/(/' is invalid: missing ): (" },
  { text: 'region==/(?=a)/', reason: "Value '/(?=a)/' is invalid" },
  { text: 'region==/*/', reason: "Value '/*/' is invalid: no argument for repetition operator: *" },
])('D15: $text is refused: $reason', ({ text, reason }) => {
  expect(problem(text)).toBe(`invalid constraint "${text}": ${reason}`)
})

test.each(['constraint', 'affinity', 'whitelist'] as const)(
  'D6: the value `/` alone, soft or not, is refused in a %s',
  (family) => {
    expect(problem('node==/', family)).toBe(`invalid ${family} "node==/": Value '/' is invalid`)
    expect(problem('node==~/', family)).toBe(`invalid ${family} "node==~/": Value '~/' is invalid`)
  },
)

test.each([
  { pattern: 'eu', text: 'eu', want: true },
  { pattern: 'eu', text: 'EU', want: false },
  { pattern: 'eu', text: 'eu-1', want: false },
  { pattern: 'eu*', text: 'eu-1', want: true },
  { pattern: '*eu', text: 'eu-1', want: false },
  { pattern: '*', text: '', want: true },
  { pattern: '**', text: 'any', want: true },
  { pattern: 'a*b*c', text: 'aXbYc', want: true },
  { pattern: 'a*b*c', text: 'acb', want: false },
  { pattern: 'ab*ba', text: 'aba', want: false },
  { pattern: 'a*a*a', text: 'aa', want: false },
  { pattern: 'a*bc*c', text: 'abcc', want: true },
  { pattern: 'a*bc*c', text: 'abc', want: false },
])('§7.1: glob $pattern on "$text": $want', ({ pattern, text, want }) => {
  expect(constraint(`ab==${pattern}`).matches(text)).toBe(want)
})

test.each([
  { pattern: 'node.1', text: 'nodeX1' },
  { pattern: 'a|b', text: 'a' },
  { pattern: 'a+', text: 'aa' },
  { pattern: '[ab]', text: 'a' },
  { pattern: 'ab?', text: 'a' },
  { pattern: '^a$', text: 'a' },
  { pattern: '(a)', text: 'a' },
])('D56: regex characters are literal in the glob $pattern', ({ pattern, text }) => {
  expect(constraint(`ab==${pattern}`).matches(text)).toBe(false)
  expect(constraint(`ab==${pattern}`).matches(pattern)).toBe(true)
})

test.each([
  { pattern: '/b/', text: 'abc', want: true },
  { pattern: '/^b/', text: 'abc', want: false },
  { pattern: '/(?i)^A/', text: 'abc', want: true },
  { pattern: '/^(eu|us)-[0-9]+$/', text: 'us-12', want: true },
  { pattern: '/^(eu|us)-[0-9]+$/', text: 'us-', want: false },
  { pattern: '//', text: '', want: true },
  { pattern: '/a/b/', text: 'xa/by', want: true },
  { pattern: '/^.$/', text: '世', want: true },
])('§7.1: regex $pattern on "$text": $want', ({ pattern, text, want }) => {
  expect(constraint(`ab==${pattern}`).matches(text)).toBe(want)
})

test('§7.1: a pattern of 256 characters is accepted, a longer one refused', () => {
  const longest = 'a'.repeat(maxPatternLength)
  expect(constraint(`ab==${longest}`).matches(longest)).toBe(true)
  expect(problem(`ab==${longest}a`)).toMatch(/is invalid: longer than 256 characters$/)
})

test('§7.1: a text of 4,096 characters can match, a longer one never does', () => {
  expect(constraint('ab==*').matches('x'.repeat(maxInputLength))).toBe(true)
  expect(constraint('ab==*').matches('x'.repeat(maxInputLength + 1))).toBe(false)
  expect(constraint('ab==/x/').matches('x'.repeat(maxInputLength + 1))).toBe(false)
})

test('§7.2: a whitelist is a list of exact names, not a pattern, and may be longer than one', () => {
  const listed = whitelist('node==n1|n*|/n3/')
  expect(['n1', 'n*', '/n3/', 'n2', 'n3', 'n1|n*'].map((name) => listed.matches(name))).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  const names = Array.from({ length: 100 }, (_, i) => `node-${i}`)
  const long = whitelist(`node==${names.join('|')}`)
  expect(names.every((name) => long.matches(name))).toBe(true)
  expect(problem(`node==${'n|'.repeat(maxInputLength)}`, 'whitelist')).toMatch(/longer than 4096/)
})

test('a huge expression is refused with a short answer', () => {
  expect(problem('x'.repeat(1_000_000)).length).toBeLessThan(1000)
  expect(problem(`${'x'.repeat(1_000_000)} ==a`).length).toBeLessThan(1000)
  expect(problem(`region==${'@'.repeat(1_000_000)}`).length).toBeLessThan(1000)
})

test('the condition list shows an expression without its `~`', () => {
  expect(formatExpression(constraint('region!=~eu*'))).toBe('region!=eu*')
})

test('expressions keep working when more of them are alive than compiled patterns are kept', () => {
  const all = Array.from({ length: maxLivePatterns * 5 }, (_, i) => constraint(`ab==/^n${i}$/`))
  for (const round of [1, 2])
    for (const [i, one] of all.entries())
      expect([round, one.matches(`n${i}`), one.matches(`n${i + 1}`)]).toEqual([round, true, false])
})

test('RE2 memory is given back: of patterns no longer kept', () => {
  const more = 'a'.repeat(40)
  for (let i = 0; i < 8000; i++)
    expect(constraint(`ab==/^n${i}${more}/`).matches(`n${i}${more}`)).toBe(true)
})

test('RE2 memory is given back: of broken patterns', () => {
  const broken = '('.repeat(200)
  for (let i = 0; i < 20_000; i++) expect(problem(`ab==/${i}${broken}/`)).toMatch(/missing \)/)
})

test.each([
  { name: 'Unicode classes, which alone exhaust it', value: `/${'\\pL'.repeat(84)}/` },
  { name: 'Unicode classes behind other escapes', value: `/\\c\\${'\\pL'.repeat(80)}/` },
  { name: 'negated Unicode classes', value: `/${'\\PN'.repeat(84)}/` },
])('RE2 memory is spared: $name are refused', ({ value }) => {
  expect(problem(`ab==${value}`)).toMatch(/Unicode classes \\p and \\P are not supported$/)
  expect(constraint('ab==/still works/').matches('it still works')).toBe(true)
})

test('^(a+)+$ on a long text answers at once', () => {
  expect(constraint('ab==/^(a+)+$/').matches(`${'a'.repeat(4000)}!`)).toBe(false)
})
