import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Candidate, Decision } from '../../../src/core-agent/qos/controller.ts'
import { GradedController, type Reclaim } from '../../../src/core-agent/qos/graded.ts'
import { cheapestSet } from '../../../src/core-agent/qos/victims.ts'
import type { Glance, NodeSample } from '../../../src/core-agent/usage/sample.ts'
import { idleReading } from '../../support/fake-cgroups.ts'
import { nodeSample } from '../../support/lending.ts'

const gib = 1024 ** 3

interface Lent {
  readonly cpus?: number
  readonly memoryBytes?: number
  readonly cpuSeconds?: number
  readonly ageMs?: number
  readonly cost?: number
}

const candidate = (victim: string, given: Lent = {}): Candidate<string> => ({
  victim,
  requestCpus: given.cpus ?? 1,
  requestMemoryBytes: gib,
  ageMs: given.ageMs ?? 60_000,
  cost: given.cost ?? 1,
  usage: {
    atMs: 0,
    cpus: given.cpus ?? 1,
    memoryBytes: given.memoryBytes ?? gib,
    cpuSeconds: given.cpuSeconds ?? 60,
    samples: 12,
    reading: idleReading,
  },
})

/** A machine of 8 cpus, asked each second. */
class Machine {
  readonly controller: GradedController
  atMs = 0
  revocable: readonly Candidate<string>[]
  readonly decisions: Decision<string>[] = []

  constructor(revocable: readonly Candidate<string>[], reclaim: Reclaim = 'throttle') {
    this.revocable = revocable
    this.controller = new GradedController(reclaim)
  }

  /** A look within the second; 25 ms after the one before. */
  glance(used: Pick<Glance, 'regularCpus' | 'revocableCpus'>): Decision<string> | undefined {
    this.atMs += 25
    const decision = this.controller.react({ atMs: this.atMs, ...used }, () => this.revocable)
    if (decision !== undefined) this.decisions.push(decision)
    const gone = new Set(decision?.kills.map(({ victim }) => victim))
    this.revocable = this.revocable.filter(({ victim }) => !gone.has(victim))
    return decision
  }

  /** Killed ones are gone in the next second. */
  run(seconds: number, given: Partial<NodeSample> | undefined): this {
    for (let second = 0; second < seconds; second += 1) {
      this.atMs += 1000
      const sample =
        given === undefined ? undefined : nodeSample({ cpus: 8, atMs: this.atMs, ...given })
      const load = [99, 0, 0] as const
      const decision = this.controller.decide({
        atMs: this.atMs,
        load,
        sample,
        revocable: this.revocable,
      })
      this.decisions.push(decision)
      const gone = new Set(decision.kills.map(({ victim }) => victim))
      this.revocable = this.revocable.filter(({ victim }) => !gone.has(victim))
    }
    return this
  }

  get last(): Decision<string> {
    const last = this.decisions.at(-1)
    if (last === undefined) throw new Error('not asked yet')
    return last
  }

  get killed(): readonly string[] {
    return this.decisions.flatMap(({ kills }) => kills.map(({ victim }) => victim))
  }
}

const four = ['a', 'b', 'c', 'd'].map((name) => candidate(name))
const waiting = (cpuSome: number) => ({ pressure: { cpuSome } })

describe('the quota of the tier (core-agent §7.3, L1)', () => {
  test('what regular tasks and the system leave of the busy share', () => {
    const { last } = new Machine(four).run(5, { regularCpus: 2, systemCpus: 1, revocableCpus: 4 })
    expect(last.quotaCpus).toBeCloseTo(0.88 * 8 - 3)
    expect(last).toMatchObject({ level: 'run', frozen: false, kills: [], closeForMs: 0 })
  })

  test('it falls at once and rises by a twentieth of the machine a second', () => {
    const machine = new Machine(four).run(5, { regularCpus: 1, revocableCpus: 4 })
    machine.run(1, { regularCpus: 5, revocableCpus: 2 })
    expect(machine.last.quotaCpus).toBe(0.5)
    expect(machine.last).toMatchObject({ level: 'throttle', cause: { signal: 'busy_share' } })
    const rises = new Machine(four).run(5, { regularCpus: 6 }).run(30, { regularCpus: 1 }).decisions
    for (const [at, { quotaCpus = 0 }] of rises.entries())
      expect(quotaCpus - (rises[at - 1]?.quotaCpus ?? Infinity)).toBeLessThanOrEqual(0.4 + 1e-9)
    expect(rises.at(-1)?.quotaCpus).toBeCloseTo(0.88 * 8 - 1)
  })

  test('while the tier is blamed for pressure it falls by a fifth each second', () => {
    const machine = new Machine(four).run(5, { regularCpus: 1, revocableCpus: 4 })
    const before = machine.last.quotaCpus ?? 0
    machine.run(4, { regularCpus: 1, revocableCpus: 4, ...waiting(0.5) })
    expect(machine.last.quotaCpus).toBeCloseTo(before * 0.8 ** 2)
  })

  test('without anything lent there is nothing to bound', () => {
    expect(new Machine([]).run(5, { regularCpus: 8 }).last.quotaCpus).toBeUndefined()
  })
})

describe('freezing (core-agent §7.3, L2)', () => {
  const pressed = { regularCpus: 7, revocableCpus: 0.5, ...waiting(0.6) }

  test('at the least quota, still blamed after five seconds: frozen, for 20 s at most, then 2 s of running', () => {
    const machine = new Machine([candidate('a', { cpus: 0.5 })]).run(60, pressed)
    const frozen = machine.decisions.map((decision) => decision.frozen)
    const first = frozen.indexOf(true)
    expect(first).toBeGreaterThanOrEqual(4)
    expect(frozen.slice(first, first + 20).every(Boolean)).toBe(true)
    expect(frozen.slice(first + 20, first + 22)).toEqual([false, false])
    expect(machine.decisions[first]).toMatchObject({
      level: 'freeze',
      cause: { signal: 'cpu_pressure' },
    })
    expect(machine.last.closeForMs).toBeGreaterThan(0)
  })

  test('it runs on when the pressure has been gone for five seconds', () => {
    const machine = new Machine([candidate('a', { cpus: 0.5 })]).run(12, pressed)
    expect(machine.last.frozen).toBe(true)
    machine.run(4, { regularCpus: 7 })
    expect(machine.last.frozen).toBe(true)
    expect(machine.run(2, { regularCpus: 7 }).last.frozen).toBe(false)
  })
})

describe('who is to blame (core-agent §7.3, attribution; A12)', () => {
  test('a hog outside of all containers costs nobody his container', () => {
    const machine = new Machine(four)
    for (let minute = 0; minute < 10; minute += 1) {
      machine.run(30, { regularCpus: 1, systemCpus: 7, revocableCpus: 0.2, ...waiting(1) })
      machine.run(30, { regularCpus: 1, systemCpus: 6, revocableCpus: 1, ...waiting(0.8) })
    }
    expect(machine.killed).toEqual([])
  })

  test('pressure that stays while the tier does not run is not the tier’s', () => {
    const machine = new Machine(four).run(60, { regularCpus: 4, ...waiting(0.9) })
    machine.run(60, { regularCpus: 4, revocableCpus: 3, ...waiting(0.9) })
    expect(machine.decisions.some(({ frozen }) => frozen)).toBe(false)
    expect(machine.last.quotaCpus).toBeCloseTo(0.88 * 8 - 4)
  })
})

describe('killing (core-agent §7.3, L3 and L4)', () => {
  test('lent work that gets too little of its cpus for a minute is cut down, the cheapest first', () => {
    const machine = new Machine([
      candidate('old', { cpuSeconds: 5000, cpus: 2 }),
      candidate('new', { cpuSeconds: 10, cpus: 2 }),
      candidate('dear', { cpuSeconds: 10, cpus: 2, cost: 1000 }),
    ])
    machine.run(59, { regularCpus: 6, revocableCpus: 1 })
    expect(machine.killed).toEqual([])
    machine.run(2, { regularCpus: 6, revocableCpus: 1 })
    expect(machine.killed).toEqual(['new'])
    expect(machine.decisions.at(-2)).toMatchObject({
      level: 'kill',
      kills: [{ resource: 'cpus', signal: 'satisfaction', threshold: 0.35 }],
    })
  })

  test('lent work that is idle is left alone, however little there would be for it', () => {
    expect(new Machine(four).run(120, { regularCpus: 8, revocableCpus: 0.1 }).killed).toEqual([])
  })

  test('memory that runs out takes the cheapest set that is enough, and lending stops', () => {
    const machine = new Machine([
      candidate('small', { memoryBytes: gib / 8, cpuSeconds: 1 }),
      candidate('big', { memoryBytes: 2 * gib, cpuSeconds: 100 }),
      candidate('dear', { memoryBytes: 2 * gib, cpuSeconds: 1e6 }),
    ])
    machine.run(1, { memoryAvailableBytes: 0.3 * gib, revocableMemoryBytes: 4 * gib })
    expect(machine.killed).toEqual(['big'])
    expect(machine.last).toMatchObject({
      kills: [{ resource: 'mem', signal: 'memory_available_bytes' }],
      closeForMs: 120_000,
    })
  })

  test('nobody is blamed for memory that the tier does not have', () => {
    const without = { memoryAvailableBytes: 0.1 * gib, revocableMemoryBytes: 0 }
    expect(new Machine(four).run(60, without).killed).toEqual([])
  })

  test('at the hard bound there is no cool-down: all that is needed goes at once, and lending stops for five minutes', () => {
    const machine = new Machine(four)
    machine.run(1, { memoryAvailableBytes: 0.05 * gib, revocableMemoryBytes: 4 * gib })
    expect(machine.last.level).toBe('emergency')
    expect(machine.last.closeForMs).toBe(300_000)
  })

  test('a repeat within half an hour closes lending for twice as long, a quarter of an hour at most', () => {
    const many = Array.from({ length: 40 }, (_, at) => candidate(String(at), { cpus: 0.1 }))
    const machine = new Machine(many)
    const closures: number[] = []
    for (let repeat = 0; repeat < 6; repeat += 1) {
      machine.run(1, { memoryAvailableBytes: 0.3 * gib, revocableMemoryBytes: 4 * gib })
      closures.push(machine.last.closeForMs)
      machine.run(machine.last.closeForMs / 1000 + 1, {})
    }
    expect(closures).toEqual([120_000, 240_000, 480_000, 900_000, 900_000, 900_000])
  })

  test('without a reading under high load the cheapest go, one a second, after ten seconds', () => {
    const machine = new Machine(four).run(3, {})
    expect(machine.run(9, undefined).killed).toEqual([])
    expect(machine.run(3, undefined).killed.length).toBeGreaterThan(0)
    expect(machine.decisions.every(({ kills }) => kills.length <= 1)).toBe(true)
  })
})

const second = fc.record({
  regularCpus: fc.double({ min: 0, max: 8, noNaN: true }),
  revocableCpus: fc.double({ min: 0, max: 8, noNaN: true }),
  systemCpus: fc.double({ min: 0, max: 4, noNaN: true }),
  memoryAvailableBytes: fc.double({ min: 0.2 * gib, max: 12 * gib, noNaN: true }),
  revocableMemoryBytes: fc.double({ min: 0, max: 8 * gib, noNaN: true }),
  pressure: fc.record({
    cpuSome: fc.double({ min: 0, max: 1, noNaN: true }),
    memoryFull: fc.double({ min: 0, max: 0.1, noNaN: true }),
  }),
})

test('whatever is measured: a quota of at least half a cpu, nobody killed who does not run, a quarter of the tier in 10 s', () => {
  fc.assert(
    fc.property(fc.array(second, { minLength: 1, maxLength: 40 }), (seconds) => {
      const tier = Array.from({ length: 12 }, (_, number) => candidate(String(number)))
      const machine = new Machine(tier)
      for (const sample of seconds) machine.run(3, sample)
      expect(new Set(machine.killed).size).toBe(machine.killed.length)
      for (const [at, { quotaCpus, frozen, kills }] of machine.decisions.entries()) {
        expect(quotaCpus ?? Infinity).toBeGreaterThanOrEqual(0.5)
        expect(frozen && kills.length > 0).toBe(false)
        const lately = machine.decisions.slice(Math.max(0, at - 9), at + 1)
        const count = lately.reduce((sum, one) => sum + one.kills.length, 0)
        expect(count).toBeLessThanOrEqual(3)
      }
    }),
    { numRuns: 60 },
  )
})

test('a cheapest set is enough, and without any of its members it is not', () => {
  const lent = fc.record({ cpus: fc.integer({ min: 1, max: 8 }), cpuSeconds: fc.nat(10_000) })
  fc.assert(
    fc.property(
      fc.array(lent, { maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      (all, needed) => {
        const candidates = all.map((one, number) => candidate(String(number), one))
        const benefit = ({ requestCpus }: Candidate<unknown>) => requestCpus
        const sum = (list: readonly Candidate<unknown>[]) =>
          list.reduce((cpus, one) => cpus + one.requestCpus, 0)
        const chosen = cheapestSet(candidates, needed, benefit, candidates.length)
        if (sum(candidates) < needed) {
          expect(chosen.length).toBe(candidates.length)
          return
        }
        expect(sum(chosen)).toBeGreaterThanOrEqual(needed)
        for (const one of chosen) expect(sum(chosen) - one.requestCpus).toBeLessThan(needed)
      },
    ),
  )
})

describe('what cannot wait for the next second', () => {
  const busyLender = (reclaim: 'throttle' | 'kill') => {
    const machine = new Machine(four, reclaim)
    return machine.run(5, { regularCpus: 1, systemCpus: 1, revocableCpus: 4 })
  }

  test('the quota falls in the very glance that shows a busy lender, and by no more than it uses', () => {
    const machine = busyLender('throttle')
    expect(machine.glance({ regularCpus: 1.05, revocableCpus: 4 })).toBeUndefined()
    const decision = machine.glance({ regularCpus: 4, revocableCpus: 3 })
    expect(decision?.quotaCpus).toBeCloseTo(0.88 * 8 - 1 - 4)
    expect(decision).toMatchObject({
      level: 'throttle',
      kills: [],
      cause: { signal: 'busy_share' },
    })
    // Told once; nothing new, nothing to do.
    expect(machine.glance({ regularCpus: 4, revocableCpus: 2 })).toBeUndefined()
  })

  test('a burst that is over when its second ends has cost that second alone', () => {
    const machine = busyLender('throttle')
    const before = machine.last.quotaCpus
    machine.glance({ regularCpus: 6, revocableCpus: 1 })
    machine.glance({ regularCpus: 1, revocableCpus: 1 })
    machine.run(1, { regularCpus: 1, systemCpus: 1, revocableCpus: 4 })
    expect(machine.last.quotaCpus).toBe(before)
  })

  test('one that goes on counts as it is, not as the mean of its first second', () => {
    const machine = busyLender('throttle')
    machine.glance({ regularCpus: 5, revocableCpus: 1 })
    machine.run(1, { regularCpus: 1.2, systemCpus: 1, revocableCpus: 4 })
    expect(machine.last.quotaCpus).toBeCloseTo(0.88 * 8 - 1 - 5)
  })

  test('in throttle mode nobody is killed for it, however often one looks', () => {
    const machine = busyLender('throttle')
    for (let look = 0; look < 40; look += 1) machine.glance({ regularCpus: 6, revocableCpus: 1 })
    expect(machine.killed).toEqual([])
  })

  test('in kill mode the fewest go that make room, once two glances agree', () => {
    const machine = busyLender('kill')
    expect(machine.glance({ regularCpus: 2.5, revocableCpus: 4 })?.kills).toEqual([])
    expect(machine.glance({ regularCpus: 3.9, revocableCpus: 3 })?.kills).toEqual([])
    const decision = machine.glance({ regularCpus: 3.95, revocableCpus: 3 })
    expect(decision).toMatchObject({
      level: 'kill',
      kills: [{ resource: 'cpus', signal: 'regular_cpus', value: 3.95, threshold: 0.88 * 8 - 4 }],
    })
    expect(decision?.closeForMs).toBe(120_000)
  })

  test('and nobody else for half a minute', () => {
    const machine = busyLender('kill')
    for (let look = 0; look < 40; look += 1) machine.glance({ regularCpus: 6, revocableCpus: 1 })
    machine.run(28, { regularCpus: 6, systemCpus: 1, revocableCpus: 1 })
    expect(machine.killed).toHaveLength(1)
    machine.run(2, { regularCpus: 6, systemCpus: 1, revocableCpus: 1 })
    expect(machine.killed).toHaveLength(2)
  })

  test.each([
    { name: 'fits beside what its lenders use', regularCpus: 2.9, revocableCpus: 4 },
    { name: 'does not use what it was lent', regularCpus: 6, revocableCpus: 0.2, idle: true },
  ])('in kill mode lent work stays that $name', ({ idle = false, ...used }) => {
    const machine = new Machine(four, 'kill')
    machine.run(5, { regularCpus: 1, systemCpus: 1, revocableCpus: idle ? 0.2 : 4 })
    for (let look = 0; look < 40; look += 1) machine.glance(used)
    machine.run(1, { ...used, systemCpus: 1 })
    expect(machine.killed).toEqual([])
  })

  test('load outside of containers kills nobody in kill mode either (A12)', () => {
    const machine = new Machine(four, 'kill')
    machine.run(5, { regularCpus: 2, revocableCpus: 4 })
    for (let second = 0; second < 300; second += 1) {
      for (let look = 0; look < 20; look += 1)
        machine.glance({ regularCpus: 2, revocableCpus: 0.3 + 0.01 * look })
      machine.run(1, { regularCpus: 2, systemCpus: 5.5, revocableCpus: 0.5, ...waiting(0.9) })
    }
    expect(machine.killed).toEqual([])
  })

  test('without a sample nothing is known of the machine, and nothing done', () => {
    expect(new Machine(four, 'kill').glance({ regularCpus: 8, revocableCpus: 4 })).toBeUndefined()
    const blind = busyLender('kill').run(1, undefined)
    expect(blind.glance({ regularCpus: 8, revocableCpus: 4 })).toBeUndefined()
  })

  test('a frozen tier is left to the second', () => {
    const pressed = { regularCpus: 7, revocableCpus: 0.5, ...waiting(0.6) }
    const machine = new Machine([candidate('a', { cpus: 0.5 })], 'kill')
    while (machine.decisions.at(-1)?.frozen !== true) machine.run(1, pressed)
    expect(machine.glance({ regularCpus: 8, revocableCpus: 0.5 })).toBeUndefined()
  })
})
