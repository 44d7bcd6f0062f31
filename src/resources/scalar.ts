/** Whole thousandths of a unit: 1.5 cpus is 1500. Integers, so that sums are exact (core-master R1). */
export type Milli = number & { readonly __unit: 'milli' }

/**
 * Thousandths of `units`, rounded half away from zero as Mesos does (common/values.cpp).
 * Throws RangeError on NaN, infinities, negatives and amounts that no integer holds exactly.
 */
export const milli = (units: number): Milli => {
  const scaled = Math.round(units * 1000)
  if (!Number.isSafeInteger(scaled) || scaled < 0) throw new RangeError(`not a quantity: ${units}`)
  return scaled as Milli
}

/** The unit value again: 1500 is 1.5. Exact to three decimals. */
export const units = (value: number): number => value / 1000

/** Up to three decimals, no trailing zeros: 1500 is "1.5", 2000 is "2". */
export const formatMilli = (value: number): string => String(units(value))
