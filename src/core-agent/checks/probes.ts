import type { Taken } from './judge.ts'

/** Where and how a look is taken. */
export type Target =
  /** In a container of the engine's. */
  | { readonly type: 'exec'; readonly container: string; readonly command: Inside & As }
  /** In a container of the command containerizer's. */
  | {
      readonly type: 'run'
      readonly container: string
      readonly command: Inside & As
    }
  | ({ readonly type: 'HTTP'; readonly scheme: 'http' | 'https'; readonly path: string } & Socket)
  | ({ readonly type: 'TCP' } & Socket)

interface As {
  /** Undefined: of the engine's the container's own, else whoever the agent is. */
  readonly user: string | undefined
}

export interface Inside {
  readonly argv: readonly string[]
  /** On top of what the container has where it is the engine's, else all of it. */
  readonly environment: ReadonlyMap<string, string>
}

/** A port of a task, seen from where the task is. */
interface Socket {
  readonly place: Place
  readonly port: number
}

export interface Place {
  /** Of the task's own network namespace. */
  readonly loopback: '127.0.0.1' | '::1'
  /** A process in that namespace; undefined: it is the agent's. */
  readonly pid: number | undefined
  /** The container's own address, and that of the bridge it is on. */
  readonly address: string | undefined
  readonly gateway: string | undefined
}

/** Looks by network as a port; those by command go through the containers' own ports. */
export interface Probes {
  /** Resolves with what was found, a refused connection included; rejects where nothing can be said. */
  look(target: SocketTarget, signal: AbortSignal): Promise<Taken>
}

export type SocketTarget = Extract<Target, { readonly place: Place }>
