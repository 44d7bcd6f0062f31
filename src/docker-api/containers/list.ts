import type { ContainerView, NodeView } from '../../mesos-framework/cluster.ts'
import { type Answer, type Api, type Call, json } from '../call.ts'
import { askAll, isSuccess, jsonOf } from '../engine.ts'
import { parseFilters } from '../filters.ts'
import { list, number, object, text } from '../json.ts'
import { flag, integer } from '../query.ts'
import { findContainer } from './find.ts'
import { filterKeys, matches } from './list-filters.ts'
import { rowOf } from './row.ts'

/** `GET /containers/json`: newest first, from memory; only `size` asks the engines (docker-frontend §2.2, §4.3). */
export const listContainers = async (api: Api, call: Call): Promise<Answer> => {
  const { cluster, config, clock } = api
  const nodes = new Map(cluster.nodes().map((node) => [node.id, node]))
  const filters = parseFilters(call.query, filterKeys)
  const limit = Math.max(0, integer(call.query, 'limit') ?? 0)
  const isAll = flag(call.query, 'all') || limit > 0 || filters.has('status')
  const selected = select(cluster.containers(), {
    isAll,
    before: boundary(api, call, filters.get('before'), 'before'),
    since: boundary(api, call, filters.get('since'), 'since'),
    accepts: (container) => matches(container, nodes.get(container.agent), filters),
  }).slice(0, limit > 0 ? limit : undefined)
  const rows = selected.map((container) =>
    rowOf(container, nodes.get(container.agent), config.names, clock.now()),
  )
  if (!flag(call.query, 'size')) return json(200, rows)
  const sizes = await sizesOf(api, call, selected, nodes)
  return json(
    200,
    rows.map((row) => ({ ...row, ...sizes.get(row.Id) })),
  )
}

interface Selection {
  readonly isAll: boolean
  readonly before: ContainerView | undefined
  readonly since: ContainerView | undefined
  readonly accepts: (container: ContainerView) => boolean
}

/** `containers` newest first: what stands after `before` and in front of `since` is between them in age. */
const select = (
  containers: readonly ContainerView[],
  { isAll, before, since, accepts }: Selection,
): readonly ContainerView[] => {
  const at = (container: ContainerView | undefined, absent: number) =>
    container === undefined ? absent : containers.findIndex(({ id }) => id === container.id)
  return containers
    .slice(at(before, -1) + 1, at(since, containers.length))
    .filter((container) => (isAll || isUp(container)) && accepts(container))
}

/** Running, paused and restarting ones; those of a lost agent are shown only with `all`. */
const isUp = ({ inspect, unreachableSinceMs }: ContainerView): boolean =>
  unreachableSinceMs === undefined && object(inspect['State'])['Running'] === true

const boundary = (api: Api, call: Call, values: readonly string[] | undefined, name: string) => {
  const reference = values?.[0] ?? call.query.get(name) ?? ''
  return reference === '' ? undefined : findContainer(api.cluster, reference)
}

const sizesOf = async (
  api: Api,
  call: Call,
  containers: readonly ContainerView[],
  nodes: ReadonlyMap<string, NodeView>,
) => {
  const agents = new Set(containers.map(({ agent }) => agent))
  const asked = [...agents].flatMap((agent) => nodes.get(agent) ?? [])
  const path = '/containers/json?all=1&size=1'
  const answers = await askAll(api, asked, { method: 'GET', path, version: call.version })
  return new Map(
    answers
      .filter(isSuccess)
      .flatMap(({ node, response }) => list(jsonOf(node, response)).map(object))
      .map((row) => [
        text(row['Id']),
        { SizeRw: number(row['SizeRw']), SizeRootFs: number(row['SizeRootFs']) },
      ]),
  )
}
