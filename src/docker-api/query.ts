import { ApiError } from './errors.ts'

/** Absent, empty, `0`, `no`, `false` and `none` in any case are false; everything else is true (docker-frontend §1.4). */
export const flag = (query: URLSearchParams, name: string): boolean =>
  !['', '0', 'no', 'false', 'none'].includes((query.get(name) ?? '').trim().toLowerCase())

/** A whole number, or undefined when absent or empty. Throws INVALID_PARAMETER naming the parameter. */
export const integer = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d{1,15}$/.test(text))
    throw new ApiError('INVALID_PARAMETER', `${name}: wanted a whole number, got "${text}"`)
  return Number(text)
}

/**
 * Milliseconds since the epoch of `1700000000`, `1700000000.000000001` or an RFC 3339 time, or undefined when absent.
 * Throws INVALID_PARAMETER naming the parameter.
 */
export const timestampMs = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (/^\d{1,11}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000
  const parsed = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(parsed)) return parsed
  throw new ApiError(
    'INVALID_PARAMETER',
    `${name}: wanted unix seconds or an RFC 3339 time, got "${text}"`,
  )
}
