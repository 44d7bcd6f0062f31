import { medianInterval } from './measure.ts'
import type { Row } from './row.ts'

const headings = ['id', 'work', 'ours', 'peer or floor', 'ratio', 'spread']
const textColumns = 2

/** The rows with aligned columns; figures to three digits. */
export const formatTable = (rows: readonly Row[]): string => {
  const cells = [headings, ...rows.map(cellsOf)]
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((line) => (line[column] ?? '').length)),
  )
  return cells
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0
          return column < textColumns ? cell.padEnd(width) : cell.padStart(width)
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const cellsOf = ({ id, work, ours, peer, ratio, unit, runs }: Row): readonly string[] => [
  id,
  work,
  ours === null ? '' : `${digits(ours)} ${unit}`,
  `${digits(peer)} ${unit}`,
  ratio === null ? '' : ratio.toFixed(3),
  ratio === null ? between(Math.min(...runs), Math.max(...runs)) : interval(runs),
]

/** Of ratios: the 95 % interval of their median. */
const interval = (ratios: readonly number[]): string => {
  const [low, high] = medianInterval(ratios)
  return `${low.toFixed(3)}–${high.toFixed(3)}`
}

const between = (low: number, high: number): string => `${digits(low)}–${digits(high)}`

const digits = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en-GB') : String(Number(value.toPrecision(3)))
