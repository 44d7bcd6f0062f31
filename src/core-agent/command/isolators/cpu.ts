import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Hierarchies, keyed, read, removeGroup, write } from './hierarchies.ts'
import type { Contained, Isolator } from './isolator.ts'

/** Per CPU: v1 shares, v2 weight; and the least of each that the kernel takes (core-agent §4). */
const sharesPerCpu = 1024
const leastShares = 2
const weightPerCpu = 100
const weights = { least: 1, most: 10_000 }

/** USER_HZ, which is 100 on every Linux architecture that Node runs on. */
const ticksPerSecond = 100

const periodMicros = 100_000

/** On v1: what weighs and counts, and the two by which the agent throttles, freezes and kills a whole tier. */
const legacyTrees = ['cpu', 'cpuacct', 'freezer', 'unified']

/** A weight beside the other containers of the tier, and a quota where one is asked for. */
export const cpuIsolator = (hierarchies: Hierarchies): Isolator => {
  const folders = (container: Contained): readonly string[] =>
    (hierarchies.version === 2 ? ['cpu'] : legacyTrees).flatMap(
      (controller) => hierarchies.folder(controller, container) ?? [],
    )
  const set = (container: Contained): void => {
    const { cpusMilli, cpuQuotaMicros } = container.bounds
    for (const folder of folders(container))
      for (const [file, value] of [
        ['cpu.shares', shares(cpusMilli)],
        ['cpu.weight', weight(cpusMilli)],
        ...(cpuQuotaMicros === 0
          ? []
          : ([
              ['cpu.cfs_period_us', periodMicros],
              ['cpu.cfs_quota_us', cpuQuotaMicros],
              ['cpu.max', `${cpuQuotaMicros} ${periodMicros}`],
            ] as const)),
      ] as const)
        if (existsSync(join(folder, file))) write(folder, file, value)
  }
  return {
    name: 'cgroups/cpu',
    prepare: (container) => {
      for (const folder of folders(container)) hierarchies.make(folder)
      set(container)
    },
    update: set,
    isolate: (container) => ({
      groups: folders(container).map((one) => join(one, 'cgroup.procs')),
    }),
    usage: (container) => {
      const folder = hierarchies.folder('cpuacct', container) ?? ''
      if (hierarchies.version === 2) {
        const stat = read(folder, 'cpu.stat')
        return {
          cpuUserSeconds: keyed(stat, 'user_usec') / 1e6,
          cpuSystemSeconds: keyed(stat, 'system_usec') / 1e6,
        }
      }
      const stat = read(folder, 'cpuacct.stat')
      return {
        cpuUserSeconds: keyed(stat, 'user') / ticksPerSecond,
        cpuSystemSeconds: keyed(stat, 'system') / ticksPerSecond,
      }
    },
    limitation: () => undefined,
    cleanup: (container) => folders(container).every(removeGroup),
  }
}

const shares = (cpusMilli: number): number =>
  Math.max(leastShares, Math.floor((sharesPerCpu * cpusMilli) / 1000))

const weight = (cpusMilli: number): number =>
  Math.min(weights.most, Math.max(weights.least, Math.floor((weightPerCpu * cpusMilli) / 1000)))
