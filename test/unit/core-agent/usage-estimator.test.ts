import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matters } from '../../../src/core-agent/estimator/publication.ts'
import { UsageEstimator, usageDefaults } from '../../../src/core-agent/estimator/usage.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { as, none, scalarOf } from '../../../src/resources/resources.ts'
import { idleReading } from '../../support/fake-cgroups.ts'
import { nodeSample } from '../../support/lending.ts'

const gib = 1024 ** 3

/** A machine of 10 cpus whose one regular task asked for 8, watched second by second. */
class Watch {
  readonly estimator: UsageEstimator
  atMs = 0
  requestCpus = 8
  startedAtMs = 0
  readable = true

  constructor(options = {}, estimator?: UsageEstimator) {
    this.estimator = estimator ?? new UsageEstimator({ ...usageDefaults, ...options })
  }

  run(seconds: number, regularCpus: number, systemCpus = 0): this {
    for (let second = 0; second < seconds; second += 1) {
      this.atMs += 1000
      const ageMs = this.atMs - this.startedAtMs
      const usage = {
        atMs: this.atMs,
        cpus: regularCpus,
        memoryBytes: gib,
        cpuSeconds: 0,
        samples: Math.floor(ageMs / 5000),
        reading: idleReading,
      }
      const sample = nodeSample({ atMs: this.atMs, cpus: 10, regularCpus, systemCpus })
      const { requestCpus } = this
      this.estimator.observe(sample, [
        {
          id: 'a',
          requestCpus,
          requestMemoryBytes: 4 * gib,
          ageMs,
          usage: this.readable ? usage : undefined,
        },
      ])
      if (second % 15 === 0) this.lent()
    }
    return this
  }

  lent(allocated = 'cpus:0', laterMs = 0, name = 'cpus'): number {
    const allocatedRevocable = as(parseResources(allocated).resources, 'revocable')
    const atMs = this.atMs + laterMs
    return scalarOf(this.estimator.oversubscribable({ atMs, allocatedRevocable }), name) / 1000
  }
}

describe('the usage estimator (core-agent §7.2)', () => {
  test('nothing is lent before the machine was watched', () => {
    expect(new Watch().run(45, 1).lent()).toBe(0)
  })

  test('what is young counts as its request, and then by what it uses', () => {
    const watch = new Watch().run(290, 1)
    expect(watch.lent()).toBeLessThanOrEqual(1.2)
    // After two hours nothing is assumed any more: 0.92 of 10 less the one cpu in use.
    expect(watch.run(7300, 1).lent()).toBeCloseTo(8.2, 1)
  })

  test('until two hours are known, half of what is allocated is expected', () => {
    expect(new Watch().run(3600, 1).lent()).toBeCloseTo(9.2 - 4, 1)
  })

  test('what is lent already is taken off', () => {
    const watch = new Watch().run(9000, 1)
    expect(watch.lent('cpus:3')).toBeCloseTo(5.2, 1)
    expect(watch.lent('cpus:20')).toBe(0)
  })

  test('it falls at once, by the last second, and rises by 2 % of the machine in 15 s', () => {
    const watch = new Watch().run(9000, 1)
    const before = watch.lent()
    expect(watch.run(1, 6).lent()).toBeLessThan(before - 4)
    const low = watch.run(60, 6).lent()
    const lent: number[] = []
    for (let slot = 0; slot < 200; slot += 1) lent.push(watch.run(15, 1).lent())
    for (const [at, value] of lent.entries())
      expect(value - (lent[at - 1] ?? low)).toBeLessThanOrEqual(0.31)
    expect(lent.at(-1)).toBeGreaterThan(low)
  })

  test('what the system does is not lent', () => {
    expect(new Watch().run(9000, 1, 2).lent()).toBeCloseTo(6.2, 1)
  })

  test('it fails closed: without a sample for 30 s nothing is lent', () => {
    const watch = new Watch().run(9000, 1)
    expect(watch.lent('cpus:0', 29_000)).toBeGreaterThan(0)
    expect(watch.lent('cpus:0', 31_000)).toBe(0)
  })

  test('a task that cannot be read counts as its request', () => {
    const watch = new Watch().run(9000, 1)
    watch.readable = false
    expect(watch.run(1, 1).lent()).toBeCloseTo(1.2, 1)
  })

  test('an agent that restarts goes on with what it knew; without that it waits, for what runs has a past', () => {
    const before = new Watch().run(9000, 1)
    const history = JSON.parse(JSON.stringify(before.estimator.history(before.atMs)))
    const after = (resumed: unknown) => {
      const watch = new Watch()
      watch.startedAtMs = -9_000_000
      watch.estimator.resume(resumed, -5000)
      return watch.run(200, 1)
    }
    expect(after(history).lent()).toBeGreaterThan(0)
    expect(after(undefined).lent()).toBe(0)
    for (const broken of [null, 7, { regular: [{ atMs: 'x' }], system: 3 }])
      expect(after(broken).lent()).toBe(0)
  })

  test('memory is lent only where it is asked for, above what tasks needed at most', () => {
    expect(new Watch().run(9000, 1).lent('cpus:0', 0, 'mem')).toBe(0)
    const lent = new Watch({ lendsMemory: true }).run(20_000, 1).lent('cpus:0', 0, 'mem')
    expect(lent).toBeGreaterThan(1024)
    expect(lent).toBeLessThan(16 * 1024)
  })

  test('never more than is idle, never less than nothing', () => {
    const use = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), {
      minLength: 5,
      maxLength: 60,
    })
    fc.assert(
      fc.property(use, (values) => {
        const watch = new Watch()
        for (const cpus of values) {
          const lent = watch.run(30, cpus).lent()
          expect(lent).toBeGreaterThanOrEqual(0)
          expect(lent).toBeLessThanOrEqual(Math.max(0, 9.2 - Math.min(cpus, 8)) + 0.001)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('what is worth telling (core-agent §7.2, publication rule)', () => {
  const cpus = (amount: number) =>
    amount === 0 ? none : as(parseResources(`cpus:${amount}`).resources, 'revocable')
  test.each([
    { name: 'a small fall is not', from: 10, to: 9.6, told: false },
    { name: 'half a cpu less is, at once', from: 10, to: 9.5, told: true },
    { name: 'of much, five in a hundred', from: 40, to: 38.1, told: false },
    { name: 'that nothing more can be lent is', from: 10, to: 9.9, isNothing: true, told: true },
    { name: 'a rise is, when a minute has passed', from: 10, to: 11, sinceMs: 60_000, told: true },
    { name: 'not before', from: 10, to: 15, sinceMs: 59_000, told: false },
    { name: 'nor a small one', from: 10, to: 10.9, sinceMs: 600_000, told: false },
    { name: 'nothing new is not', from: 10, to: 10, sinceMs: 600_000, told: false },
    {
      name: 'on a small machine less is much',
      from: 0,
      to: 0.2,
      sinceMs: 60_000,
      small: 2,
      told: true,
    },
  ])('$name', ({ from, to, isNothing = false, sinceMs = 0, small, told }) => {
    const news = matters(cpus(from), cpus(to), { isNothing, sinceMs, machineCpus: small })
    expect(news).toBe(told)
  })
})
