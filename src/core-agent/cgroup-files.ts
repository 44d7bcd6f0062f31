import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kind } from '../resources/resources.ts'
import type { Cgroups, CgroupUsage, Tiers } from './cgroups.ts'

/**
 * The groups of this machine under `mount` (`/sys/fs/cgroup`): v2 where it is mounted there, else v1 (also hybrid).
 * `root` is the parent of both tiers, such as `/shoal`; two agents on one machine need different ones.
 */
export const fileCgroups = (root: string, mount = '/sys/fs/cgroup'): Cgroups => {
  const layout = existsSync(join(mount, 'cgroup.controllers')) ? unified(mount) : legacy(mount)
  return {
    prepare: ({ driver, cpus }) => {
      if (driver === 'systemd') return { tiers: slices(root) }
      try {
        layout.make(root, 'regular', cpus)
        for (const tier of ['regular', 'revocable'] as const)
          layout.make(join(root, tier), tier, cpus)
      } catch (error) {
        return { tiers: {}, problem: `cannot make cgroups under ${mount}: ${String(error)}` }
      }
      return { tiers: { regular: join(root, 'regular'), revocable: join(root, 'revocable') } }
    },
    usage: (parent, container = '') => {
      try {
        return layout.usage(join(parent, container))
      } catch {
        return undefined
      }
    },
  }
}

/** systemd makes and weighs slices itself; the name says where it is: `shoal-regular.slice` is in `shoal.slice`. */
const slices = (root: string): Tiers => {
  const name = root.replaceAll('/', '-').replace(/^-/, '')
  return { regular: `${name}-regular.slice`, revocable: `${name}-revocable.slice` }
}

interface Layout {
  /** Makes the group and gives it the weight of a tier. */
  make(path: string, tier: Kind, cpus: number): void
  usage(path: string): CgroupUsage
}

/** Shares of one CPU on v1, and the least that can be had. */
const sharesPerCpu = 1024
const leastShares = 2

const legacy = (mount: string): Layout => ({
  make: (path, tier, cpus) => {
    const cpu = join(mount, 'cpu', path)
    mkdirSync(cpu, { recursive: true })
    if (tier === 'regular')
      writeFileSync(join(cpu, 'cpu.shares'), String(sharesPerCpu * Math.max(1, Math.round(cpus))))
    else if (existsSync(join(cpu, 'cpu.idle'))) writeFileSync(join(cpu, 'cpu.idle'), '1')
    else writeFileSync(join(cpu, 'cpu.shares'), String(leastShares))
  },
  usage: (path) => {
    const ticks = keyed(join(mount, 'cpuacct', path, 'cpuacct.stat'))
    return {
      cpuUserSeconds: (ticks.get('user') ?? 0) / ticksPerSecond,
      cpuSystemSeconds: (ticks.get('system') ?? 0) / ticksPerSecond,
      memoryBytes: Number(read(join(mount, 'memory', path, 'memory.usage_in_bytes'))),
    }
  },
})

/** USER_HZ, which is 100 on every Linux architecture that Node runs on. */
const ticksPerSecond = 100

/** Weight of one CPU on v2, and the most that can be had. */
const weightPerCpu = 100
const mostWeight = 10_000

const unified = (mount: string): Layout => ({
  make: (path, tier, cpus) => {
    const group = join(mount, path)
    mkdirSync(group, { recursive: true })
    writeFileSync(join(group, '..', 'cgroup.subtree_control'), '+cpu +memory +io +pids')
    if (tier === 'regular') {
      const weight = Math.min(mostWeight, weightPerCpu * Math.max(1, Math.round(cpus)))
      writeFileSync(join(group, 'cpu.weight'), String(weight))
    } else if (existsSync(join(group, 'cpu.idle'))) writeFileSync(join(group, 'cpu.idle'), '1')
    else writeFileSync(join(group, 'cpu.weight'), '1')
  },
  usage: (path) => {
    const micros = keyed(join(mount, path, 'cpu.stat'))
    return {
      cpuUserSeconds: (micros.get('user_usec') ?? 0) / 1e6,
      cpuSystemSeconds: (micros.get('system_usec') ?? 0) / 1e6,
      memoryBytes: Number(read(join(mount, path, 'memory.current'))),
    }
  },
})

const read = (path: string): string => readFileSync(path, 'utf8').trim()

/** `name number` lines. */
const keyed = (path: string): ReadonlyMap<string, number> =>
  new Map(
    read(path)
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', value]) => [name, Number(value)]),
  )
