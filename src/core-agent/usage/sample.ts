import type { GroupDetails, GroupReading } from '../cgroups.ts'
import type { NetworkCounters } from './network.ts'

/** Load averages of the machine over 1, 5 and 15 minutes. */
export type LoadAverage = readonly [number, number, number]

/**
 * One second of a machine, as estimators and QoS controllers see it (core-agent §5.2, §7.3). cpus are CPU seconds per
 * second, means over the interval that ends at `atMs`.
 */
export interface NodeSample {
  /** Monotonic clock. */
  readonly atMs: number
  readonly intervalMs: number
  /** Logical cpus of the machine. */
  readonly cpus: number
  readonly regularCpus: number
  readonly revocableCpus: number
  /** What else is busy: daemons, the agent, everything outside of containers. */
  readonly systemCpus: number
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** Working sets: what is used, less the file cache that can be dropped. */
  readonly regularMemoryBytes: number
  readonly revocableMemoryBytes: number
  readonly pressure: Pressure
  readonly load: LoadAverage
}

/** Both tiers between two samples: the last few hundredths of a second, no more than a sudden change is seen by. */
export interface Glance {
  /** Monotonic clock. */
  readonly atMs: number
  readonly regularCpus: number
  readonly revocableCpus: number
}

/** Shares (0 to 1) of the interval in which tasks of the regular tier waited; undefined: the kernel does not tell. */
export interface Pressure {
  readonly cpuSome?: number | undefined
  readonly memorySome?: number | undefined
  readonly memoryFull?: number | undefined
  readonly ioSome?: number | undefined
}

/** The last look at one container, every few seconds. */
export interface TaskSample {
  /** Monotonic clock. */
  readonly atMs: number
  readonly cpus: number
  /** Working set. */
  readonly memoryBytes: number
  /** Since its start. */
  readonly cpuSeconds: number
  /** How many looks there have been. */
  readonly samples: number
  /** The counters behind it. */
  readonly reading: GroupReading
  readonly details?: TaskDetails
}

/** What is looked at once a minute (core-agent §5.2); undefined: not known. */
export interface TaskDetails {
  readonly group: GroupDetails | undefined
  /** Also of a container that has the machine's own network. */
  readonly network: NetworkCounters | undefined
  readonly diskBytes: number | undefined
}
