import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { onGround } from './agent-on-engine.ts'
import { quantile } from './measure.ts'
import type { Bench, Row } from './row.ts'
import { type Place, removal, start, tiersOn } from './tiers.ts'

const wakings = 120
const sleepMs = 200
/** Far more than the kernel's tick. */
const tickDeadlineMs = 10_000
/** B19 of the measurements that are asked for: so soon a lender has so much of what it asks for. */
const withinMs = 105
const leastPercent = 95

/** A9: what a regular container that wakes gets of its cpus at once, while containers on lent ones want them all. */
export const share: Bench = {
  ids: ['A9'],
  run: () =>
    onGround(async (ground) => {
      const place = await tiersOn(ground)
      const loops = (count: number) => Array(count).fill('while :; do :; done &').join(' ')
      const hogs = await start(place, place.tiers.revocable, `${loops(2 * cpus)} wait`)
      const lender = await start(place, place.tiers.regular, `exec sh -c 'while :; do :; done'`)
      try {
        const runs: number[] = []
        for (let waking = 0; waking < wakings; waking += 1) runs.push(await wake(place, lender.pid))
        return rowsOf(runs)
      } finally {
        process.kill(lender.pid, 'SIGCONT')
        for (const { id } of [hogs, lender]) await place.engine.change(id, removal)
      }
    }),
}

const cpus = availableParallelism()

/** Percent of one cpu, from the moment it may run. */
const wake = async ({ cgroups }: Place, pid: number): Promise<number> => {
  const group = cgroups.groupOf(pid) ?? ''
  const usedMs = () => {
    const { cpuUserSeconds = 0, cpuSystemSeconds = 0 } = cgroups.read(group) ?? {}
    return 1000 * (cpuUserSeconds + cpuSystemSeconds)
  }
  process.kill(pid, 'SIGSTOP')
  await sleep(sleepMs)
  const before = usedMs()
  const wokenMs = performance.now()
  process.kill(pid, 'SIGCONT')
  await sleep(withinMs)
  // The kernel counts at its ticks: what it says is true right after one.
  const stale = usedMs()
  let used = stale
  while (used === stale) {
    if (performance.now() - wokenMs > tickDeadlineMs) throw new Error('the lender gets no cpu')
    used = usedMs()
  }
  return (100 * (used - before)) / (performance.now() - wokenMs)
}

const rowsOf = (runs: readonly number[]): readonly Row[] => {
  const ours = quantile(runs, 0.01)
  return [
    {
      id: 'A9',
      work: `of its cpu that a lender has ${withinMs} ms after it woke, ${2 * cpus} hogs on what it lends, 99 of 100 at least; the least that is asked`,
      ours,
      peer: leastPercent,
      ratio: ours / leastPercent,
      unit: '%',
      runs,
    },
  ]
}
