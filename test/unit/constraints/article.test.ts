import { expect, test } from 'vitest'
import type { Node } from '../../../src/constraints/node.ts'
import { place } from '../../../src/constraints/place.ts'
import { resourceKinds } from '../../../src/constraints/res-type.ts'
import type { Kind } from '../../../src/resources/resources.ts'
import { amounts, constraint, node, policy, request } from '../../support/placement.ts'

/** What `count` runs with `--cpu-shares 2` get, one after the other, on two agents of 2 regular and 4 revocable cpus. */
const run = (count: number, form: string): readonly string[] => {
  let nodes: readonly Node[] = ['n1', 'n2'].map((hostname) =>
    node(hostname, {
      offered: { regular: amounts({ cpus: 2, mem: 1024 }), revocable: amounts({ cpus: 4 }) },
    }),
  )
  const options = { revocableEnabled: true, fallback: 'regular' }
  const kinds = resourceKinds([constraint(`res-type${form}`)], options)
  return Array.from({ length: count }, (_, i) => {
    const asked = request({ name: `c${i}`, kinds, asked: amounts({ cpus: 2, mem: 64 }) })
    const placement = place(nodes, asked, policy)
    if (placement.kind === 'unplaceable') return 'time-out'
    nodes = nodes.map((one) => (one === placement.node ? taken(one, placement.resourceKind) : one))
    return placement.resourceKind
  })
}

/** The node after 2 cpus of `kind` and 64 MiB of regular memory moved from its offer to our tasks. */
const taken = (one: Node, kind: Kind): Node => {
  const moved: readonly (readonly [Kind, string, number])[] = [
    [kind, 'cpus', 2000],
    ['regular', 'mem', 64_000],
  ]
  const after = { regular: new Map(one.offered.regular), revocable: new Map(one.offered.revocable) }
  const held = { regular: new Map(one.held.regular), revocable: new Map(one.held.revocable) }
  for (const [kind, name, milli] of moved) {
    after[kind].set(name, (after[kind].get(name) ?? 0) - milli)
    held[kind].set(name, (held[kind].get(name) ?? 0) + milli)
  }
  return { ...one, offered: after, held }
}

const four = ['revocable', 'revocable', 'revocable', 'revocable']
test.each([
  { count: 3, form: '==regular', want: ['regular', 'regular', 'time-out'] },
  { count: 3, form: '==~regular', want: ['regular', 'regular', 'revocable'] },
  { count: 5, form: '==revocable', want: [...four, 'time-out'] },
  { count: 5, form: '==~revocable', want: [...four, 'regular'] },
  { count: 7, form: '==*', want: ['regular', 'regular', ...four, 'time-out'] },
])('§8.5: $count runs with res-type$form get $want', ({ count, form, want }) => {
  expect(run(count, form)).toEqual(want)
})
