import { formatExpression } from '../expression.ts'
import { expressionCheck, withSoftness } from './expressions.ts'
import type { Filter } from './filter.ts'

/** The node is one of those named. As in Swarm neither key nor operator means anything: `!=` is `==`. */
export const whitelist: Filter = {
  name: 'whitelist',
  checks: ({ whitelists }) =>
    whitelists.map((expression) =>
      expressionCheck(
        { ...expression, operator: '==' },
        ({ id, hostname }) => [id, hostname],
        ({ hostname }) => `whitelist ${formatExpression(expression)}, is ${hostname}`,
      ),
    ),
  conditions: ({ whitelists }) => whitelists.map(withSoftness),
}
