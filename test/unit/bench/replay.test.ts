import { expect, test } from 'vitest'
import { fixedLoad, nothing, shipped } from '../../../bench/replay/policies.ts'
import { replay } from '../../../bench/replay/replay.ts'
import { makeTrace } from '../../../bench/replay/trace.ts'

const trace = makeTrace(1, 7)
const none = replay(trace, nothing, 7)

test('the trace is what it should be: nearly all allocated, less than a third used', () => {
  const requested = trace.tasks.reduce((sum, { requestCpus }) => sum + requestCpus, 0)
  expect(requested).toBeGreaterThan(56)
  expect(none.utilisation).toBeGreaterThan(0.27)
  expect(none.utilisation).toBeLessThan(0.32)
  expect(makeTrace(1, 7).regular).toEqual(trace.regular)
})

test('usage and graded lend more than twice what was used, and hardly ever take it back (core-agent §7.4)', () => {
  const ours = replay(trace, shipped(trace), 7)
  const theirs = replay(trace, fixedLoad(24, true), 7)
  expect(ours.utilisation).toBeGreaterThan(2.4 * none.utilisation)
  expect(ours.utilisation).toBeGreaterThan(theirs.utilisation)
  expect(ours.killsPerThousand).toBeLessThan(20)
  expect(ours.killsPerThousand).toBeLessThan(theirs.killsPerThousand)
  expect(ours.goodput).toBeGreaterThan(0.985)
  expect(ours.shortfall).toBeLessThan(0.0001)
  expect(ours.hot).toBeLessThan(0.001)
  expect(theirs.shortfall).toBeGreaterThan(ours.shortfall)
})
