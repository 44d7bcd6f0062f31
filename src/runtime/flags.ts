import { parseMesosDuration } from './durations.ts'

/** Reports every mistake at once, each naming the flag: nobody should fix a command line one error a run. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** One row of a process's flag table; the command line, the environment and the help text are made from it. */
export interface Flag<T> {
  /** Placeholder in the help, such as `DURATION`; absent for a flag without value. */
  readonly value?: string
  /** Environment variables that stand in for the flag, first one set wins. */
  readonly env: readonly string[]
  /** As it would be typed; undefined: the flag is optional and `parse` sees undefined. */
  readonly fallback: string | undefined
  /** Given more than once, the texts arrive in order. */
  readonly repeatable?: boolean
  /** Its value may hold a secret: nobody is shown it. */
  readonly isSecret?: boolean
  readonly help: string
  /** Throws an Error whose message says what was wanted; the flag's name is put before it. */
  readonly parse: (texts: readonly string[]) => T
}

export type FlagTable = Readonly<Record<string, Flag<unknown>>>
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: ReturnType<Table[Name]['parse']>
}

/**
 * Values of a table: command line over environment (an empty variable is unset) over fallback.
 * Throws ConfigError with one line a mistake.
 */
export const readFlags = <Table extends FlagTable>(
  table: Table,
  given: Readonly<Record<string, readonly string[] | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): FlagValues<Table> => {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(table)) {
    const fromEnv = flag.env.map((variable) => env[variable]).find((text) => text)
    const texts = given[name] ?? (fromEnv === undefined ? undefined : [fromEnv])
    try {
      values[name] = flag.parse(texts ?? (flag.fallback === undefined ? [] : [flag.fallback]))
    } catch (error) {
      problems.push(`--${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return values as FlagValues<Table>
}

/** A parser of the last text given; for flags that always have one. */
export const last =
  <T>(parse: (text: string) => T) =>
  (texts: readonly string[]): T =>
    parse(texts.at(-1) ?? '')

/** A parser of the last text given, undefined where there is none. */
export const optional =
  <T>(parse: (text: string) => T) =>
  (texts: readonly string[]): T | undefined => {
    const text = texts.at(-1)
    return text === undefined ? undefined : parse(text)
  }

/** `true`, `false` and a bare flag. */
export const parseBoolean = (text: string): boolean => {
  if (text === 'true' || text === '') return true
  if (text === 'false') return false
  throw new Error(`wanted true or false, got "${text}"`)
}

/** A TCP port, 0 for any free one. */
export const parsePort = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new Error(`wanted a port from 0 to 65535, got "${text}"`)
  return port
}

/** A whole number, zero included. */
export const parseCount = (text: string): number => {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(count))
    throw new Error(`wanted a whole number such as 100, got "${text}"`)
  return count
}

/** Any text but the empty one. */
export const parseText = (text: string): string => {
  if (text === '') throw new Error('wanted a value, got none')
  return text
}

/** Milliseconds of a Mesos duration above zero. */
export const parsePositiveDuration = (text: string): number => {
  const durationMs = parseMesosDuration(text)
  if (durationMs <= 0) throw new Error(`wanted more than no time, got "${text}"`)
  return durationMs
}

/** A parser that takes one of these words. */
export const oneOf =
  <Word extends string>(...words: readonly Word[]) =>
  (text: string): Word => {
    const word = words.find((known) => known === text)
    if (word === undefined) throw new Error(`wanted ${words.join(' or ')}, got "${text}"`)
    return word
  }

/** Every flag that has a value, as text: what `/flags` shows. */
export const shownFlags = (
  table: FlagTable,
  given: Readonly<Record<string, readonly string[] | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, flag]) => {
      const fromEnv = flag.env.map((variable) => env[variable]).find((text) => text)
      const text = given[name]?.at(-1) ?? fromEnv ?? flag.fallback
      return text === undefined || text === '' ? [] : [[name, flag.isSecret ? '<hidden>' : text]]
    }),
  )
