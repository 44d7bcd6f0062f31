import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { ask, jsonOf } from '../engine.ts'
import { parseFilters, some, withoutKeys } from '../filters.ts'
import type { Held } from '../holders.ts'
import { object, text } from '../json.ts'
import { isNode } from '../pick-node.ts'
import { allNetworks, findNetworks, isPredefined } from './find.ts'

const filterKeys = ['name', 'id', 'label', 'driver', 'scope', 'type', 'dangling', 'node'] as const

/** `GET /networks`: predefined ones once, others by plain name unless a name exists on two nodes (docker-frontend §2.4). */
export const listNetworks = async (api: Api, call: Call): Promise<Answer> => {
  const filters = parseFilters(call.query, filterKeys)
  const passed = withoutKeys(filters, ['node'])
  const query = passed === undefined ? '' : `?filters=${encodeURIComponent(passed)}`
  const networks = (await allNetworks(api, call, query)).filter(({ node }) =>
    some(filters, 'node', (wanted) => isNode(node, wanted)),
  )
  const names = networks.map(({ item }) => text(item['Name']))
  const isFirst = (name: string, at: number) => names.indexOf(name) === at
  const isShared = (name: string) => names.indexOf(name) !== names.lastIndexOf(name)
  return json(
    200,
    networks.flatMap(({ node, item }, at) => {
      const name = text(item['Name'])
      if (isPredefined(name)) return isFirst(name, at) ? [item] : []
      return [isShared(name) ? { ...item, Name: `${node.hostname}/${name}` } : item]
    }),
  )
}

/** `GET /networks/{name}`: of a predefined one the first node's, with the containers of all. */
export const inspectNetwork = async (api: Api, call: Call): Promise<Answer> => {
  const [held, ...others] = await findNetworks(api, call, call.params['name'] ?? '')
  const [first, ...rest] = await Promise.all([
    inspectOn(api, call, held),
    ...others.map((one) => inspectOn(api, call, one)),
  ])
  if (first.response.status !== 200 || rest.length === 0) return verbatim(first.response)
  const networks = [first, ...rest]
    .filter(({ response }) => response.status === 200)
    .map(({ node, response }) => object(jsonOf(node, response)))
  const containers = networks.flatMap((network) => Object.entries(object(network['Containers'])))
  return json(200, { ...networks[0], Containers: Object.fromEntries(containers) })
}

const inspectOn = async (api: Api, call: Call, { node, item }: Held) => {
  const path = `/networks/${text(item['Id'])}${call.search}`
  const response = await ask(api, node.id, { method: 'GET', path, version: call.version })
  return { node, response }
}
