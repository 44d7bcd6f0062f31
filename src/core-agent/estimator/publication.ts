import { type Resources, scalarOf } from '../../resources/resources.ts'

/** Every published fall costs the offers that it was in, every rise a round of new ones. Thousandths. */
const bounds = {
  cpus: { fall: 500, rise: 1000 },
  mem: { fall: 256_000, rise: 512_000 },
} as const
const share = 0.05
/** On a small machine a whole cpu would never come: this share of it will do, and half of it for a fall. */
const shareOfMachine = 0.1
/** A rise waits until so long after the last word. */
const riseAfterMs = 60_000

/**
 * Whether a total is worth telling (core-agent §7.2, publication rule): a fall of some size at once, and that nothing more
 * can be lent; a rise of twice that size, and not often.
 */
export const matters = (
  before: Resources,
  total: Resources,
  {
    isNothing,
    sinceMs,
    machineCpus = Infinity,
  }: {
    readonly isNothing: boolean
    readonly sinceMs: number
    readonly machineCpus?: number | undefined
  },
): boolean =>
  Object.entries(bounds).some(([name, { fall, rise }]) => {
    const most = name === 'cpus' ? 1000 * shareOfMachine * machineCpus : Infinity
    const [old, now] = [scalarOf(before, name), scalarOf(total, name)]
    if (now < old) return isNothing || old - now >= Math.max(Math.min(fall, most / 2), share * old)
    if (now === old || sinceMs < riseAfterMs) return false
    return now - old >= Math.max(Math.min(rise, most), share * old)
  })
