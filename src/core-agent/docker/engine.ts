import type { Duplex } from 'node:stream'
import type { DockerEvent, EngineFacts, ImageFacts, Inspect } from '../../mesos/engine-endpoint.ts'

/** The local Docker engine as a port. Every call has a deadline (core-agent §3.7). */
export interface Engine {
  ping(): Promise<void>
  facts(): Promise<EngineDetails>
  images(): Promise<readonly ImageFacts[]>
  /** Resolves when the image is there, `auth` being an `X-Registry-Auth`; rejects where the registry refuses or nothing moves for too long. */
  pull(reference: string, platform: string, auth?: string): Promise<void>
  /** Every image with what it takes, and the disk that holds them; `disk` is undefined where the agent cannot see it. */
  storage(): Promise<Storage>
  /** By a reference, which untags it where it has others, or by id. 409 where something needs it. */
  removeImage(reference: string): Promise<void>
  /** Creates and does not start. 404 where the image is missing, 409 where the name is taken. */
  create(request: CreateRequest): Promise<Created>
  /** What became of a changing call is told by `changed`: false for the engine's 304. */
  change(container: string, change: Change): Promise<ChangeOutcome>
  /** Undefined: no such container. */
  inspect(container: string, options?: { readonly size: boolean }): Promise<Inspect | undefined>
  /** Engine's own rows of `/containers/json`; `filters` as the API takes them. */
  list(query: ListQuery): Promise<readonly Listed[]>
  /** An exec instance's answer to create, after `body` was checked by the caller. */
  createExec(container: string, body: unknown): Promise<unknown>
  /** The container of an exec instance; undefined: no such instance. */
  execContainer(exec: string): Promise<string | undefined>
  /**
   * Runs a command in a container that runs, and answers its exit code. What is not done when `signal` comes is killed
   * with what it has started, and the call rejects: ExecLateError; EngineUnavailableError where it had not begun.
   */
  exec(container: string, command: ExecCommand, signal: AbortSignal): Promise<number>
  /** The engine's answer to the create of a network, after `body` was checked by the caller. */
  createNetwork(body: Readonly<Record<string, unknown>>): Promise<unknown>
  /** Starts an exec instance and takes its streams: in, bytes; out, frames of the Docker API, for a terminal bytes. */
  startExec(exec: string, options: { readonly tty: boolean }): Promise<Duplex>
  /** Undefined: no such instance. */
  execState(exec: string): Promise<ExecState | undefined>
  /** A number of signal(7) to the command of an exec instance; does nothing once it has ended. */
  signalExec(exec: string, signal: number): Promise<void>
  /** One way of the streams of a container that runs, as `startExec` has them. */
  attach(container: string, way: 'in' | 'out'): Promise<Duplex>
  /** Of the terminal of a container or an exec instance. */
  resize(of: 'containers' | 'exec', id: string, size: WindowSize): Promise<void>
  /** Connects or disconnects a container; `body` names it. */
  changeNetwork(
    network: string,
    action: 'connect' | 'disconnect',
    body: Readonly<Record<string, unknown>>,
  ): Promise<void>
  /**
   * Output of a container since a time, `seconds.nanoseconds`, with timestamps, and what it says until it ends: frames
   * of the Docker API, for a terminal its bytes. Ends with `signal`.
   */
  logs(container: string, since: string | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Everything that happens from `sinceSeconds` on, the past first. */
  events(sinceSeconds: number | undefined, listener: EventListener): { close(): void }
}

export interface ExecState {
  /** `starting`: there is no process yet. */
  readonly phase: 'starting' | 'running' | 'ended'
  /** Undefined: it has not ended. */
  readonly exitCode: number | undefined
}

export interface WindowSize {
  readonly rows: number
  readonly columns: number
}

export interface ExecCommand {
  readonly argv: readonly string[]
  /** On top of the container's own. */
  readonly environment: ReadonlyMap<string, string>
  /** As the engine takes it, also `uid:gid`; undefined: that of the container. */
  readonly user?: string | undefined
}

export interface Storage {
  readonly images: readonly {
    readonly id: string
    readonly references: readonly string[]
    readonly sizeBytes: number
    /** Of some container, one that has ended too. */
    readonly inUse: boolean
  }[]
  readonly disk: { readonly usedBytes: number; readonly totalBytes: number } | undefined
}

export interface Created {
  readonly id: string
  /** What of the request the engine could not do as it was asked. */
  readonly warnings: readonly string[]
}

export interface CreateRequest {
  readonly name: string
  /** `linux/arm64` and the like, empty for the engine's own. */
  readonly platform: string
  /** The create body of the Docker API. */
  readonly body: Readonly<Record<string, unknown>>
}

/** The calls that change one container and that the agent has to know of (docker-frontend §2.5). */
export type Change =
  | { readonly type: 'start' }
  | ({ readonly type: 'stop' } & Stopping)
  | ({ readonly type: 'restart' } & Stopping)
  | { readonly type: 'kill'; readonly signal: string }
  | { readonly type: 'rename'; readonly name: string }
  | { readonly type: 'update'; readonly body: Readonly<Record<string, unknown>> }
  | {
      readonly type: 'remove'
      readonly force: boolean
      readonly volumes: boolean
      readonly link: boolean
    }

export interface Stopping {
  /** Below zero: waits for ever; undefined: the container's own stop timeout. */
  readonly timeoutSeconds?: number | undefined
  /** Instead of the container's own stop signal. */
  readonly signal?: string | undefined
}

export interface ChangeOutcome {
  /** False: it was so already (304). */
  readonly changed: boolean
  /** The engine's answer where it has one (`update`). */
  readonly body?: unknown
}

export interface ListQuery {
  readonly all: boolean
  readonly limit?: number | undefined
  readonly size?: boolean | undefined
  readonly filters: Readonly<Record<string, readonly string[]>>
}

export type Listed = Readonly<Record<string, unknown>> & { readonly Id: string }

/** What the agent itself must know of the engine, beside what everybody may. */
export interface EngineDetails extends EngineFacts {
  readonly cgroupDriver: string
  readonly runcVersion: string
}

export interface EventListener {
  onEvent(event: DockerEvent): void
  /** Once, last: the engine has gone, or its answer broke. Never after `close()`. */
  onEnd(error?: Error): void
}

/** The engine's refusal, in its own words; `status` is its HTTP status. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly status: number
  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** No answer from the engine: whether it acted is unknown. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError'
  /** Nobody listens where the engine should: it does not run. */
  readonly refused: boolean
  constructor(message: string, options: ErrorOptions & { readonly refused?: boolean } = {}) {
    super(message, options)
    this.refused = options.refused ?? false
  }
}

/** A command in a container did not end in the time that it had, and was killed. */
export class ExecLateError extends Error {
  override readonly name = 'ExecLateError'
}
