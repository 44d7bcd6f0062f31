import { Command, CommanderError } from 'commander'
import { ConfigError } from '../runtime/flags.ts'
import { FolderInUseError } from '../runtime/folder-lock.ts'
import { LogFormatError } from '../runtime/log-lines.ts'
import { EngineError } from './engine/engine-error.ts'
import { canonicalArguments, type FlagCommand, flagCommand } from './flag-command.ts'
import { agentCommand, manageCommand, masterCommand } from './roles.ts'
import { StartError } from './start-error.ts'
import { upCommand } from './up/command.ts'
import { version } from './version.ts'

const commands: readonly FlagCommand[] = [upCommand, masterCommand, agentCommand, manageCommand]

/** Runs one command line and answers its exit code. Mistakes go to stderr, one a line, each with its remedy. */
export const runShoal = async (args: readonly string[]): Promise<number> => {
  const program = new Command('shoal')
    .description(
      'A cluster that answers as one Docker engine and lends out what its owners do not use.',
    )
    .version(version, '-v, --version', 'show the version')
    .helpOption('-h, --help', 'show this')
    .helpCommand(false)
    .exitOverride()
  for (const definition of commands)
    program.addCommand(flagCommand(definition).copyInheritedSettings(program))

  const [name, ...rest] = args
  const definition = commands.find((command) => command.name === name)
  try {
    if (name === undefined) return program.help({ error: true })
    const canonical = definition === undefined ? rest : canonicalArguments(rest, definition)
    await program.parseAsync([name, ...canonical], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    process.stderr.write(`${explain(error)}\n`)
    return 1
  }
}

/** What the operator can mend; the message says how. */
const mendable = [EngineError, StartError, FolderInUseError, LogFormatError]

/** Anything else is a bug, and its stack helps. */
const explain = (error: unknown): string => {
  if (error instanceof ConfigError) return error.problems.join('\n')
  if (!(error instanceof Error)) return String(error)
  return mendable.some((kind) => error instanceof kind)
    ? error.message
    : (error.stack ?? error.message)
}
