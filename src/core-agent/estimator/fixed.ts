import { as, minus, type Resources } from '../../resources/resources.ts'
import type { Estimator } from './estimator.ts'

/**
 * Lends a constant: what is configured less what is allocated of it, never below zero, so that the total in steady
 * state is the constant (Mesos' fixed resource estimator, core-agent §0.1).
 */
export const fixedEstimator = (configured: Resources): Estimator => {
  const lent = as(configured, 'revocable')
  return {
    name: 'fixed',
    publishes: 'changes',
    oversubscribable: ({ allocatedRevocable }) => minus(lent, allocatedRevocable),
  }
}
