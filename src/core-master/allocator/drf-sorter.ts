import type { Resources } from '../../resources/resources.ts'
import type { Quantities } from './quantities.ts'
import { type RoleTree, roleTree } from './role-tree.ts'
import type { Contest, CreateSorter, Sorter } from './sorter.ts'

/** Weighted dominant resource fairness (Ghodsi 2011, §4) over a tree of clients (core-master L2, L3, L5). */
export const drfSorter: CreateSorter = (contest) => new DrfSorter(contest)

/** Beyond so many that moved since the last walk, all are sorted anew. */
const maxMoves = 8

/**
 * Each inner node keeps its children in order; a walk goes down the tree lazily, so that an agent whose first taker
 * takes all costs no more than that taker. Only who was served since the last walk is put in its new place.
 */
class DrfSorter implements Sorter {
  readonly #tree: RoleTree
  /** One column a scalar name that has a total. */
  readonly #columns = new Map<string, number>()
  readonly #totals: Float64Array
  /** Nodes times columns, in thousandths. */
  readonly #held: Float64Array
  readonly #shares: Float64Array
  readonly #allocations: Float64Array
  /** Of each inner node: its children with an active leaf, the most deserving first. */
  readonly #orders: (Int32Array | undefined)[]
  readonly #moved: number[][]

  constructor(contest: Contest) {
    const { clients, total } = contest
    this.#tree = roleTree(contest)
    const { paths, parents, leaves, children } = this.#tree
    const totals: number[] = []
    for (const [name, milli] of total)
      if (milli > 0) {
        this.#columns.set(name, totals.length)
        totals.push(milli)
      }
    this.#totals = Float64Array.from(totals)
    this.#held = new Float64Array(paths.length * totals.length)
    this.#shares = new Float64Array(paths.length)
    this.#allocations = new Float64Array(paths.length)
    const isActive = new Uint8Array(paths.length)
    for (const [client, { held, allocations, active }] of clients.entries()) {
      const leaf = leaves[client] as number
      for (let node = leaf; node >= 0; node = parents[node] as number) {
        this.#allocations[node] = (this.#allocations[node] as number) + allocations
        if (active) isActive[node] = 1
        for (const amounts of held) this.#add(node, amounts)
      }
    }
    for (const node of paths.keys()) this.#shares[node] = this.#shareOf(node)
    this.#moved = children.map(() => [])
    this.#orders = children.map((below) =>
      below.length === 0
        ? undefined
        : Int32Array.from(below.filter((child) => isActive[child] === 1)).sort(this.#byDeserving),
    )
  }

  walk(serve: (client: number) => boolean): boolean {
    return this.#walk(0, serve)
  }

  allocated(client: number, resources: Resources): void {
    const { parents, leaves } = this.#tree
    let node = leaves[client]
    if (node === undefined) throw new Error(`no client ${client} in this sorter`)
    while (node > 0) {
      this.#addResources(node, resources)
      this.#allocations[node] = (this.#allocations[node] as number) + 1
      this.#shares[node] = this.#shareOf(node)
      const parent = parents[node] as number
      const moved = this.#moved[parent] as number[]
      if (!moved.includes(node)) moved.push(node)
      node = parent
    }
  }

  #walk(node: number, serve: (client: number) => boolean): boolean {
    const order = this.#settled(node)
    for (let at = 0; at < order.length; at++) {
      const child = order[at] as number
      const client = this.#tree.clients[child] as number
      if (client >= 0 ? serve(client) : this.#walk(child, serve)) return true
    }
    return false
  }

  #settled(node: number): Int32Array {
    const order = this.#orders[node] ?? nobody
    const moved = this.#moved[node] as number[]
    if (moved.length > maxMoves) order.sort(this.#byDeserving)
    else if (moved.length > 0) this.#resettle(order, moved)
    moved.length = 0
    return order
  }

  /** Takes the moved ones out, closes the gaps, and puts each where it belongs now. */
  #resettle(order: Int32Array, moved: readonly number[]): void {
    let length = order.length
    const found: number[] = []
    for (const node of moved) {
      const at = order.indexOf(node)
      if (at < 0) continue // Inactive.
      order.copyWithin(at, at + 1, length)
      length -= 1
      found.push(node)
    }
    for (const node of found) {
      let [low, high] = [0, length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (this.#byDeserving(order[middle] as number, node) < 0) low = middle + 1
        else high = middle
      }
      order.copyWithin(low + 1, low, length)
      order[low] = node
      length += 1
    }
  }

  /** Ties by number of allocations, then by path: runs repeat. */
  readonly #byDeserving = (a: number, b: number): number => {
    const shares = (this.#shares[a] as number) - (this.#shares[b] as number)
    if (shares !== 0) return shares
    const counts = (this.#allocations[a] as number) - (this.#allocations[b] as number)
    if (counts !== 0) return counts
    const { paths } = this.#tree
    return (paths[a] as string) < (paths[b] as string) ? -1 : 1
  }

  #add(node: number, amounts: Quantities): void {
    const base = node * this.#totals.length
    for (const [name, milli] of amounts) {
      const column = this.#columns.get(name)
      if (column !== undefined)
        this.#held[base + column] = (this.#held[base + column] as number) + milli
    }
  }

  #addResources(node: number, resources: Resources): void {
    const base = node * this.#totals.length
    for (const { name, value } of resources) {
      if (value.type !== 'SCALAR') continue
      const column = this.#columns.get(name)
      if (column !== undefined)
        this.#held[base + column] = (this.#held[base + column] as number) + value.milli
    }
  }

  /** The largest part of the cluster that is held of any scalar, by weight. */
  #shareOf(node: number): number {
    const width = this.#totals.length
    let share = 0
    for (let column = 0; column < width; column++) {
      const part = (this.#held[node * width + column] as number) / (this.#totals[column] as number)
      if (part > share) share = part
    }
    return share / (this.#tree.weights[node] as number)
  }
}

const nobody = new Int32Array(0)
