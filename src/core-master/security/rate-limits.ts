import { flagJson } from '../../runtime/credential.ts'

/** Calls in a second, and how many may come at once. */
export interface Rate {
  readonly qps: number
  readonly burst: number
}

/** AU5: a principal with a rate, one without any bound, and all others together. */
export interface RateLimits {
  readonly byPrincipal: ReadonlyMap<string, Rate | 'unlimited'>
  readonly aggregate: Rate | undefined
}

export const noRateLimits: RateLimits = { byPrincipal: new Map(), aggregate: undefined }

interface Bucket {
  readonly rate: Rate
  tokens: number
  atMs: number
}

/**
 * Counts calls against the rates. A bucket a principal that has a rate, one for all others: as many as the file lists,
 * whatever names frameworks give themselves.
 */
export class RateLimiter {
  readonly #limits: RateLimits
  readonly #buckets = new Map<string | undefined, Bucket>()

  constructor(limits: RateLimits) {
    this.#limits = limits
  }

  /** Takes one call, at a time of a monotonic clock; over the rate it is the whole seconds after which to try again. */
  take(principal: string | undefined, nowMs: number): number | undefined {
    const own = principal === undefined ? undefined : this.#limits.byPrincipal.get(principal)
    const rate = own ?? this.#limits.aggregate
    if (rate === undefined || rate === 'unlimited') return undefined
    const key = own === undefined ? undefined : principal
    const bucket = this.#buckets.get(key) ?? { rate, tokens: rate.burst, atMs: nowMs }
    this.#buckets.set(key, bucket)
    const gained = ((nowMs - bucket.atMs) / 1000) * rate.qps
    bucket.tokens = Math.min(rate.burst, bucket.tokens + gained)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / rate.qps))
    bucket.tokens -= 1
    return undefined
  }
}

/** Mesos' rate limits file, as JSON or a path of it; duplicates and rates that are not above zero are errors (AU5). */
export const parseRateLimits = (text: string): RateLimits => {
  let parsed: unknown
  try {
    parsed = JSON.parse(flagJson(text))
  } catch (error) {
    throw new Error(
      `not JSON, nor the path of it: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    )
  }
  const given = (parsed ?? {}) as Readonly<Record<string, unknown>>
  const { limits = [], aggregate_default_qps: qps, aggregate_default_capacity: capacity } = given
  if (!Array.isArray(limits)) throw new Error('"limits": wanted a list')
  const entries = limits.map((limit: unknown): [string, Rate | 'unlimited'] => {
    const one = (limit ?? {}) as Readonly<Record<string, unknown>>
    if (typeof one['principal'] !== 'string')
      throw new Error('"limits": an entry without principal')
    const { principal } = one
    return [
      principal,
      rateOf(one['qps'], one['capacity'], `"limits" of "${principal}"`) ?? 'unlimited',
    ]
  })
  const byPrincipal = new Map(entries)
  if (byPrincipal.size < entries.length) throw new Error('"limits": a principal is listed twice')
  return { byPrincipal, aggregate: rateOf(qps, capacity, '"aggregate_default_qps"') }
}

/** Without a capacity those of one second may come at once. */
const rateOf = (qps: unknown, capacity: unknown, at: string): Rate | undefined => {
  if (qps === undefined) return undefined
  if (typeof qps !== 'number' || !(qps > 0)) throw new Error(`${at}: wanted a qps above zero`)
  if (capacity !== undefined && !(Number.isSafeInteger(capacity) && Number(capacity) > 0))
    throw new Error(`${at}: wanted a capacity that is a whole number above zero`)
  return { qps, burst: capacity === undefined ? Math.max(1, Math.ceil(qps)) : Number(capacity) }
}
