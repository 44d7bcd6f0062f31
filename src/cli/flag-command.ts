import { Command, Option } from 'commander'
import type { Flag, FlagTable } from '../runtime/flags.ts'

/** What was typed, by the names of the table; readers of a table take it from there. */
export type Given = Readonly<Record<string, readonly string[] | undefined>>

export interface FlagCommand {
  readonly name: string
  readonly summary: string
  /** Shown first: most people copy one. */
  readonly examples: readonly string[]
  /** Flags under their headings in the help. */
  readonly groups: Readonly<Record<string, FlagTable>>
  /** Other spellings: one letter, or a whole name. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Placeholder of the one argument that is no flag, such as `[discovery]`. */
  readonly argument?: string
  run(given: Given, argument: string | undefined): Promise<void>
}

/**
 * A subcommand made from flag tables. Every flag is understood with dashes and with underscores, as `--flag=value` and
 * as `--flag value`; one without value as `--flag`, `--no-flag` and `--flag=false` (Mesos' spellings, stout flags.hpp).
 */
export const flagCommand = (definition: FlagCommand): Command => {
  const { name, summary, examples, groups, aliases = {}, argument } = definition
  const given: Record<string, string[]> = {}
  const command = new Command(name)
    .summary(summary)
    .addHelpText('before', `${summary}\n\n${examples.map((line) => `  ${line}`).join('\n')}\n`)
    .helpOption('-h, --help', 'show this')
    .allowExcessArguments(false)
  if (argument !== undefined) command.argument(argument)
  for (const [heading, table] of Object.entries(groups)) {
    for (const [flagName, flag] of Object.entries(table)) {
      const letter = Object.keys(aliases).find(
        (key) => key.length === 1 && aliases[key] === flagName,
      )
      const collect = (text: string) => (given[flagName] ??= []).push(text)
      command.addOption(optionOf(flagName, flag, letter).argParser(collect).helpGroup(heading))
    }
  }
  return command.action(async (...values: unknown[]) => {
    const [positional] = values
    await definition.run(given, typeof positional === 'string' ? positional : undefined)
  })
}

/** The arguments of a subcommand, with its flags in the one spelling that commander was given. */
export const canonicalArguments = (
  args: readonly string[],
  { groups, aliases = {} }: Pick<FlagCommand, 'groups' | 'aliases'>,
): readonly string[] => {
  const flags = new Map(Object.values(groups).flatMap((table) => Object.entries(table)))
  const spellings = new Map([...flags.keys()].map((name) => [dashed(name), name]))
  for (const [alias, name] of Object.entries(aliases)) spellings.set(alias, name)
  const canonical = (arg: string): string => {
    const [, typed = '', value] = /^--([^=]+)(=.*)?$/s.exec(arg) ?? []
    const name = spellings.get(dashed(typed))
    if (name !== undefined)
      return `--${name}${value ?? (flags.get(name)?.value === undefined ? '=true' : '')}`
    const negated = spellings.get(dashed(typed).replace(/^no-/, ''))
    if (negated !== undefined && value === undefined && flags.get(negated)?.value === undefined)
      return `--${negated}=false`
    return typed === '' ? arg : `--${typed}` // Unknown: without its value, commander finds the nearest name.
  }
  const end = args.indexOf('--')
  return end === -1
    ? args.map(canonical)
    : [...args.slice(0, end).map(canonical), ...args.slice(end)]
}

const dashed = (name: string): string => name.replaceAll('_', '-')

const optionOf = (name: string, flag: Flag<unknown>, letter: string | undefined): Option => {
  const short = letter === undefined ? '' : `-${letter}, `
  const placeholder = flag.value === undefined ? '[=true|false]' : `<${flag.value}>`
  const notes = [
    ...(flag.repeatable ? ['may repeat'] : []),
    ...(flag.fallback === undefined || flag.value === undefined
      ? []
      : [`default ${flag.fallback}`]),
    ...(flag.env.length === 0 ? [] : [`env ${flag.env.join(', ')}`]),
  ]
  const help = notes.length === 0 ? flag.help : `${flag.help} (${notes.join('; ')})`
  return new Option(`${short}--${name} ${placeholder}`, help)
}
