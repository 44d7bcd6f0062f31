import type { ImageUses } from '../../src/core-agent/images/image-uses.ts'
import type { HistoryFile, SavedHistory } from '../../src/core-agent/usage/history-file.ts'
import type { NodeSample } from '../../src/core-agent/usage/sample.ts'

const gib = 1024 ** 3

/** Kept in memory, as a disk that is never full. */
export const memoryHistory = (): HistoryFile => {
  let saved: SavedHistory | undefined
  return {
    read: () => saved,
    write: (given) => {
      saved = JSON.parse(JSON.stringify(given)) as SavedHistory
    },
  }
}

/** One second of an idle machine with four cpus and 16 GiB, unless said otherwise. */
export const nodeSample = (given: Partial<NodeSample> = {}): NodeSample => ({
  atMs: 0,
  intervalMs: 1000,
  cpus: 4,
  regularCpus: 0,
  revocableCpus: 0,
  systemCpus: 0,
  memoryTotalBytes: 16 * gib,
  memoryAvailableBytes: 12 * gib,
  regularMemoryBytes: gib,
  revocableMemoryBytes: gib,
  pressure: { cpuSome: 0, memorySome: 0, memoryFull: 0, ioSome: 0 },
  load: [0, 0, 0],
  ...given,
})

/** When images were used, for the lives of one agent. */
export const memoryImageUses = (): ImageUses => {
  let kept: ReturnType<ImageUses['read']> = []
  return {
    read: () => kept,
    write: (uses) => {
      kept = uses
    },
  }
}
