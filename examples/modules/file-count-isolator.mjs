import { readdirSync } from 'node:fs'

/**
 * Bounds how many files a command opens at once, and how many entries it leaves in the top of its sandbox.
 * Parameters: `open` and `entries`.
 */
export const fileCountIsolator = {
  apiVersion: '1.0',
  kind: 'Isolator',
  name: 'example_file_count_isolator',
  description: 'Bounds open files of commands, and entries of their sandboxes.',
  compatible: () => true,

  create({ open = '1024', entries = '10000' }) {
    const limit = Number(open)
    const most = Number(entries)

    return {
      // How the first process is bounded: limits, or cgroup.procs files that it enters.
      isolate: () => ({ rlimits: [{ resource: 'nofile', soft: limit, hard: limit }] }),

      // Looked at each second; an answer takes the container down.
      limitation({ sandbox }) {
        const count = readdirSync(sandbox).length
        if (count <= most) return undefined
        return { resource: 'disk', message: `${count} entries in the sandbox exceed ${most}` }
      },
    }
  },
}
