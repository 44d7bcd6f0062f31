import type { GroupReading } from '../cgroups.ts'
import type { LoadAverage } from '../usage/sample.ts'
import type { Glance, NodeSample, Pressure, TaskSample } from './sample.ts'

/** Of the machine itself. */
export interface NodeCounters {
  readonly cpus: number
  /** Since boot, of all cpus together. */
  readonly busySeconds: number
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  readonly load: LoadAverage
}

/** The counters of a machine and its tiers at one moment. */
export interface NodeReading extends NodeCounters {
  /** Monotonic clock. */
  readonly atMs: number
  /** Undefined: nothing has run in the tier yet. */
  readonly regular: GroupReading | undefined
  readonly revocable: GroupReading | undefined
}

/** Two readings closer than this share of the interval that was meant tell more of the clock than of the machine. */
const leastShare = 0.5

/** What happened between two readings; undefined where they say nothing: too close, or of another group or boot. */
export const sampleOf = (
  before: NodeReading,
  after: NodeReading,
  intervalMs: number,
): NodeSample | undefined => {
  const passedMs = after.atMs - before.atMs
  if (passedMs < leastShare * intervalMs || after.busySeconds < before.busySeconds) return undefined
  const seconds = passedMs / 1000
  const regularCpus = rate(before.regular, after.regular, seconds)
  const revocableCpus = rate(before.revocable, after.revocable, seconds)
  if (regularCpus === undefined || revocableCpus === undefined) return undefined
  const busyCpus = (after.busySeconds - before.busySeconds) / seconds
  return {
    atMs: after.atMs,
    intervalMs: passedMs,
    cpus: after.cpus,
    regularCpus,
    revocableCpus,
    systemCpus: Math.max(0, busyCpus - regularCpus - revocableCpus),
    memoryTotalBytes: after.memoryTotalBytes,
    memoryAvailableBytes: after.memoryAvailableBytes,
    regularMemoryBytes: workingSet(after.regular),
    revocableMemoryBytes: workingSet(after.revocable),
    pressure: pressureOf(before.regular, after.regular, seconds),
    load: after.load,
  }
}

/** The same for one container; `before` is its last sample, if there is one. */
export const taskSampleOf = (
  before: TaskSample | undefined,
  reading: GroupReading,
  atMs: number,
  intervalMs: number,
): TaskSample | undefined => {
  const cpuSeconds = cpuSecondsOf(reading)
  const first = { atMs, cpus: 0, memoryBytes: workingSet(reading), cpuSeconds, samples: 1, reading }
  if (before === undefined || cpuSeconds < before.cpuSeconds) return first
  const passedMs = atMs - before.atMs
  if (passedMs < leastShare * intervalMs) return undefined
  return {
    ...first,
    cpus: ((cpuSeconds - before.cpuSeconds) * 1000) / passedMs,
    samples: before.samples + 1,
  }
}

/** What both tiers had used at one moment. */
export interface TierReading {
  /** Monotonic clock. */
  readonly atMs: number
  readonly regularSeconds: number
  readonly revocableSeconds: number
}

/** Undefined: the readings are too close, or of another group. */
export const glanceOf = (
  before: TierReading,
  after: TierReading,
  intervalMs: number,
): Glance | undefined => {
  const passedMs = after.atMs - before.atMs
  if (passedMs < leastShare * intervalMs) return undefined
  const cpus = (name: 'regularSeconds' | 'revocableSeconds') =>
    ((after[name] - before[name]) * 1000) / passedMs
  const [regularCpus, revocableCpus] = [cpus('regularSeconds'), cpus('revocableSeconds')]
  return regularCpus < 0 || revocableCpus < 0
    ? undefined
    : { atMs: after.atMs, regularCpus, revocableCpus }
}

const cpuSecondsOf = ({ cpuUserSeconds, cpuSystemSeconds }: GroupReading): number =>
  cpuUserSeconds + cpuSystemSeconds

const workingSet = (reading: GroupReading | undefined): number =>
  reading === undefined ? 0 : Math.max(0, reading.memoryBytes - reading.inactiveFileBytes)

/** cpus; a group that was not there before has begun within the interval. Undefined: it was replaced. */
const rate = (
  before: GroupReading | undefined,
  after: GroupReading | undefined,
  seconds: number,
): number | undefined => {
  if (after === undefined) return 0
  const grown = cpuSecondsOf(after) - (before === undefined ? 0 : cpuSecondsOf(before))
  return grown < 0 ? undefined : grown / seconds
}

const pressureOf = (
  before: GroupReading | undefined,
  after: GroupReading | undefined,
  seconds: number,
): Pressure => {
  const [then, now] = [before?.waits, after?.waits]
  if (now === undefined) return {}
  const share = (name: keyof typeof now): number =>
    Math.min(1, Math.max(0, (now[name] - (then?.[name] ?? 0)) / seconds))
  return {
    cpuSome: share('cpuSomeSeconds'),
    memorySome: share('memorySomeSeconds'),
    memoryFull: share('memoryFullSeconds'),
    ioSome: share('ioSomeSeconds'),
  }
}
