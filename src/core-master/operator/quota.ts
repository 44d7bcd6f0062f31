import { isSubroleOf } from '../../resources/reservations.ts'
import { reservationRole } from '../../resources/resources.ts'
import { addTo, type Quantities, scalarsOf } from '../allocator/quantities.ts'
import { unreservedOf } from '../allocator/quota.ts'
import type { Quota } from '../allocator/snapshot.ts'
import { freeOf } from '../ledger.ts'
import { quotaBook } from '../offers/snapshot-of.ts'
import { rescind } from '../offers/withdraw.ts'
import { storedQuota } from '../registry/entries.ts'
import type { MasterState, Offer } from '../state.ts'
import { log, store, type Turn } from '../turn.ts'

/**
 * Sets what top-level roles are promised and may have at most, in thousandths by name; a role with neither has no
 * quota any more. Takes effect with the next run; offers are taken back as far as that helps (core-master §3.3): those
 * of a role above its limit, others until its guarantee can be met.
 */
export const setQuotas = (turn: Turn, given: ReadonlyMap<string, Quota>): void => {
  const quotas = new Map(turn.state.quotas)
  for (const [role, quota] of given) {
    const isSet = quota.guarantees.size > 0 || quota.limits.size > 0
    store(turn, 'quota', role, isSet ? storedQuota(quota) : undefined)
    if (isSet) quotas.set(role, quota)
    else quotas.delete(role)
  }
  turn.state.quotas = quotas
  log(turn, 'info', { roles: [...given.keys()] }, 'quota set')
  for (const role of given.keys()) makeRoom(turn, role)
}

/** What quota charges a top-level role: reservations of its own and below, and what they use unreserved. */
export const consumedBy = (state: MasterState, role: string): Quantities => {
  const consumed = new Map<string, number>()
  const isWithin = (one: string) => one === role || isSubroleOf(one, role)
  for (const { total } of state.agents.values())
    for (const resource of total)
      if (resource.reservations.length > 0 && isWithin(reservationRole(resource)))
        addTo(consumed, scalarsOf([resource]))
  for (const { held, offers } of state.frameworks.values()) {
    for (const [one, { unreserved }] of held) if (isWithin(one)) addTo(consumed, unreserved)
    for (const offer of offers)
      if (isWithin(offer.role)) addTo(consumed, unreservedOf(offer.resources), -1)
  }
  return consumed
}

const makeRoom = (turn: Turn, role: string): void => {
  const { state } = turn
  const books = quotaBook(state)
  if (books === undefined) return
  const isWithin = (offer: Offer) => offer.role === role || isSubroleOf(offer.role, role)
  takeBack(turn, books.excess(role), isWithin)
  const lacking = new Map(books.unmet(role))
  for (const agent of state.agents.values())
    if (lacking.size > 0) lower(lacking, unreservedOf(freeOf(agent)))
  takeBack(turn, lacking, (offer) => !isWithin(offer))
}

/** The newest offers first: their frameworks had the least time to use them. */
const takeBack = (turn: Turn, wanted: Quantities, from: (offer: Offer) => boolean): void => {
  const left = new Map(wanted)
  for (const offer of [...turn.state.offers.values()].reverse()) {
    if (left.size === 0) return
    const amounts = unreservedOf(offer.resources)
    if (!from(offer) || ![...amounts.keys()].some((name) => left.has(name))) continue
    lower(left, amounts)
    rescind(turn, offer)
  }
}

const lower = (left: Map<string, number>, by: Quantities): void => {
  for (const [name, milli] of left)
    addTo(left, new Map([[name, -Math.min(milli, by.get(name) ?? 0)]]))
}
