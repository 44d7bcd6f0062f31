import type { Tiers } from '../cgroups.ts'
import type { Bounds, CommandExit, CommandSpec } from './containers.ts'

/** What the command containerizer says. */
export type CommandMessage =
  /** Once, after the journal was read: these are there of an earlier life. */
  | {
      readonly type: 'COMMANDS_FOUND'
      readonly containers: readonly string[]
      /** The control groups that commands run below. */
      readonly tiers: Tiers
    }
  | { readonly type: 'COMMAND_STARTED'; readonly container: string }
  /** It never ran, and nothing is left of it. */
  | {
      readonly type: 'COMMAND_FAILED'
      readonly container: string
      readonly message: string
      /** Where it was not the launch itself that failed. */
      readonly phase?: 'fetch' | undefined
    }
  | { readonly type: 'COMMAND_EXITED'; readonly container: string; readonly exit: CommandExit }

/** What it is asked to do. */
export type CommandAct =
  /** Ends in COMMAND_STARTED or COMMAND_FAILED. */
  | { readonly type: 'launch'; readonly spec: CommandSpec }
  | {
      readonly type: 'signal'
      readonly container: string
      readonly signal: 'SIGTERM' | 'SIGKILL'
    }
  /** Of a launch: it fails, unless it is past that. */
  | { readonly type: 'stop-fetching'; readonly container: string }
  | { readonly type: 'update'; readonly container: string; readonly bounds: Bounds }
  | { readonly type: 'remove'; readonly container: string }
