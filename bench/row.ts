/** One line of the table, and one object of the JSON array. Times per unit of work unless `unit` says otherwise. */
export interface Row {
  readonly id: string
  readonly work: string
  /** Our figure; null in a floor row, which measures this machine and nothing of ours. */
  readonly ours: number | null
  /** What ours is held against: the peer's figure, or in a floor row the least that the machine needs. */
  readonly peer: number
  /** `ours / peer`, or the median of the ratios of pairs. */
  readonly ratio: number | null
  readonly unit: string
  /** The single figures behind the row: of the floor, or the ratios of the pairs. */
  readonly runs: readonly number[]
}

/** A measurement that yields rows of some ids. */
export interface Bench {
  readonly ids: readonly string[]
  run(): Promise<readonly Row[]>
}

export const floor = (id: string, work: string, unit: string, measured: Measured): Row => ({
  id,
  work,
  ours: null,
  peer: measured.value,
  ratio: null,
  unit,
  runs: measured.runs,
})

export interface Measured {
  readonly value: number
  readonly runs: readonly number[]
}
