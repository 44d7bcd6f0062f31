import type { Contest } from './sorter.ts'

/**
 * The clients of a sorter as a tree of numbered nodes, the root first and parents before their children. Every part
 * of a path is a node, only leaves are clients; a client with others below it moves to a leaf of its own, `a/.`
 * (core-master L2).
 */
export interface RoleTree {
  readonly paths: readonly string[]
  /** Of each node; -1 of the root. */
  readonly parents: readonly number[]
  /** The place in `clients`, or -1 of inner nodes. */
  readonly clients: readonly number[]
  readonly children: readonly (readonly number[])[]
  readonly weights: readonly number[]
  /** The leaf of each client. */
  readonly leaves: readonly number[]
}

export const roleTree = ({ clients, isTree, weights }: Omit<Contest, 'total'>): RoleTree => {
  const paths = ['']
  const parents = [-1]
  const owners = [-1]
  const children: number[][] = [[]]
  const leaves: number[] = []
  const byPath = new Map<string, number>()
  const add = (path: string, parent: number, client: number): number => {
    const node = paths.length
    paths.push(path)
    parents.push(parent)
    owners.push(client)
    children.push([])
    children[parent]?.push(node)
    return node
  }
  const inner = (path: string): number => {
    if (path === '') return 0
    const known = byPath.get(path)
    if (known !== undefined) return known
    const node = add(path, inner(parentOf(path)), -1)
    byPath.set(path, node)
    return node
  }
  const inside = isTree ? innerPaths(clients.map(({ name }) => name)) : new Set<string>()
  for (const [client, { name }] of clients.entries()) {
    const isInner = inside.has(name)
    const parent = isInner ? inner(name) : isTree ? inner(parentOf(name)) : 0
    leaves.push(add(isInner ? `${name}/.` : name, parent, client))
  }
  return {
    paths,
    parents,
    clients: owners,
    children,
    leaves,
    weights: paths.map((path) => weights.get(path) ?? 1),
  }
}

/** `a/b` of `a/b/c`, nothing of `a`. */
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** Every path that has something below it. */
const innerPaths = (names: readonly string[]): ReadonlySet<string> => {
  const inside = new Set<string>()
  for (const name of names)
    for (let path = parentOf(name); path !== '' && !inside.has(path); path = parentOf(path))
      inside.add(path)
  return inside
}
