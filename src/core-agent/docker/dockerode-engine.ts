import { statfs } from 'node:fs/promises'
import { Agent } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { inspect } from 'node:util'
import Docker from 'dockerode'
import type { ImageFacts, Inspect } from '../../mesos/engine-endpoint.ts'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import { NotHijackedError, openHijack } from '../../runtime/hijack-client.ts'
import { withTag } from './docker-info.ts'
import {
  type Change,
  type ChangeOutcome,
  type Created,
  type CreateRequest,
  type Engine,
  type EngineDetails,
  EngineError,
  EngineUnavailableError,
  type EventListener,
  type ExecCommand,
  ExecLateError,
  type ExecState,
  type Listed,
  type ListQuery,
  type Storage,
  type WindowSize,
} from './engine.ts'
import { record, text } from './inspect.ts'
import { JsonLines } from './json-lines.ts'
import { Limiter } from './limiter.ts'
import { bodyFor, takesStopSignal } from './older-engine.ts'
import {
  type Class,
  classes,
  engineDetails,
  items,
  type Request,
  references,
  requestOf,
  stopMs,
  texts,
} from './requests.ts'

/** Of the create bodies that frontends send. */
const newestApi = '1.44'

/** How often an exec that has no process yet is looked at, and how long apart. */
const maxExecLooks = 100
const execLookMs = 50

/** Connections that are kept for the next call. */
const keptConnections = 16

/** docker-modem merges these, read from DOCKER_HOST and its like, into the options that it is given. */
const notFromEnvironment = {
  host: undefined,
  port: undefined,
  protocol: 'http',
  pathPrefix: undefined,
  timeout: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
}

/**
 * docker-modem writes the options of every request, its agent with all sockets among them, into a text for a debug log
 * that nobody reads: a third of the agent's time, were it not cut short here.
 */
class BriefAgent extends Agent {
  [inspect.custom](): string {
    return 'Agent'
  }
}

/** The engine behind a unix socket. */
export class DockerodeEngine implements Engine {
  readonly #docker: Docker
  readonly #clock: Clock
  readonly #socketPath: string
  /** As the engine told last; what it would not understand is said otherwise. */
  #apiVersion = newestApi
  readonly #limiters = Object.fromEntries(
    Object.entries(classes).map(([name, { limit }]) => [name, new Limiter(limit)]),
  ) as Readonly<Record<Class, Limiter>>

  constructor(options: { readonly socketPath: string; readonly clock: Clock }) {
    const agent = new BriefAgent({ keepAlive: true, maxFreeSockets: keptConnections })
    // The published types lack `agent`, without which every call opens a connection (docker-modem#103).
    // Whoever starts shoal has it in DOCKER_HOST: what docker-modem takes from the environment is overridden.
    const modem = { ...notFromEnvironment, socketPath: options.socketPath, agent }
    this.#docker = new Docker(modem as Docker.DockerOptions)
    this.#clock = options.clock
    this.#socketPath = options.socketPath
  }

  async ping(): Promise<void> {
    await this.#call({ class: 'ping', method: 'GET', path: '/_ping' })
  }

  async facts(): Promise<EngineDetails> {
    const [info, version] = await Promise.all(
      ['/info', '/version'].map(async (path) =>
        record(await this.#call({ class: 'facts', method: 'GET', path })),
      ),
    )
    const details = engineDetails(info ?? {}, version ?? {})
    this.#apiVersion = details.apiVersion
    return details
  }

  async images(): Promise<readonly ImageFacts[]> {
    const rows = await this.#call({ class: 'list', method: 'GET', path: '/images/json' })
    return items(rows).map((row) => ({
      id: text(row['Id']),
      tags: references(row['RepoTags']),
      digests: references(row['RepoDigests']),
    }))
  }

  pull(reference: string, platform: string, auth?: string): Promise<void> {
    return this.#limiters.pull.run(() => this.#pull(reference, platform, auth))
  }

  async storage(): Promise<Storage> {
    const list = async (path: string, query: Readonly<Record<string, unknown>> = {}) =>
      this.#call({ class: 'list', method: 'GET', path, query })
    const [images, info] = await Promise.all([list('/images/json'), list('/info')])
    // After the images: a container that is made meanwhile keeps its image.
    const used = new Set(
      items(await list('/containers/json', { all: true })).map((row) => text(row['ImageID'])),
    )
    return {
      images: items(images).map((row) => ({
        id: text(row['Id']),
        references: namesOf(references(row['RepoTags']), references(row['RepoDigests'])),
        sizeBytes: Number(row['Size'] ?? 0),
        inUse: used.has(text(row['Id'])),
      })),
      disk: await diskOf(text(record(info)['DockerRootDir'])),
    }
  }

  async removeImage(reference: string): Promise<void> {
    const path = `/images/${encodeURIComponent(reference)}`
    await this.#call({ class: 'start', method: 'DELETE', path })
  }

  async create({ name, platform, body: asked }: CreateRequest): Promise<Created> {
    const { body, warnings } = bodyFor(asked, this.#apiVersion)
    const answer = await this.#call({
      class: 'create',
      method: 'POST',
      path: '/containers/create',
      query: { name, ...(platform === '' ? {} : { platform }) },
      body,
    })
    const { Id, Warnings } = record(answer)
    return { id: text(Id), warnings: [...warnings, ...texts(Warnings)] }
  }

  async change(container: string, change: Change): Promise<ChangeOutcome> {
    if ((change.type === 'stop' || change.type === 'restart') && change.signal !== undefined)
      if (!takesStopSignal(this.#apiVersion)) return this.#endBySignal(container, change)
    try {
      const body = await this.#call(requestOf(container, change))
      return { changed: true, ...(change.type === 'update' ? { body } : {}) }
    } catch (error) {
      if (error instanceof EngineError && error.status === 304) return { changed: false }
      throw error
    }
  }

  /** For engines that know no `signal` of a stop: it is sent, has its time, and what is left is killed (docker-frontend §1.2). */
  async #endBySignal(
    container: string,
    { type, signal = '', timeoutSeconds }: Extract<Change, { type: 'stop' | 'restart' }>,
  ): Promise<ChangeOutcome> {
    const path = `/containers/${encodeURIComponent(container)}/wait`
    const late = new EngineUnavailableError(`${container} has not ended within its time`)
    let hasRun = true
    try {
      await this.change(container, { type: 'kill', signal })
      await this.#within(stopMs(timeoutSeconds), late, (abort) =>
        this.#dial({ class: 'stop', method: 'POST', path }, abort, false),
      )
    } catch (error) {
      hasRun = !(error instanceof EngineError && error.status === 409)
      if (error !== late && hasRun) throw error
    }
    const { changed } = await this.change(container, { type, timeoutSeconds: 0 })
    return { changed: changed || hasRun }
  }

  inspect(container: string, { size } = { size: false }): Promise<Inspect | undefined> {
    return orAbsent(async () => {
      const answer = await this.#call({
        class: 'look',
        method: 'GET',
        path: `/containers/${encodeURIComponent(container)}/json`,
        query: size ? { size } : {},
        ...(size ? { extraMs: classes.list.deadlineMs } : {}),
      })
      return answer as Inspect
    })
  }

  async list({ all, limit, size, filters }: ListQuery): Promise<readonly Listed[]> {
    const rows = await this.#call({
      class: 'list',
      method: 'GET',
      path: '/containers/json',
      query: { all, filters, ...(limit === undefined ? {} : { limit }), ...(size ? { size } : {}) },
    })
    return items(rows) as readonly Listed[]
  }

  createExec(container: string, body: unknown): Promise<unknown> {
    const path = `/containers/${encodeURIComponent(container)}/exec`
    return this.#call({ class: 'exec', method: 'POST', path, body })
  }

  execContainer(exec: string): Promise<string | undefined> {
    return orAbsent(async () => {
      const path = `/exec/${encodeURIComponent(exec)}/json`
      return text(record(await this.#call({ class: 'exec', method: 'GET', path }))['ContainerID'])
    })
  }

  async exec(
    container: string,
    { argv, environment, user }: ExecCommand,
    signal: AbortSignal,
  ): Promise<number> {
    const body = {
      Cmd: argv,
      Env: [...environment].map(([name, value]) => `${name}=${value}`),
      ...(user === undefined ? {} : { User: user }),
      AttachStdout: true,
      AttachStderr: true,
    }
    const id = text(record(await cutOff(this.createExec(container, body), signal))['Id'])
    const attached = { Detach: false, Tty: false }
    const path = `/exec/${id}/start`
    const start = { class: 'exec', method: 'POST', path, body: attached } as const
    try {
      for await (const _output of await this.#stream(start, signal)); // Ends when the command does.
      signal.throwIfAborted() // A stream that is cut off just as it opens ends as one that was read.
    } catch (error) {
      if (!signal.aborted) throw error
      await this.#killExec(id)
      throw new ExecLateError(`the command in ${container} was given up`, { cause: error })
    }
    return Number((await this.#lookAtExec(id))['ExitCode'] ?? 0)
  }

  /** The engine lets it run on. It runs, to the engine, before it has a process: that is waited for. */
  async #killExec(id: string): Promise<void> {
    for (let looks = 0; looks < maxExecLooks; looks += 1) {
      if (looks > 0) await new Promise<void>((next) => this.#clock.after(execLookMs, next))
      const { Running, ExitCode, Pid } = await this.#lookAtExec(id)
      if (Running === true && Number(Pid ?? 0) > 1) return killSession(Number(Pid))
      if (Running !== true && typeof ExitCode === 'number') return
    }
    throw new EngineUnavailableError(`exec ${id} has not begun`)
  }

  createNetwork(body: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#call({ class: 'start', method: 'POST', path: '/networks/create', body })
  }

  startExec(exec: string, { tty }: { readonly tty: boolean }): Promise<Duplex> {
    return this.#hijack(`/exec/${encodeURIComponent(exec)}/start`, { Detach: false, Tty: tty })
  }

  execState(exec: string): Promise<ExecState | undefined> {
    return orAbsent(async () => {
      const { Running, ExitCode, Pid } = await this.#lookAtExec(exec)
      if (Running !== true && typeof ExitCode === 'number')
        return { phase: 'ended', exitCode: ExitCode }
      const hasProcess = Running === true && Number(Pid ?? 0) > 0
      return { phase: hasProcess ? 'running' : 'starting', exitCode: undefined }
    })
  }

  async signalExec(exec: string, signal: number): Promise<void> {
    const { Running, Pid } = await this.#lookAtExec(exec)
    if (Running === true) signalProcess(Number(Pid ?? 0), signal)
  }

  attach(container: string, way: 'in' | 'out'): Promise<Duplex> {
    const streams = way === 'in' ? 'stdin=1' : 'stdout=1&stderr=1'
    return this.#hijack(`/containers/${encodeURIComponent(container)}/attach?stream=1&${streams}`)
  }

  async resize(
    of: 'containers' | 'exec',
    id: string,
    { rows, columns }: WindowSize,
  ): Promise<void> {
    const path = `/${of}/${encodeURIComponent(id)}/resize`
    await this.#call({ class: 'start', method: 'POST', path, query: { h: rows, w: columns } })
  }

  async #lookAtExec(exec: string): Promise<Readonly<Record<string, unknown>>> {
    const path = `/exec/${encodeURIComponent(exec)}/json`
    return record(await this.#call({ class: 'look', method: 'GET', path }))
  }

  #hijack(path: string, json?: unknown): Promise<Duplex> {
    const { deadlineMs } = classes.exec
    const late = new EngineUnavailableError(`POST ${path}: no answer within ${deadlineMs / 1000}s`)
    return this.#limiters.exec.run(() =>
      this.#within(deadlineMs, late, (signal) =>
        openHijack({ socketPath: this.#socketPath, path, json }, signal),
      ).catch((error: unknown) => {
        if (error === late) throw error
        throw hijackError(path, error)
      }),
    )
  }

  async changeNetwork(
    network: string,
    action: 'connect' | 'disconnect',
    body: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const path = `/networks/${encodeURIComponent(network)}/${action}`
    await this.#call({ class: 'start', method: 'POST', path, body })
  }

  async *logs(
    container: string,
    since: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const query = { stdout: true, stderr: true, follow: true, timestamps: true }
    yield* await this.#stream(
      {
        class: 'list',
        method: 'GET',
        path: `/containers/${encodeURIComponent(container)}/logs`,
        query: { ...query, ...(since === undefined ? {} : { since }) },
      },
      signal,
    )
  }

  events(sinceSeconds: number | undefined, listener: EventListener): { close(): void } {
    const controller = new AbortController()
    let over = false
    const end = (error?: Error) => {
      if (over) return
      over = true
      controller.abort()
      listener.onEnd(error)
    }
    const query = sinceSeconds === undefined ? {} : { since: sinceSeconds }
    this.#stream({ class: 'list', method: 'GET', path: '/events', query }, controller.signal)
      .then((stream) => {
        const lines = new JsonLines()
        stream.on('data', (chunk: Buffer) => {
          if (over) return
          try {
            for (const event of lines.push(chunk)) listener.onEvent(record(event))
          } catch (error) {
            end(error instanceof Error ? error : new Error(String(error)))
          }
        })
        stream.on('error', end)
        stream.on('close', () => end())
      })
      .catch(end)
    return {
      close: () => {
        over = true
        controller.abort()
      },
    }
  }

  async #pull(reference: string, platform: string, auth: string | undefined): Promise<void> {
    const query = { fromImage: withTag(reference), ...(platform === '' ? {} : { platform }) }
    const request: Request = { class: 'pull', method: 'POST', path: '/images/create', query, auth }
    const { deadlineMs } = classes.pull
    const late = new EngineError(
      500,
      `pulling ${reference}: no progress for ${deadlineMs / 1000}s, try again or pull it by hand`,
    )
    await this.#within(deadlineMs, late, async (signal, progress) => {
      const lines = new JsonLines()
      for await (const chunk of await this.#stream(request, signal)) {
        progress()
        for (const line of lines.push(chunk as Buffer)) refusedPull(reference, record(line))
      }
    }).catch((error: unknown) => {
      // Whatever the reason: without the image there is no container, and the client may pull it with its own login.
      if (error === late || !(error instanceof EngineError)) throw error
      throw new EngineError(404, `No such image: ${withTag(reference)}: ${error.message}`, {
        cause: error,
      })
    })
  }

  #call(request: Request): Promise<unknown> {
    const deadlineMs = classes[request.class].deadlineMs + (request.extraMs ?? 0)
    const late = new EngineUnavailableError(
      `${request.method} ${request.path}: no answer from the engine within ${deadlineMs / 1000}s`,
    )
    return this.#limiters[request.class].run(() =>
      this.#within(deadlineMs, late, (signal) => this.#dial(request, signal, false)),
    )
  }

  /** Gives up, with `late`, once `idleMs` have passed since the start or the last progress. */
  async #within<T>(
    idleMs: number,
    late: Error,
    act: (signal: AbortSignal, progress: () => void) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController()
    let cancel: Cancel = () => {}
    let expire: () => void
    const expired = new Promise<never>((_resolve, reject) => (expire = () => reject(late)))
    const arm = () => {
      cancel()
      cancel = this.#clock.after(idleMs, () => expire())
    }
    arm()
    try {
      return await Promise.race([expired, act(controller.signal, arm)])
    } catch (error) {
      controller.abort() // Only then: what was answered whole leaves a connection for the next call.
      throw error
    } finally {
      cancel()
    }
  }

  #stream(request: Request, signal: AbortSignal): Promise<Readable> {
    return this.#dial(request, signal, true) as Promise<Readable>
  }

  /** dockerode's connection layer: its methods for each route repeat the create body in the query string. */
  #dial(request: Request, signal: AbortSignal, isStream: boolean): Promise<unknown> {
    const { method, path, query = {}, body, auth } = request
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(
        {
          method,
          path: `${path}?`,
          options: { _query: query, _body: body ?? {} },
          allowEmpty: body !== undefined,
          ...(auth === undefined ? {} : { authconfig: { base64: auth } }),
          isStream,
          abortSignal: signal,
          statusCodes: { 200: true, 201: true, 204: true },
        },
        (error: unknown, answer: unknown) => {
          if (error === null || error === undefined) resolve(answer)
          else reject(engineError(`${method} ${path}`, error))
        },
      )
    })
  }
}

/** The engine has no way to end an exec; where it shares our process ids, we have. */
/** An exec's process leads a session of its own: what it has started goes with it. */
const killSession = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended, or is not ours to see.
  }
}

/** The answer, unless the signal comes first. */
const cutOff = <T>(answer: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const tooLate = () =>
      reject(new EngineUnavailableError('the engine did not answer before it was too late'))
    if (signal.aborted) tooLate()
    signal.addEventListener('abort', tooLate, { once: true })
    const settle = () => signal.removeEventListener('abort', tooLate)
    answer
      .then(resolve, reject)
      .finally(settle)
      .catch(() => {})
  })

const signalProcess = (pid: number, signal: number): void => {
  if (pid <= 1) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended, or is not ours to see.
  }
}

/** Digests come with the tags of their repository, and are names of their own where it has none. */
const namesOf = (tags: readonly string[], digests: readonly string[]): readonly string[] =>
  tags.length > 0 ? tags : digests

const diskOf = async (folder: string): Promise<Storage['disk']> => {
  const found = folder === '' ? undefined : await statfs(folder).catch(() => undefined)
  if (found === undefined) return undefined
  const { blocks, bavail, bsize } = found
  return { usedBytes: (blocks - bavail) * bsize, totalBytes: blocks * bsize }
}

/** A pull reports its failure inside a stream that began with 200. */
const refusedPull = (reference: string, line: Readonly<Record<string, unknown>>): void => {
  if (line['error'] === undefined) return
  throw new EngineError(500, text(line['error']) || `pulling ${reference} failed`)
}

const orAbsent = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  }
}

const hijackError = (path: string, error: unknown): Error => {
  if (!(error instanceof NotHijackedError)) return engineError(`POST ${path}`, error)
  const { status: statusCode, body } = error
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {}
  return engineError(`POST ${path}`, { statusCode, json })
}

/** The engine's own words where it answered; everything else is no answer. */
const engineError = (what: string, error: unknown): Error => {
  const { statusCode, json, message, code } = record(error)
  if (typeof statusCode !== 'number')
    return new EngineUnavailableError(
      `${what}: ${error instanceof Error ? error.message : String(message)}`,
      { cause: error, refused: code === 'ECONNREFUSED' || code === 'ENOENT' },
    )
  return new EngineError(statusCode, text(record(json)['message']) || `${what}: ${statusCode}`, {
    cause: error,
  })
}
