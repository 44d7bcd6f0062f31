import { compileRegex } from './regex.ts'

/** Longest pattern in characters; the grammar of expressions is ASCII, so also in bytes (docker-frontend §7.1). */
export const maxPatternLength = 256
/** Longer texts match no pattern, so that one huge label cannot hold up every placement. */
export const maxInputLength = 4096

/**
 * `/…/` is RE2 syntax and may match anywhere; everything else is a glob over the whole text in which only `*` is
 * special. Throws PatternError.
 */
export const compilePattern = (pattern: string): ((text: string) => boolean) => {
  const isRegex = pattern.length >= 2 && pattern.startsWith('/') && pattern.endsWith('/')
  const matches = isRegex ? compileRegex(pattern.slice(1, -1)) : compileGlob(pattern)
  return (text) => text.length <= maxInputLength && matches(text)
}

const compileGlob = (glob: string): ((text: string) => boolean) => {
  const [head = '', ...rest] = glob.split('*')
  const tail = rest.pop()
  if (tail === undefined) return (text) => text === head
  return (text) => {
    const end = text.length - tail.length
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false
    // The leftmost place for each part leaves the most room for those that follow.
    let from = head.length
    for (const part of rest) {
      const at = text.indexOf(part, from)
      if (at < 0 || at + part.length > end) return false
      from = at + part.length
    }
    return true
  }
}
