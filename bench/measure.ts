import type { Measured } from './row.ts'

const runsOfCpu = 5
const secondsOfWarmUp = 0.2

/** CPU microseconds (user and system) of this process. */
export const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Microseconds of CPU for one of `operations` operations that `work` does: the best of five runs, after a warm-up. */
export const bestCpuMicros = (operations: number, work: () => void): Measured => {
  const warmUntilMs = performance.now() + secondsOfWarmUp * 1000
  do work()
  while (performance.now() < warmUntilMs)
  return best(
    Array.from({ length: runsOfCpu }, () => {
      const before = cpuMicros()
      work()
      return (cpuMicros() - before) / operations
    }),
  )
}

/** The same for work that waits; it reads the CPU time itself, of whatever process it is about. */
export const bestOf = async (work: () => Promise<number>): Promise<Measured> => {
  await work()
  const runs: number[] = []
  for (let run = 0; run < runsOfCpu; run++) runs.push(await work())
  return best(runs)
}

export const scaled = ({ value, runs }: Measured, factor: number): Measured => ({
  value: value * factor,
  runs: runs.map((run) => run * factor),
})

const best = (runs: readonly number[]): Measured => ({ value: Math.min(...runs), runs })

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Between the two nearest values where `share` falls between them. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low = Number.NaN, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

const resamples = 2_000

/** 95 % interval of the median by bootstrap; the same values give the same interval. */
export const medianInterval = (values: readonly number[]): readonly [number, number] => {
  const random = generator(values.length)
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  )
  return [quantile(medians, 0.025), quantile(medians, 0.975)]
}

/** Uniform in [0, 1), the same sequence for the same seed (mulberry32). */
export const generator = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
