import { generator } from '../measure.ts'

/** Of the machine that is replayed. */
export const machineCpus = 64
/** What is busy beside all tasks. */
export const systemCpus = 1.6
export const daySeconds = 86_400

/** What regular tasks want of the machine, second by second. */
export interface Trace {
  readonly seconds: number
  /** Wanted cpus of all regular tasks together. */
  readonly regular: Float32Array
  readonly tasks: readonly { readonly requestCpus: number }[]
}

/** Share of the machine that regular tasks have asked for. */
const allocatedShare = 0.9
const requests = [1, 2, 2, 4, 4, 8]
/** Of a request: the least and the most of a day, which turns a little earlier or later for each. */
const dailyShare = { least: 0.15, most: 0.43 }
const phaseSeconds = 3600
/** Noise that remembers: a step each five seconds. */
const noise = { stepSeconds: 5, memory: 0.95, size: 0.02 }
const spikesPerHour = 0.4
const spike = { least: 0.25, most: 0.6, leastSeconds: 30, mostSeconds: 240 }
/** Twice a day everybody comes at once. */
const crowd = { perDay: 2, seconds: 600, riseSeconds: 20, share: 0.85 }

/**
 * A day and night of one machine (core-agent §7.4): nearly all of it allocated, less than a third used, with noise, spikes
 * and flash crowds. The same seed gives the same trace.
 */
export const makeTrace = (days: number, seed: number): Trace => {
  const random = generator(seed)
  const seconds = days * daySeconds
  const tasks = makeTasks(random)
  const regular = new Float32Array(seconds)
  const crowds = makeCrowds(days, random)
  for (const { requestCpus } of tasks) addTask(regular, requestCpus, crowds, random)
  return { seconds, regular, tasks }
}

const makeTasks = (random: () => number) => {
  const tasks: { readonly requestCpus: number }[] = []
  for (let left = allocatedShare * machineCpus; left >= 1; ) {
    const fitting = requests.filter((one) => one <= left)
    const requestCpus = fitting[Math.floor(random() * fitting.length)] ?? 1
    tasks.push({ requestCpus })
    left -= requestCpus
  }
  return tasks
}

/** Where each second stands in a crowd: 0 outside, 1 at its height. */
const makeCrowds = (days: number, random: () => number): Float32Array => {
  const height = new Float32Array(days * daySeconds)
  for (let number = 0; number < days * crowd.perDay; number += 1) {
    const slot = daySeconds / crowd.perDay
    const from = Math.floor(number * slot + random() * (slot - crowd.seconds))
    for (let second = 0; second < crowd.seconds; second += 1) {
      const edge = Math.min(second, crowd.seconds - second)
      height[from + second] = Math.min(1, edge / crowd.riseSeconds)
    }
  }
  return height
}

const addTask = (
  regular: Float32Array,
  requestCpus: number,
  crowds: Float32Array,
  random: () => number,
): void => {
  const phase = (random() * 2 - 1) * phaseSeconds
  const middle = (dailyShare.least + dailyShare.most) / 2
  const swing = (dailyShare.most - dailyShare.least) / 2
  let drift = 0
  let spikeLeft = 0
  let spikeHeight = 0
  for (let second = 0; second < regular.length; second += 1) {
    if (second % noise.stepSeconds === 0)
      drift = noise.memory * drift + noise.size * (random() + random() + random() - 1.5) * 2
    if (spikeLeft > 0) spikeLeft -= 1
    else if (random() < spikesPerHour / 3600) {
      spikeLeft = spike.leastSeconds + random() * (spike.mostSeconds - spike.leastSeconds)
      spikeHeight = spike.least + random() * (spike.most - spike.least)
    }
    const daily = middle + swing * Math.sin((2 * Math.PI * (second + phase)) / daySeconds)
    const usual = daily + drift + (spikeLeft > 0 ? spikeHeight : 0)
    const height = crowds[second] ?? 0
    const share = Math.max(usual, height * crowd.share + (1 - height) * usual)
    regular[second] = (regular[second] ?? 0) + requestCpus * Math.min(1, Math.max(0.02, share))
  }
}
