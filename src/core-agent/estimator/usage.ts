import { type Resources, resources, scalar, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import type { NodeSample } from '../usage/sample.ts'
import { CpuPeakPredictor } from './cpu-peak.ts'
import type { Estimator, EstimatorInput, RegularTask } from './estimator.ts'
import { readHistory, writeHistory } from './history.ts'
import { MemoryPeakPredictor } from './memory-peak.ts'

export interface UsageOptions {
  /** Share of the machine's cpus that may be busy at all. */
  readonly cpuShare: number
  /** Share kept free on top of that, for what no window has seen. */
  readonly cpuMargin: number
  /** cpus that are the system's, whether it uses them or not. */
  readonly reservedCpus: number
  readonly shortSigmas: number
  readonly longSigmas: number
  /** Share of the machine by which the estimate may rise in `rampMs`; it falls at once. */
  readonly cpuRise: number
  readonly lendsMemory: boolean
  readonly memoryShare: number
  readonly memoryRise: number
}

/** As measured by replay: `npm run bench -- --only B20`. */
export const usageDefaults: UsageOptions = {
  cpuShare: 0.95,
  cpuMargin: 0.03,
  reservedCpus: 0,
  shortSigmas: 3,
  longSigmas: 1.5,
  cpuRise: 0.02,
  lendsMemory: false,
  memoryShare: 0.85,
  memoryRise: 0.01,
}

/** In which an estimate rises by its share: of cpus, and of memory. */
const cpuRampMs = 15_000
const memoryRampMs = 60_000
/** Nothing is lent before the machine was watched for so long: at least, and where older tasks run that nobody watched. */
const leastKnownMs = 60_000
const wantedKnownMs = 600_000
/** Without a sample for so long nothing is lent: what cannot be seen cannot be lent. */
const staleMs = 30_000
const mib = 1024 ** 2

/**
 * Lends what regular tasks are predicted not to need: aggregate peak, falls at once, rises slowly, fails closed
 * (core-agent §7.2).
 */
export class UsageEstimator implements Estimator {
  readonly name = 'usage'
  readonly publishes = 'what-matters'
  readonly #options: UsageOptions
  readonly #cpu: CpuPeakPredictor
  readonly #memory = new MemoryPeakPredictor()
  readonly #cpuRamp: Ramp
  readonly #memoryRamp: Ramp
  #cpus = 0
  #memoryBytes = 0
  #regular: readonly RegularTask[] = []

  constructor(options: UsageOptions = usageDefaults) {
    this.#options = options
    this.#cpu = new CpuPeakPredictor(options)
    this.#cpuRamp = new Ramp(options.cpuRise, cpuRampMs)
    this.#memoryRamp = new Ramp(options.memoryRise, memoryRampMs)
  }

  observe(sample: NodeSample, regular: readonly RegularTask[]): void {
    this.#cpus = sample.cpus
    this.#memoryBytes = sample.memoryTotalBytes
    this.#regular = regular
    this.#cpu.observe(sample, regular)
    if (this.#options.lendsMemory) this.#memory.observe(sample, regular)
  }

  oversubscribable({ atMs, allocatedRevocable }: EstimatorInput): Resources {
    const { cpuShare, cpuMargin, reservedCpus, lendsMemory, memoryShare } = this.#options
    const peak = this.#cpu.predict(atMs)
    if (atMs - peak.sampledAtMs > staleMs || peak.knownMs < this.#neededMs()) {
      this.#cpuRamp.reset()
      this.#memoryRamp.reset()
      return []
    }
    const raw =
      (cpuShare - cpuMargin) * this.#cpus - Math.max(peak.system, reservedCpus) - peak.regular
    const cpus = this.#cpuRamp.follow(atMs, raw, this.#cpus)
    const free = cpus - units(scalarOf(allocatedRevocable, 'cpus'))
    const lent = [scalar('cpus', floorTenth(free), 'revocable')]
    if (lendsMemory) {
      const spare = this.#memory.spareBytes(atMs, this.#regular, memoryShare)
      const bytes = this.#memoryRamp.follow(atMs, spare, this.#memoryBytes)
      const megabytes = bytes / mib - units(scalarOf(allocatedRevocable, 'mem'))
      lent.push(scalar('mem', Math.floor(Math.max(0, megabytes)), 'revocable'))
    }
    return resources(lent)
  }

  /** What has run longer than it was watched may do what nobody has seen yet. */
  #neededMs(): number {
    const oldestMs = this.#regular.reduce((most, { ageMs }) => Math.max(most, ageMs), leastKnownMs)
    return Math.min(wantedKnownMs, oldestMs)
  }

  history(nowMs: number): unknown {
    return writeHistory(this.#cpu.history(), nowMs)
  }

  /** What cannot be read is as if there were none. */
  resume(history: unknown, takenAtMs: number): void {
    this.#cpu.resume(readHistory(history, takenAtMs))
  }
}

/** To a tenth of a cpu: what is smaller than that is noise to whoever gets an offer. */
const floorTenth = (cpus: number): number =>
  Math.floor(Math.round(Math.max(0, cpus) * 1000) / 100) / 10

/** Falls at once, rises by at most `share` of the whole in `rampMs`. */
class Ramp {
  readonly #share: number
  readonly #rampMs: number
  #at: { readonly ms: number; readonly value: number } | undefined

  constructor(share: number, rampMs: number) {
    this.#share = share
    this.#rampMs = rampMs
  }

  follow(nowMs: number, raw: number, whole: number): number {
    const before = this.#at ?? { ms: nowMs - this.#rampMs, value: 0 }
    const most = before.value + (this.#share * whole * (nowMs - before.ms)) / this.#rampMs
    const value = Math.max(0, Math.min(raw, most))
    this.#at = { ms: nowMs, value }
    return value
  }

  reset(): void {
    this.#at = undefined
  }
}
