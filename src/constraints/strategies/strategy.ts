import type { Node } from '../node.ts'

/** A node that may be chosen: every condition holds, and its offers hold the request. */
export interface Candidate {
  readonly node: Node
  /** cpuScore + memScore of docker-frontend §7.4: 200 is a node that the request fills to the last thousandth. */
  readonly load: number
  readonly hasImage: boolean
}

/** Picks one of the candidates, of which there is at least one. `random` gives numbers in [0, 1). */
export interface Strategy {
  readonly name: 'spread' | 'binpack' | 'random'
  choose(candidates: readonly Candidate[], random: RandomSource): Candidate
}

export interface RandomSource {
  next(): number
}
