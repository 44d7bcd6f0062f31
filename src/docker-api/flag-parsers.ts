import { parseGoDuration } from '../runtime/durations.ts'
import type { ListenAddress } from '../runtime/http-server.ts'

/** `tcp://host:port`, `host:port`, `unix:///path` (docker-frontend §5.1). Throws Error in Swarm's words. */
export const parseListenAddress = (text: string): ListenAddress => {
  const [, protocol = 'tcp', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? []
  if (protocol === 'unix') {
    if (!rest.startsWith('/')) throw new Error(`wanted unix:///absolute/path, got "${text}"`)
    return { socketPath: rest }
  }
  if (protocol !== 'tcp') throw new Error(`unsupported protocol: "${protocol}"`)
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]*)):(\d{1,5})\/?$/.exec(rest)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw new Error(`wanted tcp://host:port, got "${text}"`)
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

/** True where only this machine can connect. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** Lists of the environment are separated by commas; repeated flags arrive one by one. */
export const parseList = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => text.split(',')).filter((text) => text !== '')

/** One of the keys of `known`, as its value: a key may be another name of it. */
export const oneOf =
  (known: Readonly<Record<string, string>>, problem: (text: string) => string) =>
  (text: string): string => {
    const value = Object.hasOwn(known, text) ? known[text] : undefined
    if (value === undefined) throw new Error(problem(text))
    return value
  }

/** Milliseconds of a duration in Go's syntax. */
export const durationAtLeast =
  (minimumMs: number, problem: string) =>
  (text: string): number => {
    const durationMs = parseGoDuration(text)
    if (durationMs < minimumMs) throw new Error(problem)
    return durationMs
  }

export const parseRetryCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new Error('invalid failure retry count')
  return Number(text)
}

export const parseAdvertise = (text: string): string => {
  const port = Number(/^(?:\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text)?.[1])
  if (!(port >= 1 && port <= 65_535))
    throw new Error('--advertise should be of the form ip:port or hostname:port')
  return text
}

export const parseDiscoveryOptions = (texts: readonly string[]): readonly string[] => {
  if (texts.some((text) => !text.includes('=')))
    throw new Error('--discovery-opt must contain key=value strings')
  return texts
}
