import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Kind } from '../resources/resources.ts'
import type { GroupReading } from './cgroups.ts'
import { numberAfter } from './open-files.ts'

type Read = (file: string) => string | undefined

/** Where each thing about a group is, and in which words (core-agent §4). */
export interface CgroupLayout {
  readonly version: 1 | 2
  /** Folders of a group by what is done there; on v2 they are one. */
  folders(group: string): {
    readonly cpu: string
    readonly usage: string
    readonly memory: string
    readonly freezer: string
    readonly kill: string
    readonly pressure: string
    readonly pids: string
  }
  /** The line of `/proc/<pid>/cgroup` that names the group. */
  isCpuLine(line: string): boolean
  readonly memoryFile: string
  /** Among the files of usage: another text where a cpu was used. */
  readonly activityFile: string
  /** What that file says was used. */
  usedSeconds(text: string): number
  /** Names in memory.stat. */
  readonly inactiveFile: string
  readonly anon: string
  readonly file: string
  readonly mappedFile: string
  readonly unevictable: string
  swapBytes(read: Read): number
  /** Undefined: there is no such group. */
  cpuSeconds(read: Read): Pick<GroupReading, 'cpuUserSeconds' | 'cpuSystemSeconds'> | undefined
  throttled(
    stat: string | undefined,
  ): Pick<GroupReading, 'periods' | 'throttledPeriods' | 'throttledSeconds'>
  weight(tier: Kind | 'dying', cpus: number): readonly [file: string, text: string]
  /** Files and texts in the order of writing; without a quota there is no bound. */
  quota(
    quotaMicros: number | undefined,
    periodMicros: number,
  ): readonly (readonly [string, string])[]
  /** Hands controllers down to a group that was just made. */
  handDown?(folder: string): void
}

/** USER_HZ, which is 100 on every Linux architecture that Node runs on. */
const ticksPerSecond = 100
/** Shares of one CPU on v1, the least that can be had, and what a dying container gets. */
const sharesPerCpu = 1024
const leastShares = 2
const dyingShares = 8192

/** Each controller has a tree of its own; the hybrid one, without controllers, tells of pressure and kills at once. */
export const legacyLayout = (mount: string): CgroupLayout => ({
  version: 1,
  folders: (group) => ({
    cpu: join(mount, 'cpu', group),
    usage: join(mount, 'cpuacct', group),
    memory: join(mount, 'memory', group),
    freezer: join(mount, 'freezer', group),
    kill: join(mount, 'unified', group),
    pressure: join(mount, 'unified', group),
    pids: join(mount, 'pids', group),
  }),
  isCpuLine: (line) => /^\d+:([^:]*,)?cpu(,[^:]*)?:/.test(line),
  memoryFile: 'memory.usage_in_bytes',
  activityFile: 'cpuacct.usage',
  usedSeconds: (text) => Number(text) / 1e9,
  inactiveFile: 'total_inactive_file',
  anon: 'total_rss',
  file: 'total_cache',
  mappedFile: 'total_mapped_file',
  unevictable: 'total_unevictable',
  swapBytes: (read) => numberAfter(read('memory.stat'), 'total_swap'),
  cpuSeconds: (read) => {
    const ticks = read('cpuacct.stat')
    if (ticks === undefined) return undefined
    // cpuacct.usage is exact, the two halves are counted in ticks: they share it out.
    const total = Number(read('cpuacct.usage') ?? 0) / 1e9
    const [user, system] = [numberAfter(ticks, 'user'), numberAfter(ticks, 'system')]
    const share = user + system === 0 ? 1 : user / (user + system)
    return total === 0
      ? { cpuUserSeconds: user / ticksPerSecond, cpuSystemSeconds: system / ticksPerSecond }
      : { cpuUserSeconds: total * share, cpuSystemSeconds: total * (1 - share) }
  },
  throttled: (stat) => ({
    periods: numberAfter(stat, 'nr_periods'),
    throttledPeriods: numberAfter(stat, 'nr_throttled'),
    throttledSeconds: numberAfter(stat, 'throttled_time') / 1e9,
  }),
  weight: (tier, cpus) => [
    'cpu.shares',
    String(
      {
        regular: sharesPerCpu * Math.max(1, Math.round(cpus)),
        revocable: leastShares,
        dying: dyingShares,
      }[tier],
    ),
  ],
  quota: (quotaMicros, periodMicros) =>
    quotaMicros === undefined
      ? [['cpu.cfs_quota_us', '-1']]
      : [
          ['cpu.cfs_period_us', String(periodMicros)],
          ['cpu.cfs_quota_us', String(quotaMicros)],
        ],
})

/** Weight of one CPU on v2, and the most that can be had. */
const weightPerCpu = 100
const mostWeight = 10_000

export const unifiedLayout = (mount: string): CgroupLayout => ({
  version: 2,
  folders: (group) => {
    const folder = join(mount, group)
    return {
      cpu: folder,
      usage: folder,
      memory: folder,
      freezer: folder,
      kill: folder,
      pressure: folder,
      pids: folder,
    }
  },
  isCpuLine: (line) => line.startsWith('0::'),
  memoryFile: 'memory.current',
  activityFile: 'cpu.stat',
  usedSeconds: (text) => numberAfter(text, 'usage_usec') / 1e6,
  inactiveFile: 'inactive_file',
  anon: 'anon',
  file: 'file',
  mappedFile: 'file_mapped',
  unevictable: 'unevictable',
  swapBytes: (read) => Number(read('memory.swap.current') ?? 0),
  cpuSeconds: (read) => {
    const stat = read('cpu.stat')
    if (stat === undefined) return undefined
    return {
      cpuUserSeconds: numberAfter(stat, 'user_usec') / 1e6,
      cpuSystemSeconds: numberAfter(stat, 'system_usec') / 1e6,
    }
  },
  throttled: (stat) => ({
    periods: numberAfter(stat, 'nr_periods'),
    throttledPeriods: numberAfter(stat, 'nr_throttled'),
    throttledSeconds: numberAfter(stat, 'throttled_usec') / 1e6,
  }),
  weight: (tier, cpus) => [
    'cpu.weight',
    String(
      {
        regular: Math.min(mostWeight, weightPerCpu * Math.max(1, Math.round(cpus))),
        revocable: 1,
        dying: mostWeight,
      }[tier],
    ),
  ],
  quota: (quotaMicros, periodMicros) => [['cpu.max', `${quotaMicros ?? 'max'} ${periodMicros}`]],
  handDown: (folder) =>
    writeFileSync(join(dirname(folder), 'cgroup.subtree_control'), '+cpu +memory +io +pids'),
})
