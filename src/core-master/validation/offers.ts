import { id, type OfferId } from '../../mesos/ids.ts'
import type { OfferID } from '../../mesos/wire.ts'
import type { Framework, MasterState, Offer } from '../state.ts'
import { firstTwice } from './twice.ts'

export type NamedOffers =
  | { readonly kind: 'valid'; readonly offers: readonly [Offer, ...Offer[]] }
  /** `offers` are those of the list that are the framework's and still stand. */
  | { readonly kind: 'invalid'; readonly problem: string; readonly offers: readonly Offer[] }

/** The offers that an ACCEPT names, all still valid, of this framework, one role and one agent (core-master O11). */
export const namedOffers = (
  state: MasterState,
  framework: Framework,
  named: readonly OfferID[],
): NamedOffers => {
  const found = new Map(
    named.map(({ value }) => [value, state.offers.get(id<OfferId>(value))] as const),
  )
  const offers = [...found.values()].filter((offer) => offer?.framework === framework) as Offer[]
  const problem = problemOf(framework, named, found)
  const [first, ...others] = offers
  if (problem !== undefined || first === undefined)
    return { kind: 'invalid', problem: problem ?? 'No offers specified', offers }
  return { kind: 'valid', offers: [first, ...others] }
}

/** In Mesos' order and words (master/validation.cpp, namespace offer). */
const problemOf = (
  framework: Framework,
  named: readonly OfferID[],
  found: ReadonlyMap<string, Offer | undefined>,
): string | undefined => {
  const twice = firstTwice(named.map(({ value }) => value))
  if (twice !== undefined) return `Duplicate offer ${twice} in offer list`
  for (const [name, offer] of found)
    if (offer === undefined) return `Offer ${name} is no longer valid`
  let first: Offer | undefined
  for (const offer of found.values()) {
    if (offer === undefined) continue
    if (offer.framework !== framework)
      return `Offer ${offer.id} has invalid framework ${offer.framework.id} while framework ${framework.id} is expected`
    first ??= offer
    if (offer.role !== first.role)
      return `Aggregated offers must be allocated to the same role. Offer ${offer.id} uses role '${offer.role}' but another is using role '${first.role}'`
    if (offer.agent !== first.agent)
      return `Aggregated offers must belong to one single agent. Offer ${offer.id} uses agent ${offer.agent.id} and agent ${first.agent.id}`
  }
  return undefined
}
