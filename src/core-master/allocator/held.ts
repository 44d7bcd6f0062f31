import type { AgentId } from '../../mesos/ids.ts'
import type { Resources } from '../../resources/resources.ts'
import { isUnreserved } from './quota.ts'
import type { Allocations, ByKind } from './snapshot.ts'

/** What a framework holds in a role, offered and used, in thousandths by scalar name. */
export interface Held extends ByKind {
  readonly regular: Map<string, number>
  readonly revocable: Map<string, number>
  /** The part of `regular` that quota counts. */
  readonly unreserved: Map<string, number>
  /** Copies of shared volumes, by agent and volume: a volume counts once, however many there are (core-master L4). */
  readonly copies: Map<string, number>
}

export const newHeld = (): Held => ({
  regular: new Map(),
  revocable: new Map(),
  unreserved: new Map(),
  copies: new Map(),
})

export const holdsNothing = ({ regular, revocable, copies }: Held): boolean =>
  regular.size === 0 && revocable.size === 0 && copies.size === 0

/** Writes what is given of an agent into the book, or with `sign` -1 takes it out again. */
export const book = (held: Held, agent: AgentId, resources: Resources, sign: 1 | -1 = 1): void => {
  for (const resource of resources) {
    const { name, value, revocable, volume, copies } = resource
    if (value.type !== 'SCALAR') continue
    if (copies !== undefined) {
      const key = `${agent} ${volume?.id ?? ''}`
      const before = held.copies.get(key) ?? 0
      add(held.copies, key, sign * copies)
      if (before > 0 && before + sign * copies > 0) continue
    }
    add(revocable ? held.revocable : held.regular, name, sign * value.milli)
    if (isUnreserved(resource)) add(held.unreserved, name, sign * value.milli)
  }
}

/** What becomes zero is dropped. */
const add = (sums: Map<string, number>, key: string, amount: number): void => {
  const sum = (sums.get(key) ?? 0) + amount
  if (sum === 0) sums.delete(key)
  else sums.set(key, sum)
}

export const noAllocations: Allocations = { regular: 0, revocable: 0 }

/** One allocation more of each kind that there is an offer of; joint offers count as regular. */
export const countAllocation = (
  counts: Map<string, Allocations>,
  role: string,
  offers: readonly Resources[],
): void => {
  const { regular, revocable } = counts.get(role) ?? noAllocations
  const lent = offers.filter((offer) => offer.every((resource) => resource.revocable)).length
  counts.set(role, {
    regular: regular + (offers.length - lent),
    revocable: revocable + lent,
  })
}
