import type { CommandInfoURI } from '../../mesos/wire.ts'

/** Brings the files of CommandInfo.uris into a sandbox, as a port (core-agent §3.6). */
export interface Fetcher {
  /**
   * One after the other. Rejects with FetchError at the first that cannot be had; what had come before stays in the
   * sandbox, of the failing one nothing does. After `signal` nothing more is written.
   */
  fetch(order: FetchOrder, signal: AbortSignal): Promise<void>
}

export interface FetchOrder {
  /** Path of the sandbox, which exists. */
  readonly sandbox: string
  readonly uris: readonly CommandInfoURI[]
  /** Whose cache serves them. */
  readonly user: string
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/** Names the URI and what is wrong with it. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
}
