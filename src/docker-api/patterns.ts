import { compilePattern, maxPatternLength } from '../constraints/pattern.ts'
import { PatternError } from '../constraints/regex.ts'
import { ApiError } from './errors.ts'

/**
 * A filter value as dockerd reads it: a regular expression that may match anywhere, in linear time (reliability §2).
 * What clients really send, a plain name or `^/name$`, is compared as text. Throws INVALID_FILTER.
 */
export const matcher = (filter: string, value: string): ((text: string) => boolean) => {
  const [, start, literal, end] = /^(\^?)([\w/-]*)(\$?)$/.exec(value) ?? []
  if (literal !== undefined) {
    if (start && end) return (text) => text === literal
    if (start) return (text) => text.startsWith(literal)
    return end ? (text) => text.endsWith(literal) : (text) => text.includes(literal)
  }
  try {
    if (value.length <= maxPatternLength) return compilePattern(`/${value}/`)
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    throw new ApiError('INVALID_FILTER', `${filter}=${value}`)
  }
  throw new ApiError('INVALID_FILTER', `${filter}=${value.slice(0, maxPatternLength)}…`)
}
