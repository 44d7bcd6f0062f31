import { contains, type Resources } from '../../resources/resources.ts'

/** What a framework refused of one agent in one role, and for how long (core-master O5). */
export interface OfferFilter {
  readonly refused: Resources
  /** On the monotonic clock. */
  readonly untilMs: number
  /** The agent's count of runs when the filter was made: one more run at least respects it (core-master O6, A10). */
  readonly bornAtRun: number
}

/** The moment a filter is judged at: the time, and how many runs considered the agent before this one. */
export interface FilterMoment {
  readonly nowMs: number
  readonly runs: number
}

export const isActive = (filter: OfferFilter, at: FilterMoment): boolean =>
  filter.untilMs > at.nowMs || filter.bornAtRun === at.runs

/** An active filter that refused all of the candidate: anything bigger or different is offered (O5). */
export const refusing = (
  filters: readonly OfferFilter[],
  candidate: Resources,
  at: FilterMoment,
): OfferFilter | undefined =>
  filters.find((filter) => isActive(filter, at) && contains(filter.refused, candidate))

const defaultRefuseMs = 5_000
const maxRefuseMs = 365 * 86_400_000

/** Milliseconds of `filters.refuse_seconds`: default 5 s, also for a negative one; at most 365 days; 0 is none (O6). */
export const refuseMs = (refuseSeconds: number | undefined): number => {
  if (refuseSeconds === undefined || !(refuseSeconds >= 0)) return defaultRefuseMs
  return Math.min(refuseSeconds * 1000, maxRefuseMs)
}
