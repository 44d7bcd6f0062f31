import type { Candidate } from './controller.ts'

/** Seconds that a container's work stands still until it runs elsewhere, for each of its cpus. */
const restartSeconds = 10
/** What a victim would give back. */
export type Benefit = (candidate: Candidate<unknown>) => number

/**
 * The cheapest set that gives back `needed`: work lost for what is gained, ties to the youngest; nothing in it that the
 * others make superfluous, and at most `most` (core-agent §7.3, victim order).
 */
export const cheapestSet = <Victim>(
  candidates: readonly Candidate<Victim>[],
  needed: number,
  benefit: Benefit,
  most: number,
): readonly Candidate<Victim>[] => {
  const useful = candidates.filter((one) => benefit(one) > 0)
  const order = [...useful].sort(
    (a, b) => lossOf(a) / benefit(a) - lossOf(b) / benefit(b) || a.ageMs - b.ageMs,
  )
  const chosen: Candidate<Victim>[] = []
  let gained = 0
  for (const one of order) {
    if (gained >= needed || chosen.length >= most) break
    chosen.push(one)
    gained += benefit(one)
  }
  return chosen.toReversed().filter((one) => {
    const isSuperfluous = gained - benefit(one) >= needed
    if (isSuperfluous) gained -= benefit(one)
    return !isSuperfluous
  })
}

/** cpu seconds of work that are lost with it, weighed by what it says of itself. */
const lossOf = ({ cost, usage, requestCpus, ageMs }: Candidate<unknown>): number =>
  cost * (usage?.cpuSeconds ?? (ageMs / 1000) * requestCpus) + restartSeconds * requestCpus
