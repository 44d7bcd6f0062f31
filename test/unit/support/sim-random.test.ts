import { expect, test } from 'vitest'
import { simIds, simRandom } from '../../support/sim-random.ts'

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => {
    const random = simRandom(seed)
    return Array.from({ length: 5 }, () => random.next())
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  expect(draw(2 ** 32 + 1)).not.toEqual(draw(1))
})

test('numbers are in [0, 1) and spread evenly from the first on, also for small neighbouring seeds', () => {
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let seed = 0; seed < 10_000; seed++) {
    const value = simRandom(seed).next()
    expect(value).toBeGreaterThanOrEqual(0)
    expect(value).toBeLessThan(1)
    const tenth = Math.floor(value * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('ids have the shape of real ones and repeat with the seed', () => {
  const ids = simIds(7)
  expect(ids.uuid()).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  expect(ids.hex(5)).toMatch(/^[0-9a-f]{10}$/)
  expect(simIds(7).uuid()).toBe(simIds(7).uuid())
  expect(new Set(Array.from({ length: 1000 }, () => ids.uuid())).size).toBe(1000)
})
