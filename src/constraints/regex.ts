import re2 from 're2-wasm/build/wasm/re2.js'

/** A pattern that cannot be used; `message` says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/**
 * RE2 runs in 16 MiB of WebAssembly memory that cannot grow and that no garbage collector sees; used up once, it fails
 * for the rest of the process. One compiled pattern may come to hold 4 MiB (the limits of its automata), so the two
 * used last are kept, and an older one is compiled again when it is needed.
 */
export const maxLivePatterns = 2

/** Answers in time linear in the text, whatever the pattern (reliability §2). Throws PatternError. */
export const compileRegex = (pattern: string): ((text: string) => boolean) => {
  // Three letters that stand for thousands of ranges: 85 of them exhaust the memory while they are compiled.
  if (/\\p/i.test(pattern)) throw new PatternError('Unicode classes \\p and \\P are not supported')
  compiled(pattern)
  return (text) => compiled(pattern).match(text, 0, false).index >= 0
}

/** The declarations of the package leave out what every object of its binding has. */
type Compiled = re2.WrappedRE2 & { delete(): void }

/** Used last comes last. */
const live = new Map<string, Compiled>()

const compiled = (pattern: string): Compiled => {
  const found = live.get(pattern)
  if (found !== undefined) {
    live.delete(pattern)
    live.set(pattern, found)
    return found
  }
  for (const [oldest, old] of live) {
    if (live.size < maxLivePatterns) break
    live.delete(oldest)
    old.delete()
  }
  const fresh = new re2.WrappedRE2(pattern, false, false, false) as Compiled
  if (!fresh.ok()) {
    const reason = fresh.error()
    fresh.delete()
    throw new PatternError(reason)
  }
  live.set(pattern, fresh)
  return fresh
}
