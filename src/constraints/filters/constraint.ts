import { formatExpression, shorten } from '../expression.ts'
import type { Expression } from '../node.ts'
import { resType } from '../res-type.ts'
import { expressionCheck } from './expressions.ts'
import type { Check, Filter } from './filter.ts'

/** What the node is: its name or id, or one of its labels. `res-type` is chosen elsewhere (docker-frontend §8). */
export const constraint: Filter = {
  name: 'constraint',
  checks: ({ constraints }) => constraints.filter(isOfNode).map(check),
  conditions: ({ constraints }) => constraints.filter(isOfNode).map(formatExpression),
}

const isOfNode = ({ key }: Expression): boolean => key !== resType

const check = (expression: Expression): Check => {
  const { key } = expression
  return key === 'node'
    ? expressionCheck(
        expression,
        ({ id, hostname }) => [id, hostname],
        ({ hostname }) => `constraint ${formatExpression(expression)}, is ${hostname}`,
      )
    : expressionCheck(
        expression,
        // A missing label is the empty text: `region!=eu` takes nodes without a region.
        ({ labels }) => [labels.get(key) ?? ''],
        ({ labels }) =>
          `constraint ${formatExpression(expression)}, is ${shorten(labels.get(key) || 'not set')}`,
      )
}
