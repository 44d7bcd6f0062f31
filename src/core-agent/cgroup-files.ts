import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kind } from '../resources/resources.ts'
import { type CgroupLayout, legacyLayout, unifiedLayout } from './cgroup-layout.ts'
import type { Cgroups, GroupDetails, GroupReading, Tiers, Waits } from './cgroups.ts'
import { numberAfter, OpenFiles } from './open-files.ts'

/** Of a quota: what is not used in one is lost, and a shorter one costs more switches. */
const periodMicros = 100_000

/**
 * The groups of this machine under `mount` (`/sys/fs/cgroup`): v2 where it is mounted there, else v1, with the hybrid
 * tree beside it where there is one. `root` is the parent of both tiers, such as `/shoal`; two agents need different ones.
 */
export const fileCgroups = (root: string, mount = '/sys/fs/cgroup'): Cgroups =>
  new FileCgroups(
    root,
    mount,
    existsSync(join(mount, 'cgroup.controllers')) ? unifiedLayout(mount) : legacyLayout(mount),
  )

class FileCgroups implements Cgroups {
  readonly #root: string
  readonly #mount: string
  readonly #layout: CgroupLayout
  readonly #files = new OpenFiles()
  /** Of each group at its last full reading. */
  readonly #activities = new Map<string, string>()

  constructor(root: string, mount: string, layout: CgroupLayout) {
    this.#root = root
    this.#mount = mount
    this.#layout = {
      ...layout,
      folders: (group) => layout.folders(sliceFolder(group)),
    }
  }

  prepare({ driver, cpus }: { readonly driver: string; readonly cpus: number }) {
    if (driver === 'systemd') return { tiers: slices(this.#root) }
    try {
      this.#make(this.#root, 'regular', cpus)
      for (const tier of ['regular', 'revocable'] as const)
        this.#make(join(this.#root, tier), tier, cpus)
      if (this.#layout.version === 1) this.#make(this.#dying, 'dying', cpus)
    } catch (error) {
      return { tiers: {}, problem: `cannot make cgroups under ${this.#mount}: ${String(error)}` }
    }
    return {
      tiers: { regular: join(this.#root, 'regular'), revocable: join(this.#root, 'revocable') },
    }
  }

  groupOf(pid: number): string | undefined {
    try {
      const lines = readFileSync(`/proc/${pid}/cgroup`, 'latin1').split('\n')
      const line = lines.find((one) => this.#layout.isCpuLine(one))
      const group = line?.split(':').slice(2).join(':') ?? '/'
      // An ending process is moved to the root for a moment: that group is never ours (MESOS-8480).
      return group === '/' ? undefined : group
    } catch {
      return undefined
    }
  }

  read(group: string, before?: GroupReading): GroupReading | undefined {
    const { cpu, usage, memory, pressure } = this.#layout.folders(group)
    const activity = this.#activity(usage, pressure)
    if (activity === undefined) return undefined
    if (before !== undefined && this.#activities.get(group) === activity) return before
    this.#activities.set(group, activity)
    const cpuStat = this.#files.read(join(cpu, 'cpu.stat'))
    const used = this.#layout.cpuSeconds((file) => this.#files.read(join(usage, file)))
    if (used === undefined) return undefined
    const throttled = this.#layout.throttled(cpuStat)
    const stat = this.#files.read(join(memory, 'memory.stat'))
    return {
      ...used,
      memoryBytes: Number(this.#files.read(join(memory, this.#layout.memoryFile)) ?? 0),
      anonBytes: stat === undefined ? undefined : numberAfter(stat, this.#layout.anon),
      inactiveFileBytes: numberAfter(stat, this.#layout.inactiveFile),
      ...throttled,
      waits: this.#waits(group),
    }
  }

  details(group: string): GroupDetails | undefined {
    const { cpu, memory, pids } = this.#layout.folders(group)
    const stat = textOf(join(memory, 'memory.stat'))
    if (stat === undefined) return undefined
    const { file, mappedFile, unevictable } = this.#layout
    const threads = textOf(join(pids, 'pids.current'))
    return {
      fileBytes: numberAfter(stat, file),
      mappedFileBytes: numberAfter(stat, mappedFile),
      unevictableBytes: numberAfter(stat, unevictable),
      swapBytes: this.#layout.swapBytes((name) => textOf(join(memory, name))),
      processes: processesOf(cpu).length,
      threads: threads === undefined ? undefined : Number(threads),
    }
  }

  cpuSeconds(group: string): number | undefined {
    const text = this.#files.read(
      join(this.#layout.folders(group).usage, this.#layout.activityFile),
    )
    return text === undefined ? undefined : this.#layout.usedSeconds(text)
  }

  forget(group: string): void {
    this.#activities.delete(group)
    for (const folder of new Set(Object.values(this.#layout.folders(group))))
      this.#files.closeBelow(`${folder}/`)
  }

  /** Changes where a process of the group has used a cpu, or waited for one; undefined: there is no such group. */
  #activity(usage: string, pressure: string): string | undefined {
    const used = this.#files.read(join(usage, this.#layout.activityFile))
    if (used === undefined) return undefined
    return `${stalled(this.#files.read(join(pressure, 'cpu.pressure')), 'some')} ${used}`
  }

  bound(group: string, cpus: number | undefined): void {
    const quota = cpus === undefined ? undefined : Math.max(1000, Math.round(cpus * periodMicros))
    for (const [file, text] of this.#layout.quota(quota, periodMicros))
      write(join(this.#layout.folders(group).cpu, file), text)
  }

  freeze(group: string, frozen: boolean): void {
    const { freezer, kill } = this.#layout.folders(group)
    // The hybrid tree is quicker, and what it froze can be killed as it is.
    if (existsSync(join(kill, 'cgroup.freeze')))
      return write(join(kill, 'cgroup.freeze'), frozen ? '1' : '0')
    write(join(freezer, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED')
  }

  kill(group: string, boosted?: string): void {
    const { cpu, kill, freezer } = this.#layout.folders(group)
    if (boosted !== undefined && this.#layout.version === 1) this.#moveToDying(cpu)
    if (boosted !== undefined && this.#layout.version === 2) this.#weigh(boosted, 'dying', 1)
    if (existsSync(join(kill, 'cgroup.kill'))) write(join(kill, 'cgroup.kill'), '1')
    // Where the kernel has no such file, and for what the hybrid tree does not know of.
    for (const pid of this.#processes(group)) signal(pid)
    // On v1 a signal waits until the process may run; on v2 it does not.
    if (existsSync(join(freezer, 'freezer.state'))) write(join(freezer, 'freezer.state'), 'THAWED')
    this.#files.closeBelow(cpu)
  }

  settle(tier: string): void {
    if (this.#layout.version === 2) this.#weigh(tier, 'revocable', 1)
  }

  populated(group: string): boolean {
    const { kill } = this.#layout.folders(group)
    // On v2 this alone tells of groups whose processes cannot be listed.
    if (numberAfter(textOf(join(kill, 'cgroup.events')), 'populated') > 0) return true
    return this.#processes(group).length > 0
  }

  /** Of the group and all below it, in whichever trees it is: a dying one has left that of the cpu. */
  #processes(group: string): readonly number[] {
    const { cpu, freezer, kill } = this.#layout.folders(group)
    return [...new Set([cpu, freezer, kill].flatMap(processesBelow))]
  }

  get #dying(): string {
    return join(this.#root, 'dying')
  }

  /** In the cpu tree alone: memory stays charged where it is. */
  #moveToDying(cpu: string): void {
    const to = join(this.#layout.folders(this.#dying).cpu, 'cgroup.procs')
    for (const pid of processesOf(cpu)) write(to, String(pid))
  }

  #make(group: string, tier: Kind | 'dying', cpus: number): void {
    const { cpu } = this.#layout.folders(group)
    mkdirSync(cpu, { recursive: true })
    this.#layout.handDown?.(cpu)
    this.#weigh(group, tier, cpus)
  }

  #weigh(group: string, tier: Kind | 'dying', cpus: number): void {
    const { cpu } = this.#layout.folders(group)
    const hasIdle = existsSync(join(cpu, 'cpu.idle'))
    if (hasIdle) writeFileSync(join(cpu, 'cpu.idle'), tier === 'revocable' ? '1' : '0')
    if (tier === 'revocable' && hasIdle) return
    const [file, text] = this.#layout.weight(tier, cpus)
    writeFileSync(join(cpu, file), text)
  }

  #waits(group: string): Waits | undefined {
    const folder = this.#layout.folders(group).pressure
    const [cpu, memory, io] = ['cpu', 'memory', 'io'].map((name) =>
      this.#files.read(join(folder, `${name}.pressure`)),
    )
    if (cpu === undefined) return undefined
    return {
      cpuSomeSeconds: stalled(cpu, 'some'),
      memorySomeSeconds: stalled(memory, 'some'),
      memoryFullSeconds: stalled(memory, 'full'),
      ioSomeSeconds: stalled(io, 'some'),
    }
  }
}

/** systemd makes and weighs slices itself; the name says where it is: `shoal-regular.slice` is in `shoal.slice`. */
const slices = (root: string): Tiers => {
  const name = root.replaceAll('/', '-').replace(/^-/, '')
  return { regular: `${name}-regular.slice`, revocable: `${name}-revocable.slice` }
}

/** `a-b.slice` as systemd places it, `a.slice/a-b.slice`; any other group is where its name says. */
const sliceFolder = (group: string): string => {
  if (!/^[^/]+\.slice$/.test(group)) return group
  const parts = group.slice(0, -'.slice'.length).split('-')
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('-')}.slice`).join('/')
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=28209`: the total, in seconds. */
const stalled = (text: string | undefined, line: 'some' | 'full'): number => {
  const at = text?.indexOf(`${line} `) ?? -1
  if (text === undefined || at === -1) return 0
  const total = text.indexOf('total=', at)
  return Number.parseInt(text.slice(total + 'total='.length), 10) / 1e6
}

const processesBelow = (folder: string): readonly number[] => [
  ...processesOf(folder),
  ...foldersIn(folder).flatMap((name) => processesBelow(join(folder, name))),
]

const foldersIn = (folder: string): readonly string[] => {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  } catch {
    return []
  }
}

const processesOf = (folder: string): readonly number[] =>
  (textOf(join(folder, 'cgroup.procs')) ?? '').split('\n').filter(Boolean).map(Number)

/** Undefined: there is no such file. */
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

/** What has gone needs nothing any more. */
const write = (path: string, text: string): void => {
  try {
    writeFileSync(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENODEV' && code !== 'ESRCH') throw error
  }
}

const signal = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
