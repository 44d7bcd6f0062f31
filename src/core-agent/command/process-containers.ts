import { execFile, spawn } from 'node:child_process'
import { existsSync, type FSWatcher, mkdirSync, readFileSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Cancel, Clock } from '../../runtime/clock.ts'
import { ContainerFiles } from './container-files.ts'
import {
  type Bounds,
  type CommandContainers,
  CommandError,
  type CommandExit,
  type CommandListener,
  type CommandSpec,
  type CommandUsage,
  type RunCommand,
} from './containers.ts'
import { DiskIsolator } from './isolators/disk.ts'
import { processesOf } from './isolators/hierarchies.ts'
import type { Contained, Isolator } from './isolators/isolator.ts'
import { runInside } from './run-inside.ts'
import { idsOf, makeSandbox } from './sandbox.ts'
import { containerScript, type Tools } from './script.ts'

export interface ProcessContainersOptions {
  /** Of the containers' own files; made where it is not there. */
  readonly folder: string
  readonly isolators: readonly Isolator[]
  readonly clock: Clock
  readonly diskIntervalMs: number
}

/** How often bounds are looked at that the kernel tells nobody of, and ends that no watch told. */
const sweepIntervalMs = 1000

interface Known {
  contained: Contained
  /** Settles the launch. */
  started: ((error?: CommandError) => void) | undefined
  /** Its end was told; after `remove` it waits for its groups to empty. */
  phase: 'alive' | 'ended' | 'removed'
}

/**
 * Containers as processes of this machine. Each has a supervisor of its own (script.ts) that goes on without the
 * agent; what it leaves in files is all that the agent knows, in this life and in the next.
 */
export class ProcessContainers implements CommandContainers {
  readonly #files: ContainerFiles
  readonly #options: ProcessContainersOptions
  readonly #known = new Map<string, Known>()
  #listener: CommandListener | undefined
  #watcher: FSWatcher | undefined
  #cancelSweep: Cancel = () => {}
  #cancelDisk: Cancel = () => {}
  #closed = false

  constructor(options: ProcessContainersOptions) {
    this.#options = options
    this.#files = new ContainerFiles(options.folder)
  }

  async recover(listener: CommandListener): Promise<readonly string[]> {
    this.#listener = listener
    mkdirSync(this.#files.folder, { recursive: true, mode: 0o700 })
    this.#watch()
    for (const contained of this.#files.all()) {
      const { containerId: id } = contained
      this.#known.set(id, { contained, started: undefined, phase: 'alive' })
      if (this.#files.started(id) || this.#files.supervised(id)) continue
      this.#known.delete(id) // A crash came before its launch.
      this.#cleanUp(contained)
      this.#files.remove(id)
    }
    this.#sweepLater()
    this.#measureLater()
    setImmediate(() => this.#sweep())
    return [...this.#known.keys()]
  }

  async launch(spec: CommandSpec): Promise<void> {
    const { isolators } = this.#options
    const { containerId: id, sandbox, tier, rlimits, bounds } = spec
    const contained = { containerId: id, sandbox, tier, rlimits, bounds }
    const tools = findTools()
    if (process.getuid?.() !== 0)
      throw new CommandError('Commands need an agent that runs as root, for namespaces and groups')
    const ids = spec.user === undefined ? undefined : await idsOf(spec.user)
    try {
      makeSandbox(sandbox, ids)
      for (const isolator of isolators) await isolator.prepare(contained)
      const ways = isolators.map((isolator) => isolator.isolate(contained))
      const script = containerScript(spec, {
        files: this.#files.base(id),
        groups: ways.flatMap(({ groups }) => groups ?? []),
        rlimits: ways.flatMap(({ rlimits }) => rlimits ?? []),
        ids,
        tools,
      })
      this.#files.write(contained, script)
    } catch (error) {
      this.#cleanUp(contained)
      this.#files.remove(id)
      throw new CommandError(`The container cannot be made: ${textOf(error)}`, { cause: error })
    }
    await new Promise<void>((resolve, reject) => {
      const started = (error?: CommandError) => (error === undefined ? resolve() : reject(error))
      this.#known.set(id, { contained, started, phase: 'alive' })
      this.#spawn(id)
    })
  }

  update(id: string, bounds: Bounds): void {
    const known = this.#known.get(id)
    if (known?.phase !== 'alive') return
    known.contained = { ...known.contained, bounds }
    this.#files.describe(known.contained)
    for (const isolator of this.#options.isolators) isolator.update(known.contained)
  }

  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    const known = this.#known.get(id)
    if (known?.phase === 'alive') this.#signal(known.contained, signal)
  }

  async run(id: string, command: RunCommand, signal: AbortSignal): Promise<number> {
    const known = this.#known.get(id)
    const groups =
      known?.phase === 'alive' ? runGroupsOf(this.#options.isolators, known.contained) : []
    const [pid] = groups[0] === undefined ? [] : processesOf(dirname(groups[0]))
    if (known === undefined || pid === undefined)
      throw new CommandError('Its container does not run')
    const ids = command.user === undefined ? undefined : await idsOf(command.user)
    const { sandbox } = known.contained
    const place = { pid, groups, sandbox, ids, tools: findTools(), nsenter: tool('nsenter') }
    return runInside(place, command, signal)
  }

  remove(id: string): void {
    const known = this.#known.get(id)
    if (known?.phase !== 'ended') return
    known.phase = 'removed'
    this.#finish(id, known)
  }

  usage(id: string): CommandUsage | undefined {
    const known = this.#known.get(id)
    return known === undefined
      ? undefined
      : Object.assign({}, ...this.#options.isolators.map((one) => one.usage(known.contained)))
  }

  close(): void {
    this.#closed = true
    this.#watcher?.close()
    this.#cancelSweep()
    this.#cancelDisk()
  }

  /** Ends are seen at once; where the kernel has no watch left for us, the sweep sees them. */
  #watch(): void {
    try {
      this.#watcher = watch(this.#files.folder, (_, name) => {
        if (name !== null) this.#check(this.#files.idOf(name))
      })
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      this.#watcher = undefined
    }
  }

  /** In a session of its own, so that nothing that ends the agent ends it, too. */
  #spawn(id: string): void {
    const script = `${this.#files.base(id)}.sh`
    const child = spawn('/bin/sh', [script], { detached: true, stdio: 'ignore', cwd: '/', env: {} })
    child.on('error', (error) => {
      const known = this.#known.get(id)
      if (known !== undefined) this.#failed(id, known, error.message)
    })
    child.unref()
  }

  /** Something of this container's was written, or a while has passed. */
  #check(id: string): void {
    const known = this.#known.get(id)
    if (known?.phase !== 'alive' || this.#closed) return
    const exit = this.#files.exit(id)
    if (known.started !== undefined) {
      if (this.#files.started(id)) {
        known.started()
        known.started = undefined
        // Whoever waits for the launch hears of it before an end is told.
        setImmediate(() => this.#check(id))
      } else if (exit !== undefined) this.#failed(id, known, lastLine(known.contained))
    } else if (exit !== undefined) this.#ended(known, exit)
  }

  #failed(id: string, known: Known, why: string): void {
    known.phase = 'removed'
    known.started?.(new CommandError(`The container cannot be made: ${why}`))
    known.started = undefined
    this.#finish(id, known)
  }

  #ended(known: Known, exit: CommandExit): void {
    known.phase = 'ended'
    const { contained } = known
    const limitation =
      exit.limitation ?? (exit.status === 0 ? undefined : this.#limitation(contained))
    this.#listener?.onExit(contained.containerId, {
      status: exit.status,
      ...(limitation === undefined ? {} : { limitation }),
    })
  }

  #limitation(contained: Contained) {
    for (const isolator of this.#options.isolators) {
      const limitation = isolator.limitation(contained)
      if (limitation !== undefined) return limitation
    }
    return undefined
  }

  #signal(contained: Contained, signal: 'SIGTERM' | 'SIGKILL'): void {
    // Any of ours holds all of its processes; to end them no module is asked.
    const own = this.#options.isolators.filter(({ name }) => name.startsWith('cgroups/'))
    // A dying one may have left that of the cpu.
    const pids = groupsOf(own, contained).flatMap((group) => processesOf(dirname(group)))
    // Zero stands for a process that this agent cannot see, and would mean the agent's own group.
    for (const pid of new Set(pids)) if (pid > 1) tryKill(pid, signal)
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#options.clock.after(sweepIntervalMs, () => {
      this.#sweep()
      if (!this.#closed) this.#sweepLater()
    })
  }

  #sweep(): void {
    if (this.#closed) return
    for (const [id, known] of this.#known) {
      if (known.phase === 'removed') this.#finish(id, known)
      if (known.phase !== 'alive') continue
      this.#check(id)
      if (known.phase === 'alive' && known.started === undefined) this.#guard(id, known)
    }
  }

  #guard(id: string, known: Known): void {
    const limitation = this.#files.limitation(id) ?? this.#limitation(known.contained)
    if (limitation !== undefined) {
      this.#files.limit(id, limitation)
      this.#signal(known.contained, 'SIGKILL')
    } else if (!this.#files.supervised(id) && this.#files.exit(id) === undefined) {
      this.#signal(known.contained, 'SIGKILL')
      this.#ended(known, { status: undefined })
    }
  }

  #measureLater(): void {
    const disk = this.#options.isolators.find((one) => one instanceof DiskIsolator)
    if (disk === undefined) return
    this.#cancelDisk = this.#options.clock.after(this.#options.diskIntervalMs, () => {
      const alive = [...this.#known.values()].filter(({ phase }) => phase === 'alive')
      void disk.measure(alive.map(({ contained }) => contained)).finally(() => {
        if (!this.#closed) this.#measureLater()
      })
    })
  }

  #finish(id: string, known: Known): void {
    if (!this.#cleanUp(known.contained)) return
    this.#known.delete(id)
    this.#files.remove(id)
  }

  #cleanUp(contained: Contained): boolean {
    const done = [...this.#options.isolators].reverse().map((one) => one.cleanup(contained))
    return done.every(Boolean)
  }
}

const groupsOf = (isolators: readonly Isolator[], contained: Contained): readonly string[] =>
  isolators.flatMap((one) => one.isolate(contained).groups ?? [])

const runGroupsOf: typeof groupsOf = (isolators, contained) => {
  try {
    return groupsOf(isolators, contained)
  } catch (error) {
    throw new CommandError(`The command cannot be bounded: ${textOf(error)}`, { cause: error })
  }
}

/** `du` of a folder, within its file system and a time. */
export const measureFolder = async (folder: string): Promise<number | undefined> => {
  try {
    const { stdout } = await run('du', ['-skx', '--', folder], { timeout: measureTimeoutMs })
    return Number.parseInt(stdout, 10) * 1024
  } catch {
    return undefined
  }
}

const run = promisify(execFile)
const measureTimeoutMs = 10_000

const findTools = (): Tools => ({
  unshare: tool('unshare'),
  setpriv: tool('setpriv'),
  prlimit: tool('prlimit'),
  env: tool('env'),
})

const tool = (name: string): string => {
  const folder = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].find((one) =>
    existsSync(join(one, name)),
  )
  if (folder === undefined)
    throw new CommandError(`Commands need ${name} on the agent's machine: install util-linux`)
  return join(folder, name)
}

const tryKill = (pid: number, signal: 'SIGTERM' | 'SIGKILL'): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

const lastLine = ({ sandbox }: Contained): string =>
  readFileSync(join(sandbox, 'stderr'), 'utf8').trim().split('\n').at(-1) ?? ''

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
