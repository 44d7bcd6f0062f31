import { expect, test } from 'vitest'
import {
  formatGoDuration,
  parseGoDuration,
  parseMesosDuration,
} from '../../../src/runtime/durations.ts'

test.each([
  { text: '5s', ms: 5000 },
  { text: '1m30s', ms: 90_000 },
  { text: '500ms', ms: 500 },
  { text: '1.5h', ms: 5_400_000 },
  { text: '0', ms: 0 },
  { text: '-2s', ms: -2000 },
  { text: '10us', ms: 0.01 },
])('Go reads $text as $ms ms', ({ text, ms }) => {
  expect(parseGoDuration(text)).toBe(ms)
})

test.each([
  { text: '1', want: 'time: missing unit in duration "1"' },
  { text: 'abc', want: 'time: invalid duration "abc"' },
  { text: '', want: 'time: invalid duration ""' },
  { text: '3x', want: 'time: unknown unit "x" in duration "3x"' },
  { text: '1s ', want: 'time: unknown unit "s " in duration "1s "' },
])('Go refuses "$text"', ({ text, want }) => {
  expect(() => parseGoDuration(text)).toThrow(want)
})

test.each([
  { ms: 5000, want: '5s' },
  { ms: 60_000, want: '1m0s' },
  { ms: 600_000, want: '10m0s' },
  { ms: 3_600_000, want: '1h0m0s' },
  { ms: 500, want: '500ms' },
  { ms: 1500, want: '1.5s' },
  { ms: 0, want: '0s' },
])('Go prints $ms ms as $want', ({ ms, want }) => {
  expect(formatGoDuration(ms)).toBe(want)
})

test.each([
  { text: '15secs', ms: 15_000 },
  { text: '10mins', ms: 600_000 },
  { text: '1weeks', ms: 604_800_000 },
  { text: '0.5hrs', ms: 1_800_000 },
])('Mesos reads $text', ({ text, ms }) => {
  expect(parseMesosDuration(text)).toBe(ms)
})

test.each(['15', '15s', 'secs', '-1secs', ''])('Mesos refuses "%s"', (text) => {
  expect(() => parseMesosDuration(text)).toThrow(/is not a duration/)
})
