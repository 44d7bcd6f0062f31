import { formatExpression } from '../expression.ts'
import type { Expression, Node } from '../node.ts'
import type { Check } from './filter.ts'

/**
 * An expression as a check. `textsOf` gives what its pattern is held against on a node: `==` wants one that matches,
 * `!=` wants none.
 */
export const expressionCheck = (
  expression: Expression,
  textsOf: (node: Node) => Iterable<string>,
  miss: (node: Node, matching: string | undefined) => string,
): Check => {
  const matching = (node: Node): string | undefined => {
    for (const text of textsOf(node)) if (expression.matches(text)) return text
    return undefined
  }
  return {
    soft: expression.soft,
    accepts: (node) => (matching(node) !== undefined) === (expression.operator === '=='),
    miss: (node) => miss(node, matching(node)),
  }
}

/** `container==db (soft=false)` of the condition list (docker-frontend §7.5). */
export const withSoftness = (expression: Expression): string =>
  `${formatExpression(expression)} (soft=${expression.soft})`
