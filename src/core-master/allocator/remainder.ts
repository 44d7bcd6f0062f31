import {
  allocatableTo,
  isEmpty,
  minus,
  none,
  type Resource,
  type Resources,
} from '../../resources/resources.ts'

/** What a framework's capabilities let it take, as bits: frameworks of the same bits share one look at an agent. */
export const takes = { revocable: 1, refined: 2, shared: 4 } as const

export const takesOf = (capabilities: ReadonlySet<string>): number =>
  (capabilities.has('REVOCABLE_RESOURCES') ? takes.revocable : 0) |
  (capabilities.has('RESERVATION_REFINEMENT') ? takes.refined : 0) |
  (capabilities.has('SHARED_RESOURCES') ? takes.shared : 0)

/** What is left of an agent, or of one kind of it, during a run. */
export class Remainder {
  #resources: Resources
  #isReserved: boolean
  /** The last look: frameworks that come one after the other mostly see the same. */
  #role = ''
  #bits = -1
  #candidate: Resources = none

  constructor(resources: Resources) {
    this.#resources = resources
    this.#isReserved = hasReservations(resources)
  }

  get resources(): Resources {
    return this.#resources
  }

  get isEmpty(): boolean {
    return isEmpty(this.#resources)
  }

  /** What of it may go to `role`, to a framework that takes what `bits` say (core-master R11, §2). */
  candidate(role: string, bits: number): Resources {
    if (bits !== this.#bits || (this.#isReserved && role !== this.#role)) {
      this.#role = role
      this.#bits = bits
      this.#candidate = candidateOf(this.#resources, role, bits)
    }
    return this.#candidate
  }

  take(taken: Resources): void {
    this.#resources = minus(this.#resources, taken)
    this.#isReserved = hasReservations(this.#resources)
    this.#bits = -1
  }
}

const hasReservations = (resources: Resources): boolean =>
  resources.some(({ reservations }) => reservations.length > 0)

/** The very list where nothing is left out. */
const candidateOf = (all: Resources, role: string, bits: number): Resources => {
  const mayGo = (resource: Resource): boolean =>
    ((bits & takes.revocable) !== 0 || !resource.revocable) &&
    ((bits & takes.refined) !== 0 || resource.reservations.length <= 1) &&
    ((bits & takes.shared) !== 0 || resource.copies === undefined) &&
    allocatableTo(resource, role)
  return all.every(mayGo) ? all : all.filter(mayGo)
}
