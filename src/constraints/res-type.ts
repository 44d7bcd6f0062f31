import type { Kind } from '../resources/resources.ts'
import { ExpressionError, formatExpression, parseExpression } from './expression.ts'
import type { Expression, Node } from './node.ts'

/** The constraint key that chooses between regular and revocable resources; no label of a node. */
export const resType = 'res-type'

const kinds: readonly Kind[] = ['regular', 'revocable']

/**
 * Kinds of cpus in order of preference, from the `res-type` expressions of a request (docker-frontend §8.2).
 * Without any, `fallback` decides: a value such as `regular`, `~revocable` or `*`, or an operator and a value.
 * Throws ExpressionError.
 */
export const resourceKinds = (
  expressions: readonly Expression[],
  options: { readonly revocableEnabled: boolean; readonly fallback: string },
): readonly Kind[] => {
  if (expressions.length > 1)
    throw new ExpressionError(`multiple resources constraint '${resType}' are specified`)
  const expression = expressions[0] ?? parseFallback(options.fallback)
  const wanted = preferred(expression)
  if (options.revocableEnabled) return wanted
  const possible = wanted.filter((kind) => kind === 'regular')
  if (possible.length === 0)
    throw new ExpressionError(
      `constraint ${formatExpression(expression)} needs --cluster-opt mesos.enablerevocable=true`,
    )
  return possible
}

/** What a node's `res-type` label says: cpus decide, whatever else is offered (docker-frontend §8.1). */
export const nodeResType = (
  offered: Node['offered'],
): 'regular' | 'revocable' | 'any' | 'unknown' => {
  const [kind, other] = kinds.filter((kind) => (offered[kind]?.get('cpus') ?? 0) > 0)
  if (kind === undefined) return 'unknown'
  return other === undefined ? kind : 'any'
}

const parseFallback = (text: string): Expression =>
  parseExpression('constraint', /^[=!]=/.test(text) ? `${resType}${text}` : `${resType}==${text}`)

const preferred = (expression: Expression): readonly Kind[] => {
  const selected = kinds.filter(
    (kind) => expression.matches(kind) === (expression.operator === '=='),
  )
  if (selected.length === 0)
    throw new ExpressionError(
      `invalid constraint "${written(expression)}": matches neither 'regular' nor 'revocable'`,
    )
  const others = expression.soft ? kinds.filter((kind) => !selected.includes(kind)) : []
  return [...selected, ...others]
}

const written = ({ key, operator, value, soft }: Expression): string =>
  `${key}${operator}${soft ? '~' : ''}${value}`
