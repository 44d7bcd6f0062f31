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

/** A weight beside the other containers of the tier; no hard cap. */
export const cpuIsolator = (hierarchies: Hierarchies): Isolator => {
  const folders = (container: Contained): readonly string[] =>
    (hierarchies.version === 2 ? ['cpu'] : ['cpu', 'cpuacct']).flatMap(
      (controller) => hierarchies.folder(controller, container) ?? [],
    )
  return {
    name: 'cgroups/cpu',
    prepare: (container) => {
      for (const folder of folders(container)) {
        hierarchies.make(folder)
        if (existsSync(join(folder, 'cpu.shares'))) write(folder, 'cpu.shares', shares(container))
        if (existsSync(join(folder, 'cpu.weight'))) write(folder, 'cpu.weight', weight(container))
      }
    },
    isolate: (container) => ({
      groups: folders(container).map((one) => join(one, 'cgroup.procs')),
    }),
    usage: (container) => {
      const folder = folders(container).at(-1) ?? ''
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

const shares = ({ cpusMilli }: Contained): number =>
  Math.max(leastShares, Math.floor((sharesPerCpu * cpusMilli) / 1000))

const weight = ({ cpusMilli }: Contained): number =>
  Math.min(weights.most, Math.max(weights.least, Math.floor((weightPerCpu * cpusMilli) / 1000)))
