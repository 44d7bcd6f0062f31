import type { Cgroups, GroupDetails, GroupReading, Tiers } from '../../src/core-agent/cgroups.ts'

/** A reading of a group that has done nothing yet. */
export const idleReading: GroupReading = {
  cpuUserSeconds: 0,
  cpuSystemSeconds: 0,
  memoryBytes: 0,
  anonBytes: 0,
  inactiveFileBytes: 0,
  periods: 0,
  throttledPeriods: 0,
  throttledSeconds: 0,
  waits: { cpuSomeSeconds: 0, memorySomeSeconds: 0, memoryFullSeconds: 0, ioSomeSeconds: 0 },
}

/** Control groups that exist by being asked for; `problem` makes them as unwritable as a rootless host's. */
export class FakeCgroups implements Cgroups {
  problem: string | undefined
  readonly tiers: Tiers
  readonly prepared: { readonly driver: string; readonly cpus: number }[] = []
  /** What a group has used, by its name. */
  readonly readings = new Map<string, GroupReading>()
  readonly detailed = new Map<string, GroupDetails>()
  /** Groups whose details were asked for, in that order. */
  readonly detailsAsked: string[] = []
  /** The group of a process, by its number. */
  readonly groups = new Map<number, string>()
  readonly forgotten: string[] = []
  readonly bounds = new Map<string, number | undefined>()
  readonly frozen = new Set<string>()
  /** In the order in which they were killed. */
  readonly killed: string[] = []
  onKill: (group: string) => void = () => {}
  /** Groups that hold no process. */
  readonly empty = new Set<string>()
  /** Groups whose processes SIGKILL does not end. */
  readonly stubborn = new Set<string>()

  constructor(root = '/shoal') {
    this.tiers = { regular: `${root}/regular`, revocable: `${root}/revocable` }
  }

  prepare(options: { readonly driver: string; readonly cpus: number }) {
    this.prepared.push(options)
    return this.problem === undefined ? { tiers: this.tiers } : { tiers: {}, problem: this.problem }
  }

  groupOf(pid: number): string | undefined {
    return this.groups.get(pid)
  }

  read(group: string): GroupReading | undefined {
    return this.readings.get(group)
  }

  details(group: string): GroupDetails | undefined {
    this.detailsAsked.push(group)
    return this.detailed.get(group)
  }

  cpuSeconds(group: string): number | undefined {
    const reading = this.readings.get(group)
    return reading === undefined ? undefined : reading.cpuUserSeconds + reading.cpuSystemSeconds
  }

  forget(group: string): void {
    this.forgotten.push(group)
  }

  bound(group: string, cpus: number | undefined): void {
    this.bounds.set(group, cpus)
  }

  freeze(group: string, frozen: boolean): void {
    if (frozen) this.frozen.add(group)
    else this.frozen.delete(group)
  }

  kill(group: string): void {
    this.killed.push(group)
    if (this.stubborn.has(group)) return
    this.empty.add(group)
    this.onKill(group)
  }

  settle(): void {}

  populated(group: string): boolean {
    return !this.empty.has(group)
  }
}
