import type { CommandSpec, CommandUsage, Limitation, Rlimit } from '../containers.ts'

/** What an isolator is told of a container; all that survives a restart of the agent. */
export type Contained = Pick<CommandSpec, 'containerId' | 'sandbox' | 'tier' | 'rlimits' | 'bounds'>

/** One aspect of a container's bounds (core-agent §4). Prepared in the order of `--isolation`, cleaned up in reverse. */
export interface Isolator {
  readonly name: string
  /** Throws where the bound cannot be set: then the container is not launched. */
  prepare(container: Contained): void | Promise<void>
  /** The bounds have changed. */
  update(container: Contained): void
  /** How the first process is put under the bound. */
  isolate(container: Contained): {
    readonly groups?: readonly string[]
    readonly rlimits?: readonly Rlimit[]
  }
  usage(container: Contained): CommandUsage
  /** The bound was reached: the container has to go. */
  limitation(container: Contained): Limitation | undefined
  /** False: something is still in use, ask again later. */
  cleanup(container: Contained): boolean
}
