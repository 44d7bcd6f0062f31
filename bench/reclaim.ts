import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { onGround } from './agent-on-engine.ts'
import { median, quantile } from './measure.ts'
import type { Bench, Row } from './row.ts'
import { type Place, removal, start, tiersOn } from './tiers.ts'
import { waitFor } from './wait.ts'

const victimMib = 1024
/** What is left of a victim whose memory is back. */
const goneMib = 64
const boostedSteps = 20
const unboostedSteps = 3
/** A10 of core-agent §12, 99 of 100 within. */
const limitMs = 2000
/** So many times as long it must take without the boost, or the row would not see what the boost does. */
const leastFactor = 5
const fillDeadlineMs = 60_000
/** A step without the boost is given up, and counts as so long. */
const patienceMs = 20_000

/**
 * A10: until the memory of a container on lent resources is free again, on a machine whose regular containers want
 * every cpu; and the same without the boost of what is dying.
 */
export const reclaim: Bench = {
  ids: ['A10'],
  run: () =>
    onGround(async (ground) => {
      const place = await tiersOn(ground)
      const boosted = await steps(place, boostedSteps, true)
      const unboosted = await steps(place, unboostedSteps, false)
      return rowsOf(boosted, unboosted)
    }),
}

/** Milliseconds of each. */
const steps = async (place: Place, count: number, boosts: boolean): Promise<readonly number[]> => {
  const runs: number[] = []
  for (let step = 0; step < count; step += 1) runs.push(await oneStep(place, boosts))
  return runs
}

/** The victim fills its memory while the machine is idle: on a busy one it never would. */
const oneStep = async (place: Place, boosts: boolean): Promise<number> => {
  const { engine, cgroups, tiers } = place
  const bytes = victimMib * 1024 ** 2
  const victim = await start(place, tiers.revocable, `tail -c ${bytes} /dev/zero`)
  const group = cgroups.groupOf(victim.pid) ?? ''
  const usedMib = () => (cgroups.read(group)?.memoryBytes ?? 0) / 1024 ** 2
  try {
    await waitFor('the victim to fill its memory', () => usedMib() > victimMib, fillDeadlineMs)
    const loops = Array.from({ length: 2 * availableParallelism() }, () => 'while :; do :; done &')
    const hogs = await start(place, tiers.regular, `${loops.join(' ')} wait`)
    try {
      await sleep(500)
      const startedMs = performance.now()
      cgroups.kill(group, boosts ? tiers.revocable : undefined)
      const isLate = () => performance.now() - startedMs > patienceMs
      while (usedMib() > goneMib && !isLate()) await sleep(2)
      return performance.now() - startedMs
    } finally {
      await engine.change(hogs.id, removal)
    }
  } finally {
    cgroups.settle(tiers.revocable)
    await engine.change(victim.id, removal)
    cgroups.forget(group)
  }
}

const rowsOf = (boosted: readonly number[], unboosted: readonly number[]): readonly Row[] => {
  const worst = quantile(boosted, 0.99)
  const without = median(unboosted)
  const factor = without / median(boosted)
  return [
    {
      id: 'A10',
      work: `${victimMib} MiB back from a killed container on a machine that is busy, 99 of 100 within; its limit`,
      ours: worst,
      peer: limitMs,
      ratio: worst / limitMs,
      unit: 'ms',
      runs: boosted,
    },
    {
      id: 'A10',
      work: `the same without the boost, median, given up after ${patienceMs / 1000} s; at least ${leastFactor} times the median with it`,
      ours: without,
      peer: leastFactor * median(boosted),
      ratio: factor / leastFactor,
      unit: 'ms',
      runs: unboosted,
    },
  ]
}
