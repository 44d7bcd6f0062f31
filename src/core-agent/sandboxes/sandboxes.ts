import type { Run } from './collect.ts'

/** Folders of runs below the work directory, as a port. Paths are those of `sandboxPath`. */
export interface Sandboxes {
  /**
   * Makes the folder with `stdout` and `stderr`, and the links `latest` that lead to it. Rejects with SandboxError, and
   * then leaves nothing.
   */
  make(sandbox: SandboxSpec): Promise<void>
  /**
   * Makes the folder of a command to come, whose containerizer takes it as it is, and tells whose it is: `user` is a name;
   * undefined: the agent's own user. Rejects with CommandError.
   */
  makeForCommand(path: string, user: string | undefined): Promise<SandboxSpec['owner']>
  /** Takes away a run whose container never was; its links go with it. */
  discard(path: string): Promise<void>
  /** The text of a file in a sandbox, followed nowhere out of it; undefined: there is none, or it is longer than `maxBytes`. */
  read(path: string, name: string, maxBytes: number): Promise<string | undefined>
  /** All runs of all agents that had this work directory, and how full its disk is. */
  survey(): Promise<{ readonly runs: readonly Run[]; readonly diskUsage: number }>
  /** They count as modified now. */
  touch(paths: readonly string[]): Promise<void>
  /** Unmounts what is mounted in a run, then removes it. Rejects with SandboxError where a mount stays: so does the run. */
  remove(path: string): Promise<void>
}

export interface SandboxSpec {
  readonly path: string
  /** Of the folder and its files; undefined: the agent's own user. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** A run cannot have its files: what the operator or the framework should know. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
}
