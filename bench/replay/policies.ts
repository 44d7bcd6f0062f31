import { matters } from '../../src/core-agent/estimator/publication.ts'
import {
  UsageEstimator,
  type UsageOptions,
  usageDefaults,
} from '../../src/core-agent/estimator/usage.ts'
import type { Decision } from '../../src/core-agent/qos/controller.ts'
import { GradedController } from '../../src/core-agent/qos/graded.ts'
import { isEmpty, none, plus, resources, scalar, scalarOf } from '../../src/resources/resources.ts'
import type { Job, Policy, Second } from './replay.ts'
import { machineCpus, systemCpus, type Trace } from './trace.ts'

/** Nothing is lent. */
export const nothing: Policy = { name: 'none', quota: () => 0, observe: () => [], lend: () => 0 }

/** Mesos' fixed estimator and load controller; the load is that of what runs and waits. */
export const fixedLoad = (cpus: number, equalShares: boolean): Policy => {
  let load5 = 0
  const decay = Math.exp(-1 / 300)
  return {
    name: `fixed ${cpus} + load, ${equalShares ? 'equal' : 'low'} shares`,
    equalShares,
    quota: () => Infinity,
    lend: (_atMs, allocated) => cpus - allocated,
    observe: ({ regularCpus, running }) => {
      load5 = load5 * decay + (regularCpus + running.length) * (1 - decay)
      return load5 > 0.95 * machineCpus ? running : []
    },
  }
}

/** Serenity's rules: idle of each task up to a share of the machine; above a busy share the youngest go, then it waits. */
export const serenity = (): Policy => {
  let busy = 0
  let regular = 0
  let quietUntilMs = 0
  return {
    name: 'Serenity',
    quota: () => Infinity,
    lend: (atMs, allocated) =>
      atMs < quietUntilMs || busy > 0.95 * machineCpus
        ? 0
        : 0.7 * machineCpus - regular - allocated,
    observe: ({ atMs, regularCpus, revocableCpus, running }) => {
      regular = regularCpus
      busy = 0.9 * (regularCpus + revocableCpus) + 0.1 * busy
      const severity = busy - 0.85 * machineCpus
      if (severity <= 0 || atMs < quietUntilMs) return []
      quietUntilMs = atMs + 20_000
      return youngest(running, Math.ceil(severity))
    },
  }
}

/** Koordinator's: five-minute means, published rarely; suppressed each second, evicted when its satisfaction is low. */
export const koordinator = (): Policy => {
  let mean = 0
  let regular = 0
  let published = 0
  let publishedAtMs = 0
  let lowSeconds = 0
  let quietUntilMs = 0
  const decay = Math.exp(-1 / 300)
  const quota = () => Math.max(2, 0.65 * machineCpus - regular)
  return {
    name: 'Koordinator 60/65',
    quota,
    lend: (atMs, allocated) => {
      const batch = Math.max(0, 0.6 * machineCpus - mean)
      const differs = Math.abs(batch - published) >= 0.1 * published
      if (differs || atMs - publishedAtMs >= 300_000) {
        published = batch
        publishedAtMs = atMs
      }
      return published - allocated
    },
    observe: ({ atMs, regularCpus, revocableCpus, running }) => {
      regular = regularCpus
      mean = mean * decay + regularCpus * (1 - decay)
      const isLow = running.length > 0 && quota() / running.length < 0.6
      const isBusy = revocableCpus > 0.9 * Math.min(quota(), running.length)
      lowSeconds = isLow && isBusy ? lowSeconds + 1 : 0
      if (lowSeconds < 60 || atMs < quietUntilMs) return []
      quietUntilMs = atMs + 20_000
      lowSeconds = 0
      return youngest(running, Math.max(0, Math.ceil(running.length - quota() / 0.8)))
    },
  }
}

const youngest = (running: readonly Job[], count: number): readonly Job[] =>
  running.toSorted((a, b) => b.startedAtMs - a.startedAtMs).slice(0, count)

const gib = 1024 ** 3
const memory = {
  memoryTotalBytes: 256 * gib,
  memoryAvailableBytes: 128 * gib,
  regularMemoryBytes: 64 * gib,
  revocableMemoryBytes: 8 * gib,
}

/** Beside a policy, what its master would have been told. */
export interface Shipped extends Policy {
  /** When; milliseconds of the trace. */
  readonly publishedAtMs: readonly number[]
}

/** The classes that agents run, with a clock that is the trace's; what is lent is what was published last. */
export const shipped = (trace: Trace, options: Partial<UsageOptions> = {}): Shipped => {
  const estimator = new UsageEstimator({ ...usageDefaults, ...options })
  const controller = new GradedController()
  let decision: Decision<Job> | undefined
  let samples = 0
  let closedUntilMs = 0
  let published = none
  const publishedAtMs: number[] = []
  return {
    name: 'usage + graded',
    publishedAtMs,
    quota: () => decision?.quotaCpus ?? Infinity,
    frozen: () => decision?.frozen === true,
    lend: (atMs, allocated) => {
      const allocatedRevocable = resources([scalar('cpus', allocated, 'revocable')])
      const lent =
        atMs < closedUntilMs ? none : estimator.oversubscribable({ atMs, allocatedRevocable })
      const total = plus(allocatedRevocable, lent)
      const sinceMs = atMs - (publishedAtMs.at(-1) ?? -Infinity)
      if (matters(published, total, { isNothing: isEmpty(lent), sinceMs, machineCpus })) {
        published = total
        publishedAtMs.push(atMs)
      }
      return Math.max(0, scalarOf(published, 'cpus') / 1000 - allocated)
    },
    observe: ({ atMs, regularCpus, revocableCpus, running }: Second) => {
      samples += 1
      const usage = { ...reading, atMs, samples }
      const regular = trace.tasks.map(({ requestCpus }, number) => ({
        id: String(number),
        requestCpus,
        requestMemoryBytes: 0,
        ageMs: Infinity,
        usage,
      }))
      const sample = {
        atMs,
        intervalMs: 1000,
        cpus: machineCpus,
        regularCpus,
        revocableCpus,
        systemCpus,
        ...memory,
        pressure: { cpuSome: 0, memorySome: 0, memoryFull: 0, ioSome: 0 },
        load: [0, 0, 0] as const,
      }
      estimator.observe(sample, regular)
      decision = controller.decide({
        atMs,
        load: [0, 0, 0],
        sample,
        revocable: running.map((victim) => ({
          victim,
          requestCpus: 1,
          requestMemoryBytes: 0,
          ageMs: atMs - victim.startedAtMs,
          cost: 1,
          usage: { ...usage, cpuSeconds: victim.done },
        })),
      })
      closedUntilMs = atMs + decision.closeForMs
      return decision.kills.map(({ victim }) => victim)
    },
  }
}

const reading = {
  cpus: 0,
  memoryBytes: 0,
  cpuSeconds: 0,
  reading: {
    cpuUserSeconds: 0,
    cpuSystemSeconds: 0,
    memoryBytes: 0,
    anonBytes: undefined,
    inactiveFileBytes: 0,
    periods: 0,
    throttledPeriods: 0,
    throttledSeconds: 0,
    waits: undefined,
  },
}
