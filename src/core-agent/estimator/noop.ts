import { none } from '../../resources/resources.ts'
import type { Estimator } from './estimator.ts'

/** Lends nothing. */
export const noopEstimator: Estimator = {
  name: 'noop',
  publishes: 'changes',
  oversubscribable: () => none,
}
