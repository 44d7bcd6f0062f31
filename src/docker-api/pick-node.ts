import { formatExpression } from '../constraints/expression.ts'
import type { Expression } from '../constraints/node.ts'
import type { NodeView } from '../mesos-framework/cluster.ts'
import type { Api } from './call.ts'
import { takeExpressions } from './containers/expressions.ts'
import { healthyNodes } from './engine.ts'
import { ApiError } from './errors.ts'

/** `node/name`: the part before the slash pins, the rest is the name on the engine. */
export const splitNode = (
  name: string,
): { readonly node: string | undefined; readonly name: string } => {
  const at = name.indexOf('/')
  return at <= 0 ? { node: undefined, name } : { node: name.slice(0, at), name: name.slice(at + 1) }
}

export const isNode = (node: NodeView, reference: string): boolean =>
  node.hostname === reference || node.id === reference

/**
 * The node that gets a network or a volume (docker-frontend §2.4): pinned by `node/name` or by the label of constraint
 * expressions, else by the strategy. Throws NOT_PLACED naming what is wanted.
 */
export const pickNode = (
  api: Api,
  what: string,
  pinned: string | undefined,
  labels: Readonly<Record<string, string>>,
): NodeView => {
  const { constraints } = takeExpressions([], labels)
  const candidates = healthyNodes(api, what)
    .filter((node) => pinned === undefined || isNode(node, pinned))
    .filter((node) => constraints.every((one) => one.soft || fulfils(node, one)))
  const sign = api.cluster.summary().strategy === 'binpack' ? -1 : 1
  const load = containersByAgent(api)
  const [best] = candidates.sort(
    (a, b) =>
      sign * ((load.get(a.id) ?? 0) - (load.get(b.id) ?? 0)) || (a.hostname < b.hostname ? -1 : 1),
  )
  if (best !== undefined) return best
  const wanted = [
    ...(pinned === undefined ? [] : [`node==${pinned}`]),
    ...constraints.map(formatExpression),
  ]
  throw new ApiError('NOT_PLACED', `no healthy node for ${what} satisfies ${wanted.join(', ')}`)
}

const fulfils = (node: NodeView, expression: Expression): boolean => {
  const texts =
    expression.key === 'node' ? [node.hostname, node.id] : [node.labels.get(expression.key) ?? '']
  return texts.some((text) => expression.matches(text)) === (expression.operator === '==')
}

const containersByAgent = (api: Api): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { agent } of api.cluster.containers()) counts.set(agent, (counts.get(agent) ?? 0) + 1)
  return counts
}
