import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Hierarchies, keyed, read, removeGroup, write } from './hierarchies.ts'
import type { Contained, Isolator } from './isolator.ts'

/** As Mesos: nothing smaller can start. */
const leastBytes = 32 * 1024 ** 2
const mib = 1024 ** 2

/** A hard bound. Where the kernel had to kill for it, the whole container goes, as in Mesos. */
export const memoryIsolator = (hierarchies: Hierarchies): Isolator => {
  const folder = (container: Contained) => hierarchies.folder('memory', container)
  const files =
    hierarchies.version === 2
      ? {
          limit: 'memory.max',
          used: 'memory.current',
          peak: 'memory.peak',
          events: 'memory.events',
        }
      : {
          limit: 'memory.limit_in_bytes',
          used: 'memory.usage_in_bytes',
          peak: 'memory.max_usage_in_bytes',
          events: 'memory.oom_control',
        }
  return {
    name: 'cgroups/mem',
    prepare: (container) => {
      const group = folder(container)
      if (group === undefined) throw new Error('the kernel has no memory control groups')
      hierarchies.make(group)
      if (container.memoryBytes === 0) return
      write(group, files.limit, Math.max(leastBytes, container.memoryBytes))
      // Swapping out instead would make the bound none.
      if (existsSync(join(group, 'memory.swap.max'))) write(group, 'memory.swap.max', 0)
      if (existsSync(join(group, 'memory.oom.group'))) write(group, 'memory.oom.group', 1)
    },
    isolate: (container) => ({ groups: [join(folder(container) ?? '', 'cgroup.procs')] }),
    usage: (container) => ({ memoryBytes: Number(read(folder(container) ?? '', files.used) ?? 0) }),
    limitation: (container) => {
      const group = folder(container) ?? ''
      if (keyed(read(group, files.events), 'oom_kill') === 0) return undefined
      const peak = Number(read(group, files.peak) ?? read(group, files.limit) ?? 0)
      return {
        resource: 'mem',
        message: `Memory limit exceeded: Requested: ${megabytes(container.memoryBytes)} Maximum Used: ${megabytes(peak)}`,
      }
    },
    cleanup: (container) => removeGroup(folder(container) ?? ''),
  }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / mib)}MB`
