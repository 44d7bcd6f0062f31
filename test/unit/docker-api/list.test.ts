import { describe, expect, test } from 'vitest'
import { statusText } from '../../../src/docker-api/containers/status.ts'
import { humanDuration } from '../../../src/docker-api/units.ts'
import { container, endpoint, hexId, node, nowMs } from './fake-cluster.ts'

const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString()
const never = '0001-01-01T00:00:00Z'

describe('Status in the words of dockerd', () => {
  const up = { Running: true, Status: 'running', StartedAt: ago(3), FinishedAt: never }
  test.each([
    { state: up, want: 'Up 3 seconds' },
    { state: { ...up, Paused: true }, want: 'Up 3 seconds (Paused)' },
    { state: { ...up, Health: { Status: 'healthy' } }, want: 'Up 3 seconds (healthy)' },
    { state: { ...up, Health: { Status: 'unhealthy' } }, want: 'Up 3 seconds (unhealthy)' },
    { state: { ...up, Health: { Status: 'starting' } }, want: 'Up 3 seconds (health: starting)' },
    { state: { ...up, Health: { Status: 'none' } }, want: 'Up 3 seconds' },
    {
      state: { ...up, Restarting: true, ExitCode: 1, FinishedAt: ago(1) },
      want: 'Restarting (1) 1 second ago',
    },
    {
      state: { Status: 'exited', ExitCode: 0, StartedAt: ago(200), FinishedAt: ago(125) },
      want: 'Exited (0) 2 minutes ago',
    },
    {
      state: { Status: 'exited', ExitCode: 137, StartedAt: ago(9), FinishedAt: ago(0) },
      want: 'Exited (137) Less than a second ago',
    },
    { state: { Status: 'created', StartedAt: never, FinishedAt: never }, want: 'Created' },
    { state: { Status: 'removing', StartedAt: ago(9) }, want: 'Removal In Progress' },
    { state: { Status: 'dead', Dead: true, StartedAt: ago(9) }, want: 'Dead' },
  ])('$want', ({ state, want }) => {
    expect(statusText(state, nowMs)).toBe(want)
  })

  const hour = 3600
  test.each([
    [0.5, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, 'About a minute'],
    [59 * 60, '59 minutes'],
    [hour, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [13 * 24 * hour, '13 days'],
    [14 * 24 * hour, '2 weeks'],
    [60 * 24 * hour, '2 months'],
    [730 * 24 * hour, '2 years'],
  ])('%d seconds are %s', (seconds, want) => {
    expect(humanDuration(seconds * 1000)).toBe(want)
  })
})

const rows = async (url: string, set: (it: ReturnType<typeof endpoint>) => void, changes = {}) => {
  const it = endpoint(changes)
  set(it)
  const response = await it.app.inject(url)
  return { status: response.statusCode, rows: response.json(), asked: it.engines.asked }
}

describe('a row of GET /containers/json (docker-frontend §4.3)', () => {
  const web = container('web', {
    id: hexId('b'),
    inspect: {
      Path: 'sh',
      Args: ['-c', 'sleep 1'],
      NetworkSettings: {
        Ports: {
          '80/tcp': [
            { HostIp: '0.0.0.0', HostPort: '8080' },
            { HostIp: '::', HostPort: '8080' },
          ],
          '53/udp': [{ HostIp: '10.9.9.9', HostPort: '53' }],
          '443/tcp': null,
        },
        Networks: { bridge: { NetworkID: 'abc' } },
      },
    },
  })

  test('shows where it is, its ports once with the address of the node (D49)', async () => {
    const { rows: list } = await rows('/containers/json', ({ cluster }) => {
      cluster.containerViews = [web]
    })
    expect(list).toEqual([
      {
        Id: hexId('b'),
        Names: ['/node1/web'],
        Image: 'busybox',
        ImageID: 'sha256:1111',
        Command: "sh -c 'sleep 1'",
        Created: nowMs / 1000 - 60,
        Ports: [
          { IP: '10.0.0.1', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
          { IP: '10.9.9.9', PrivatePort: 53, PublicPort: 53, Type: 'udp' },
          { PrivatePort: 443, Type: 'tcp' },
        ],
        Labels: {},
        State: 'running',
        Status: 'Up 3 seconds',
        HostConfig: { NetworkMode: 'default' },
        NetworkSettings: { Networks: { bridge: { NetworkID: 'abc' } } },
        Mounts: [],
      },
    ])
  })

  test('docker.names=both puts the plain name first', async () => {
    const { rows: list } = await rows(
      '/containers/json',
      ({ cluster }) => {
        cluster.containerViews = [web]
      },
      { names: 'both' },
    )
    expect(list).toMatchObject([{ Names: ['/web', '/node1/web'] }])
  })

  test('an image whose tag has moved is shown by its id', async () => {
    const { rows: list } = await rows('/containers/json', ({ cluster }) => {
      cluster.containerViews = [web]
      cluster.nodeViews = [
        node('node1', { images: [{ id: 'sha256:2222', tags: ['busybox:latest'], digests: [] }] }),
      ]
    })
    expect(list).toMatchObject([{ Image: 'sha256:1111' }])
  })

  test('size asks the engines that run something, once each', async () => {
    const { rows: list, asked } = await rows('/containers/json?size=1', ({ cluster, engines }) => {
      cluster.containerViews = [web]
      engines.answer = () => ({
        status: 200,
        body: [{ Id: hexId('b'), SizeRw: 7, SizeRootFs: 99 }],
      })
    })
    expect(asked).toEqual(['node1 GET /containers/json?all=1&size=1'])
    expect(list).toMatchObject([{ SizeRw: 7, SizeRootFs: 99 }])
  })
})

describe('what is listed', () => {
  const stopped = {
    State: { Status: 'exited', Running: false, ExitCode: 3, StartedAt: ago(9), FinishedAt: ago(5) },
  }
  const views = [
    container('c1', {
      id: hexId('1'),
      inspect: { Config: { Image: 'nginx:1', Labels: { a: 'b', only: '' } } },
    }),
    container('c2', { id: hexId('2'), hostname: 'node2', inspect: stopped }),
    container('c3', {
      id: hexId('3'),
      inspect: {
        State: {
          Status: 'running',
          Running: true,
          StartedAt: ago(1),
          Health: { Status: 'healthy' },
        },
        HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
        Config: { Image: 'busybox', ExposedPorts: { '80/tcp': {}, '85/udp': {} } },
        NetworkSettings: { Networks: { proj_default: { NetworkID: 'feed' } } },
        Mounts: [{ Type: 'volume', Name: 'data', Destination: '/data' }],
      },
    }),
    container('lost', { id: hexId('4'), unreachableSinceMs: nowMs - 12_000 }),
  ]
  const filters = (value: object) => `filters=${encodeURIComponent(JSON.stringify(value))}`
  const names = async (query: string) => {
    const { status, rows: list } = await rows(`/containers/json?${query}`, ({ cluster }) => {
      cluster.containerViews = views
      cluster.nodeViews = [
        node('node1', { images: [{ id: 'sha256:1111', tags: ['alias:latest'], digests: [] }] }),
        node('node2'),
      ]
    })
    return status === 200
      ? (list as { Names: string[] }[]).map(({ Names }) => Names[0]?.replace(/.*\//, ''))
      : `${status} ${(list as { message: string }).message}`
  }

  test.each([
    { name: 'running ones on agents that answer', query: '', want: ['c1', 'c3'] },
    { name: 'all', query: 'all=1', want: ['c1', 'c2', 'c3', 'lost'] },
    { name: 'limit counts stopped ones too', query: 'limit=2', want: ['c1', 'c2'] },
    { name: 'limit=-1 does not limit', query: 'limit=-1', want: ['c1', 'c3'] },
    { name: 'all=no', query: 'all=No', want: ['c1', 'c3'] },
    { name: 'by id', query: filters({ id: ['333'] }), want: ['c3'] },
    { name: 'by name: anywhere', query: filters({ name: ['c'] }), want: ['c1', 'c3'] },
    { name: 'by name: anchored, with slash', query: filters({ name: ['^/c1$'] }), want: ['c1'] },
    { name: 'by name: anchored', query: filters({ name: ['^c3$'] }), want: ['c3'] },
    { name: 'by name: node/name', query: filters({ name: ['^/node1/c3$'] }), want: ['c3'] },
    { name: 'by name: an expression', query: filters({ name: ['^/?c[12]$'] }), want: ['c1'] },
    { name: 'by name: or', query: filters({ name: ['c1', 'c3'] }), want: ['c1', 'c3'] },
    { name: 'the older map form', query: filters({ name: { c1: true, c3: false } }), want: ['c1'] },
    { name: 'by label', query: filters({ label: ['a'] }), want: ['c1'] },
    { name: 'by labels: and', query: filters({ label: ['a=b', 'only'] }), want: ['c1'] },
    { name: 'by a label of another value', query: filters({ label: ['a=c'] }), want: [] },
    { name: 'by status, which implies all', query: filters({ status: ['exited'] }), want: ['c2'] },
    { name: 'by exit code', query: `all=1&${filters({ exited: ['3'] })}`, want: ['c2'] },
    { name: 'by health', query: filters({ health: ['healthy'] }), want: ['c3'] },
    { name: 'without health check', query: filters({ health: ['none'] }), want: ['c1'] },
    { name: 'by ancestor', query: filters({ ancestor: ['nginx:1'] }), want: ['c1'] },
    { name: 'by ancestor without tag', query: filters({ ancestor: ['busybox'] }), want: ['c3'] },
    { name: 'by ancestor id', query: filters({ ancestor: ['sha256:1111'] }), want: ['c1', 'c3'] },
    { name: 'by another tag of it', query: filters({ ancestor: ['alias'] }), want: ['c1', 'c3'] },
    { name: 'by published port', query: filters({ publish: ['80'] }), want: ['c3'] },
    { name: 'by published range', query: filters({ publish: ['70-90/tcp'] }), want: ['c3'] },
    { name: 'by exposed port', query: filters({ expose: ['85/udp'] }), want: ['c3'] },
    { name: 'by another protocol', query: filters({ expose: ['85/tcp'] }), want: [] },
    { name: 'by network', query: filters({ network: ['proj_default'] }), want: ['c3'] },
    { name: 'by network id', query: filters({ network: ['fee'] }), want: ['c3'] },
    { name: 'by volume', query: filters({ volume: ['data'] }), want: ['c3'] },
    { name: 'by where it is mounted', query: filters({ volume: ['/data'] }), want: ['c3'] },
    { name: 'tasks of a swarm: none', query: filters({ 'is-task': ['true'] }), want: [] },
    {
      name: 'no tasks of a swarm: all',
      query: filters({ 'is-task': ['false'] }),
      want: ['c1', 'c3'],
    },
    { name: 'by node', query: `all=1&${filters({ node: ['node2'] })}`, want: ['c2'] },
    { name: 'before another', query: filters({ before: ['c1'] }), want: ['c3'] },
    { name: 'since another', query: filters({ since: ['c3'] }), want: ['c1'] },
    { name: 'since, as a parameter', query: 'since=c3', want: ['c1'] },
    {
      name: 'before an unknown one',
      query: filters({ before: ['x9'] }),
      want: '404 No such container: x9',
    },
    {
      name: 'an unknown filter',
      query: filters({ colour: ['red'] }),
      want: "400 Invalid filter 'colour'",
    },
    {
      name: 'an unknown status',
      query: filters({ status: ['up'] }),
      want: "400 Invalid filter 'status=up'",
    },
    {
      name: 'a broken expression',
      query: filters({ name: ['('] }),
      want: "400 Invalid filter 'name=('",
    },
    {
      name: 'filters that are a list',
      query: 'filters=[]',
      want: '400 invalid filters: not an object; wanted JSON such as {"label":["a=b"]}',
    },
    {
      name: 'a limit in words',
      query: 'limit=two',
      want: '400 limit: wanted a whole number, got "two"',
    },
  ])('$name', async ({ query, want }) => {
    expect(await names(query)).toEqual(want)
  })

  test('filters that are no JSON', async () => {
    expect(await names('filters={')).toMatch(/^400 invalid filters: .*; wanted JSON such as/)
  })

  test('one on a lost agent is Host Down', async () => {
    const { rows: list } = await rows('/containers/ps?all=1', ({ cluster }) => {
      cluster.containerViews = views.slice(3)
    })
    expect(list).toMatchObject([{ Status: 'Host Down' }])
  })
})
