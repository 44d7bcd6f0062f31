import type { AgentId, OfferId } from '../../mesos/ids.ts'
import { type Kind, ofKind, plus, type Resources } from '../../resources/resources.ts'

/** An offer of the master that we hold: nobody else can use what is in it. */
export interface HeldOffer {
  readonly id: OfferId
  readonly agent: AgentId
  readonly resources: Resources
  /** On the monotonic clock: then it is declined. */
  readonly expiresMs: number
}

/** The offers held, in order of arrival. Regular and revocable ones of an agent stand beside each other. */
export class Book {
  readonly #offers = new Map<OfferId, HeldOffer>()
  readonly #byAgent = new Map<AgentId, Map<OfferId, HeldOffer>>()

  add(offer: HeldOffer): void {
    this.#offers.set(offer.id, offer)
    const ofAgent = this.#byAgent.get(offer.agent)
    if (ofAgent === undefined) this.#byAgent.set(offer.agent, new Map([[offer.id, offer]]))
    else ofAgent.set(offer.id, offer)
  }

  /** Takes out the one named (D31); undefined when it is not held. */
  remove(id: OfferId): HeldOffer | undefined {
    const offer = this.#offers.get(id)
    if (offer === undefined) return undefined
    this.#offers.delete(id)
    const ofAgent = this.#byAgent.get(offer.agent)
    ofAgent?.delete(id)
    if (ofAgent?.size === 0) this.#byAgent.delete(offer.agent)
    return offer
  }

  clear(): void {
    this.#offers.clear()
    this.#byAgent.clear()
  }

  all(): readonly HeldOffer[] {
    return [...this.#offers.values()]
  }

  ofAgent(agent: AgentId): readonly HeldOffer[] {
    return [...(this.#byAgent.get(agent)?.values() ?? [])]
  }

  /** Everything that is held of one agent. */
  offered(agent: AgentId): Resources {
    return plus(...this.ofAgent(agent).map((offer) => offer.resources))
  }

  holds(agent: AgentId, kind: Kind): boolean {
    return this.ofAgent(agent).some((offer) => ofKind(offer.resources, kind).length > 0)
  }

  expired(monotonicMs: number): readonly HeldOffer[] {
    return this.all().filter((offer) => offer.expiresMs <= monotonicMs)
  }

  /** When the first one expires. */
  get nextExpiryMs(): number {
    return this.all().reduce((least, offer) => Math.min(least, offer.expiresMs), Infinity)
  }
}
