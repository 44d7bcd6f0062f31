import { generator } from '../measure.ts'
import { machineCpus, systemCpus, type Trace } from './trace.ts'

/** What a policy sees each second. */
export interface Second {
  readonly atMs: number
  readonly regularCpus: number
  readonly revocableCpus: number
  readonly running: readonly Job[]
}

/** A best-effort task: one cpu, endless demand behind it. */
export interface Job {
  readonly id: number
  readonly startedAtMs: number
  /** cpu seconds. */
  readonly work: number
  done: number
}

export interface Policy {
  readonly name: string
  /** Equal shares: regular and best-effort tasks compete as peers, as in Mesos' docker containerizer. */
  readonly equalShares?: boolean
  /** cpus that best-effort tasks may use in this second at most. */
  quota(): number
  frozen?(): boolean
  /** After each second: who has to go. */
  observe(second: Second): readonly Job[]
  /** Each 15 seconds, and when a task ended: additional cpus to lend. */
  lend(atMs: number, allocatedCpus: number): number
}

export interface Outcome {
  readonly utilisation: number
  /** cpus of work that was finished. */
  readonly useful: number
  readonly goodput: number
  /** Best-effort tasks killed for a thousand that finished. */
  readonly killsPerThousand: number
  /** Share of regular cpu seconds that were wanted and not given. */
  readonly shortfall: number
  /** Share of the time in which more than nine tenths of the machine was busy. */
  readonly hot: number
}

/** From a lent cpu to a task that runs on it: offer and launch. */
const launchSeconds = 8
const estimateSeconds = 15
/** Work of a best-effort task: log-normal, in cpu seconds; the mean is 1.6 times the median. */
const work = { medianSeconds: 600, sigma: Math.sqrt(2 * Math.log(1.6)) }
const hotShare = 0.9

/** One policy over a trace; what is killed is lost (core-agent §7.4). */
export const replay = (trace: Trace, policy: Policy, seed: number): Outcome => {
  const random = generator(seed)
  const cluster = new BestEffort(random)
  const sums = { used: 0, wanted: 0, missed: 0, hot: 0 }
  for (let second = 0; second < trace.seconds; second += 1) {
    const atMs = (second + 1) * 1000
    const wanted = trace.regular[second] ?? 0
    cluster.launchDue(second)
    const demand = policy.frozen?.() === true ? 0 : Math.min(cluster.running.length, policy.quota())
    const { regular, revocable } = share(wanted, demand, policy.equalShares === true)
    cluster.work(revocable)
    const busy = systemCpus + regular + revocable
    sums.used += busy
    sums.wanted += wanted
    sums.missed += wanted - regular
    if (busy > hotShare * machineCpus) sums.hot += 1
    cluster.kill(
      policy.observe({
        atMs,
        regularCpus: regular,
        revocableCpus: revocable,
        running: cluster.running,
      }),
    )
    if (second % estimateSeconds === 0) cluster.take(second, policy.lend(atMs, cluster.allocated))
  }
  const { finished, killed, usefulSeconds, lostSeconds } = cluster
  return {
    utilisation: sums.used / trace.seconds / machineCpus,
    useful: usefulSeconds / trace.seconds,
    goodput: usefulSeconds + lostSeconds === 0 ? 1 : usefulSeconds / (usefulSeconds + lostSeconds),
    killsPerThousand: finished === 0 ? 0 : (1000 * killed) / finished,
    shortfall: sums.missed / sums.wanted,
    hot: sums.hot / trace.seconds,
  }
}

/** Who gets the cpus when there are not enough: by weight the regular tasks, as peers everybody in proportion. */
const share = (wanted: number, demand: number, equal: boolean) => {
  const total = wanted + demand
  const cpus = machineCpus - systemCpus
  if (total <= cpus) return { regular: wanted, revocable: demand }
  const regular = equal ? (cpus * wanted) / total : Math.min(cpus, wanted)
  return { regular, revocable: cpus - regular }
}

class BestEffort {
  running: Job[] = []
  finished = 0
  killed = 0
  usefulSeconds = 0
  lostSeconds = 0
  readonly #random: () => number
  readonly #due: { readonly second: number; count: number }[] = []
  #pending = 0
  #next = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Running, and on their way. */
  get allocated(): number {
    return this.running.length + this.#pending
  }

  take(second: number, cpus: number): void {
    const count = Math.floor(cpus)
    if (count <= 0) return
    this.#pending += count
    this.#due.push({ second: second + launchSeconds, count })
  }

  launchDue(second: number): void {
    while (this.#due[0] !== undefined && this.#due[0].second <= second) {
      const { count } = this.#due.shift() ?? { count: 0 }
      this.#pending -= count
      for (let one = 0; one < count; one += 1) this.#launch(second)
    }
  }

  work(cpus: number): void {
    if (this.running.length === 0) return
    const each = cpus / this.running.length
    let ended = false
    for (const job of this.running) {
      job.done += each
      if (job.done >= job.work) ended = true
    }
    if (!ended) return
    const left: Job[] = []
    for (const job of this.running)
      if (job.done < job.work) left.push(job)
      else {
        this.finished += 1
        this.usefulSeconds += job.work
      }
    this.running = left
  }

  kill(victims: readonly Job[]): void {
    if (victims.length === 0) return
    const gone = new Set(victims)
    this.running = this.running.filter((job) => !gone.has(job))
    for (const job of victims) this.lostSeconds += job.done
    this.killed += victims.length
  }

  #launch(second: number): void {
    const [u, v] = [1 - this.#random(), this.#random()]
    const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
    const seconds = work.medianSeconds * Math.exp(work.sigma * normal)
    this.running.push({ id: this.#next++, startedAtMs: second * 1000, work: seconds, done: 0 })
  }
}
