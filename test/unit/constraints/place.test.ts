import { expect, test } from 'vitest'
import { filters } from '../../../src/constraints/filters/index.ts'
import type { Node, PlacementRequest } from '../../../src/constraints/node.ts'
import { place } from '../../../src/constraints/place.ts'
import {
  affinity,
  amounts,
  chosen,
  constraint,
  container,
  missLines,
  node,
  policy,
  published,
  request,
  whitelist,
} from '../../support/placement.ts'

const region = (hostname: string, name: string, given: Partial<Node> = {}) =>
  node(hostname, { labels: new Map([['region', name]]), ...given })

const placed = (nodes: readonly Node[], given: Partial<PlacementRequest>) => {
  const placement = place(nodes, request(given), policy)
  return placement.kind === 'placed'
    ? `${placement.resourceKind} on ${placement.node.hostname}`
    : placement.text
}

test('§7.2: the filters have the names and the order that docker info shows', () => {
  expect(filters.map(({ name }) => name).join(', ')).toBe(
    'health, port, containerslots, dependency, affinity, constraint, whitelist',
  )
})

test('§5.1: only the filters given are applied', () => {
  const nodes = [region('n1', 'us', { healthy: false })]
  const asked = request({ constraints: [constraint('region==eu')] })
  const only = (...names: readonly string[]) => ({
    ...policy,
    filters: filters.filter(({ name }) => names.includes(name)),
  })
  expect(chosen(nodes, asked, only())).toBe('n1')
  expect(chosen(nodes, asked, only('affinity'))).toBe('n1')
  expect(chosen(nodes, asked, only('health'))).toMatch(/^No healthy node/)
  expect(chosen(nodes, asked, only('constraint'))).toMatch(/\[region==eu\]$/)
  expect(chosen([], asked, only('constraint'))).toBe('No nodes available in the cluster')
})

test('§7.5: the condition list is Swarm’s, up to the filter that failed', () => {
  const asked = request({
    publishedPorts: [published(18_080)],
    dependencies: {
      volumesFrom: ['v0:ro'],
      links: ['nosuch:alias'],
      networkContainer: 'zz',
      networks: [],
      volumes: [],
    },
    affinities: [affinity('container==nosuch'), affinity('image!=~x')],
    constraints: [constraint('region==nowhere'), constraint('node!=~n9')],
    whitelists: [whitelist('node==n7|n8')],
  })
  const limited = node('n1', { labels: new Map([['containerslots', '9']]) })
  const list = [
    'Unable to find a node that satisfies the following conditions ',
    '[port 18080 (Bridge mode)]',
    '[available container slots]',
    '[--volumes-from=v0:ro --link=nosuch:alias --net=container:zz]',
    '[container==nosuch (soft=false) image!=x (soft=true)]',
    '[region==nowhere node!=n9]',
    '[node==n7|n8 (soft=false)]',
  ]
  const without = (...names: readonly string[]) => ({
    ...policy,
    filters: filters.filter(({ name }) => !names.includes(name)),
  })
  expect(chosen([limited], asked).split('\n')).toEqual(list.slice(0, 4))
  expect(chosen([node('n1')], asked).split('\n')).toEqual([list[0], list[1], list[3]])
  expect(chosen([limited], asked, without('dependency')).split('\n')).toEqual([
    ...list.slice(0, 3),
    list[4],
  ])
  expect(
    chosen([limited], asked, without('dependency', 'affinity', 'constraint')).split('\n'),
  ).toEqual([...list.slice(0, 3), list[6]])
})

test('§7.5: host mode is shown as such, ports without a number are not', () => {
  const other = container('c', { networkMode: 'host', exposedPorts: ['80/tcp'] })
  const nodes = [node('n1', { containers: [other] })]
  const host = request({ networkMode: 'host', exposedPorts: ['80/tcp'] })
  expect(chosen(nodes, host)).toMatch(/\n\[port 80\/tcp \(Host mode\)\]$/)
  const free = request({ publishedPorts: [published(0)], constraints: [constraint('ab==c')] })
  expect(chosen(nodes, free)).toBe(
    'Unable to find a node that satisfies the following conditions \n[ab==c]',
  )
})

test('D16, §6.6: every node has its reason, nearest miss first', () => {
  const nodes = [
    node('ill', { healthy: false }),
    region('us', 'us'),
    region('eu-tiny', 'eu', { offered: { regular: amounts({ cpus: 0.5, mem: 64 }) } }),
    region('eu-idle', 'eu', { offered: {}, sinceOfferMs: 12_345 }),
    region('eu-new', 'eu', { offered: {}, sinceOfferMs: undefined }),
    region('eu-near', 'eu', { offered: { regular: amounts({ cpus: 1.5, mem: 63 }) } }),
  ]
  const asked = request({
    asked: amounts({ cpus: 2, mem: 64 }),
    constraints: [constraint('region==eu')],
  })
  expect(chosen(nodes, asked)).toBe('no resources available to schedule container')
  expect(missLines(nodes, asked)).toEqual([
    'eu-near: cpus 2 wanted, 1.5 offered; mem 64 wanted, 63 offered',
    'eu-tiny: cpus 2 wanted, 0.5 offered',
    'eu-idle: no offer for 12s',
    'eu-new: no offer yet',
    'us: constraint region==eu, is us',
    'ill: not healthy',
  ])
})

test('§6.6: with two kinds the reason names both', () => {
  const one = node('n1', {
    offered: { regular: amounts({ cpus: 0, mem: 512 }), revocable: amounts({ cpus: 0.5 }) },
  })
  const asked = request({
    kinds: ['revocable', 'regular'],
    asked: amounts({ cpus: 2, mem: 1024 }),
  })
  expect(missLines([one], asked)).toEqual([
    'n1: cpus(Revocable) 2 wanted, 0.5 offered; mem 1024 wanted, 512 offered; cpus 2 wanted, 0 offered',
  ])
})

const both = { regular: amounts({ cpus: 2, mem: 512 }), revocable: amounts({ cpus: 4 }) }
const lent = { regular: amounts({ mem: 512 }), revocable: amounts({ cpus: 4 }) }
const own = { regular: amounts({ cpus: 2, mem: 512 }) }
test.each([
  {
    name: 'a node of type any serves regular',
    offers: [both],
    kinds: ['regular'],
    want: 'regular on n1',
  },
  {
    name: 'a node of type any serves revocable',
    offers: [both],
    kinds: ['revocable'],
    want: 'revocable on n1',
  },
  {
    name: 'the first kind is taken wherever it is',
    offers: [lent, own],
    kinds: ['regular', 'revocable'],
    want: 'regular on n2',
  },
  {
    name: 'the second kind is taken when no node has the first',
    offers: [own, own],
    kinds: ['revocable', 'regular'],
    want: 'regular on n1',
  },
  {
    name: 'D28: a request cut to one kind does not fall back',
    offers: [own],
    kinds: ['revocable'],
    want: 'no resources available to schedule container',
  },
] as { name: string; offers: Node['offered'][]; kinds: PlacementRequest['kinds']; want: string }[])(
  '§8.3: $name',
  ({ offers, kinds, want }) => {
    const nodes = offers.map((offered, i) => node(`n${i + 1}`, { offered }))
    expect(placed(nodes, { kinds, asked: amounts({ cpus: 2, mem: 64 }) })).toBe(want)
  },
)

test('D29: a port conflict on the node of the first kind is no reason for the second kind', () => {
  const taken = container('c', { publishedPorts: [published(8080)] })
  const nodes = [node('n1', { offered: both, containers: [taken] }), node('n2', { offered: lent })]
  const asked = { publishedPorts: [published(8080)], asked: amounts({ cpus: 1, mem: 64 }) }
  expect(placed(nodes, { ...asked, kinds: ['regular', 'revocable'] })).toBe('revocable on n2')
  expect(placed(nodes.slice(0, 1), { ...asked, kinds: ['regular', 'revocable'] })).toMatch(
    /\[port 8080 \(Bridge mode\)\]$/,
  )
})

const wishful = [
  region('n1', 'eu', { containers: [container('a')] }),
  region('n2', 'us'),
  region('n3', 'us', { containers: [container('b')] }),
]
test.each([
  { name: 'a soft constraint is fulfilled where it can be', wishes: ['region==~us'], want: 'n2' },
  {
    name: 'a soft constraint that no node fulfils excludes none',
    wishes: ['region==~asia'],
    want: 'n2',
  },
  { name: 'a soft `!=` is a wish too', wishes: ['region!=~us'], want: 'n1' },
  { name: 'most wishes win', wishes: ['region==~us', 'node==~n3', 'node!=~n2'], want: 'n3' },
  {
    name: 'a hard expression goes before any wish',
    wishes: ['region==~us', 'node==n1'],
    want: 'n1',
  },
])('§7.1: $name', ({ wishes, want }) => {
  expect(chosen(wishful, request({ constraints: wishes.map(constraint) }))).toBe(want)
})

test('§7.1: wishes of all families count together, and before the strategy', () => {
  const asked = request({
    constraints: [constraint('region==~us')],
    affinities: [affinity('container==~b')],
    whitelists: [whitelist('node==~n3|n1')],
  })
  expect(chosen(wishful, asked)).toBe('n3')
})

test('§7.1: a wish is judged among nodes that have the resources', () => {
  const full = region('n4', 'asia', { offered: { regular: amounts({ cpus: 0.1 }) } })
  expect(chosen([...wishful, full], request({ constraints: [constraint('region==~asia')] }))).toBe(
    'n2',
  )
})

test('D23: what a refresh of the labels brings does not touch what is offered', () => {
  const refreshed = { ...node('n1', { offered: both }), labels: new Map([['new', 'label']]) }
  expect(placed([refreshed], { kinds: ['revocable'] })).toBe('revocable on n1')
})

test('a pinned request whose node is unknown is not placed elsewhere', () => {
  expect(place([node('n1')], request({ pinnedTo: 'gone' }), policy).kind).toBe('unplaceable')
})
