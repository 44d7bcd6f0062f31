import {
  type Bounds,
  type CommandContainers,
  CommandError,
  type CommandExit,
  type CommandListener,
  type CommandSpec,
  type CommandUsage,
  type RunCommand,
} from '../../src/core-agent/command/containers.ts'
import type { Cancel, Clock } from '../../src/runtime/clock.ts'

interface FakeContainer {
  readonly spec: CommandSpec
  exit: CommandExit | undefined
  told: boolean
  cancel: Cancel
}

/** How long a process takes to start, and to go once it is signalled. */
const startMs = 5
const signalMs = 1

/**
 * Containers of commands in memory. They outlive the agent, as those of the machine do: a new life calls `recover`
 * again. A command line is read as far as tests need it: `sleep N`, `exit N`, `true`, `false`, `trap '' TERM`,
 * `tail /dev/zero` (which eats all memory), joined by `;`; anything else takes no time.
 */
export class FakeCommands implements CommandContainers {
  readonly #clock: Clock
  readonly #containers = new Map<string, FakeContainer>()
  readonly launches: CommandSpec[] = []
  readonly updates: Bounds[] = []
  readonly signals: string[] = []
  /** What the next launches fail with. */
  problem: string | undefined
  #listener: CommandListener | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get containers(): readonly string[] {
    return [...this.#containers.keys()]
  }

  async recover(listener: CommandListener): Promise<readonly string[]> {
    this.#listener = listener
    for (const one of this.#containers.values()) one.told = false
    this.#clock.after(0, () => {
      for (const id of this.#containers.keys()) this.#tell(id)
    })
    return this.containers
  }

  async launch(spec: CommandSpec): Promise<void> {
    this.launches.push(spec)
    if (this.problem !== undefined)
      throw new CommandError(`The container cannot be made: ${this.problem}`)
    if (spec.user === 'nosuch') throw new CommandError("The agent's machine has no user 'nosuch'")
    const one: FakeContainer = { spec, exit: undefined, told: false, cancel: () => {} }
    this.#containers.set(spec.containerId, one)
    await new Promise<void>((resolve) => this.#clock.after(startMs, resolve))
    this.#run(one)
  }

  /** As `launch`, with what the line ends in as the answer. */
  async run(id: string, { argv }: RunCommand, signal: AbortSignal): Promise<number> {
    const one = this.#containers.get(id)
    if (one === undefined || one.exit !== undefined)
      throw new CommandError('Its container does not run')
    const { delayMs, exit } = play(argv.at(-1) ?? '', one.spec)
    await elapsed(this.#clock, delayMs, signal)
    return exit.status ?? 1
  }

  update(_id: string, bounds: Bounds): void {
    this.updates.push(bounds)
  }

  signal(id: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    this.signals.push(`${signal} ${id}`)
    const one = this.#containers.get(id)
    if (one === undefined || one.exit !== undefined) return
    if (signal === 'SIGTERM' && commandLine(one.spec).includes("trap '' TERM")) return
    this.#end(one, { status: 128 + (signal === 'SIGTERM' ? 15 : 9) }, signalMs)
  }

  remove(id: string): void {
    if (this.#containers.get(id)?.exit !== undefined) this.#containers.delete(id)
  }

  usage(id: string): CommandUsage | undefined {
    return this.#containers.has(id)
      ? { cpuUserSeconds: 1, cpuSystemSeconds: 0.5, memoryBytes: 1024 ** 2, processes: 1 }
      : undefined
  }

  close(): void {
    this.#listener = undefined
  }

  /** The supervisor and all of the container vanish, as at a reboot. */
  vanish(): void {
    for (const { cancel } of this.#containers.values()) cancel()
    this.#containers.clear()
  }

  #run(one: FakeContainer): void {
    const { delayMs, exit } = play(commandLine(one.spec), one.spec)
    this.#end(one, exit, delayMs)
  }

  #end(one: FakeContainer, exit: CommandExit, delayMs: number): void {
    one.cancel()
    one.cancel = this.#clock.after(delayMs, () => {
      one.exit = exit
      this.#tell(one.spec.containerId)
    })
  }

  #tell(id: string): void {
    const one = this.#containers.get(id)
    if (one?.exit === undefined || one.told || this.#listener === undefined) return
    one.told = true
    this.#listener.onExit(id, one.exit)
  }
}

const play = (line: string, spec: CommandSpec) => {
  let delayMs = 1
  let exit: CommandExit = { status: 0 }
  for (const part of line.split(';')) {
    const [name = '', argument = ''] = part.trim().split(' ')
    if (name === 'sleep') delayMs += Number(argument) * 1000
    if (name === 'false') exit = { status: 1 }
    if (name === 'tail') exit = outOfMemory(spec)
    if (name === 'exit') {
      exit = { status: Number(argument) }
      break
    }
  }
  return { delayMs, exit }
}

/** Rejects with CommandError when `signal` comes first. */
const elapsed = (clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, resolve)
    signal.addEventListener('abort', () => {
      cancel()
      reject(new CommandError('it took too long and was killed'))
    })
  })

const commandLine = ({ argv }: CommandSpec): string => argv.at(-1) ?? ''

const outOfMemory = ({ bounds: { memoryBytes } }: CommandSpec): CommandExit => {
  const megabytes = `${Math.round(memoryBytes / 1024 ** 2)}MB`
  return {
    status: 137,
    limitation: {
      resource: 'mem',
      message: `Memory limit exceeded: Requested: ${megabytes} Maximum Used: ${megabytes}`,
    },
  }
}
