import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Revocation } from '../../../src/mesos/revocation.ts'
import {
  judgeRevocation,
  leastBackoffMs,
  longRunMs,
  maxBackoffMs,
} from '../../../src/mesos-framework/tasks/revocation.ts'

const promote = (max: number): Revocation => ({ policy: 'promote', max, graceMs: 0 })
const requeue = (max: number): Revocation => ({ policy: 'requeue', max, graceMs: 0 })

test.each([
  {
    name: 'stop stays',
    before: undefined,
    revocation: { ...requeue(3), policy: 'stop' as const },
    ranMs: 0,
    want: { type: 'stay' },
  },
  {
    name: 'the first',
    before: undefined,
    revocation: requeue(3),
    ranMs: 0,
    want: { type: 'requeue', on: 'revocable', attempt: 1, backoffMs: 1000 },
  },
  {
    name: 'the last that is granted',
    before: { attempt: 2, backoffMs: 2000 },
    revocation: requeue(3),
    ranMs: 0,
    want: { type: 'requeue', on: 'revocable', attempt: 3, backoffMs: 4000 },
  },
  {
    name: 'of one that is promoted the last but one',
    before: { attempt: 1, backoffMs: 1000 },
    revocation: promote(3),
    ranMs: 0,
    want: { type: 'requeue', on: 'revocable', attempt: 2, backoffMs: 2000 },
  },
  {
    name: 'the last before it is promoted, and a try that failed',
    before: { attempt: 7, backoffMs: 1000 },
    revocation: promote(3),
    ranMs: 0,
    want: { type: 'requeue', on: 'regular', attempt: 8, backoffMs: 2000 },
  },
  {
    name: 'of one that could not be promoted for very long',
    before: { attempt: 1000, backoffMs: 1000 },
    revocation: promote(3),
    ranMs: 0,
    want: { type: 'give-up' },
  },
  {
    name: 'one more',
    before: { attempt: 3, backoffMs: 4000 },
    revocation: requeue(3),
    ranMs: longRunMs,
    want: { type: 'give-up' },
  },
  {
    name: 'a run that was nearly long',
    before: { attempt: 1, backoffMs: 8000 },
    revocation: requeue(3),
    ranMs: longRunMs - 1,
    want: { type: 'requeue', on: 'revocable', attempt: 2, backoffMs: 16_000 },
  },
  {
    name: 'a long run',
    before: { attempt: 1, backoffMs: 8000 },
    revocation: requeue(3),
    ranMs: longRunMs,
    want: { type: 'requeue', on: 'revocable', attempt: 2, backoffMs: 1000 },
  },
])('$name', ({ before, revocation, ranMs, want }) => {
  expect(judgeRevocation(before, revocation, ranMs)).toEqual(want)
})

test('whatever happens, it runs at most max times more, and never waits less or longer than the bounds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 2 * longRunMs }), { minLength: 60, maxLength: 60 }),
      (max, runs) => {
        let before: { attempt: number; backoffMs: number } | undefined
        let granted = 0
        for (const ranMs of runs) {
          const verdict = judgeRevocation(before, requeue(max), ranMs)
          if (verdict.type !== 'requeue') break
          granted += 1
          expect(verdict.backoffMs).toBeGreaterThanOrEqual(leastBackoffMs)
          expect(verdict.backoffMs).toBeLessThanOrEqual(maxBackoffMs)
          before = verdict
        }
        expect(granted).toBe(max)
      },
    ),
  )
})
