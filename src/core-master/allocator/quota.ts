import { topRole } from '../../resources/reservations.ts'
import { type Resource, type Resources, reservationRole } from '../../resources/resources.ts'
import { addTo, type Quantities } from './quantities.ts'
import type { Quota, QuotaState } from './snapshot.ts'

/** What quota counts and cuts: scalars that are neither reserved nor lent. */
export const isUnreserved = ({ value, revocable, reservations }: Resource): boolean =>
  value.type === 'SCALAR' && !revocable && reservations.length === 0

/** What quota counts: unreserved regular scalars, in thousandths by name. */
export const unreservedOf = (resources: Resources): Map<string, number> => {
  const sums = new Map<string, number>()
  for (const resource of resources) {
    const { name, value } = resource
    if (value.type === 'SCALAR' && isUnreserved(resource))
      sums.set(name, (sums.get(name) ?? 0) + value.milli)
  }
  return sums
}

/**
 * The books about quota at the start of a run: reservations count for a role whether they are allocated or not, what
 * is free counts where it may be offered (core-master §5.2).
 */
export const quotaState = (
  quotas: ReadonlyMap<string, Quota>,
  agents: Iterable<{
    readonly total: Resources
    readonly free: Resources
    readonly isOffered: boolean
  }>,
  unreservedHeld: ReadonlyMap<string, Quantities>,
): QuotaState | undefined => {
  if (quotas.size === 0) return undefined
  const consumed = new Map([...quotas.keys()].map((role) => [role, new Map<string, number>()]))
  const available = new Map<string, number>()
  for (const { total, free, isOffered } of agents) {
    if (isOffered) addTo(available, unreservedOf(free))
    for (const resource of total) {
      const sums = consumed.get(topRole(reservationRole(resource)))
      if (resource.reservations.length > 0 && resource.value.type === 'SCALAR' && sums)
        addTo(sums, new Map([[resource.name, resource.value.milli]]))
    }
  }
  for (const [role, held] of unreservedHeld) {
    const sums = consumed.get(topRole(role))
    if (sums !== undefined) addTo(sums, held)
  }
  return { quotas, consumed, available }
}

/** The books about quota while a run hands out. */
export class QuotaBook {
  readonly #quotas: ReadonlyMap<string, Quota>
  readonly #consumed: ReadonlyMap<string, Map<string, number>>
  readonly #available: Map<string, number>
  /** Of guarantees that are not yet met. */
  readonly #required = new Map<string, number>()

  constructor({ quotas, consumed, available }: QuotaState) {
    this.#quotas = quotas
    this.#consumed = new Map([...consumed].map(([role, sums]) => [role, new Map(sums)]))
    this.#available = new Map(available)
    for (const role of quotas.keys()) addTo(this.#required, this.unmet(role))
  }

  get hasGuarantees(): boolean {
    return this.#required.size > 0
  }

  /** What `role` itself still lacks of its guarantee; only what is lacking is named. */
  unmet(role: string): Quantities {
    const consumed = this.#consumed.get(role)
    const unmet = new Map<string, number>()
    for (const [name, milli] of this.#quotas.get(role)?.guarantees ?? []) {
      const lacking = milli - (consumed?.get(name) ?? 0)
      if (lacking > 0) unmet.set(name, lacking)
    }
    return unmet
  }

  /** What a top-level role has beyond its limit. */
  excess(role: string): Quantities {
    const excess = new Map<string, number>()
    for (const [name, milli] of this.#quotas.get(role)?.limits ?? [])
      addTo(
        excess,
        new Map([[name, Math.max(0, (this.#consumed.get(role)?.get(name) ?? 0) - milli)]]),
      )
    return excess
  }

  /** What `role` may still get under the limit of its top-level role; names without limit are absent. */
  allowance(role: string): Quantities {
    const top = topRole(role)
    const limits = this.#quotas.get(top)?.limits
    if (limits === undefined) return unlimited
    const consumed = this.#consumed.get(top)
    return new Map(
      [...limits].map(([name, milli]) => [name, Math.max(0, milli - (consumed?.get(name) ?? 0))]),
    )
  }

  /** What is free beyond the guarantees that are not met; names that no guarantee needs are absent. */
  headroom(): Quantities {
    const room = new Map<string, number>()
    for (const [name, milli] of this.#required)
      room.set(name, Math.max(0, (this.#available.get(name) ?? 0) - milli))
    return room
  }

  /** How much of each name `role` may still get: within its limit and beside what others were promised. */
  room(role: string): Quantities {
    return least(this.allowance(role), this.headroom())
  }

  /** The same in the first stage: of what is guaranteed as much as it lacks, of the rest what it has room for. */
  firstShare(role: string): Quantities {
    const share = new Map(this.room(role))
    const unmet = this.unmet(role)
    for (const name of this.#quotas.get(role)?.guarantees.keys() ?? [])
      share.set(name, unmet.get(name) ?? 0)
    return share
  }

  /** Charges what a role gets unreserved. */
  allocated(role: string, unreserved: Quantities): void {
    const top = topRole(role)
    const before = this.unmet(top)
    const consumed = this.#consumed.get(top)
    if (consumed !== undefined) addTo(consumed, unreserved)
    addTo(this.#available, unreserved, -1)
    addTo(this.#required, before, -1)
    addTo(this.#required, this.unmet(top))
  }
}

const unlimited: Quantities = new Map()

const least = (a: Quantities, b: Quantities): Quantities => {
  if (a.size === 0) return b
  const bounds = new Map(a)
  for (const [name, milli] of b) bounds.set(name, Math.min(milli, a.get(name) ?? milli))
  return bounds
}
