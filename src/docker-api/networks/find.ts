import type { Api, Call } from '../call.ts'
import { predefinedNetworks } from '../containers/dependencies.ts'
import { ApiError } from '../errors.ts'
import { type Held, heldOnNodes } from '../holders.ts'
import { list, object, text } from '../json.ts'
import { isNode, splitNode } from '../pick-node.ts'

export const isPredefined = (name: string): boolean => predefinedNetworks.includes(name)

/** Every network of every engine, once each, in order of the nodes' names. `query` is the engine's, with its `?`. */
export const allNetworks = (api: Api, call: Call, query = ''): Promise<readonly Held[]> =>
  heldOnNodes(
    api,
    call,
    `/networks${query}`,
    (value) => list(value).map(object),
    (item) => text(item['Id']),
  )

/**
 * The networks that a reference names: full id, name, `node/name`, unique id prefix. More than one only for the
 * predefined ones, which every engine has. Throws NO_SUCH_NETWORK and AMBIGUOUS_NAME.
 */
export const findNetworks = async (
  api: Api,
  call: Call,
  reference: string,
): Promise<readonly [Held, ...Held[]]> => {
  const networks = await allNetworks(api, call)
  const { node, name } = splitNode(reference)
  const tests: readonly ((held: Held) => boolean)[] = [
    ({ item }) => text(item['Id']) === reference,
    ({ item }) => text(item['Name']) === reference,
    (held) => node !== undefined && isNode(held.node, node) && text(held.item['Name']) === name,
    ({ item }) => /^[0-9a-f]+$/.test(reference) && text(item['Id']).startsWith(reference),
  ]
  const [first, ...rest] =
    tests.map((test) => networks.filter(test)).find((all) => all.length > 0) ?? []
  if (first === undefined) throw new ApiError('NO_SUCH_NETWORK', reference)
  if (rest.length > 0 && !isPredefined(reference))
    throw new ApiError(
      'AMBIGUOUS_NAME',
      `network ${reference}`,
      [first, ...rest].map((held) => held.node.hostname).join(', '),
    )
  return [first, ...rest]
}
