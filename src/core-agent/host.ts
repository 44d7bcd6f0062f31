import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, cpus, hostname, loadavg, totalmem } from 'node:os'
import { cpuQuota } from './cpu-quota.ts'
import { numberAfter, OpenFiles } from './open-files.ts'
import type { MachineFacts } from './resources.ts'
import { type NetworkCounters, networkOf } from './usage/network.ts'
import type { LoadAverage } from './usage/sample.ts'
import type { NodeCounters } from './usage/sampler.ts'

/** The machine as a port. */
export interface HostFacts extends MachineFacts {
  readonly hostname: string
  /** Changes with every boot: tasks of another boot cannot be alive. */
  readonly bootId: string
  loadAverage(): LoadAverage
  /** Since boot, and as it is now. */
  counters(): NodeCounters
  /** Of the network namespace of a process; undefined: it has ended, or that is the machine's own. */
  network(pid: number): NetworkCounters | undefined
}

/** This machine; `workDir` must exist. */
export const readHost = async (workDir: string): Promise<HostFacts> => {
  const { blocks, bsize } = await statfs(workDir)
  const files = new OpenFiles()
  const all = cpus().length || availableParallelism()
  const loadAverage = (): LoadAverage => {
    const [one = 0, five = 0, fifteen = 0] = loadavg()
    return [one, five, fifteen]
  }
  return {
    hostname: hostname(),
    cpus: all,
    cpuQuota: cpuQuota(readFileSync('/proc/self/cgroup', 'utf8'), readCgroup),
    memoryBytes: totalmem(),
    diskBytes: blocks * bsize,
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    loadAverage,
    network: networkOf,
    counters: () => ({
      cpus: all,
      busySeconds: busySeconds(files.read('/proc/stat')),
      ...memoryOf(files.read('/proc/meminfo')),
      load: loadAverage(),
    }),
  }
}

/** USER_HZ, which is 100 on every Linux architecture that Node runs on. */
const ticksPerSecond = 100

/** Of `cpu  user nice system idle iowait irq softirq steal …`: all but idle, waiting for a disk, and what others stole. */
const busySeconds = (stat: string | undefined): number => {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    stat?.split('\n', 1)[0]?.split(/ +/).map(Number) ?? []
  return (user + nice + system + irq + softirq) / ticksPerSecond
}

const memoryOf = (text: string | undefined) => ({
  memoryTotalBytes: 1024 * numberAfter(text, 'MemTotal:'),
  memoryAvailableBytes: 1024 * numberAfter(text, 'MemAvailable:'),
})

const readCgroup = (path: string): string | undefined => {
  try {
    return readFileSync(`/sys/fs/cgroup/${path}`, 'utf8')
  } catch {
    return undefined
  }
}
