import type { NodeSample } from '../usage/sample.ts'
import type { RegularTask } from './estimator.ts'
import { percentileOf, Window } from './window.ts'

/** Memory moves slowly: one maximum for each so long a time. */
const slotMs = 300_000
const historyMs = 24 * 3_600_000
const recentMs = 3_600_000
/** A task younger than this counts as its request. */
const warmUpMs = 600_000
const percentile = 0.98
const margin = 1.1

interface Known {
  readonly maxima: Window
  slotFromMs: number
  maxBytes: number
}

/** What each regular task may need: what it needed at most, with a margin, and never more than its limit (core-agent §7.2). */
export class MemoryPeakPredictor {
  readonly #tasks = new Map<string, Known>()
  #systemBytes = 0
  #totalBytes = 0

  observe(sample: NodeSample, tasks: readonly RegularTask[]): void {
    const used = sample.memoryTotalBytes - sample.memoryAvailableBytes
    this.#totalBytes = sample.memoryTotalBytes
    this.#systemBytes = Math.max(0, used - sample.regularMemoryBytes - sample.revocableMemoryBytes)
    const ids = new Set(tasks.map(({ id }) => id))
    for (const id of this.#tasks.keys()) if (!ids.has(id)) this.#tasks.delete(id)
    for (const { id, usage } of tasks)
      if (usage !== undefined) this.#add(id, sample.atMs, usage.memoryBytes)
  }

  /** Bytes that are neither needed by regular tasks nor by the system, of the share of the machine that may be used. */
  spareBytes(nowMs: number, tasks: readonly RegularTask[], share: number): number {
    const needed = tasks.reduce((sum, task) => sum + this.#peak(nowMs, task), 0)
    return share * this.#totalBytes - this.#systemBytes - needed
  }

  #peak(nowMs: number, { id, ageMs, usage, requestMemoryBytes }: RegularTask): number {
    const known = this.#tasks.get(id)
    if (ageMs < warmUpMs || usage === undefined || known === undefined) return requestMemoryBytes
    const maxima = (spanMs: number) => known.maxima.last(nowMs, spanMs).map(({ max }) => max)
    const peak = Math.max(
      percentileOf(maxima(historyMs), percentile),
      known.maxBytes,
      ...maxima(recentMs),
    )
    return Math.min(requestMemoryBytes, margin * peak)
  }

  #add(id: string, atMs: number, bytes: number): void {
    let known = this.#tasks.get(id)
    if (known === undefined) {
      known = { maxima: new Window(historyMs), slotFromMs: atMs, maxBytes: 0 }
      this.#tasks.set(id, known)
    }
    known.maxBytes = Math.max(known.maxBytes, bytes)
    if (atMs - known.slotFromMs < slotMs) return
    known.maxima.push({ atMs, mean: known.maxBytes, max: known.maxBytes })
    known.slotFromMs = atMs
    known.maxBytes = bytes
  }
}
