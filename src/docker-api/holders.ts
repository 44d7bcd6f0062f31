import type { NodeView } from '../mesos-framework/cluster.ts'
import type { Api, Call } from './call.ts'
import { askAll, healthyNodes, isSuccess, jsonOf } from './engine.ts'
import { isNode } from './pick-node.ts'

export type Item = Readonly<Record<string, unknown>>

/** Something that an engine keeps under a name, and a node whose engine it is. */
export interface Held {
  readonly node: NodeView
  readonly item: Item
}

/**
 * What the nodes answer to one GET, in order of their names. Agents may share an engine, so answers with one
 * `identity` are one thing, shown for the first node. `pinned` asks that node alone.
 */
export const heldOnNodes = async (
  api: Api,
  call: Call,
  path: string,
  read: (value: unknown) => readonly Item[],
  identity: (item: Item) => string,
  pinned?: string,
): Promise<readonly Held[]> => {
  const nodes = healthyNodes(api, path).filter(
    (node) => pinned === undefined || isNode(node, pinned),
  )
  const answers = await askAll(api, nodes, { method: 'GET', path, version: call.version })
  const found = new Map<string, Held>()
  for (const { node, response } of answers.filter(isSuccess))
    for (const item of read(jsonOf(node, response))) {
      const key = identity(item)
      if (!found.has(key)) found.set(key, { node, item })
    }
  return [...found.values()]
}
