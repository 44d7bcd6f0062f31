import { formatExpression, shorten } from '../expression.ts'
import type { Expression, Node } from '../node.ts'
import { expressionCheck, withSoftness } from './expressions.ts'
import type { Check, Filter } from './filter.ts'

/** Beside what, or away from what: containers, images, and labels of containers, pending ones included. */
export const affinity: Filter = {
  name: 'affinity',
  checks: ({ affinities }) => affinities.map(check),
  conditions: ({ affinities }) => affinities.map(withSoftness),
}

const check = (expression: Expression): Check =>
  expressionCheck(expression, textsOf(expression.key), (_node, matching) => {
    const has = matching === undefined ? 'none' : shorten(matching)
    return `affinity ${formatExpression(expression)}, has ${has}`
  })

const textsOf = (key: string): ((node: Node) => Iterable<string>) => {
  if (key === 'container') return containerTexts
  if (key === 'image') return imageTexts
  return (node) => labelTexts(node, key)
}

function* containerTexts({ hostname, containers }: Node): Generator<string> {
  for (const { id, name } of containers) yield* [name, id, `${hostname}/${name}`]
}

function* imageTexts({ images }: Node): Generator<string> {
  for (const { id, tags, digests } of images) {
    yield* [id, id.replace(/^sha256:/, ''), ...tags, ...digests]
    for (const tag of tags) yield tag.slice(0, tag.lastIndexOf(':'))
    // No expression can contain an `@`, so what follows it must match too.
    for (const digest of digests) yield digest.slice(digest.indexOf('@') + 1)
  }
}

/** A container without the label counts as one with an empty one. */
function* labelTexts({ containers }: Node, key: string): Generator<string> {
  for (const { labels } of containers) yield labels.get(key) ?? ''
}
