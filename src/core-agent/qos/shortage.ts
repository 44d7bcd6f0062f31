import type { Glance, NodeSample } from '../usage/sample.ts'
import type { Cause } from './controller.ts'
import { busyShare, leastQuotaCpus, toleranceOf } from './quota.ts'

/** A tier that uses this share of what it may would use more. */
const hungryShare = 0.8

/** cpus that were lent and are wanted back, and why. */
export interface Shortage {
  readonly neededCpus: number
  readonly cause: Cause
}

/** The tier would use more than it may, so that what it may is what it lacks. */
export const isHungry = (
  { revocableCpus }: Pick<Glance, 'revocableCpus'>,
  quotaCpus: number,
  lentCpus: number,
): boolean => revocableCpus >= hungryShare * Math.min(quotaCpus, lentCpus)

/** What regular tasks leave. Load outside of containers slows lent work down too, but no lender wants that back. */
export const lendable = (cpus: number, regularCpus: number): number =>
  Math.max(leastQuotaCpus, busyShare * cpus - regularCpus)

/**
 * What kill mode takes back: of `lentCpus`, what does not fit beside that which regular tasks use by now. Undefined:
 * it fits, or lent work does not want it.
 */
export const shortageOf = (
  cpus: number,
  { regularCpus, revocableCpus }: Pick<NodeSample, 'regularCpus' | 'revocableCpus'>,
  quotaCpus: number,
  lentCpus: number,
): Shortage | undefined => {
  const neededCpus = lentCpus - lendable(cpus, regularCpus)
  if (neededCpus <= toleranceOf(cpus) || !isHungry({ revocableCpus }, quotaCpus, lentCpus))
    return undefined
  const threshold = Math.max(0, busyShare * cpus - lentCpus)
  return { neededCpus, cause: { signal: 'regular_cpus', value: regularCpus, threshold } }
}
