import { expect, test } from 'vitest'
import { median, medianInterval, quantile } from '../../../bench/measure.ts'
import { floor, type Row } from '../../../bench/row.ts'
import { formatTable } from '../../../bench/table.ts'

test('a quantile lies between its two neighbours', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9)
})

test('the interval of a median holds it, is that of equal values, and is the same every time', () => {
  const ratios = [1.02, 1.1, 0.98, 1.05, 1.01, 1.2, 1.03, 0.99]
  const [low, high] = medianInterval(ratios)
  expect(low).toBeLessThanOrEqual(median(ratios))
  expect(high).toBeGreaterThanOrEqual(median(ratios))
  expect(medianInterval(ratios)).toEqual([low, high])
  expect(medianInterval([1, 1, 1])).toEqual([1, 1])
})

test('the table aligns its columns; a floor has no figure of ours', () => {
  const rows: Row[] = [
    floor('H11', 'DRF', 'ms', { value: 0.5951, runs: [0.5951, 0.688] }),
    { id: 'B12', work: 'run', ours: 182.3, peer: 143.1, ratio: 1.27, unit: 'ms', runs: [1.27] },
  ]
  expect(formatTable(rows).split('\n')).toEqual([
    'id   work    ours  peer or floor  ratio       spread',
    'H11  DRF                0.595 ms         0.595–0.688',
    'B12  run   182 ms         143 ms  1.270  1.270–1.270',
  ])
})
