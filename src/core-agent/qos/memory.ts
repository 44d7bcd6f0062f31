import { meanOf } from '../estimator/window.ts'
import type { NodeSample } from '../usage/sample.ts'

const mib = 1024 ** 2
/** Free memory below which something lent has to go: a share, at least so much, and what regular tasks grew by of late. */
const softShare = 0.02
const leastSoftBytes = 512 * mib
const growthSeconds = 60
/** What is given back beyond that, so that the next second does not ask again. */
const marginShare = 0.02
/** Free memory below which there is no time left. */
const hardShare = 0.01
/** Share of time in which every regular task waits for memory: over ten seconds, or over two. */
const stallSeconds = 10
const stallShare = 0.05
const emergencySeconds = 2
const emergencyShare = 0.2
/** A tier with less of the memory than this is not blamed for its want. */
const blameShare = 0.01

export interface MemoryState {
  readonly availableBytes: number
  readonly softBytes: number
  readonly hardBytes: number
  /** What has to come back; 0: nothing. */
  readonly neededBytes: number
  /** Mean of `memory full` over ten seconds. */
  readonly stall: number
  readonly stalls: boolean
  readonly isCritical: boolean
}

/** Whether the machine runs out of memory (core-agent §7.3, L2 to L4). */
export class MemoryWatch {
  readonly #regular: number[] = []
  readonly #full: number[] = []

  follow(sample: NodeSample): MemoryState {
    const { memoryTotalBytes: total, memoryAvailableBytes: availableBytes, pressure } = sample
    keep(this.#regular, sample.regularMemoryBytes, growthSeconds)
    keep(this.#full, pressure.memoryFull ?? 0, stallSeconds)
    const growth = Math.max(0, sample.regularMemoryBytes - Math.min(...this.#regular))
    const softBytes = Math.max(softShare * total, leastSoftBytes) + growth
    const hardBytes = hardShare * total
    const isLent = sample.revocableMemoryBytes >= blameShare * total
    const stall = meanOf(this.#full)
    const lastFew = this.#full.slice(-emergencySeconds)
    const isStuck = lastFew.length === emergencySeconds && Math.min(...lastFew) > emergencyShare
    return {
      availableBytes,
      softBytes,
      hardBytes,
      neededBytes:
        isLent && availableBytes < softBytes ? softBytes + marginShare * total - availableBytes : 0,
      stall,
      stalls: isLent && this.#full.length === stallSeconds && stall >= stallShare,
      isCritical: isLent && (availableBytes < hardBytes || isStuck),
    }
  }
}

export const stallThreshold = stallShare

const keep = (values: number[], value: number, length: number): void => {
  values.push(value)
  if (values.length > length) values.shift()
}
