const nanosPerUnit: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** What is wrong with a duration text; `message` in the words of the ancestor that reads it. */
export class DurationError extends Error {
  override readonly name = 'DurationError'
}

/**
 * Milliseconds of a Go duration such as `1m30s` or `500ms` (Go `time.ParseDuration`, which classic Swarm's flags use).
 * Throws DurationError in Go's words: `time: missing unit in duration "1"`, `time: invalid duration "abc"`.
 */
export const parseGoDuration = (text: string): number => {
  const invalid = () => new DurationError(`time: invalid duration ${JSON.stringify(text)}`)
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (rest === '0') return 0
  if (rest === '') throw invalid()
  let nanos = 0
  for (let at = 0; at < rest.length; ) {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest.slice(at))
    if (match === null) throw invalid()
    const [all, amount = '', unit = ''] = match
    if (unit === '')
      throw new DurationError(`time: missing unit in duration ${JSON.stringify(text)}`)
    const factor = nanosPerUnit[unit]
    if (factor === undefined)
      throw new DurationError(
        `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`,
      )
    nanos += Number(amount) * factor
    at += all.length
  }
  return (sign === '-' ? -nanos : nanos) / 1e6
}

/** Go's `Duration.String()` for whole milliseconds: `5s`, `1m0s`, `1h0m0s`, `500ms`, `1.5s`. */
export const formatGoDuration = (durationMs: number): string => {
  if (durationMs === 0) return '0s'
  if (Math.abs(durationMs) < 1000) return `${durationMs}ms`
  const sign = durationMs < 0 ? '-' : ''
  const seconds = Math.abs(durationMs) / 1000
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = `${Number((seconds % 60).toFixed(3))}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}`
  return minutes > 0 ? `${sign}${minutes}m${rest}` : `${sign}${rest}`
}

const mesosUnitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  secs: 1000,
  mins: 60_000,
  hrs: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}

/** Milliseconds of a Mesos duration such as `15secs` or `10mins` (stout `Duration::parse`). Throws DurationError. */
export const parseMesosDuration = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text)
  const factor = mesosUnitsMs[match?.[2] ?? '']
  if (match === null || factor === undefined)
    throw new DurationError(
      `"${text}" is not a duration: a number and one of ${Object.keys(mesosUnitsMs).join(', ')}, such as 15secs`,
    )
  return Number(match[1]) * factor
}
