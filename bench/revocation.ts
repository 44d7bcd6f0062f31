import { execFileSync } from 'node:child_process'
import { removeEmptyCgroups } from '../src/cli/cgroups.ts'
import { installEngine } from '../src/cli/engine/provide.ts'
import { terminalSteps } from '../src/cli/steps.ts'
import { fileCgroups } from '../src/core-agent/cgroup-files.ts'
import type { Cgroups } from '../src/core-agent/cgroups.ts'
import { startTestEngine } from '../test/support/engine-setup.ts'
import { median, quantile } from './measure.ts'
import type { Bench, Row } from './row.ts'

const steps = 100
const kills = 20
const memoryRuns = 3
const victimMiB = 1024
/** Between two looks; a look costs less than a tenth of it. */
const lookMs = 4
const windowMs = 20
const giveUpMs = 180_000
const mib = 1024 ** 2

const root = `/shoal-bench-${process.pid}`
const tiers = { regular: `${root}/regular`, revocable: `${root}/revocable` }
const busy = 'while :; do :; done'

/** B19: how soon a lender has its machine back, with real containers in real control groups. Wall time. */
export const revocation: Bench = {
  ids: ['B19'],
  run: async () => {
    await installEngine(terminalSteps(process.stderr))
    const engine = await startTestEngine()
    const docker = (...args: string[]) =>
      execFileSync('docker', ['-H', `unix://${engine.socket}`, ...args], {
        encoding: 'utf8',
      }).trim()
    const cgroups = fileCgroups(root)
    const { problem } = cgroups.prepare({ driver: 'cgroupfs', cpus: 2 })
    try {
      if (problem !== undefined) throw new Error(problem)
      const machine = { cgroups, docker }
      return [await throttled(machine), await killed(machine), await memory(machine)]
    } finally {
      await engine.close() // With its containers.
      removeEmptyCgroups(root)
    }
  },
}

interface Machine {
  readonly cgroups: Cgroups
  readonly docker: (...args: string[]) => string
}

const run = ({ cgroups, docker }: Machine, tier: keyof typeof tiers, script: string) => {
  const id = docker('run', '-d', '--cgroup-parent', tiers[tier], 'busybox', 'sh', '-c', script)
  const pid = Number(docker('inspect', '-f', '{{.State.Pid}}', id))
  return { id, pid, group: cgroups.groupOf(pid) ?? '' }
}

/** A regular container that was idle becomes busy: until it has 95 % of a cpu, beside hogs in the revocable tier and alone. */
const throttled = async (machine: Machine): Promise<Row> => {
  const regular = run(machine, 'regular', busy)
  const settle = () => process.kill(regular.pid, 'SIGSTOP')
  settle()
  const measure = async () => {
    const runs: number[] = []
    for (let step = 0; step < steps; step += 1) {
      await pause(30)
      runs.push(await untilFull(machine.cgroups, regular))
      settle()
    }
    return runs
  }
  const alone = await measure()
  const hogs = [1, 2, 3, 4].map(() => run(machine, 'revocable', busy))
  const beside = await measure()
  for (const { id } of [regular, ...hogs]) machine.docker('rm', '-f', id)
  return {
    id: 'B19',
    work: `95 % of a cpu for a regular container that becomes busy, p99 of ${steps}, beside lent hogs and alone; p50 ${median(beside).toFixed(0)} ms`,
    ours: quantile(beside, 0.99),
    peer: quantile(alone, 0.99),
    ratio: quantile(beside, 0.99) / quantile(alone, 0.99),
    unit: 'ms',
    runs: beside.map((ms, step) => ms / (alone[step] ?? Number.NaN)),
  }
}

const untilFull = async (cgroups: Cgroups, { pid, group }: { pid: number; group: string }) => {
  const used = () => {
    const reading = cgroups.read(group)
    return reading === undefined ? 0 : reading.cpuUserSeconds + reading.cpuSystemSeconds
  }
  const looks: { readonly atMs: number; readonly seconds: number }[] = []
  process.kill(pid, 'SIGCONT')
  const fromMs = performance.now()
  for (;;) {
    const atMs = performance.now()
    looks.push({ atMs, seconds: used() })
    const start = looks.findLast((look) => look.atMs <= atMs - windowMs)
    const last = looks.at(-1)
    if (start !== undefined && last !== undefined) {
      const share = (1000 * (last.seconds - start.seconds)) / (last.atMs - start.atMs)
      if (share >= 0.95) return start.atMs - fromMs
    }
    if (atMs - fromMs > giveUpMs) throw new Error('the regular container never got its cpu')
    await pause(lookMs)
  }
}

/** From the decision to kill a lent hog until no process of it is left, while the machine is busy; beside a kill by the engine. */
const killed = async (machine: Machine): Promise<Row> => {
  const regular = [1, 2].map(() => run(machine, 'regular', busy))
  const ours: number[] = []
  const peer: number[] = []
  for (let step = 0; step < 2 * kills; step += 1) {
    const { id, group } = run(machine, 'revocable', busy)
    await pause(50)
    const fromMs = performance.now()
    if (step % 2 === 0) machine.cgroups.kill(group, { parent: tiers.revocable, boosts: true })
    else machine.docker('kill', id)
    await until(() => !machine.cgroups.populated(group))
    ;(step % 2 === 0 ? ours : peer).push(performance.now() - fromMs)
    machine.cgroups.settle(tiers.revocable)
    machine.docker('rm', '-f', id)
  }
  for (const { id } of regular) machine.docker('rm', '-f', id)
  return {
    id: 'B19',
    work: `a lent hog is gone, p99 of ${kills}, beside docker kill; p50 ${median(ours).toFixed(0)} ms`,
    ours: quantile(ours, 0.99),
    peer: quantile(peer, 0.99),
    ratio: quantile(ours, 0.99) / quantile(peer, 0.99),
    unit: 'ms',
    runs: ours.map((ms, step) => ms / (peer[step] ?? Number.NaN)),
  }
}

/** From the kill of a lent container of 1 GiB on a busy machine until its memory is back; with full weight, and without. */
const memory = async (machine: Machine): Promise<Row> => {
  const regular = [1, 2, 3, 4].map(() => run(machine, 'regular', busy))
  const measure = async (boosts: boolean) => {
    const script = `dd if=/dev/zero of=/dev/shm/fill bs=1M count=${victimMiB} 2>/dev/null; ${busy}`
    const id = machine.docker(
      'run',
      '-d',
      '--cgroup-parent',
      tiers.revocable,
      '--shm-size',
      `${2 * victimMiB}m`,
      'busybox',
      'sh',
      '-c',
      script,
    )
    const pid = Number(machine.docker('inspect', '-f', '{{.State.Pid}}', id))
    const group = machine.cgroups.groupOf(pid) ?? ''
    const held = () => (machine.cgroups.read(group)?.memoryBytes ?? 0) / mib
    await until(() => held() > 0.95 * victimMiB)
    const fromMs = performance.now()
    machine.cgroups.kill(group, { parent: tiers.revocable, boosts })
    await until(() => held() < 0.1 * victimMiB)
    const ms = performance.now() - fromMs
    machine.cgroups.settle(tiers.revocable)
    machine.docker('rm', '-f', id)
    return ms
  }
  const ours: number[] = []
  const peer: number[] = []
  for (let step = 0; step < memoryRuns; step += 1) {
    ours.push(await measure(true))
    peer.push(await measure(false))
  }
  for (const { id } of regular) machine.docker('rm', '-f', id)
  return {
    id: 'B19',
    work: `the memory of a lent container of ${victimMiB} MiB is back, the longest of ${memoryRuns}, with full weight and without`,
    ours: Math.max(...ours),
    peer: Math.max(...peer),
    ratio: median(ours.map((ms, step) => ms / (peer[step] ?? Number.NaN))),
    unit: 'ms',
    runs: ours.map((ms, step) => ms / (peer[step] ?? Number.NaN)),
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  const endMs = performance.now() + giveUpMs
  while (!holds()) {
    if (performance.now() > endMs) throw new Error('it did not come to that in time')
    await pause(lookMs)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
