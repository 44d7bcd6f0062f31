import type { Duplex } from 'node:stream'
import type { Codec } from '../../mesos/codec.ts'
import type { AgentProcessIO, CommandInfo, ContainerInfo } from '../../mesos/wire.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import type { Outflow } from '../../runtime/transport.ts'
import { argvOf } from '../command/command-spec.ts'
import {
  type Engine,
  EngineError,
  EngineUnavailableError,
  type WindowSize,
} from '../docker/engine.ts'
import { record, text as textOf } from '../docker/inspect.ts'
import { type DockerPolicy, execProblem } from '../docker/policy.ts'
import { type AgentState, type Container, containerOf } from '../state.ts'
import { maxReaders, Output } from './output.ts'

/** Sessions of an agent at one time, and ended ones that are remembered for WAIT. */
export const maxSessions = 100

/** What cannot be done, with the status and the text of the answer. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface SessionPorts {
  readonly state: AgentState
  readonly engine: Engine
  readonly clock: Clock
  readonly policy: DockerPolicy
}

/** A container by its ids on the wire: a task's own, or one of a session in it. */
export interface Target {
  readonly id: string
  /** Undefined: it is the container of a task. */
  readonly parent: string | undefined
}

export interface SessionOrder extends Target {
  readonly parent: string
  readonly command: CommandInfo
  readonly container: ContainerInfo | undefined
}

/** One command in the container of a task. */
interface Session {
  readonly key: string
  readonly tty: boolean
  exec: string
  stream: Duplex | undefined
  /** Resolves when the engine has a process for it, or has given it up. */
  started: Promise<void>
  output: Output | undefined
  /** Somebody writes its input. */
  hasWriter: boolean
  /** Undefined while it runs. */
  end: { readonly exitCode: number | undefined } | undefined
  readonly waiters: Set<(end: { readonly exitCode: number | undefined }) => void>
  cancelLook: Cancel
}

/** Where a client writes: the process takes it, or it has ended. */
export interface Input {
  readonly stream: Duplex
  readonly resize: (size: WindowSize) => Promise<void>
  /** The client has left; another may come. */
  release(): void
}

/** After its streams have ended a command is looked at so often until the engine says that it has ended too. */
const firstLooks = { delayMs: 20, count: 50 }
const laterLookMs = 1000

const sigkill = 9

/**
 * Commands that operators run in containers of docker tasks, and the streams of those containers (core-agent §9). They
 * are the agent's for as long as it runs: nothing of them is in the journal, and when the agent stops they end.
 */
export class Sessions {
  readonly #ports: SessionPorts
  readonly #sessions = new Map<string, Session>()
  /** Of containers of tasks. */
  readonly #outputs = new Map<string, Set<Output>>()

  #closed = false

  constructor(ports: SessionPorts) {
    this.#ports = ports
  }

  /**
   * Runs the command; `open` is called once it does, and what it gives hears everything from its first byte on. A client
   * that leaves before the end ends the command (SIGKILL), as in Mesos. Rejects with SessionError.
   */
  async launch(
    order: SessionOrder,
    open: () => { readonly outflow: Outflow; readonly codec: Codec<AgentProcessIO> },
  ): Promise<void> {
    const { engine, policy } = this.#ports
    const key = keyOf(order)
    const container = this.#containerOf(order.parent)
    if (this.#sessions.has(key))
      throw new SessionError(409, `Container ${order.id} is there already: choose another id`)
    this.#makeRoom()
    const { tty_info: terminal } = order.container ?? {}
    const tty = terminal !== undefined
    const body = execBody(order.command, tty)
    const problem = execProblem(policy, body)
    if (problem !== undefined) throw new SessionError(403, problem)
    const session: Session = {
      key,
      tty,
      exec: '',
      stream: undefined,
      started: Promise.resolve(),
      output: undefined,
      hasWriter: false,
      end: undefined,
      waiters: new Set(),
      cancelLook: () => {},
    }
    this.#sessions.set(key, session)
    try {
      session.exec = textOf(record(await engine.createExec(container.engineId, body))['Id'])
      const stream = await engine.startExec(session.exec, { tty })
      this.#start(session, stream)
      const { outflow, codec } = open()
      session.output?.add(outflow, codec, () => void this.#signal(session, sigkill))
    } catch (error) {
      this.#sessions.delete(key)
      throw sessionError(error)
    }
    const size = terminal?.window_size
    if (size !== undefined) await this.#resize(session, size).catch(() => {})
  }

  /** A further reader of what a process says from now on. */
  async read(
    target: Target,
    open: () => { readonly outflow: Outflow; readonly codec: Codec<AgentProcessIO> },
  ): Promise<void> {
    if (target.parent !== undefined) {
      const { output } = this.#running(target)
      if (output.isFull) throw tooManyReaders(target)
      const { outflow, codec } = open()
      return output.add(outflow, codec)
    }
    const container = this.#containerOf(target.id)
    const outputs = this.#outputs.get(container.engineId) ?? new Set()
    this.#outputs.set(container.engineId, outputs)
    if (outputs.size >= maxReaders) throw tooManyReaders(target)
    const stream = await this.#attach(container, 'out')
    const output = new Output(stream, {
      tty: hasTerminal(container),
      clock: this.#ports.clock,
      onEnd: () => {
        outputs.delete(output)
        if (outputs.size === 0) this.#outputs.delete(container.engineId)
      },
    })
    outputs.add(output)
    const { outflow, codec } = open()
    output.add(outflow, codec, () => output.close())
  }

  /** The one writer of a process's input. Rejects with SessionError. */
  async write(target: Target): Promise<Input> {
    const { engine } = this.#ports
    if (target.parent !== undefined) {
      const { session, stream } = this.#running(target)
      if (session.hasWriter)
        throw new SessionError(409, 'Multiple input connections are not allowed')
      session.hasWriter = true
      return {
        stream,
        resize: (size) => this.#resize(session, size),
        release: () => {
          session.hasWriter = false
        },
      }
    }
    const container = this.#containerOf(target.id)
    if (record(container.inspect?.['Config'])['OpenStdin'] !== true)
      throw new SessionError(
        400,
        `Container ${target.id} takes no input: have its task ask for one, as docker run -i does`,
      )
    const stream = await this.#attach(container, 'in')
    stream.resume()
    return {
      stream,
      resize: (size) => engine.resize('containers', container.engineId, size),
      release: () => stream.destroy(),
    }
  }

  /** Its exit code once it has ended; undefined: nobody knows. Rejects with SessionError. */
  async wait(target: Target): Promise<number | undefined> {
    const session = this.#found(target)
    if (session.end !== undefined) return session.end.exitCode
    const { exitCode } = await new Promise<NonNullable<Session['end']>>((resolve) =>
      session.waiters.add(resolve),
    )
    return exitCode
  }

  async kill(target: Target, signal = sigkill): Promise<void> {
    const session = this.#found(target)
    if (session.end !== undefined) throw notFound(target)
    await this.#signal(session, signal)
  }

  /** Forgets a session that has ended. */
  remove(target: Target): void {
    const session = this.#sessions.get(keyOf(target))
    if (session === undefined) return
    if (session.end === undefined)
      throw new SessionError(500, `Container ${target.id} has not terminated yet: kill it first`)
    this.#sessions.delete(session.key)
  }

  /** Ends what runs. */
  close(): void {
    this.#closed = true
    for (const session of this.#sessions.values()) {
      session.cancelLook()
      if (session.end === undefined) void this.#signal(session, sigkill)
      session.output?.close()
    }
    for (const outputs of this.#outputs.values()) for (const output of outputs) output.close()
  }

  #start(session: Session, stream: Duplex): void {
    session.stream = stream
    session.started = this.#awaitStart(session)
    session.output = new Output(stream, {
      tty: session.tty,
      clock: this.#ports.clock,
      onEnd: () => this.#look(session, firstLooks.count),
    })
  }

  /** The streams may end before the command does. */
  #look(session: Session, soonLooks: number): void {
    if (this.#closed) return
    const { engine, clock } = this.#ports
    const settle = (end: NonNullable<Session['end']>) => {
      session.end = end
      for (const waiter of session.waiters) waiter(end)
      session.waiters.clear()
    }
    const again = () => {
      if (this.#closed) return
      const delayMs = soonLooks > 0 ? firstLooks.delayMs : laterLookMs
      session.cancelLook = clock.after(delayMs, () => this.#look(session, soonLooks - 1))
    }
    engine.execState(session.exec).then(
      (state) => {
        if (state === undefined || state.phase === 'ended') settle({ exitCode: state?.exitCode })
        else again()
      },
      (error: unknown) => {
        if (error instanceof EngineError) settle({ exitCode: undefined })
        else again()
      },
    )
  }

  async #resize(session: Session, size: WindowSize): Promise<void> {
    await session.started
    await this.#ports.engine.resize('exec', session.exec, size)
  }

  async #signal(session: Session, signal: number): Promise<void> {
    await session.started
    // What an engine that does not answer keeps ends with its container.
    await this.#ports.engine.signalExec(session.exec, signal).catch(() => {})
  }

  /** The engine hands the streams over before there is a process that could be signalled or have a size. */
  async #awaitStart(session: Session): Promise<void> {
    const { engine, clock } = this.#ports
    for (let look = 0; look < firstLooks.count && session.end === undefined; look += 1) {
      const state = await engine.execState(session.exec).catch(() => undefined)
      if (state?.phase !== 'starting') return
      await new Promise<void>((resolve) => clock.after(firstLooks.delayMs, resolve))
    }
  }

  #attach(container: Container, way: 'in' | 'out'): Promise<Duplex> {
    return this.#ports.engine.attach(container.engineId, way).catch((error: unknown) => {
      throw sessionError(error)
    })
  }

  /** Ended sessions give way, the oldest first. */
  #makeRoom(): void {
    if (this.#sessions.size < maxSessions) return
    const ended = [...this.#sessions.values()].find(({ end }) => end !== undefined)
    if (ended === undefined)
      throw new SessionError(503, `this agent has ${maxSessions} sessions already: end one`)
    this.#sessions.delete(ended.key)
  }

  #found(target: Target): Session {
    const session = this.#sessions.get(keyOf(target))
    if (session === undefined) throw notFound(target)
    return session
  }

  #running(target: Target) {
    const session = this.#found(target)
    const { stream, output, end } = session
    if (stream === undefined || output === undefined || end !== undefined) throw notFound(target)
    return { session, stream, output }
  }

  #containerOf(id: string): Container {
    const { state } = this.#ports
    const task = [...state.tasks.values()].find(({ containerId }) => containerId === id)
    if (task?.containerizer === 'mesos')
      throw new SessionError(
        501,
        `Container ${id} is no docker container: sessions and streams are for docker tasks`,
      )
    const found =
      (task && containerOf(state, task)) ??
      [...state.containers.values()].find(({ containerId }) => containerId === id)
    if (found === undefined) throw notFound({ id, parent: undefined })
    return found
  }
}

const keyOf = ({ id, parent = '' }: Target): string => `${parent}.${id}`

const notFound = ({ id, parent }: Target): SessionError =>
  new SessionError(
    404,
    `Container ${parent === undefined ? '' : `${parent}.`}${id} cannot be found (or is already killed)`,
  )

const tooManyReaders = ({ id }: Target): SessionError =>
  new SessionError(503, `Container ${id} has ${maxReaders} readers already: close one`)

const hasTerminal = ({ inspect }: Container): boolean => record(inspect?.['Config'])['Tty'] === true

/** The engine's words; its refusals keep their status. */
const sessionError = (error: unknown): Error => {
  if (error instanceof EngineError) return new SessionError(error.status, error.message)
  if (error instanceof EngineUnavailableError) return new SessionError(503, error.message)
  return error instanceof Error ? error : new Error(String(error))
}

/** The body of `docker exec` (Docker API, ContainerExec). */
const execBody = (command: CommandInfo, tty: boolean) => ({
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  Tty: tty,
  Cmd: argvOf(command),
  Env: (command.environment?.variables ?? []).map(({ name, value = '' }) => `${name}=${value}`),
  ...(command.user === undefined ? {} : { User: command.user }),
})
