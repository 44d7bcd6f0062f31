import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'

afterEach(() => void vi.useRealTimers())

test('a delay longer than setTimeout can hold is kept, and can be cancelled on the way', () => {
  vi.useFakeTimers()
  const monthMs = 30 * 86_400_000
  const fired: string[] = []
  systemClock.after(monthMs, () => fired.push('kept'))
  const cancel = systemClock.after(monthMs, () => fired.push('cancelled'))
  vi.advanceTimersByTime(monthMs - 1)
  expect(fired).toEqual([])
  cancel()
  vi.advanceTimersByTime(1)
  expect(fired).toEqual(['kept'])
})
