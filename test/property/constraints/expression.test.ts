import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ExpressionError,
  type Family,
  parseExpression,
} from '../../../src/constraints/expression.ts'
import { maxPatternLength } from '../../../src/constraints/pattern.ts'

const family = fc.constantFrom<Family>('constraint', 'affinity', 'whitelist')
/** Texts that get past the grammar often enough to reach the pattern. */
const likely = fc
  .tuple(
    fc.constantFrom('region', 'node', 'x', ''),
    fc.constantFrom('==', '!=', '===', '==~', '!=~', '='),
    fc.string({ unit: fc.constantFrom(...Array.from('ab*/().+?[]\\^$|:-_ pPQE')), maxLength: 40 }),
    fc.boolean(),
  )
  .map(([key, operator, value, regex]) => `${key}${operator}${regex ? `/${value}/` : value}`)

test('parsing any text gives an expression or an ExpressionError, and so does matching a boolean', () => {
  let accepted = 0
  fc.assert(
    fc.property(
      family,
      fc.oneof(likely, likely, fc.string({ unit: 'binary' })),
      fc.string({ unit: 'binary' }),
      (family, text, input) => {
        try {
          expect(typeof parseExpression(family, text).matches(input)).toBe('boolean')
          accepted++
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError)
          expect((error as Error).message).toMatch(new RegExp(`^invalid ${family} "`))
        }
      },
    ),
    { numRuns: 3000 },
  )
  expect(accepted).toBeGreaterThan(100)
})

/** Glob matching as its definition says it, without care for time. */
const globMatches = (glob: string, text: string): boolean => {
  if (glob === '') return text === ''
  if (glob.startsWith('*'))
    return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((rest) =>
      globMatches(glob.slice(1), rest),
    )
  return text.startsWith(glob.charAt(0)) && globMatches(glob.slice(1), text.slice(1))
}

test('D56: a glob matches as its definition says, every other character literal', () => {
  const letters = fc.constantFrom('a', 'b', '.', '|', '$')
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(letters, fc.constant('*')), minLength: 1, maxLength: 8 }),
      fc.string({ unit: letters, maxLength: 8 }),
      (glob, text) => {
        expect(parseExpression('constraint', `ab==${glob}`).matches(text)).toBe(
          globMatches(glob, text),
        )
      },
    ),
    { numRuns: 3000 },
  )
})

test('a regex of letters, dots, choices and repetitions matches as RegExp does', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '(a|b)',
    '(ab)*',
    'a+',
    'b?',
    '^',
    '$',
  )
  fc.assert(
    fc.property(
      fc.array(atom, { maxLength: 6 }).map((atoms) => atoms.join('')),
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 10 }),
      (pattern, text) => {
        expect(parseExpression('constraint', `ab==/${pattern}/`).matches(text)).toBe(
          new RegExp(pattern, 'u').test(text),
        )
      },
    ),
    { numRuns: 1000 },
  )
})

test('a value as long as a pattern may be is accepted whatever its letters repeat', () => {
  fc.assert(
    fc.property(fc.constantFrom('a', '*', '.', '\\', '['), (letter) => {
      const longest = parseExpression('affinity', `ab!=${letter.repeat(maxPatternLength)}`)
      expect(longest.matches('b'.repeat(4096))).toBe(letter === '*')
    }),
  )
})
