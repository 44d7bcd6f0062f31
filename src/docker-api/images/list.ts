import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { askAll, healthyNodes, isSuccess, jsonOf, type NodeAnswer } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { type Filters, parseFilters, withoutKeys } from '../filters.ts'
import { list, number, object, text, textMap } from '../json.ts'
import { imageOnAnyNode } from './find.ts'

const filterKeys = ['reference', 'label', 'dangling', 'before', 'since', 'until', 'node'] as const
/** An engine knows its own images only: ages are compared over the cluster. */
const ownKeys = ['before', 'since', 'node']

type Image = Readonly<Record<string, unknown>>

/** `GET /images/json`: one entry an image id, tags and digests of all nodes, newest first (docker-frontend §2.3). */
export const listImages = async (api: Api, call: Call): Promise<Answer> => {
  const filters = parseFilters(call.query, filterKeys)
  const nodes = healthyNodes(api, 'images').filter(({ id, hostname }) => {
    const wanted = filters.get('node')
    return wanted === undefined || wanted.includes(hostname) || wanted.includes(id)
  })
  const bounds = await createdBetween(api, call, filters)
  const passed = withoutKeys(withLegacyName(filters, call), ownKeys)
  const query = new URLSearchParams(passed === undefined ? {} : { filters: passed })
  const all = call.query.get('all')
  if (all !== null) query.set('all', all)
  const path = `/images/json?${query.toString()}`
  const answers = await askAll(api, nodes, { method: 'GET', path, version: call.version })
  const refused = answers.find((answer) => !isSuccess(answer))
  if (refused !== undefined) return verbatim(refused.response)
  const images = merge(answers)
    .filter((image) => number(image['Created']) > bounds.after)
    .filter((image) => number(image['Created']) < bounds.before)
    .map((image) => forVersion(image, call.version))
    .sort((a, b) => number(b['Created']) - number(a['Created']))
  return json(200, images)
}

/** Until API 1.40 a name could be given as `filter` (docker-frontend §1.2). */
const withLegacyName = (filters: Filters, { query, version }: Call): Filters => {
  const name = version <= 40 ? query.get('filter') : null
  return name ? new Map([...filters, ['reference', [name]]]) : filters
}

const createdBetween = async (api: Api, call: Call, filters: Filters) => {
  const created = async (key: 'before' | 'since') => {
    const [name] = filters.get(key) ?? []
    if (name === undefined) return undefined
    const image = await imageOnAnyNode(api, call, name)
    if (image === undefined)
      throw new ApiError(
        'INVALID_PARAMETER',
        `Invalid filter: 'type'='${key}': no such image found: '${name}'`,
      )
    return Math.floor(
      Date.parse(text(object(jsonOf(image.node, image.response))['Created'])) / 1000,
    )
  }
  return {
    after: (await created('since')) ?? Number.NEGATIVE_INFINITY,
    before: (await created('before')) ?? Number.POSITIVE_INFINITY,
  }
}

const merge = (answers: readonly NodeAnswer[]): readonly Image[] => {
  const byId = new Map<string, Image>()
  for (const { node, response } of answers)
    for (const image of list(jsonOf(node, response)).map(object)) {
      const id = text(image['Id'])
      const seen = byId.get(id)
      byId.set(id, seen === undefined ? image : join(seen, image))
    }
  return [...byId.values()]
}

const join = (a: Image, b: Image): Image => ({
  ...a,
  RepoTags: union(a['RepoTags'], b['RepoTags']),
  RepoDigests: union(a['RepoDigests'], b['RepoDigests']),
  Labels:
    a['Labels'] === null && b['Labels'] === null
      ? null
      : { ...textMap(a['Labels']), ...textMap(b['Labels']) },
})

/** An image that is tagged on one node only is tagged. */
const union = (a: unknown, b: unknown): readonly string[] => {
  const all = [...new Set([...list(a), ...list(b)].map(text))]
  const named = all.filter((name) => !name.startsWith('<none>'))
  return named.length > 0 ? named : all
}

/** Docker API v1.43: untagged images have empty lists; v1.44: no `VirtualSize` (docker-frontend §1.2). */
const forVersion = (image: Image, version: number): Image => {
  if (version < 43) return image
  const named = (value: unknown) =>
    list(value)
      .map(text)
      .filter((name) => !name.startsWith('<none>'))
  const lists = { RepoTags: named(image['RepoTags']), RepoDigests: named(image['RepoDigests']) }
  return version < 44 ? { ...image, ...lists } : { ...image, ...lists, VirtualSize: undefined }
}
