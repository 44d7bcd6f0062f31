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
  /** What a tier (or, with its engine id, one container in it) has used; undefined where it cannot be read. */
  usage(parent: string, container?: string): CgroupUsage | undefined
}

export interface CgroupUsage {
  readonly cpuUserSeconds: number
  readonly cpuSystemSeconds: number
  readonly memoryBytes: number
}
