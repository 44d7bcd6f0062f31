import { minus, none } from '../../resources/resources.ts'
import type { Estimator } from './estimator.ts'

/**
 * A module's: asked beside the turns, so what counts in a turn is what it answered last. It said what could be lent
 * besides what was allocated then; what has been allocated since is a part of that.
 */
export const moduleEstimator = (name: string): Estimator => ({
  name,
  publishes: 'changes',
  asks: true,
  oversubscribable: ({ allocatedRevocable, told = none }) => minus(told, allocatedRevocable),
})
