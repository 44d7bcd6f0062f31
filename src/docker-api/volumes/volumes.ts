import { readJsonObject } from '../body.ts'
import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { ask, postJson } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { parseFilters, some, withoutKeys } from '../filters.ts'
import { type Held, heldOnNodes } from '../holders.ts'
import { list, object, text, textMap } from '../json.ts'
import { fill } from '../paths.ts'
import { isNode, pickNode, splitNode } from '../pick-node.ts'

const filterKeys = ['name', 'label', 'driver', 'dangling', 'node'] as const

/** `GET /volumes`: plain names, `node/name` where two nodes have one name (docker-frontend §2.4). */
export const listVolumes = async (api: Api, call: Call): Promise<Answer> => {
  const filters = parseFilters(call.query, filterKeys)
  const passed = withoutKeys(filters, ['node'])
  const query = passed === undefined ? '' : `?filters=${encodeURIComponent(passed)}`
  const volumes = (await allVolumes(api, call, query)).filter(({ node }) =>
    some(filters, 'node', (wanted) => isNode(node, wanted)),
  )
  const names = volumes.map(({ item }) => text(item['Name']))
  return json(200, {
    Volumes: volumes.map(({ node, item }, at) => {
      const name = names[at] ?? ''
      const isShared = names.indexOf(name) !== names.lastIndexOf(name)
      return isShared ? { ...item, Name: `${node.hostname}/${name}` } : item
    }),
    Warnings: [],
  })
}

/** `GET /volumes/{name}`. */
export const inspectVolume = async (api: Api, call: Call): Promise<Answer> => {
  const { item } = await findVolume(api, call, call.params['name'] ?? '')
  return json(200, item)
}

/** `POST /volumes/create`: an existing one is the answer, as on one engine. */
export const createVolume = async (api: Api, call: Call): Promise<Answer> => {
  const body = await readJsonObject(call.request)
  const { node: pinned, name } = splitNode(text(body['Name']))
  const existing = name === '' ? [] : await volumesNamed(api, call, name, pinned)
  const node = existing[0]?.node ?? pickNode(api, `volume ${name}`, pinned, textMap(body['Labels']))
  const named = name === '' ? body : { ...body, Name: name }
  return verbatim(await postJson(api, call, node.id, '/volumes/create', named))
}

/** `DELETE /volumes/{name}`. */
export const removeVolume = async (api: Api, call: Call): Promise<Answer> => {
  const { node, item } = await findVolume(api, call, call.params['name'] ?? '')
  const path = `${fill('/volumes/{name}', { name: text(item['Name']) })}${call.search}`
  return verbatim(await ask(api, node.id, { method: 'DELETE', path, version: call.version }))
}

/** Throws NO_SUCH_VOLUME and AMBIGUOUS_NAME. */
const findVolume = async (api: Api, call: Call, reference: string): Promise<Held> => {
  const { node, name } = splitNode(reference)
  const [first, ...rest] = await volumesNamed(api, call, name, node)
  if (first === undefined) throw new ApiError('NO_SUCH_VOLUME', reference)
  if (rest.length > 0)
    throw new ApiError(
      'AMBIGUOUS_NAME',
      `volume ${reference}`,
      [first, ...rest].map((held) => held.node.hostname).join(', '),
    )
  return first
}

const volumesNamed = (api: Api, call: Call, name: string, node: string | undefined) =>
  heldOnNodes(
    api,
    call,
    fill('/volumes/{name}', { name }),
    (value) => [object(value)],
    identity,
    node,
  )

const allVolumes = (api: Api, call: Call, query: string) =>
  heldOnNodes(
    api,
    call,
    `/volumes${query}`,
    (value) => list(object(value)['Volumes']).map(object),
    identity,
  )

/** A volume has no id; where and when it was made tells it from one of the same name. */
const identity = (volume: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([volume['Name'], volume['Driver'], volume['Mountpoint'], volume['CreatedAt']])
