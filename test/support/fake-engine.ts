import { type Duplex, PassThrough } from 'node:stream'
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
} from '../../src/core-agent/docker/engine.ts'
import { neverStarted, record, text } from '../../src/core-agent/docker/inspect.ts'
import type { DockerEvent, ImageFacts, Inspect } from '../../src/mesos/engine-endpoint.ts'
import type { Cancel, Clock } from '../../src/runtime/clock.ts'
import type { Ids } from '../../src/runtime/random.ts'
import { FakeExec } from './fake-exec.ts'

/** What goes wrong with one call: refused, never answered, or done and never answered. */
export type EngineFault =
  | { readonly kind: 'refuse'; readonly status: number; readonly message: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'lose-answer' }

type Call = Exclude<keyof Engine, 'events'> | Change['type']

/** What a command does: its exit code, and after how long; undefined: it runs until it is told to end. */
export type Program = (
  command: readonly string[],
) => { readonly afterMs: number; readonly code: number } | undefined

export interface FakeEngineOptions {
  readonly clock: Clock
  readonly ids: Ids
  readonly images?: readonly string[]
  /** How long each call takes. */
  readonly latencyMs?: number
  readonly program?: Program
}

interface FakeContainer {
  readonly id: string
  name: string
  readonly body: Readonly<Record<string, unknown>>
  readonly createdMs: number
  host: Readonly<Record<string, unknown>>
  status: 'created' | 'running' | 'paused' | 'restarting' | 'exited'
  startedAt: string
  finishedAt: string
  exitCode: number
  oomKilled: boolean
  error: string
  stoppedByHand: boolean
  cancelExit: Cancel
}

/** As real calls have them (core-agent §3.7). */
const deadlineMs = (call: Call): number => (call === 'ping' || call === 'inspect' ? 5000 : 30_000)
const restartDelayMs = 100

/** A Docker engine in memory, driven by a clock, that fails as it is told to. */
export class FakeEngine implements Engine {
  readonly containers = new Map<string, FakeContainer>()
  /** Mesos task ids in the order of their starts: none may be in it twice for one run (I4). */
  readonly starts: { readonly container: string; readonly task: string }[] = []
  readonly creates: string[] = []
  /** Every container that was ever made, and the Mesos task that it was made for. */
  readonly made: { readonly container: string; readonly task: string }[] = []
  readonly pulls: string[] = []
  readonly imageBytes = new Map<string, number>()
  readonly removedImages: string[] = []
  /** Of its images. */
  disk: Storage['disk']
  /** What the registry was told of who pulls. */
  readonly logins: string[] = []
  /** Of every create from now on. */
  warnings: readonly string[] = []
  /** As dockerd is configured; a crash takes containers with it as it is told to. */
  liveRestore = true
  /** How many event streams were asked for. */
  streams = 0
  /** Images that a registry has. */
  readonly registry = new Set<string>()
  /** Events are not told, or told twice. */
  delivery: 'told' | 'lost' | 'twice' = 'told'
  /** Of every exec instance, what it was made with, and its streams once it was started. */
  readonly execBodies = new Map<string, unknown>()
  readonly execs = new Map<string, FakeExec>()
  /** What `exec` was asked to run. */
  readonly commandsRun: ExecCommand[] = []
  readonly attached: Duplex[] = []
  readonly resizes: string[] = []
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #latencyMs: number
  readonly #program: Program
  readonly #images: Map<string, string>
  readonly #history: DockerEvent[] = []
  readonly #listeners = new Set<EventListener>()
  readonly #faults = new Map<Call, EngineFault[]>()
  readonly #execs = new Map<string, string>()
  #down = false
  /** What waits until it goes on; undefined while it does. */
  #held: (() => void)[] | undefined
  #sequence = 0

  constructor(options: FakeEngineOptions) {
    this.#clock = options.clock
    this.#ids = options.ids
    this.#latencyMs = options.latencyMs ?? 1
    this.#program = options.program ?? shell
    this.#images = new Map(
      (options.images ?? ['busybox:latest']).map((tag) => [tag, `sha256:${this.#ids.hex(32)}`]),
    )
  }

  // What a test does to it.

  /** The next call of this name goes wrong; faults of one call happen in the order given. */
  fault(call: Call, fault: EngineFault): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), fault])
  }

  /** Event streams end, and nothing else happens. */
  endStreams(): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener.onEnd()
  }

  /** dockerd is gone: nothing is answered, event streams end. Without live-restore containers end too. */
  crash({ liveRestore = true } = {}): void {
    this.#down = true
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener.onEnd(new Error('engine crashed'))
    if (liveRestore) return
    for (const container of this.containers.values())
      if (isAlive(container)) this.#finish(container, 137)
  }

  recover(): void {
    this.#down = false
  }

  /** dockerd stands still, as under SIGSTOP: nothing is answered or noticed, and connections stay. */
  hang(): void {
    this.#held ??= []
  }

  /** It goes on: with what containers did meanwhile, then with what it was asked, answers that nobody awaits included. */
  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const act of held) act()
  }

  /** The whole machine: nothing of it runs on. */
  reboot(): void {
    this.crash({ liveRestore: false })
    this.recover()
  }

  /** The container's process ends by itself. */
  exit(id: string, code: number, { oom = false } = {}): void {
    const container = this.#found(id)
    if (oom) this.#tell(container, 'oom')
    container.oomKilled = oom
    this.#end(container, code)
  }

  // Engine

  ping(): Promise<void> {
    return this.#answer('ping', () => {})
  }

  facts(): Promise<EngineDetails> {
    return this.#answer('facts', () => ({
      healthy: true,
      version: '20.10.24',
      apiVersion: '1.41',
      minApiVersion: '1.12',
      storageDriver: 'overlay2',
      kernelVersion: '6.1.0',
      operatingSystem: 'Debian GNU/Linux 12 (bookworm)',
      osType: 'linux',
      architecture: 'x86_64',
      labels: [],
      liveRestore: this.liveRestore,
      cgroupDriver: 'cgroupfs',
      runcVersion: '1.1.5',
    }))
  }

  images(): Promise<readonly ImageFacts[]> {
    return this.#answer('images', () =>
      [...this.#images].map(([tag, id]) => ({ id, tags: [tag], digests: [] })),
    )
  }

  /** Each image is as big as it was said to be, or a megabyte; names of one id are one image. */
  storage(): Promise<Storage> {
    return this.#answer('storage', () => {
      const ids = [...new Set(this.#images.values())]
      const used = new Set([...this.containers.values()].map((one) => this.#imageOf(one.body)))
      const images = ids.map((id) => ({
        id,
        references: [...this.#images].flatMap(([tag, of]) => (of === id ? [tag] : [])),
        sizeBytes: this.imageBytes.get(id) ?? 1024 ** 2,
        inUse: used.has(id),
      }))
      return { images, disk: this.disk }
    })
  }

  removeImage(reference: string): Promise<void> {
    return this.#answer('removeImage', () => {
      const id = this.#images.get(reference)
      if (id === undefined) throw new EngineError(404, `No such image: ${reference}`)
      this.removedImages.push(reference)
      this.#images.delete(reference)
    })
  }

  #imageOf(body: Readonly<Record<string, unknown>>): string | undefined {
    return this.#images.get(text(body['Image']))
  }

  pull(reference: string, _platform = '', auth?: string): Promise<void> {
    return this.#answer('pull', () => {
      if (auth !== undefined) this.logins.push(Buffer.from(auth, 'base64url').toString())
      this.pulls.push(reference)
      if (!this.registry.has(reference))
        throw new EngineError(404, `pull access denied for ${reference}`)
      this.#images.set(reference, `sha256:${this.#ids.hex(32)}`)
      this.#publish({ Type: 'image', Action: 'pull', Actor: { ID: reference, Attributes: {} } })
    })
  }

  create({ name, body }: CreateRequest): Promise<Created> {
    return this.#answer('create', () => {
      const image = text(body['Image'])
      const tagged = /[:@][^/]*$/.test(image) ? image : `${image}:latest`
      if (!this.#images.has(tagged)) throw new EngineError(404, `No such image: ${tagged}`)
      const holder = this.#named(name)
      if (holder !== undefined) throw nameInUse(name, holder.id)
      const id = this.#ids.hex(32)
      const container: FakeContainer = {
        id,
        name,
        body,
        host: record(body['HostConfig']),
        createdMs: this.#clock.now(),
        status: 'created',
        startedAt: neverStarted,
        finishedAt: neverStarted,
        exitCode: 0,
        oomKilled: false,
        error: '',
        stoppedByHand: false,
        cancelExit: () => {},
      }
      this.containers.set(id, container)
      this.creates.push(id)
      this.made.push({ container: id, task: text(record(body['Labels'])['org.mesos.task_id']) })
      this.#tell(container, 'create')
      return { id, warnings: this.warnings }
    })
  }

  change(id: string, change: Change): Promise<ChangeOutcome> {
    return this.#answer(change.type, () => {
      const container = this.#found(id)
      switch (change.type) {
        case 'start':
          if (isAlive(container)) return { changed: false }
          this.#start(container)
          return { changed: true }
        case 'stop':
          if (!isAlive(container)) return { changed: false }
          this.#endByHand(
            container,
            128 + (change.timeoutSeconds === 0 ? 9 : (signals[change.signal ?? 'SIGTERM'] ?? 15)),
          )
          this.#tell(container, 'stop')
          return { changed: true }
        case 'restart':
          return this.#restart(container)
        case 'kill':
          return this.#kill(container, change.signal)
        case 'rename':
          return this.#rename(container, change.name)
        case 'update':
          container.host = { ...container.host, ...change.body }
          this.#tell(container, 'update')
          return { changed: true, body: { Warnings: null } }
        case 'remove':
          break
      }
      return this.#remove(container, change.force)
    })
  }

  inspect(id: string): Promise<Inspect | undefined> {
    return this.#answer('inspect', () => {
      const container = this.containers.get(id)
      return container === undefined ? undefined : this.#inspectOf(container)
    })
  }

  list({ all, filters }: ListQuery): Promise<readonly Listed[]> {
    return this.#answer('list', () =>
      [...this.containers.values()]
        .filter((container) => all || isAlive(container))
        .filter((container) => hasLabels(container, filters['label'] ?? []))
        .map((container) => ({
          Id: container.id,
          Names: [`/${container.name}`],
          Image: container.body['Image'],
          Labels: container.body['Labels'] ?? {},
          State: container.status,
        })),
    )
  }

  createExec(id: string, body: unknown): Promise<unknown> {
    return this.#answer('createExec', () => {
      const container = this.#found(id)
      if (!isAlive(container)) throw new EngineError(409, `Container ${id} is not running`)
      const exec = this.#ids.hex(32)
      this.#execs.set(exec, id)
      this.execBodies.set(exec, body)
      return { Id: exec }
    })
  }

  execContainer(exec: string): Promise<string | undefined> {
    return this.#answer('execContainer', () => this.#execs.get(exec))
  }

  startExec(id: string, { tty }: { readonly tty: boolean }): Promise<FakeExec> {
    return this.#answer('startExec', () => {
      const started = new FakeExec(record(this.execBodies.get(id)), tty, (argv) =>
        this.#program(argv),
      )
      this.execs.set(id, started)
      const { ends } = started
      if (ends !== undefined) this.#clock.after(ends.afterMs, () => started.finish(ends.code))
      return started
    })
  }

  execState(id: string): Promise<ExecState | undefined> {
    return this.#answer('execState', () => {
      const exec = this.execs.get(id)
      return (
        exec && {
          phase: exec.code === undefined ? ('running' as const) : ('ended' as const),
          exitCode: exec.code,
        }
      )
    })
  }

  signalExec(id: string, signal: number): Promise<void> {
    return this.#answer('signalExec', () => this.execs.get(id)?.finish(128 + signal))
  }

  /** Of a container that says nothing and takes everything. */
  attach(id: string): Promise<Duplex> {
    return this.#answer('attach', () => {
      if (!isAlive(this.#found(id))) throw new EngineError(409, `Container ${id} is not running`)
      const stream = new PassThrough()
      this.attached.push(stream)
      return stream
    })
  }

  resize(of: 'containers' | 'exec', id: string, { rows, columns }: WindowSize): Promise<void> {
    return this.#answer('resize', () => void this.resizes.push(`${of} ${id} ${rows}x${columns}`))
  }

  /** Whatever has no end is one that takes for ever. */
  exec(id: string, command: ExecCommand, signal: AbortSignal): Promise<number> {
    const { argv } = command
    this.commandsRun.push(command)
    return this.#answer(
      'exec',
      () =>
        new Promise((resolve, reject) => {
          const container = this.#found(id)
          if (!isAlive(container)) throw new EngineError(409, `Container ${id} is not running`)
          const end = this.#program(argv)
          const cancel =
            end === undefined ? () => {} : this.#clock.after(end.afterMs, () => resolve(end.code))
          signal.addEventListener('abort', () => {
            cancel()
            reject(new ExecLateError(`the command in ${id} was given up`))
          })
        }),
    )
  }

  createNetwork(body: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#answer('createNetwork', () => ({
      Id: `network ${text(body['Name'])}`,
      Warning: '',
    }))
  }

  changeNetwork(
    network: string,
    action: 'connect' | 'disconnect',
    body: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    return this.#answer('changeNetwork', () => {
      const container = this.#found(text(body['Container']))
      this.#publish({
        Type: 'network',
        Action: action,
        Actor: { ID: network, Attributes: { container: container.id, name: network } },
      })
    })
  }

  async *logs(
    id: string,
    since: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const container = await this.#answer('logs', () => this.#found(id))
    const [, text = ''] = /echo (\S+)/.exec(commandOf(container.body).join(' ')) ?? []
    const time = container.startedAt.replace(
      /\.?(\d*)Z$/,
      (_, fraction: string) => `.${fraction.padEnd(9, '0')}Z`,
    )
    if (text !== '' && (since === undefined || Number(since) * 1000 <= Date.parse(time))) {
      const payload = Buffer.from(`${time} ${text}\n`)
      const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, payload.length])
      yield Buffer.concat([header, payload])
    }
    while (isAlive(container) && !signal.aborted)
      await new Promise<void>((resolve) => this.#clock.after(10, resolve))
  }

  events(sinceSeconds: number | undefined, listener: EventListener): { close(): void } {
    this.streams += 1
    const past = this.#history.filter(
      (event) => sinceSeconds !== undefined && Number(event['time']) >= sinceSeconds,
    )
    queueMicrotask(() => {
      if (this.#down)
        return listener.onEnd(new EngineUnavailableError('connection refused', { refused: true }))
      for (const event of past) listener.onEvent(event)
      this.#listeners.add(listener)
    })
    return { close: () => this.#listeners.delete(listener) }
  }

  #answer<T>(call: Call, act: () => T | Promise<T>): Promise<T> {
    const [fault, ...more] = this.#faults.get(call) ?? []
    this.#faults.set(call, more)
    return new Promise((resolve, reject) => {
      const unanswered = () =>
        reject(new EngineUnavailableError(`${call}: the engine did not answer in time`))
      this.#clock.after(this.#latencyMs, () => {
        if (this.#down)
          return reject(
            new EngineUnavailableError(`${call}: connection refused`, { refused: true }),
          )
        if (fault?.kind === 'hang') return void this.#clock.after(deadlineMs(call), unanswered)
        if (this.#held !== undefined) {
          this.#held.push(() => this.#settle(act, resolve, reject))
          return void this.#clock.after(deadlineMs(call), unanswered)
        }
        if (fault?.kind === 'refuse') return reject(new EngineError(fault.status, fault.message))
        if (fault?.kind !== 'lose-answer') return this.#settle(act, resolve, reject)
        this.#settle(act, () => this.#clock.after(deadlineMs(call), unanswered), reject)
      })
    })
  }

  #settle<T>(
    act: () => T | Promise<T>,
    resolve: (value: T | Promise<T>) => void,
    reject: (error: Error) => void,
  ): void {
    try {
      resolve(act())
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #start(container: FakeContainer): void {
    const command = commandOf(container.body)
    if (command[0] === 'no-such-command') {
      container.exitCode = 127
      container.error = `exec: "${command[0]}": executable file not found in $PATH: unknown`
      throw new EngineError(
        400,
        `failed to create shim task: OCI runtime create failed: ${container.error}`,
      )
    }
    container.status = 'running'
    container.startedAt = this.#timestamp()
    container.exitCode = 0
    container.oomKilled = false
    container.error = ''
    container.stoppedByHand = false
    const labels = record(container.body['Labels'])
    this.starts.push({ container: container.id, task: text(labels['org.mesos.task_id']) })
    this.#tell(container, 'start')
    const end = this.#program(command)
    if (end !== undefined)
      container.cancelExit = this.#clock.after(end.afterMs, () => this.#end(container, end.code))
  }

  /** Between its two lives the container can be seen standing still. */
  #restart(container: FakeContainer): Promise<ChangeOutcome> {
    if (isAlive(container)) this.#endByHand(container, 143)
    return new Promise((resolve) => {
      this.#clock.after(restartDelayMs, () => {
        this.#start(container)
        this.#tell(container, 'restart')
        resolve({ changed: true })
      })
    })
  }

  #kill(container: FakeContainer, signal: string): ChangeOutcome {
    if (!isAlive(container))
      throw new EngineError(
        409,
        `Cannot kill container: ${container.id}: Container ${container.id} is not running`,
      )
    this.#tell(container, 'kill', { signal })
    container.stoppedByHand = true
    const number = signals[signal]
    if (number !== undefined) this.#end(container, 128 + number)
    return { changed: true }
  }

  #rename(container: FakeContainer, name: string): ChangeOutcome {
    const holder = this.#named(name)
    if (holder !== undefined) throw nameInUse(name, holder.id)
    container.name = name
    this.#tell(container, 'rename')
    return { changed: true }
  }

  #remove(container: FakeContainer, force: boolean): ChangeOutcome {
    if (isAlive(container)) {
      if (!force)
        throw new EngineError(
          409,
          `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`,
        )
      this.#endByHand(container, 137)
    }
    this.containers.delete(container.id)
    this.#tell(container, 'destroy')
    return { changed: true }
  }

  #endByHand(container: FakeContainer, code: number): void {
    container.stoppedByHand = true
    this.#end(container, code)
  }

  #end(container: FakeContainer, code: number): void {
    if (this.#held !== undefined) return void this.#held.unshift(() => this.#end(container, code))
    if (!isAlive(container)) return
    this.#finish(container, code)
    const policy = text(record(container.host['RestartPolicy'])['Name'])
    const again =
      !container.stoppedByHand &&
      (policy === 'always' ||
        policy === 'unless-stopped' ||
        (policy === 'on-failure' && code !== 0))
    if (again) {
      container.status = 'restarting'
      container.cancelExit = this.#clock.after(restartDelayMs, () => this.#start(container))
    }
    this.#tell(container, 'die', { exitCode: String(code) })
  }

  #finish(container: FakeContainer, code: number): void {
    container.cancelExit()
    container.status = 'exited'
    container.exitCode = code
    container.finishedAt = this.#timestamp()
  }

  #found(reference: string): FakeContainer {
    const container = this.containers.get(reference) ?? this.#named(reference)
    if (container === undefined) throw new EngineError(404, `No such container: ${reference}`)
    return container
  }

  #named(name: string): FakeContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name)
  }

  #inspectOf(container: FakeContainer): Inspect {
    const config = Object.fromEntries(
      Object.entries(container.body).filter(([name]) => !/^(Host|Networking)Config$/.test(name)),
    )
    const alive = isAlive(container)
    return {
      Id: container.id,
      Created: new Date(container.createdMs).toISOString(),
      Name: `/${container.name}`,
      Image: this.#images.get(text(config['Image'])) ?? '',
      RestartCount: 0,
      State: {
        Status: container.status,
        Running: alive,
        Paused: container.status === 'paused',
        Restarting: container.status === 'restarting',
        OOMKilled: container.oomKilled,
        Dead: false,
        Pid: alive ? 4242 : 0,
        ExitCode: container.exitCode,
        Error: container.error,
        StartedAt: container.startedAt,
        FinishedAt: container.finishedAt,
      },
      Config: { Labels: {}, ...config },
      HostConfig: { NetworkMode: 'default', ...container.host },
      NetworkSettings: { Networks: {}, Ports: {} },
    }
  }

  #tell(
    container: FakeContainer,
    action: string,
    attributes: Readonly<Record<string, string>> = {},
  ): void {
    const labels = record(container.body['Labels'])
    const image = text(container.body['Image'])
    this.#publish({
      status: action,
      id: container.id,
      from: image,
      Type: 'container',
      Action: action,
      Actor: {
        ID: container.id,
        Attributes: { ...labels, ...attributes, image, name: container.name },
      },
    })
  }

  #publish(event: DockerEvent): void {
    const nowMs = this.#clock.now()
    this.#sequence += 1
    const stamped = {
      ...event,
      scope: 'local',
      time: Math.floor(nowMs / 1000),
      timeNano: nowMs * 1e6 + this.#sequence,
    }
    this.#history.push(stamped)
    if (this.delivery === 'lost') return
    for (const listener of this.#listeners) {
      listener.onEvent(stamped)
      if (this.delivery === 'twice') listener.onEvent(stamped)
    }
  }

  /** Never the same twice, as nanoseconds are not. */
  #timestamp(): string {
    this.#sequence += 1
    const fraction = String(this.#sequence % 1_000_000).padStart(6, '0')
    return new Date(this.#clock.now()).toISOString().replace('Z', `${fraction}Z`)
  }
}

const signals: Readonly<Record<string, number>> = {
  SIGKILL: 9,
  KILL: 9,
  SIGTERM: 15,
  TERM: 15,
  SIGINT: 2,
}

const isAlive = ({ status }: FakeContainer): boolean =>
  status === 'running' || status === 'paused' || status === 'restarting'

const nameInUse = (name: string, holder: string): EngineError =>
  new EngineError(
    409,
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  )

const hasLabels = ({ body }: FakeContainer, wanted: readonly string[]): boolean => {
  const labels = record(body['Labels'])
  return wanted.every((label) => {
    const at = label.indexOf('=')
    return at === -1 ? label in labels : labels[label.slice(0, at)] === label.slice(at + 1)
  })
}

const commandOf = (body: Readonly<Record<string, unknown>>): readonly string[] => {
  const words = (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.map(String) : typeof value === 'string' ? [value] : []
  return [...words(body['Entrypoint']), ...words(body['Cmd'])]
}

/** Enough of a shell: `sleep N`, `sh -c 'exit N'`, `true`, `false`, `echo …`; everything else runs on. */
export const shell: Program = (command) => {
  const [name = '', ...rest] = command[1] === '-c' ? (command[2] ?? '').split(' ') : command
  if (name === 'sleep') return { afterMs: Number(rest[0]) * 1000, code: 0 }
  if (name === 'exit') return { afterMs: 1, code: Number(rest[0] ?? 0) }
  if (name === 'true' || name === 'echo') return { afterMs: 1, code: 0 }
  return name === 'false' ? { afterMs: 1, code: 1 } : undefined
}
