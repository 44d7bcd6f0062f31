import { addTo, type Quantities } from './quantities.ts'
import type { Client, CreateSorter, Sorter } from './sorter.ts'

/** Weighted dominant resource fairness (Ghodsi 2011, §4; core-master L2, L3, L5) over a flat list of clients. */
export const drfSorter: CreateSorter = (clients, total) => new DrfSorter(clients, total)

/** Largest fraction of the cluster that is held of any scalar. */
const dominantShare = (held: Quantities, total: Quantities): number => {
  let share = 0
  for (const [name, milli] of held) {
    const all = total.get(name) ?? 0
    if (all > 0) share = Math.max(share, milli / all)
  }
  return share
}

interface Entry {
  readonly name: string
  readonly weight: number
  readonly held: Map<string, number>
  allocations: number
  share: number
}

class DrfSorter implements Sorter {
  readonly #total: Quantities
  readonly #entries = new Map<string, Entry>()
  readonly #order: Entry[] = []
  #names: readonly string[] | undefined

  constructor(clients: Iterable<Client>, total: Quantities) {
    this.#total = total
    for (const { name, weight, held, allocations, active } of clients) {
      const share = dominantShare(held, total) / weight
      const entry = { name, weight, held: new Map(held), allocations, share }
      this.#entries.set(name, entry)
      if (active) this.#order.push(entry)
    }
  }

  /** Only one client moves between two calls, so the list is nearly in order, which the sort is quick at. */
  sort(): readonly string[] {
    this.#names ??= this.#order.sort(byDeserving).map(({ name }) => name)
    return this.#names
  }

  allocated(name: string, amounts: Quantities): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new Error(`no client ${name} in this sorter`)
    addTo(entry.held, amounts)
    entry.allocations += 1
    entry.share = dominantShare(entry.held, this.#total) / entry.weight
    this.#names = undefined
  }
}

/** Ties by number of allocations, then by name: runs repeat. */
const byDeserving = (a: Entry, b: Entry): number =>
  a.share - b.share || a.allocations - b.allocations || (a.name < b.name ? -1 : 1)
