import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Hierarchies, keyed, read, removeGroup, write } from './hierarchies.ts'
import type { Contained, Isolator } from './isolator.ts'

/** As Mesos: nothing smaller can start. */
const leastBytes = 32 * 1024 ** 2
const mib = 1024 ** 2
/** V1 shows the largest whole page below 2^63 where there is no limit. */
const unlimited = 2 ** 62

/** A hard bound. Where the kernel had to kill for it, the whole container goes, as in Mesos. */
export const memoryIsolator = (hierarchies: Hierarchies): Isolator => {
  const folder = (container: Contained) => hierarchies.folder('memory', container)
  const files =
    hierarchies.version === 2
      ? {
          limit: 'memory.max',
          soft: 'memory.low',
          used: 'memory.current',
          peak: 'memory.peak',
          events: 'memory.events',
        }
      : {
          limit: 'memory.limit_in_bytes',
          soft: 'memory.soft_limit_in_bytes',
          used: 'memory.usage_in_bytes',
          peak: 'memory.max_usage_in_bytes',
          events: 'memory.oom_control',
        }
  /** A bound below what is in use would kill, so the hard one is only ever raised. */
  const set = (container: Contained): void => {
    const group = folder(container) ?? ''
    const { memoryBytes, memorySoftBytes } = container.bounds
    if (memorySoftBytes > 0) write(group, files.soft, memorySoftBytes)
    const wanted = Math.max(leastBytes, memoryBytes)
    const known = Number(read(group, files.limit)) // `max`, or close to 2^63, where there is none.
    if (memoryBytes > 0 && !(known > wanted && known < unlimited)) write(group, files.limit, wanted)
  }
  return {
    name: 'cgroups/mem',
    prepare: (container) => {
      const group = folder(container)
      if (group === undefined) throw new Error('the kernel has no memory control groups')
      hierarchies.make(group)
      set(container)
      if (container.bounds.memoryBytes === 0) return
      // Swapping out instead would make the bound none.
      if (existsSync(join(group, 'memory.swap.max'))) write(group, 'memory.swap.max', 0)
      if (existsSync(join(group, 'memory.oom.group'))) write(group, 'memory.oom.group', 1)
    },
    update: set,
    isolate: (container) => ({ groups: [join(folder(container) ?? '', 'cgroup.procs')] }),
    usage: (container) => ({ memoryBytes: Number(read(folder(container) ?? '', files.used) ?? 0) }),
    limitation: (container) => {
      const group = folder(container) ?? ''
      if (keyed(read(group, files.events), 'oom_kill') === 0) return undefined
      const peak = Number(read(group, files.peak) ?? read(group, files.limit) ?? 0)
      return {
        resource: 'mem',
        message: `Memory limit exceeded: Requested: ${megabytes(container.bounds.memoryBytes)} Maximum Used: ${megabytes(peak)}`,
      }
    },
    cleanup: (container) => removeGroup(folder(container) ?? ''),
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / mib)}MB`
