import type { Resources } from '../../resources/resources.ts'
import { amountOf } from '../../resources/values.ts'

/** Thousandths by scalar name; absent is zero. Both kinds and all reservations of a name are added. */
export type Quantities = ReadonlyMap<string, number>

/** Scalars only: ports and other sets of names have no share (core-master L4). */
export const scalarsOf = (resources: Resources): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const { name, value } of resources)
    if (value.type === 'SCALAR') sums.set(name, (sums.get(name) ?? 0) + value.milli)
  return sums
}

/** Adds `amounts` to `sums`; `factor` -1 takes them away again. What becomes zero is dropped. */
export const addTo = (sums: Map<string, number>, amounts: Quantities, factor: 1 | -1 = 1): void => {
  for (const [name, milli] of amounts) {
    const sum = (sums.get(name) ?? 0) + factor * milli
    if (sum === 0) sums.delete(name)
    else sums.set(name, sum)
  }
}

/** At least one of `minimums` is within the sums by name; no minimum at all admits everything (core-master O9). */
export const reachesOne = (resources: Resources, minimums: readonly Quantities[]): boolean => {
  if (minimums.length === 0) return true
  for (const minimum of minimums) if (reaches(resources, minimum)) return true
  return false
}

const reaches = (resources: Resources, minimum: Quantities): boolean => {
  for (const [name, milli] of minimum) {
    let sum = 0
    for (const resource of resources) if (resource.name === name) sum += amountOf(resource.value)
    if (sum < milli) return false
  }
  return true
}
