import { ConfigError } from '../runtime/flags.ts'

/** Runs every parser, and throws one ConfigError with all that they found wrong: nobody should mend one error a run. */
export const parseAll = <Parsers extends Readonly<Record<string, () => unknown>>>(
  parsers: Parsers,
): { readonly [Name in keyof Parsers]: ReturnType<Parsers[Name]> } => {
  const problems = new Set<string>()
  const values: Record<string, unknown> = {}
  for (const [name, parse] of Object.entries(parsers)) {
    try {
      values[name] = parse()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const problem of error.problems) problems.add(problem)
    }
  }
  if (problems.size > 0) throw new ConfigError([...problems])
  return values as { [Name in keyof Parsers]: ReturnType<Parsers[Name]> }
}
