import type { Strategy } from './strategy.ts'

/** Any node that fits, each with the same chance: the first of a shuffle, without the shuffle. */
export const random: Strategy = {
  name: 'random',
  choose: (candidates, random) => {
    const chosen = candidates[Math.floor(random.next() * candidates.length)]
    if (chosen === undefined) throw new RangeError(`no candidate drawn from ${candidates.length}`)
    return chosen
  },
}
