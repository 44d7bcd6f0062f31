import type { Kind } from '../../resources/resources.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Cgroups, GroupReading } from '../cgroups.ts'
import type { CommandUsage } from '../command/containers.ts'
import type { TaskKey } from '../state.ts'
import type { NetworkCounters } from './network.ts'
import type { Measured } from './processes.ts'
import { ofCommand, together } from './reading.ts'
import type { Glance, NodeSample, TaskDetails, TaskSample } from './sample.ts'
import {
  glanceOf,
  type NodeCounters,
  type NodeReading,
  sampleOf,
  type TierReading,
  taskSampleOf,
} from './sampler.ts'

/** Node and tiers; a few dozen microseconds. */
const nodeIntervalMs = 1000
/** Both tiers, while somebody looks: two files. */
export const glanceIntervalMs = 25
/** What a glance tells of. Shorter, it would tell of the kernel's ticks, by which it counts. */
const glanceReadings = 2
/** Each container. */
const taskIntervalMs = 5000
/** What sleeps is read in full all the same, once a minute: the kernel may have taken memory of it. */
const readingsBetweenFull = 12
/** What costs more, or changes less, of each container. */
const detailsIntervalMs = 60_000
/** Containers read in one turn of the event loop: a sweep must not stall it (core-agent §5.2). */
const tasksPerTurn = 100

export interface CollectorPorts {
  readonly clock: Clock
  readonly cgroups: Cgroups
  /** The machine's own counters. */
  readonly node: () => NodeCounters
  /** The control groups of each. */
  readonly tiers: () => Readonly<Record<Kind, readonly string[]>>
  readonly tasks: () => readonly Measured[]
  /** What the command containerizer says of a container that is in no group of ours. */
  readonly commandUsage: (containerId: string) => CommandUsage | undefined
  /** Of the network namespace of a process. */
  readonly network: (pid: number) => NetworkCounters | undefined
  /** Whether glances are wanted in the second to come: lent work runs, and its controller looks at them. */
  readonly isGlancing: () => boolean
  onGlance(glance: Glance): void
  /** Each second. */
  onSample(sample: NodeSample | undefined, tasks: ReadonlyMap<TaskKey, TaskSample>): void
}

/** Reads control groups, never the engine: what it costs does not depend on what runs (core-agent §5.2, A7). */
export class Collector {
  readonly #ports: CollectorPorts
  readonly #tasks = new Map<
    TaskKey,
    {
      readonly containerId: string
      readonly pid: number | undefined
      readonly group: string | undefined
      readonly sample: TaskSample
      readonly age: number
      readonly detailedAtMs: number
    }
  >()
  #before: NodeReading | undefined
  #sweptAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false
  #cancel = () => {}
  /** The last few of the glances, oldest first; empty: nobody looks. */
  #glances: readonly TierReading[] = []
  #isGlancing = false
  #cancelGlance = () => {}

  constructor(ports: CollectorPorts) {
    this.#ports = ports
  }

  start(): void {
    this.#before = this.#read()
    this.#again()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#cancelGlance()
  }

  #again(): void {
    this.#cancel = this.#ports.clock.after(nodeIntervalMs, () => {
      this.#tick()
      if (!this.#isClosed) this.#again()
    })
  }

  #tick(): void {
    const after = this.#read()
    const sample =
      this.#before === undefined ? undefined : sampleOf(this.#before, after, nodeIntervalMs)
    this.#before = after
    if (after.atMs - this.#sweptAtMs >= taskIntervalMs) {
      this.#sweptAtMs = after.atMs
      this.#sweep(this.#ports.tasks())
    }
    const tasks = new Map([...this.#tasks].map(([key, { sample }]) => [key, sample]))
    this.#ports.onSample(sample, tasks)
    this.#isGlancing = this.#ports.isGlancing()
    if (this.#isGlancing && this.#glances.length === 0) this.#glance()
  }

  /** Goes on by itself for as long as it is wanted, and ends within a second of that. */
  #glance(): void {
    if (this.#isClosed) return
    if (!this.#isGlancing) {
      this.#glances = []
      return
    }
    const reading = this.#readTiers()
    const [before] = this.#glances.slice(-glanceReadings)
    this.#glances = [...this.#glances, reading].slice(-glanceReadings)
    this.#cancelGlance = this.#ports.clock.after(glanceIntervalMs, () => this.#glance())
    const glance =
      before === undefined
        ? undefined
        : glanceOf(before, reading, glanceReadings * glanceIntervalMs)
    if (glance !== undefined) this.#ports.onGlance(glance)
  }

  #readTiers(): TierReading {
    const { clock, cgroups, tiers } = this.#ports
    const { regular, revocable } = tiers()
    const seconds = (groups: readonly string[]) =>
      groups.reduce((sum, group) => sum + (cgroups.cpuSeconds(group) ?? 0), 0)
    return {
      atMs: clock.monotonicMs(),
      regularSeconds: seconds(regular),
      revocableSeconds: seconds(revocable),
    }
  }

  #read(): NodeReading {
    const { clock, cgroups, node, tiers } = this.#ports
    const { regular, revocable } = tiers()
    return {
      ...node(),
      atMs: clock.monotonicMs(),
      regular: together(regular.map((group) => cgroups.read(group))),
      revocable: together(revocable.map((group) => cgroups.read(group))),
    }
  }

  #sweep(tasks: readonly Measured[]): void {
    const alive = new Set(tasks.map(({ key }) => key))
    for (const [key, { group }] of this.#tasks)
      if (!alive.has(key)) {
        this.#tasks.delete(key)
        if (group !== undefined) this.#ports.cgroups.forget(group)
      }
    this.#readSome(tasks, 0)
  }

  #readSome(tasks: readonly Measured[], from: number): void {
    for (const task of tasks.slice(from, from + tasksPerTurn)) this.#readTask(task)
    const next = from + tasksPerTurn
    if (next < tasks.length && !this.#isClosed)
      this.#ports.clock.after(0, () => this.#readSome(tasks, next))
  }

  #readTask(task: Measured): void {
    const { clock } = this.#ports
    const { key, containerId } = task
    const pid = 'pid' in task ? task.pid : undefined
    const known = this.#tasks.get(key)
    const same = known?.pid === pid && known?.containerId === containerId ? known : undefined
    const age = same !== undefined && same.age < readingsBetweenFull ? same.age + 1 : 0
    const group = same?.group ?? this.#groupOf(task)
    const reading = this.#readingOf(task, group, age > 0 ? same?.sample.reading : undefined)
    if (reading === undefined) {
      this.#tasks.delete(key)
      return
    }
    const nowMs = clock.monotonicMs()
    const sample = taskSampleOf(same?.sample, reading, nowMs, taskIntervalMs)
    if (sample === undefined) return
    const isDue = same === undefined || nowMs - same.detailedAtMs >= detailsIntervalMs
    const details = isDue ? this.#detailsOf(task, group) : same.sample.details
    this.#tasks.set(key, {
      containerId,
      pid,
      group,
      sample: details === undefined ? sample : { ...sample, details },
      age,
      detailedAtMs: isDue ? nowMs : same.detailedAtMs,
    })
  }

  /** Commands have the machine's network, and what they have written is measured by their isolator. */
  #detailsOf(task: Measured, group: string | undefined): TaskDetails {
    const { cgroups, network, commandUsage } = this.#ports
    const isDocker = 'pid' in task
    return {
      group: group === undefined ? undefined : cgroups.details(group),
      network: isDocker ? network(task.pid) : undefined,
      diskBytes: isDocker ? undefined : commandUsage(task.containerId)?.diskBytes,
    }
  }

  #groupOf(task: Measured): string | undefined {
    const { cgroups } = this.#ports
    if ('pid' in task) return cgroups.groupOf(task.pid)
    return task.groups.find((group) => cgroups.read(group) !== undefined)
  }

  #readingOf(task: Measured, group: string | undefined, last: GroupReading | undefined) {
    const { cgroups, commandUsage } = this.#ports
    if (group !== undefined) return cgroups.read(group, last)
    return 'pid' in task ? undefined : ofCommand(commandUsage(task.containerId))
  }
}
