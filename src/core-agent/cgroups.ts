import type { Kind } from '../resources/resources.ts'

/** `HostConfig.CgroupParent` of each kind of container; absent: the engine's own default. */
export type Tiers = Readonly<Partial<Record<Kind, string>>>

/** The kernel's control groups as a port (design decision 5, core-agent §7.3). Calls are a few file operations. */
export interface Cgroups {
  /**
   * Makes a parent group for each kind, the revocable one of lowest weight, the regular one weighing as much as
   * `cpus`. `problem` tells the operator what could not be done; then the tiers that could be made are given.
   */
  prepare(options: { readonly driver: string; readonly cpus: number }): {
    readonly tiers: Tiers
    readonly problem?: string
  }
  /** The group that a process is in, such as `/shoal/regular/<id>`; undefined: it has ended, or is in no group of its own. */
  groupOf(pid: number): string | undefined
  /**
   * Counters of a group since it was made; undefined where it is not, or cannot be read. Given the last reading: that one,
   * where no process of the group has used a cpu since, or waited for one. What sleeps costs two files instead of eight
   * (core-agent §5.2, A7).
   */
  read(group: string, before?: GroupReading): GroupReading | undefined
  /** What it holds, and how much runs in it; a few files that are opened for it, so to be asked now and then. */
  details(group: string): GroupDetails | undefined
  /** What its processes have used since it was made: one file, for a look many times a second. Undefined as of `read`. */
  cpuSeconds(group: string): number | undefined
  /** Nothing more is asked of the group. */
  forget(group: string): void
  /** cpus that all processes of the group together may use; undefined: no bound. */
  bound(group: string, cpus: number | undefined): void
  /** Stops every process of the group, or lets them run on. */
  freeze(group: string, frozen: boolean): void
  /**
   * Kills every process of a group and of those below it, stopped ones too. `boosted` names the tier that it is in where
   * that has so little cpu that nothing would end: on v1 its processes leave it for another of normal weight, on v2 the
   * tier itself is raised until `settle`.
   */
  kill(group: string, boosted?: string): void
  /** The tier is as it was before a kill. */
  settle(tier: string): void
  /** Some process of the group, or of one below it, lives. False where there is no such group. */
  populated(group: string): boolean
}

/** Counters only grow while the group exists; a smaller one is that of another group of its name. */
export interface GroupReading {
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  /** Everything charged to the group. */
  readonly memoryBytes: number
  /** Of that, what belongs to processes and is in no file; undefined: not known. */
  readonly anonBytes: number | undefined
  /** Of that, file cache that has not been used of late and can be dropped. */
  readonly inactiveFileBytes: number
  /** Periods in which a quota applied, and in which it was used up. */
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
  /** Seconds in which some, or all, processes waited; undefined: the kernel does not tell. */
  readonly waits: Waits | undefined
}

/** Of a group and all below it. */
export interface GroupDetails {
  readonly fileBytes: number
  readonly mappedFileBytes: number
  readonly unevictableBytes: number
  readonly swapBytes: number
  /** Of the group itself. */
  readonly processes: number
  /** Undefined: the kernel does not count them. */
  readonly threads: number | undefined
}

export interface Waits {
  readonly cpuSomeSeconds: number
  readonly memorySomeSeconds: number
  readonly memoryFullSeconds: number
  readonly ioSomeSeconds: number
}
