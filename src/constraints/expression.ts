import type { Expression } from './node.ts'
import { compilePattern, maxInputLength, maxPatternLength } from './pattern.ts'
import { PatternError } from './regex.ts'

/** The user wrote an expression that means nothing. `message` is the complete answer, status 400. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}

export type Family = 'constraint' | 'affinity' | 'whitelist'

/** `==` wins wherever it stands: `a!=b==c` has the key `a!=b`. */
const operators = ['==', '!='] as const
const keyForm = /^[A-Za-z_][A-Za-z0-9\-_.]+$/
/** Blanks are RE2's `\s`, not those of all alphabets. */
const valueForm = /^[=!/]?~?[A-Za-z0-9:\-_ \t\n\f\r.*/()?+[\]\\^$|]+$/
/** How much of a text is repeated in an answer. */
const maxShownLength = 256

/**
 * Reads `KEY OP VALUE` and compiles its pattern (docker-frontend §7.1). Throws ExpressionError and nothing else,
 * whatever the text.
 */
export const parseExpression = (family: Family, text: string): Expression => {
  const invalid = (reason: string) =>
    new ExpressionError(`invalid ${family} "${shorten(text)}": ${reason}`)
  const operator = operators.find((op) => text.includes(op))
  if (operator === undefined) throw invalid('One of operator ==, != is expected')
  const at = text.indexOf(operator)
  const key = text.slice(0, at)
  const written = text.slice(at + operator.length)
  if (!keyForm.test(key)) throw invalid(`Key '${shorten(key)}' is invalid`)
  const value = written.replace(/^~+/, '')
  const problem = `Value '${shorten(written)}' is invalid`
  if (!valueForm.test(written) || value === '/') throw invalid(problem)
  try {
    const matches = family === 'whitelist' ? oneOf(value) : pattern(value)
    return { key, operator, value, soft: written.startsWith('~'), matches }
  } catch (error) {
    if (error instanceof PatternError) throw invalid(`${problem}: ${error.message}`)
    throw error
  }
}

/** `key==value` as answers show it: without the mark of a soft one. */
export const formatExpression = ({ key, operator, value }: Expression): string =>
  `${key}${operator}${value}`

/** Long texts cut at a length that an answer can carry. */
export const shorten = (text: string): string =>
  text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text

const pattern = (value: string) => {
  if (value.length > maxPatternLength)
    throw new PatternError(`longer than ${maxPatternLength} characters`)
  return compilePattern(value)
}

/** `n1|n2`: exact names, no pattern (docker-frontend §7.2, row whitelist). */
const oneOf = (value: string) => {
  if (value.length > maxInputLength)
    throw new PatternError(`longer than ${maxInputLength} characters`)
  const names = new Set(value.split('|'))
  return (text: string) => names.has(text)
}
