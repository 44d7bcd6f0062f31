/** One run's folder as the disk shows it. */
export interface Run {
  readonly path: string
  /** Mesos' ContainerID, the folder's name. */
  readonly containerId: string
  /** The newest of the folder's own times and those of its output. */
  readonly modifiedMs: number
}

export interface Collection {
  readonly nowMs: number
  readonly gcDelayMs: number
  /** Part of the disk that is to stay free. */
  readonly gcDiskHeadroom: number
  /** Part of it that is taken, from 0 to 1. */
  readonly diskUsage: number
  readonly inUse: ReadonlySet<string>
}

/**
 * Which runs go (core-agent §3.8; slave/gc.cpp): the fuller the disk, the shorter they stay, and none stays where
 * nothing but the headroom is left. What is in use stays. Pure.
 */
export const expired = (runs: readonly Run[], collection: Collection): readonly Run[] => {
  const { nowMs, inUse } = collection
  const allowedMs = allowedAgeMs(collection)
  return runs.filter(
    ({ containerId, modifiedMs }) => !inUse.has(containerId) && nowMs - modifiedMs >= allowedMs,
  )
}

export const allowedAgeMs = ({
  gcDelayMs,
  gcDiskHeadroom,
  diskUsage,
}: Pick<Collection, 'gcDelayMs' | 'gcDiskHeadroom' | 'diskUsage'>): number =>
  gcDelayMs * Math.max(0, 1 - gcDiskHeadroom - diskUsage)

/**
 * Mount points at or below a path, the deepest first, of the text of `/proc/self/mountinfo`. Spaces and the like are
 * octal in it. Pure.
 */
export const mountsBelow = (mountinfo: string, path: string): readonly string[] =>
  mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((text) =>
      text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length)
