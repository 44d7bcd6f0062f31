import { join } from 'node:path'
import { type Hierarchies, read, removeGroup, write } from './hierarchies.ts'
import type { Contained, Isolator } from './isolator.ts'

/** Processes and threads of one container: far more than any sane one has, far fewer than a machine. */
export const maxProcesses = 8192

/** A fork bomb stays in its container. */
export const pidsIsolator = (hierarchies: Hierarchies): Isolator => {
  const folder = (container: Contained) => hierarchies.folder('pids', container)
  return {
    name: 'cgroups/pids',
    prepare: (container) => {
      const group = folder(container)
      if (group === undefined) throw new Error('the kernel has no pids control groups')
      hierarchies.make(group)
      write(group, 'pids.max', maxProcesses)
    },
    update: () => {},
    isolate: (container) => ({ groups: [join(folder(container) ?? '', 'cgroup.procs')] }),
    usage: (container) => ({
      processes: Number(read(folder(container) ?? '', 'pids.current') ?? 0),
    }),
    limitation: () => undefined,
    cleanup: (container) => removeGroup(folder(container) ?? ''),
  }
}
