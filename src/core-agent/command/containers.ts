import type { CommandInfoURI } from '../../mesos/wire.ts'
import type { Kind } from '../../resources/resources.ts'

/** Containers of plain commands as a port (core-agent §4): a process in namespaces and control groups of its own. */
export interface CommandContainers {
  /**
   * Looks for what an earlier life of the agent left, and tells from then on of every end. Containers that ended
   * meanwhile are told as any other end, after this has resolved.
   */
  recover(listener: CommandListener): Promise<readonly string[]>
  /** Resolves when the command has been handed its process. Rejects with CommandError: then nothing is left of it. */
  launch(spec: CommandSpec): Promise<void>
  /** More of what is bounded for a container that runs; a hard bound is never lowered. */
  update(containerId: string, bounds: Bounds): void
  /** To every process of the container but those that hold it together; does nothing once it has ended. */
  signal(containerId: string, signal: 'SIGTERM' | 'SIGKILL'): void
  /**
   * Runs another command in a container that runs, within its bounds, and answers its exit status. What is not done when
   * `signal` comes is killed, and the call rejects. Rejects with CommandError where it cannot be run.
   */
  run(containerId: string, command: RunCommand, signal: AbortSignal): Promise<number>
  /** Forgets a container that has ended; its control groups go, its sandbox stays. */
  remove(containerId: string): void
  /** Undefined: no such container. */
  usage(containerId: string): CommandUsage | undefined
  /** Tells nothing more. Containers go on. */
  close(): void
}

export interface CommandListener {
  /** Once a container, after its launch has resolved. */
  onExit(containerId: string, exit: CommandExit): void
}

export interface CommandSpec {
  /** Mesos' ContainerID, a UUID. */
  readonly containerId: string
  /** Absolute path; made where it is not there, and given to `user`. */
  readonly sandbox: string
  /** A name; undefined: whoever the agent is. */
  readonly user: string | undefined
  /** Fetched into the sandbox before the launch. */
  readonly uris: readonly CommandInfoURI[]
  readonly tier: Kind
  /** The executable and its arguments. */
  readonly argv: readonly string[]
  readonly environment: ReadonlyMap<string, string>
  readonly rlimits: readonly Rlimit[]
  readonly bounds: Bounds
}

/** Zero: none. */
export interface Bounds {
  /** Weight beside others. */
  readonly cpusMilli: number
  /** Of each 100 ms of time, over all CPUs. */
  readonly cpuQuotaMicros: number
  readonly memoryBytes: number
  /** What is left to it where memory is short. */
  readonly memorySoftBytes: number
  readonly diskBytes: number
}

export interface RunCommand {
  readonly argv: readonly string[]
  readonly environment: ReadonlyMap<string, string>
  /** A name; undefined: whoever the agent is. */
  readonly user: string | undefined
}

export interface Rlimit {
  /** As `prlimit` names it: `nofile`, `core`. */
  readonly resource: string
  /** Undefined: unlimited. */
  readonly soft: number | undefined
  readonly hard: number | undefined
}

export interface CommandExit {
  /** As a shell shows it, so 128 and more for a signal; undefined: its supervisor vanished before it could say. */
  readonly status: number | undefined
  /** The bound that it was taken down for. */
  readonly limitation?: Limitation
}

export interface Limitation {
  readonly resource: 'mem' | 'disk'
  readonly message: string
}

export interface CommandUsage {
  readonly cpuUserSeconds?: number
  readonly cpuSystemSeconds?: number
  readonly memoryBytes?: number
  readonly processes?: number
  readonly diskBytes?: number
}

/** A container could not be made; the text is for the framework. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
