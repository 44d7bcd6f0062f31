import { expect, test } from 'vitest'
import type { ContainerFacts, Node, PlacementRequest } from '../../../src/constraints/node.ts'
import {
  affinity,
  amounts,
  chosen,
  constraint,
  container,
  fitting,
  missLines,
  node,
  published,
  request,
  whitelist,
} from '../../support/placement.ts'

const labels = (all: Record<string, string>) => ({ labels: new Map(Object.entries(all)) })

test('health: nodes that are not healthy are left out', () => {
  const nodes = [node('n1', { healthy: false }), node('n2')]
  expect(fitting(nodes, request())).toEqual(['n2'])
  expect(missLines([node('n1', { healthy: false })], request())).toEqual(['n1: not healthy'])
})

test.each([
  { name: 'no nodes at all', nodes: [] },
  { name: 'no healthy one', nodes: [node('n1', { healthy: false })] },
])('health: with $name the answer is Swarm’s', ({ nodes }) => {
  const text = 'No healthy node available in the cluster'
  expect(chosen(nodes, request())).toBe(text)
  expect(chosen(nodes, request({ constraints: [constraint('region==eu')] }))).toBe(text)
})

const holds8080: Partial<ContainerFacts> = { publishedPorts: [published(8080)] }
test.each([
  { name: 'a running container has it', held: holds8080, free: false },
  { name: 'a created one has it', held: { ...holds8080, state: 'created' }, free: false },
  { name: 'a pending one has it', held: { ...holds8080, state: 'pending' }, free: false },
  { name: 'a paused one has it', held: { ...holds8080, state: 'paused' }, free: false },
  { name: 'D55: a stopped one had it', held: { ...holds8080, state: 'exited' }, free: true },
  { name: 'a dead one had it', held: { ...holds8080, state: 'dead' }, free: true },
  {
    name: 'a stopped one that restarts has it',
    held: { ...holds8080, state: 'exited', restarts: true },
    free: false,
  },
  { name: 'D55: it is udp there', held: { publishedPorts: [published(8080, 'udp')] }, free: true },
  { name: 'another port is taken', held: { publishedPorts: [published(8081)] }, free: true },
  {
    name: 'it is taken on one address',
    held: { publishedPorts: [published(8080, 'tcp', '10.0.0.1')] },
    free: false,
  },
  {
    name: 'a host-mode container exposes it',
    held: { networkMode: 'host', exposedPorts: ['8080/tcp'] },
    free: true,
  },
] as { name: string; held: Partial<ContainerFacts>; free: boolean }[])(
  'port: 8080 is free: $free, where $name',
  ({ held, free }) => {
    const nodes = [node('n1', { containers: [container('other', held)] })]
    const asked = request({ publishedPorts: [published(8080)] })
    expect(fitting(nodes, asked)).toEqual(free ? ['n1'] : [])
  },
)

test.each([
  { wanted: '10.0.0.1', held: '10.0.0.1', free: false },
  { wanted: '10.0.0.1', held: '10.0.0.2', free: true },
  { wanted: '10.0.0.1', held: '0.0.0.0', free: false },
  { wanted: '::', held: '10.0.0.1', free: false },
  { wanted: '', held: '10.0.0.1', free: false },
])('port: $wanted:8080 beside $held:8080 is free: $free', ({ wanted, held, free }) => {
  const other = container('other', { publishedPorts: [published(8080, 'tcp', held)] })
  const asked = request({ publishedPorts: [published(8080, 'tcp', wanted)] })
  expect(fitting([node('n1', { containers: [other] })], asked)).toEqual(free ? ['n1'] : [])
})

test('port: in host mode exposed ports collide with those of host-mode containers only', () => {
  const asked = request({ networkMode: 'host', exposedPorts: ['80/tcp'] })
  const exposing = { exposedPorts: ['80/tcp'] }
  const nodes = [
    node('n1', { containers: [container('a', { networkMode: 'host', ...exposing })] }),
    node('n2', { containers: [container('b', exposing)] }),
    node('n3', { containers: [container('c', { networkMode: 'host', exposedPorts: ['80/udp'] })] }),
  ]
  expect(fitting(nodes, asked)).toEqual(['n2', 'n3'])
  expect(missLines([nodes[0] as Node], asked)).toEqual(['n1: port 80/tcp in use by a'])
})

test.each([
  { name: 'a managed port on offer', port: 31_005, fits: true },
  { name: 'a managed port that is not on offer', port: 31_500, fits: false },
  { name: 'D20: an unmanaged port, which is no resource', port: 8080, fits: true },
])('port: $name fits: $fits', ({ port, fits }) => {
  const one = node('n1', { managedPorts: [{ begin: 31_000, end: 32_000 }] })
  const asked = request({ publishedPorts: [published(port)] })
  expect(fitting([one], asked)).toEqual(fits ? ['n1'] : [])
  if (!fits) expect(missLines([one], asked)).toEqual([`n1: port ${port} not offered`])
})

test('port: a node without any offer is short of an offer, not of the port', () => {
  const idle = node('n1', { offered: {}, offeredPorts: [], sinceOfferMs: 12_900 })
  const asked = request({ publishedPorts: [published(31_005)] })
  expect(chosen([idle], asked)).toBe('no resources available to schedule container')
  expect(missLines([idle], asked)).toEqual(['n1: no offer for 12s'])
})

test.each([
  { limit: '2', containers: 1, fits: true },
  { limit: '2', containers: 2, fits: false },
  { limit: '0', containers: 0, fits: false },
  { limit: 'many', containers: 50, fits: true },
  { limit: '', containers: 50, fits: true },
  { limit: '1.5', containers: 50, fits: true },
])(
  'containerslots=$limit takes one more than $containers: $fits',
  ({ limit, containers, fits }) => {
    const one = node('n1', {
      ...labels({ containerslots: limit }),
      containers: Array.from({ length: containers }, (_, i) =>
        container(`c${i}`, { state: 'exited' }),
      ),
    })
    expect(fitting([one], request())).toEqual(fits ? ['n1'] : [])
    if (!fits)
      expect(missLines([one], request())).toEqual([
        `n1: ${containers} of ${limit} container slots in use`,
      ])
  },
)

const none = request().dependencies
const id = 'db'.padEnd(64, '0')
const dbThere = [
  node('n1'),
  node('n2', {
    containers: [container('db', { id: `dbdbdbdbdbdb${id.slice(12)}` })],
    networks: new Set(['back', 'bridge']),
    volumes: new Set(['data']),
  }),
]
test.each([
  { name: '--volumes-from=db:ro', needs: { volumesFrom: ['db:ro'] }, want: ['n2'] },
  { name: '--link=db:alias', needs: { links: ['db:alias'] }, want: ['n2'] },
  { name: '--link=/db:/web/alias', needs: { links: ['/db:/web/alias'] }, want: ['n2'] },
  { name: '--net=container:db', needs: { networkContainer: 'db' }, want: ['n2'] },
  { name: 'node/name', needs: { networkContainer: 'n2/db' }, want: ['n2'] },
  { name: 'the name on another node', needs: { networkContainer: 'n1/db' }, want: [] },
  { name: 'a short id', needs: { links: ['dbdbdbdbdbdb'] }, want: ['n2'] },
  { name: 'too short an id', needs: { links: ['dbdbdb'] }, want: [] },
  { name: 'an unknown container', needs: { links: ['nosuch'] }, want: [] },
  { name: 'one known and one unknown', needs: { links: ['db', 'nosuch'] }, want: [] },
  { name: 'a network that exists', needs: { networks: ['back'] }, want: ['n2'] },
  { name: 'a volume that exists', needs: { volumes: ['data'] }, want: ['n2'] },
  { name: 'a volume that will be made', needs: { volumes: ['new'] }, want: ['n1', 'n2'] },
  { name: 'a network nobody knows', needs: { networks: ['nosuch'] }, want: ['n1', 'n2'] },
] as { name: string; needs: Partial<PlacementRequest['dependencies']>; want: string[] }[])(
  'dependency: $name can be on $want',
  ({ needs, want }) => {
    expect(fitting(dbThere, request({ dependencies: { ...none, ...needs } }))).toEqual(want)
  },
)

test('dependency: the miss names the option', () => {
  const asked = request({ dependencies: { ...none, links: ['nosuch:alias'] } })
  expect(missLines([node('n1')], asked)).toEqual(['n1: --link=nosuch:alias, not there'])
})

const image = {
  id: 'sha256:0123456789ab',
  tags: ['quay.io:443/team/app:v1'],
  digests: ['quay.io:443/team/app@sha256:feed'],
}
const busy = [
  node('n1'),
  node('n2', {
    containers: [
      container('web-1', { labels: new Map([['tier', 'front']]) }),
      container('web-2', { state: 'pending' }),
    ],
    images: [image],
  }),
  node('n3', { containers: [container('db', { labels: new Map([['tier', 'back']]) })] }),
]
test.each([
  { text: 'container==db', want: ['n3'] },
  { text: 'container!=db', want: ['n1', 'n2'] },
  { text: 'container==web-*', want: ['n2'] },
  { text: 'container==web-2', want: ['n2'] },
  { text: 'container==n3/db', want: ['n3'] },
  { text: 'container==n2/db', want: [] },
  { text: `container==${id}`, want: ['n3'] },
  { text: 'container==/^(web|db)/', want: ['n2', 'n3'] },
  { text: 'container==*', want: ['n2', 'n3'] },
  { text: 'container!=*', want: ['n1'] },
  { text: 'image==sha256:0123456789ab', want: ['n2'] },
  { text: 'image==0123456789ab', want: ['n2'] },
  { text: 'image==quay.io:443/team/app:v1', want: ['n2'] },
  { text: 'image==quay.io:443/team/app', want: ['n2'] },
  { text: 'image==sha256:feed', want: ['n2'] },
  { text: 'image!=quay.io:443/team/app', want: ['n1', 'n3'] },
  { text: 'image==app', want: [] },
  { text: 'tier==front', want: ['n2'] },
  { text: 'tier!=front', want: ['n1', 'n3'] },
  { text: 'constructor==*', want: ['n2', 'n3'] },
])('affinity: $text can be on $want', ({ text, want }) => {
  expect(fitting(busy, request({ affinities: [affinity(text)] }))).toEqual(want)
})

test('affinity: the miss says what was found', () => {
  const miss = (text: string) =>
    missLines(busy.slice(1, 2), request({ affinities: [affinity(text)] }))
  expect(miss('container==db')).toEqual(['n2: affinity container==db, has none'])
  expect(miss('container!=web*')).toEqual(['n2: affinity container!=web*, has web-1'])
})

const regions = [
  node('n1', labels({ region: 'eu', storagedriver: 'overlay2' })),
  node('n2', labels({ region: 'us' })),
  node('n3'),
]
test.each([
  { texts: ['region==eu'], want: ['n1'] },
  { texts: ['region!=eu'], want: ['n2', 'n3'] },
  { texts: ['region==*'], want: ['n1', 'n2', 'n3'] },
  { texts: ['region==/./'], want: ['n1', 'n2'] },
  { texts: ['region==/^(eu|us)$/', 'node!=n1'], want: ['n2'] },
  { texts: ['region==eu', 'region==us'], want: [] },
  { texts: ['node==n3'], want: ['n3'] },
  { texts: ['node==n3-id'], want: ['n3'] },
  { texts: ['node!=n3-id'], want: ['n1', 'n2'] },
  { texts: ['node==/n[12]$/'], want: ['n1', 'n2'] },
  { texts: ['storagedriver==overlay*'], want: ['n1'] },
  { texts: ['res-type==revocable', 'region==us'], want: ['n2'] },
])('constraint: $texts can be on $want', ({ texts, want }) => {
  expect(fitting(regions, request({ constraints: texts.map(constraint) }))).toEqual(want)
})

test('D27: a user’s own label res-type is not read by the constraint filter', () => {
  const own = [node('n1', labels({ 'res-type': 'mine' }))]
  expect(fitting(own, request({ constraints: [constraint('res-type==regular')] }))).toEqual(['n1'])
})

test('constraint: the miss says what the node is instead', () => {
  const asked = (text: string) => request({ constraints: [constraint(text)] })
  expect(missLines(regions.slice(1), asked('region==eu'))).toEqual([
    'n3: constraint region==eu, is not set',
    'n2: constraint region==eu, is us',
  ])
  expect(missLines(regions.slice(1, 2), asked('node==n1'))).toEqual([
    'n2: constraint node==n1, is n2',
  ])
})

test.each([
  { text: 'node==n1|n3', want: ['n1', 'n3'] },
  { text: 'node!=n1|n3', want: ['n1', 'n3'] },
  { text: 'node==n*', want: [] },
  { text: 'node==n2-id', want: ['n2'] },
  { text: 'other==n1', want: ['n1'] },
])('whitelist: $text can be on $want', ({ text, want }) => {
  expect(fitting(regions, request({ whitelists: [whitelist(text)] }))).toEqual(want)
})

const built = { id: 'sha256:0123456789abcdef', tags: ['app:latest'], digests: [] }
const pulled = { id: 'sha256:1', tags: ['busybox:latest'], digests: ['busybox@sha256:feed'] }
const imaged = [node('n1'), node('n2', { images: [built, pulled] }), node('n3')]
test.each([
  { image: 'app', want: ['n2'] },
  { image: 'app:latest', want: ['n2'] },
  { image: 'docker.io/library/app', want: ['n2'] },
  { image: 'app:v2', want: ['n1', 'n2', 'n3'] },
  { image: 'busybox', want: ['n1', 'n2', 'n3'] },
  { image: 'busybox@sha256:feed', want: ['n1', 'n2', 'n3'] },
  { image: 'unknown', want: ['n1', 'n2', 'n3'] },
  { image: '0123456789ab', want: ['n2'] },
  { image: 'sha256:0123456789abcdef', want: ['n2'] },
])('§6.7: the image $image can run on $want', ({ image, want }) => {
  expect(fitting(imaged, request({ image }))).toEqual(want)
})

test('§6.7: a pulled image that got a second tag here is known to no registry by that tag', () => {
  const tagged = { ...pulled, tags: ['busybox:latest', 'mine:latest'] }
  const nodes = [node('n1'), node('n2', { images: [tagged] })]
  expect(fitting(nodes, request({ image: 'mine' }))).toEqual(['n2'])
})

test('D61: an image that is only on an unfit node makes no other node fit', () => {
  const nodes = [node('n1'), node('n2', { images: [built], healthy: false })]
  expect(chosen(nodes, request({ image: 'app' }))).toBe(
    'Unable to find a node that satisfies the following conditions \n[image==app (soft=false)]',
  )
  expect(missLines(nodes, request({ image: 'app' }))).toEqual([
    'n1: image app not there, only on n2',
    'n2: not healthy',
  ])
})

test('§6.8: a container that starts again is asked only for health, ports and resources', () => {
  const self = container('web', {
    state: 'exited',
    restarts: true,
    publishedPorts: [published(8080)],
    labels: new Map([['tier', 'front']]),
  })
  const home = node('n1', { containers: [self], ...labels({ containerslots: '1' }) })
  const again = request({
    pinnedTo: 'n1-id',
    image: 'gone',
    publishedPorts: [published(8080)],
    constraints: [constraint('region==eu')],
    affinities: [affinity('tier!=front')],
  })
  const other = node('n2', labels({ region: 'eu' }))
  expect(chosen([other, home], again)).toBe('n1')
  const taken = {
    ...home,
    containers: [self, container('other', { publishedPorts: [published(8080)] })],
  }
  expect(missLines([other, taken], again)).toEqual(['n1: port 8080/tcp in use by other'])
  const full = { ...home, offered: { regular: amounts({ cpus: 0.5, mem: 64 }) } }
  expect(missLines([other, full], again)).toEqual(['n1: cpus 1 wanted, 0.5 offered'])
})
