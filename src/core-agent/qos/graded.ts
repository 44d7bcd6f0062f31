import { meanOf } from '../estimator/window.ts'
import type { Glance, NodeSample } from '../usage/sample.ts'
import { Closure } from './closure.ts'
import {
  atEase,
  type Candidate,
  type Cause,
  type Correction,
  type Decision,
  type Level,
  type QosController,
  type QosUsage,
} from './controller.ts'
import { Freezer } from './freezer.ts'
import { type MemoryState, MemoryWatch, stallThreshold } from './memory.ts'
import { PressureJudge, type Verdict } from './pressure.ts'
import { busyShare, leastQuotaCpus, Quota, toleranceOf } from './quota.ts'
import { isHungry, lendable, type Shortage, shortageOf } from './shortage.ts'
import { cheapestSet } from './victims.ts'

/** Seconds at the least quota, while blamed, before the tier is frozen. */
const leastQuotaSeconds = 5
/** Seconds without pressure after which a frozen tier runs again. */
const clearSeconds = 5
/** Lent work that gets less of its cpus than `least`, over a minute, is cut down until the rest gets `wanted`. */
const satisfaction = { least: 0.35, wanted: 0.7, seconds: 60 } as const
const cpuCooldownMs = 30_000
const memoryCooldownMs = 4000
/** Of the tier, within so long; one may always go. */
const most = { share: 0.25, perMs: 10_000 } as const
const emergencyClosureMs = 300_000
/** So old a reading says nothing. */
const staleMs = 10_000

/**
 * What is done first when regular tasks want lent cpus back: let all that is lent run slower, or kill the fewest that
 * are enough.
 */
export type Reclaim = 'throttle' | 'kill'

/**
 * Takes back what was lent, as gently as will do: a quota for the whole tier, then freezing it, then killing the cheapest
 * (core-agent §7.3). Weights, set once, keep regular tasks from feeling the second that this needs.
 */
export class GradedController implements QosController {
  readonly name = 'graded'
  readonly #pressure = new PressureJudge()
  readonly #quota = new Quota()
  readonly #freezer = new Freezer()
  readonly #memory = new MemoryWatch()
  readonly #closure = new Closure()
  readonly #satisfied: number[] = []
  readonly #kills: { readonly atMs: number; readonly count: number }[] = []
  #cpuQuietUntilMs = 0
  #memoryQuietUntilMs = 0
  #sampledAtMs: number | undefined
  /** The last second; undefined: nothing is known of it. */
  #sample: NodeSample | undefined
  #isFrozen = false
  #lentCpus = 0
  #glanced: Glance | undefined
  readonly #reclaim: Reclaim

  constructor(reclaim: Reclaim = 'throttle') {
    this.#reclaim = reclaim
  }

  decide<Victim>(usage: QosUsage<Victim>): Decision<Victim> {
    const { atMs, sample, revocable } = usage
    this.#sample = sample
    this.#lentCpus = requestedCpus(revocable)
    if (sample === undefined) return this.#blind(usage)
    this.#sampledAtMs = sample.atMs
    const verdict = this.#pressure.judge(sample)
    const memory = this.#memory.follow(sample)
    this.#quota.follow(sample, verdict.isBlamed)
    if (revocable.length === 0) return this.#idle(atMs)
    this.#keepSatisfaction(sample, revocable)
    const frozen = this.#freezer.follow(atMs, verdict.raw, {
      isNeeded:
        memory.stalls || (this.#quota.leastSeconds >= leastQuotaSeconds && verdict.isBlamed),
      isClear: verdict.clearSeconds >= clearSeconds && !memory.stalls,
    })
    if (frozen || memory.neededBytes > 0) this.#closure.close(atMs)
    const kills = this.#kill(usage, sample, verdict, memory)
    // What is frozen cannot die.
    const isFrozen = frozen && kills.length === 0
    this.#isFrozen = isFrozen
    return {
      level: levelOf(kills, memory, isFrozen, this.#quota.cpus < this.#lentCpus),
      quotaCpus: this.#quota.cpus,
      frozen: isFrozen,
      kills,
      closeForMs: this.#closure.leftMs(atMs),
      cause: kills[0] ?? causeOf(verdict, memory, frozen, this.#quota, sample),
    }
  }

  react<Victim>(
    glance: Glance,
    revocable: () => readonly Candidate<Victim>[],
  ): Decision<Victim> | undefined {
    const sample = this.#sample
    const before = this.#glanced
    this.#glanced = glance
    if (sample === undefined || this.#isFrozen) return undefined
    const { atMs } = glance
    const hasFallen = this.#quota.glance(sample.cpus, glance.regularCpus)
    // What lent work wants is seen best before it is pushed aside.
    const revocableCpus = Math.max(glance.revocableCpus, sample.revocableCpus)
    const shortage = isSettled(before, glance, sample.cpus)
      ? this.#shortage(atMs, sample.cpus, { ...glance, revocableCpus })
      : undefined
    if (!hasFallen && shortage === undefined) return undefined
    const tier = revocable()
    if (tier.length === 0) return undefined
    const kills = shortage === undefined ? [] : this.#makeRoom(atMs, tier, shortage)
    if (!hasFallen && kills.length === 0) return undefined
    const isShort = this.#quota.cpus < requestedCpus(tier)
    return {
      level: kills.length > 0 ? 'kill' : isShort ? 'throttle' : 'run',
      quotaCpus: this.#quota.cpus,
      frozen: false,
      kills,
      closeForMs: this.#closure.leftMs(atMs),
      cause: kills[0] ?? busyCause(this.#quota, sample),
    }
  }

  /** In kill mode: what is wanted back, if anything may be killed for it yet. */
  #shortage(
    atMs: number,
    cpus: number,
    used: Pick<NodeSample, 'regularCpus' | 'revocableCpus'>,
  ): Shortage | undefined {
    if (this.#reclaim !== 'kill' || atMs < this.#cpuQuietUntilMs) return undefined
    return shortageOf(cpus, used, this.#quota.cpus, this.#lentCpus)
  }

  #makeRoom<Victim>(
    atMs: number,
    revocable: readonly Candidate<Victim>[],
    { neededCpus, cause }: Shortage,
  ): readonly Correction<Victim>[] {
    this.#cpuQuietUntilMs = atMs + cpuCooldownMs
    const allowed = this.#allowed(atMs, revocable.length)
    return this.#take(atMs, revocable, 'cpus', neededCpus, allowed, cause)
  }

  /** Nothing lent runs, so nothing has to give way; what is closed stays closed. */
  #idle(atMs: number): Decision<never> {
    this.#quota.reset()
    this.#satisfied.length = 0
    this.#isFrozen = false
    return { ...atEase, closeForMs: this.#closure.leftMs(atMs) }
  }

  /** Without a reading under high load nothing proves that regular tasks are well: the cheapest go, one a second. */
  #blind<Victim>({ atMs, load, revocable }: QosUsage<Victim>): Decision<Victim> {
    const ageMs = this.#sampledAtMs === undefined ? 0 : atMs - this.#sampledAtMs
    const [oneMinute] = load
    const cause = { signal: 'reading_age_seconds', value: ageMs / 1000, threshold: staleMs / 1000 }
    const isHigh = oneMinute > revocable.reduce((sum, one) => sum + one.requestCpus, 1)
    if (ageMs < staleMs || !isHigh || revocable.length === 0)
      return { ...atEase, quotaCpus: leastQuotaCpus, closeForMs: this.#closure.leftMs(atMs) }
    this.#closure.close(atMs, emergencyClosureMs)
    const [first] = cheapestSet(revocable, 0.001, ({ requestCpus }) => requestCpus, 1)
    const kills =
      first === undefined ? [] : [{ victim: first.victim, resource: 'cpus' as const, ...cause }]
    return {
      level: 'emergency',
      quotaCpus: leastQuotaCpus,
      frozen: false,
      kills,
      closeForMs: this.#closure.leftMs(atMs),
      cause,
    }
  }

  /** Lent work that does not use what it may has all that it wants. */
  #keepSatisfaction(sample: NodeSample, revocable: readonly Candidate<unknown>[]): void {
    const wanted = requestedCpus(revocable)
    const isShort = isHungry(sample, this.#quota.cpus, wanted)
    this.#satisfied.push(isShort ? Math.min(1, this.#lendable(sample) / wanted) : 1)
    if (this.#satisfied.length > satisfaction.seconds) this.#satisfied.shift()
  }

  #lendable({ cpus }: NodeSample): number {
    return lendable(cpus, this.#quota.regularCpus)
  }

  #kill<Victim>(
    { atMs, revocable }: QosUsage<Victim>,
    sample: NodeSample,
    verdict: Verdict,
    memory: MemoryState,
  ): readonly Correction<Victim>[] {
    if (memory.isCritical) {
      this.#closure.close(atMs, emergencyClosureMs)
      const needed = Math.max(1, memory.neededBytes)
      return this.#take(atMs, revocable, 'mem', needed, revocable.length, criticalCause(memory))
    }
    const allowed = this.#allowed(atMs, revocable.length)
    if (memory.neededBytes > 0 && atMs >= this.#memoryQuietUntilMs) {
      this.#memoryQuietUntilMs = atMs + memoryCooldownMs
      return this.#take(atMs, revocable, 'mem', memory.neededBytes, allowed, shortCause(memory))
    }
    if (atMs < this.#cpuQuietUntilMs) return []
    const shortage = this.#shortage(atMs, sample.cpus, sample)
    if (shortage !== undefined) return this.#makeRoom(atMs, revocable, shortage)
    const cause = this.#cpuCause(verdict)
    if (cause === undefined) return []
    this.#cpuQuietUntilMs = atMs + cpuCooldownMs
    const needed = requestedCpus(revocable) - this.#lendable(sample) / satisfaction.wanted
    return this.#take(atMs, revocable, 'cpus', Math.max(0.001, needed), allowed, cause)
  }

  /** Why cpu is wanted back for good, if it is. */
  #cpuCause(verdict: Verdict): Cause | undefined {
    const got = meanOf(this.#satisfied)
    if (this.#satisfied.length === satisfaction.seconds && got < satisfaction.least)
      return { signal: 'satisfaction', value: got, threshold: satisfaction.least }
    if (this.#freezer.isSpent && this.#freezer.relieves)
      return { signal: 'cpu_pressure', value: verdict.raw, threshold: verdict.threshold }
    return undefined
  }

  #allowed(atMs: number, tier: number): number {
    while ((this.#kills[0]?.atMs ?? atMs) <= atMs - most.perMs) this.#kills.shift()
    const spent = this.#kills.reduce((sum, { count }) => sum + count, 0)
    return Math.max(0, Math.max(1, Math.floor(most.share * (tier + spent))) - spent)
  }

  #take<Victim>(
    atMs: number,
    revocable: readonly Candidate<Victim>[],
    resource: Correction<Victim>['resource'],
    needed: number,
    allowed: number,
    cause: Cause,
  ): readonly Correction<Victim>[] {
    const benefit = ({ requestCpus, requestMemoryBytes, usage }: Candidate<unknown>): number =>
      resource === 'cpus' ? requestCpus : (usage?.memoryBytes ?? requestMemoryBytes)
    const chosen = cheapestSet(revocable, needed, benefit, allowed)
    if (chosen.length === 0) return []
    this.#kills.push({ atMs, count: chosen.length })
    this.#closure.close(atMs)
    this.#satisfied.length = 0
    return chosen.map(({ victim }) => ({ victim, resource, ...cause }))
  }
}

const requestedCpus = (revocable: readonly Candidate<unknown>[]): number =>
  revocable.reduce((sum, { requestCpus }) => sum + requestCpus, 0)

const levelOf = (
  kills: readonly unknown[],
  { isCritical }: MemoryState,
  frozen: boolean,
  isShort: boolean,
): Level => {
  if (kills.length > 0) return isCritical ? 'emergency' : 'kill'
  if (frozen) return 'freeze'
  return isShort ? 'throttle' : 'run'
}

const shortCause = ({ availableBytes, softBytes }: MemoryState): Cause => ({
  signal: 'memory_available_bytes',
  value: availableBytes,
  threshold: softBytes,
})

const criticalCause = (memory: MemoryState): Cause =>
  memory.availableBytes < memory.hardBytes
    ? { ...shortCause(memory), threshold: memory.hardBytes }
    : stallCause(memory)

const stallCause = ({ stall }: MemoryState): Cause => ({
  signal: 'memory_full',
  value: stall,
  threshold: stallThreshold,
})

const causeOf = (
  verdict: Verdict,
  memory: MemoryState,
  frozen: boolean,
  quota: Quota,
  sample: NodeSample,
): Cause | undefined => {
  if (memory.stalls) return stallCause(memory)
  if (frozen || verdict.isBlamed)
    return { signal: 'cpu_pressure', value: verdict.raw, threshold: verdict.threshold }
  return busyCause(quota, sample)
}

const busyCause = ({ regularCpus }: Quota, { systemCpus, cpus }: NodeSample): Cause => ({
  signal: 'busy_share',
  value: (regularCpus + systemCpus) / cpus,
  threshold: busyShare,
})

/** Nothing is on its way up or down: two glances in a row say the same. */
const isSettled = (before: Glance | undefined, { regularCpus }: Glance, cpus: number): boolean =>
  before !== undefined && Math.abs(regularCpus - before.regularCpus) <= toleranceOf(cpus)
