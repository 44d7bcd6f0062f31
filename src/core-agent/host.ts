import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, hostname, loadavg, totalmem } from 'node:os'
import type { LoadAverage } from './qos/controller.ts'
import type { MachineFacts } from './resources.ts'

/** The machine as a port. */
export interface HostFacts extends MachineFacts {
  readonly hostname: string
  /** Changes with every boot: tasks of another boot cannot be alive. */
  readonly bootId: string
  loadAverage(): LoadAverage
}

/** This machine; `workDir` must exist. */
export const readHost = async (workDir: string): Promise<HostFacts> => {
  const { blocks, bsize } = await statfs(workDir)
  return {
    hostname: hostname(),
    cpus: cpus().length || availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: blocks * bsize,
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    loadAverage: () => {
      const [one = 0, five = 0, fifteen = 0] = loadavg()
      return [one, five, fifteen]
    },
  }
}
