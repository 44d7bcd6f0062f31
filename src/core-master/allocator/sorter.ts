import type { Quantities } from './quantities.ts'

/** Who competes: a role among the roles, or a framework among those of its role. */
export interface Client {
  readonly name: string
  readonly weight: number
  /** Offered and used, of both kinds (core-master L4). */
  readonly held: Quantities
  /** Allocations it ever got; never shrinks (core-master L5). */
  readonly allocations: number
  /** Inactive clients are counted and never sorted (core-master L8). */
  readonly active: boolean
}

/** The order in which clients are served, kept while one run of the allocator hands out resources. */
export interface Sorter {
  /** Active clients, the most deserving first. */
  sort(): readonly string[]
  /** Charges one allocation to a client. */
  allocated(name: string, amounts: Quantities): void
}

/** Makes the sorter of one run; `total` are the scalars of all known agents. */
export type CreateSorter = (clients: Iterable<Client>, total: Quantities) => Sorter
