import { expect, test } from 'vitest'
import { backoffMs } from '../../../src/runtime/backoff.ts'

const limits = { baseMs: 1000, capMs: 15_000 }

test.each([
  { name: 'nothing at the low end of the draw', attempt: 3, draw: 0, want: 0 },
  { name: 'up to the base at first', attempt: 0, draw: 0.5, want: 500 },
  { name: 'doubled for each attempt', attempt: 3, draw: 0.5, want: 4000 },
  { name: 'capped', attempt: 4, draw: 0.5, want: 7500 },
  { name: 'still capped where doubling overflows', attempt: 5000, draw: 0.5, want: 7500 },
])('waits $name', ({ attempt, draw, want }) => {
  expect(backoffMs(attempt, limits, { next: () => draw })).toBe(want)
})
