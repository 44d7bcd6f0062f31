import type { Resources } from '../../resources/resources.ts'
import type { Quantities } from './quantities.ts'

/** Who competes: a role among the roles, or a framework among those of its role. */
export interface Client {
  /** A role's path, or a framework's id. */
  readonly name: string
  /** Offered and used, of the kinds that the sorter is about (core-master L4). */
  readonly held: readonly Quantities[]
  /** Allocations it ever got; never shrinks (core-master L5). */
  readonly allocations: number
  /** Inactive clients are counted and never served (core-master L8). */
  readonly active: boolean
}

/** What a sorter is made for. */
export interface Contest {
  readonly clients: readonly Client[]
  /** Scalars of all known agents, of the kinds that the sorter is about; without the names that fairness leaves out (core-master L6). */
  readonly total: Quantities
  /** By path, 1 where absent (core-master L3). */
  readonly weights: ReadonlyMap<string, number>
  /** Names are paths: `a/b` competes within `a` (core-master L2). */
  readonly isTree: boolean
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** The order in which clients are served, kept while one run of the allocator hands out resources. */
export interface Sorter {
  /**
   * Calls `serve` with the place in `clients` of each active client, the most deserving first, until it answers true:
   * enough. What is allocated meanwhile counts from the next walk on (core-master §5.2: orders are read once an agent).
   */
  walk(serve: (client: number) => boolean): boolean
  /** Charges one allocation to a client: its scalars count. */
  allocated(client: number, resources: Resources): void
}

/** Makes the sorter of one run. */
export type CreateSorter = (contest: Contest) => Sorter
