import { type RoleTree, roleTree } from './role-tree.ts'
import type { Contest, CreateSorter, Sorter } from './sorter.ts'

/** Who is served first is drawn anew at every walk, by weight and by nothing else (core-master L7). */
export const randomSorter: CreateSorter = (contest) => new RandomSorter(contest)

class RandomSorter implements Sorter {
  readonly #random: () => number
  /** The active clients and the weight of each in the draw. */
  readonly #clients: readonly { readonly client: number; readonly weight: number }[]

  constructor(contest: Contest) {
    this.#random = contest.random
    this.#clients = relativeWeights(roleTree(contest), contest)
  }

  walk(serve: (client: number) => boolean): boolean {
    const drawn = this.#clients
      .map(({ client, weight }) => ({ client, key: -(this.#random() ** (1 / weight)) }))
      .sort((a, b) => a.key - b.key)
    return drawn.some(({ client }) => serve(client))
  }

  allocated(): void {}
}

/** Down the tree, the product of the weights relative to those of the active siblings. */
const relativeWeights = (tree: RoleTree, { clients }: Contest) => {
  const { children, weights, paths } = tree
  const isActive = (node: number): boolean => {
    const client = tree.clients[node] ?? -1
    return client >= 0
      ? clients[client]?.active === true
      : (children[node] ?? []).some((child) => isActive(child))
  }
  const found: { client: number; weight: number }[] = []
  const relative = [1]
  for (const node of paths.keys()) {
    const below = (children[node] ?? []).filter(isActive)
    const sum = below.reduce((all, child) => all + (weights[child] ?? 1), 0)
    for (const child of below) {
      const weight = ((relative[node] ?? 1) * (weights[child] ?? 1)) / sum
      relative[child] = weight
      const client = tree.clients[child] ?? -1
      if (client >= 0) found.push({ client, weight })
    }
  }
  return found
}
