import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { drfAllocator } from '../../src/core-master/allocator/allocate.ts'
import type { AllocatorSnapshot } from '../../src/core-master/allocator/snapshot.ts'
import { contains, isEmpty, plus, type Resources } from '../../src/resources/resources.ts'
import { AllocatorCluster } from '../support/allocator-cluster.ts'
import { amounts } from '../support/master-scenario.ts'

const allocate = (snapshot: AllocatorSnapshot) => drfAllocator.allocate(snapshot).plan

const machine: fc.Arbitrary<Resources> = fc
  .record({
    cpus: fc.integer({ min: 0, max: 16 }),
    mem: fc.integer({ min: 0, max: 4096 }),
    reserved: fc.integer({ min: 0, max: 4 }),
    lent: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ cpus, mem, reserved, lent }) =>
    amounts(`cpus:${cpus};mem:${mem};cpus(r1):${reserved};+cpus:${lent}`),
  )

const capabilities = fc.subarray(['REVOCABLE_RESOURCES', 'GPU_RESOURCES', 'RESERVATION_REFINEMENT'])

/** Machines, frameworks in three roles, and what some of them hold and refuse already. */
const cluster = fc
  .record({
    jointOffers: fc.boolean(),
    machines: fc.array(machine, { maxLength: 8 }),
    frameworks: fc.array(fc.record({ role: fc.integer({ min: 1, max: 3 }), capabilities }), {
      maxLength: 6,
    }),
    held: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 6 }),
  })
  .map(({ jointOffers, machines, frameworks, held }) => {
    const made = new AllocatorCluster({ jointOffers })
    machines.forEach((total, n) => made.agent(`a${n}`, total))
    frameworks.forEach(({ role, capabilities }, n) =>
      made.framework(`f${n}`, `r${role}`, capabilities),
    )
    if (machines.length === 0 || frameworks.length === 0) return made
    for (const [a, f, isRefused] of held) {
      const [agent, framework] = [`a${a % machines.length}`, `f${f % frameworks.length}`]
      const part = amounts('cpus:1')
      const free = made.snapshot([agent]).agents[0]?.free ?? []
      if (!contains(free, part)) continue
      made.take(framework, agent, part)
      if (isRefused) made.recover(framework, agent, part, 60_000)
    }
    return made
  })

test('a plan gives no more of an agent than is free, and nothing twice', () => {
  fc.assert(
    fc.property(cluster, (made) => {
      const snapshot = made.snapshot()
      const plan = allocate(snapshot)
      for (const { id, free } of snapshot.agents) {
        const given = plan.filter(({ agent }) => agent === id).flatMap(({ offers }) => offers)
        expect(contains(free, plus(...given))).toBe(true)
      }
    }),
  )
})

test('no offer is empty, mixes kinds where they are separate, or is of a kind its framework cannot take', () => {
  fc.assert(
    fc.property(cluster, (made) => {
      for (const { framework, offers } of allocate(made.snapshot())) {
        const takesRevocable = made.frameworks
          .get(framework)
          ?.capabilities.has('REVOCABLE_RESOURCES')
        for (const offer of offers) {
          expect(isEmpty(offer)).toBe(false)
          const kinds = new Set(offer.map(({ revocable }) => revocable))
          if (!made.jointOffers) expect(kinds.size).toBe(1)
          if (takesRevocable !== true) expect(kinds.has(true)).toBe(false)
        }
      }
    }),
  )
})

test('a run is a function of what it sees: the same snapshot gives the same plan, and is left as it was', () => {
  fc.assert(
    fc.property(cluster, (made) => {
      const snapshot = made.snapshot()
      const before = JSON.stringify(
        snapshot.frameworks.map(({ roles }) => roles.map(({ held }) => [...held.regular])),
      )
      expect(allocate(snapshot)).toEqual(allocate(snapshot))
      expect(
        JSON.stringify(
          snapshot.frameworks.map(({ roles }) => roles.map(({ held }) => [...held.regular])),
        ),
      ).toBe(before)
    }),
  )
})

test('what is given back is given again: nothing is lost between two runs (I11)', () => {
  fc.assert(
    fc.property(cluster, (made) => {
      const first = made.run()
      made.recoverAll(first)
      const total = (plan: typeof first) => plus(...plan.flatMap(({ offers }) => offers))
      expect(total(made.run())).toEqual(total(first))
    }),
  )
})
