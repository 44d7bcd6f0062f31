import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SimClock } from '../../support/sim-clock.ts'

test('timers fire by time, then in the order they were set, whatever was cancelled between', () => {
  const plan = fc.array(fc.record({ delayMs: fc.nat({ max: 20 }), cancelled: fc.boolean() }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(plan, (timers) => {
      const clock = new SimClock()
      const fired: number[] = []
      const cancels = timers.map(({ delayMs }, n) => clock.after(delayMs, () => fired.push(n)))
      for (const [n, { cancelled }] of timers.entries()) if (cancelled) cancels[n]?.()
      const kept = [...timers.entries()].filter(([, { cancelled }]) => !cancelled)
      expect(clock.pending).toBe(kept.length)
      while (clock.step());
      expect(fired).toEqual(kept.sort(([, a], [, b]) => a.delayMs - b.delayMs).map(([n]) => n))
    }),
  )
})

test('advance stops at every timer, lets promises run there, and ends where it was told to', async () => {
  const clock = new SimClock(1000)
  const seen: string[] = []
  const tick = (name: string) => () => {
    seen.push(`${name} ${clock.monotonicMs()}`)
    void Promise.resolve().then(() =>
      clock.after(5, () => seen.push(`after ${name} ${clock.monotonicMs()}`)),
    )
  }
  clock.after(10, tick('a'))
  clock.after(14, tick('b'))
  await clock.advance(16)
  expect(seen).toEqual(['a 10', 'b 14', 'after a 15'])
  expect(clock.now()).toBe(1016)
  expect(clock.pending).toBe(1)
})

test('the wall clock can be set without monotonic time noticing', () => {
  const clock = new SimClock(5000)
  let fired = false
  clock.after(10, () => (fired = true))
  clock.stepWall(-3_600_000)
  expect(clock.now()).toBe(5000 - 3_600_000)
  expect(fired).toBe(false)
  expect(clock.step()).toBe(true)
  expect(clock.monotonicMs()).toBe(10)
  expect(clock.step()).toBe(false)
})

test('cancelling a timer that fired, or twice, does nothing', () => {
  const clock = new SimClock()
  const cancel = clock.after(1, () => {})
  const cancelOther = clock.after(2, () => {})
  clock.step()
  cancel()
  expect(clock.pending).toBe(1)
  cancelOther()
  cancelOther()
  expect(clock.pending).toBe(0)
})
