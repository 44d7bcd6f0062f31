import type { Clock } from '../../runtime/clock.ts'
import type { Cgroups, Tiers } from '../cgroups.ts'
import type { TaskKey } from '../state.ts'
import type { NodeSample, TaskSample } from './sample.ts'
import { type NodeCounters, type NodeReading, sampleOf, taskSampleOf } from './sampler.ts'

/** Node and tiers; a few dozen microseconds. */
const nodeIntervalMs = 1000
/** Each container. */
const taskIntervalMs = 5000
/** What sleeps is read in full all the same, once a minute: the kernel may have taken memory of it. */
const readingsBetweenFull = 12
/** Containers read in one turn of the event loop: a sweep must not stall it (core-agent §5.2). */
const tasksPerTurn = 100

export interface CollectorPorts {
  readonly clock: Clock
  readonly cgroups: Cgroups
  /** The machine's own counters. */
  readonly node: () => NodeCounters
  readonly tiers: () => Tiers
  /** Process of each container that lives. */
  readonly tasks: () => readonly { readonly key: TaskKey; readonly pid: number }[]
  /** Each second. */
  onSample(sample: NodeSample | undefined, tasks: ReadonlyMap<TaskKey, TaskSample>): void
}

/** Reads control groups, never the engine: what it costs does not depend on what runs (core-agent §5.2, A7). */
export class Collector {
  readonly #ports: CollectorPorts
  readonly #tasks = new Map<
    TaskKey,
    { readonly pid: number; readonly group: string; sample: TaskSample; readonly age: number }
  >()
  #before: NodeReading | undefined
  #sweptAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false
  #cancel = () => {}

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
  }

  #read(): NodeReading {
    const { clock, cgroups, node, tiers } = this.#ports
    const { regular, revocable } = tiers()
    return {
      ...node(),
      atMs: clock.monotonicMs(),
      regular: regular === undefined ? undefined : cgroups.read(regular),
      revocable: revocable === undefined ? undefined : cgroups.read(revocable),
    }
  }

  #sweep(tasks: readonly { readonly key: TaskKey; readonly pid: number }[]): void {
    const alive = new Set(tasks.map(({ key }) => key))
    for (const [key, { group }] of this.#tasks)
      if (!alive.has(key)) {
        this.#tasks.delete(key)
        this.#ports.cgroups.forget(group)
      }
    this.#readSome(tasks, 0)
  }

  #readSome(tasks: readonly { readonly key: TaskKey; readonly pid: number }[], from: number): void {
    for (const { key, pid } of tasks.slice(from, from + tasksPerTurn)) this.#readTask(key, pid)
    const next = from + tasksPerTurn
    if (next < tasks.length && !this.#isClosed)
      this.#ports.clock.after(0, () => this.#readSome(tasks, next))
  }

  #readTask(key: TaskKey, pid: number): void {
    const { clock, cgroups } = this.#ports
    const known = this.#tasks.get(key)
    const isSame = known?.pid === pid
    const group = isSame ? known.group : cgroups.groupOf(pid)
    const age = isSame && known.age < readingsBetweenFull ? known.age + 1 : 0
    const last = isSame && age > 0 ? known.sample.reading : undefined
    const reading = group === undefined ? undefined : cgroups.read(group, last)
    if (group === undefined || reading === undefined) {
      this.#tasks.delete(key)
      return
    }
    const before = isSame ? known.sample : undefined
    const sample = taskSampleOf(before, reading, clock.monotonicMs(), taskIntervalMs)
    if (sample !== undefined) this.#tasks.set(key, { pid, group, sample, age })
  }
}
