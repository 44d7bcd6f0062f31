import { describe, expect, test } from 'vitest'
import { type ClusterPicture, infoOf } from '../../../src/docker-api/system/info.ts'
import { versionOf } from '../../../src/docker-api/system/version.ts'
import { formatBytes, naturalOrder } from '../../../src/docker-api/units.ts'
import { as, type Resource, resources, scalar } from '../../../src/resources/resources.ts'
import { milli } from '../../../src/resources/scalar.ts'
import { config, container, FakeCluster, node, nowMs } from './fake-cluster.ts'

const { summaryView: summary } = new FakeCluster()
const ports: Resource = {
  name: 'ports',
  value: { type: 'RANGES', ranges: [{ begin: 31_000, end: 32_000 }] },
  reservations: [],
  revocable: false,
}
const reserved: Resource = {
  ...scalar('cpus', 1.5),
  reservations: [{ type: 'STATIC', role: 'ads' }],
}
const regular = resources([
  ports,
  scalar('disk', 30_505),
  scalar('mem', 2919.4),
  scalar('cpus', 2),
  scalar('gpus', 1),
])
const lent = as(resources([scalar('cpus', 4)]), 'revocable')

const node10 = node('node10', {
  labels: new Map([
    ['res-type', 'revocable'],
    ['a', 'b'],
  ]),
})
const picture: ClusterPicture = {
  summary,
  nodes: [
    node10,
    node('node2', {
      held: resources([scalar('cpus', 0.5), scalar('mem', 100)]),
      offered: resources([...regular, ...lent, reserved]),
      labels: new Map([
        ['storagedriver', 'overlay2'],
        ['res-type', 'any'],
      ]),
      images: [
        { id: 'i1', tags: [], digests: [] },
        { id: 'i2', tags: [], digests: [] },
      ],
    }),
  ],
  offers: [
    { id: 'O7', agent: node10.id, hostname: 'node10', resources: lent },
    {
      id: 'O1',
      agent: node('node2').id,
      hostname: 'node2',
      resources: resources([...regular, reserved]),
    },
    { id: 'O2', agent: node('node2').id, hostname: 'node2', resources: lent },
  ],
  containers: [
    container('a', { agent: node('node2').id }),
    container('b', {
      agent: node('node2').id,
      inspect: { State: { Running: true, Paused: true } },
    }),
    container('c', { agent: node('node2').id, inspect: { State: { Running: false } } }),
  ],
  nowMs,
}
const rowsOf = (changes: Partial<ClusterPicture> = {}) =>
  infoOf(config, { ...picture, ...changes }).SystemStatus.map(([key, value]) => `${key}: ${value}`)

describe('docker info (docker-frontend §4.1)', () => {
  test('the rows of the offers: one block an agent, by hostname in natural order', () => {
    const rows = rowsOf()
    expect(rows.slice(0, rows.indexOf('Nodes: 2'))).toEqual([
      'Role: primary',
      'Strategy: spread',
      'Filters: health, port, constraint',
      'Offers: 2',
      '  Offer: agent-node2>>O1,O2',
      '   └ cpus: 2',
      '   └ mem: 2.851 GiB',
      '   └ disk: 29.79 GiB',
      '   └ ports: 31000-32000',
      '   └ gpus: 1',
      '   └ cpus(Revocable): 4',
      '   └ cpus(ads): 1.5',
      '   └ Labels: res-type=any, storagedriver=overlay2',
      '  Offer: agent-node10>>O7',
      '   └ cpus(Revocable): 4',
      '   └ Labels: a=b, res-type=revocable',
    ])
  })

  test('the rows of the nodes', () => {
    const rows = rowsOf()
    expect(rows.slice(rows.indexOf('Nodes: 2'), rows.indexOf(' node10: 10.0.0.0:5051'))).toEqual([
      'Nodes: 2',
      ' node2: 10.0.0.2:5051',
      '  └ Status: Healthy',
      '  └ Containers: 3 (1 Running, 1 Paused, 1 Stopped)',
      '  └ Reserved CPUs: 0.5 / 8',
      '  └ Reserved Memory: 100 MiB / 2.949 GiB',
      '  └ Labels: res-type=any, storagedriver=overlay2',
      '  └ UpdatedAt: 2025-06-01T12:00:00Z',
      '  └ ServerVersion: 20.10.24',
    ])
  })

  test('a node without offers stays, and says what is wrong (D5)', () => {
    const lost = node('node3', {
      status: 'Unreachable',
      error: 'timeout',
      engine: undefined,
      offered: [],
    })
    expect(rowsOf({ nodes: [lost], offers: [] })).toEqual([
      'Role: primary',
      'Strategy: spread',
      'Filters: health, port, constraint',
      'Offers: 0',
      'Nodes: 1',
      ' node3: 10.0.0.3:5051',
      '  └ Status: Unreachable',
      '  └ Containers: 0 (0 Running, 0 Paused, 0 Stopped)',
      '  └ Reserved CPUs: 0 / 0',
      '  └ Reserved Memory: 0 B / 0 B',
      '  └ Labels: storagedriver=overlay2',
      '  └ Error: timeout',
      '  └ UpdatedAt: 2025-06-01T12:00:00Z',
      '  └ ServerVersion: unknown',
    ])
  })

  test('creates that wait are counted, none is not shown', () => {
    expect(rowsOf({ summary: { ...summary, waiting: 3 } })).toContain('Waiting: 3')
    expect(rowsOf().join()).not.toContain('Waiting')
  })

  test('what was revoked and waits for resources says what is lacking', () => {
    const waiting = (name: string) =>
      container(name, {
        requeue: {
          phase: 'waiting',
          attempt: 1,
          max: 1,
          on: 'regular',
          cause: 'Container preempted by QoS correction: load_5min 9 above 8',
          nextTryMs: 0,
          lacks: 'cpus 2 wanted, 0.5 offered',
        },
      })
    const summaryOf = (count: number) =>
      rowsOf({
        summary: { ...summary, waiting: count },
        containers: Array.from({ length: count }, (_, n) => waiting(`c${n}`)),
      })
    const line = 'waiting for regular resources of node1: cpus 2 wanted, 0.5 offered'
    expect(summaryOf(1).join('\n')).toContain(`Waiting: 1\n  └ c0: ${line}\n`)
    expect(summaryOf(22)).toContain('  └ …: and 2 more')
    expect(summaryOf(22)).not.toContain(`  └ c20: ${line}`)
  })

  test('beyond 100 nodes only those that are not healthy are listed', () => {
    const nodes = Array.from({ length: 101 }, (_, i) => node(`node${i}`))
    const sick = { ...node('sick'), status: 'Unhealthy' } as const
    const rows = rowsOf({ nodes: [...nodes, sick], offers: [], containers: [] })
    expect(rows).toContain('Nodes: 102')
    expect(rows.filter((row) => row.startsWith(' ') && !row.startsWith('  '))).toHaveLength(1)
  })

  test('cpus are counted whole, for clients read an integer', () => {
    const held = resources([scalar('cpus', 0.7, 'revocable')])
    const lent = node('node9', { held, offered: [] })
    const { NCPU } = infoOf(config, { ...picture, nodes: [...picture.nodes, lent] })
    expect(NCPU).toBe(10)
  })

  test('the other fields', () => {
    const info = infoOf({ ...config, warnings: ['0.0.0.0:4375 is open'] }, picture)
    expect(info).toMatchObject({
      ID: 'cluster-1',
      Containers: 3,
      ContainersRunning: 1,
      ContainersPaused: 1,
      ContainersStopped: 1,
      Images: 2,
      Driver: 'shoal',
      NCPU: 10,
      Name: 'front',
      ServerVersion: 'shoal/0.1.0',
      OSType: 'linux',
      SystemTime: '2025-06-01T12:00:00.000Z',
      Swarm: { LocalNodeState: 'inactive', ControlAvailable: false },
      Warnings: ['WARNING: 0.0.0.0:4375 is open'],
      Debug: false,
    })
    expect(info.MemTotal).toBe(Math.round((100 + 2919.4 + 1024) * 1_048_576))
  })

  test('warns of lost agents and of engines without live-restore', () => {
    const fragile = node('node4')
    const engine = fragile.engine && { ...fragile.engine, liveRestore: false }
    const nodes = [node('node5', { status: 'Unreachable' }), { ...fragile, engine }]
    expect(infoOf(config, { ...picture, nodes }).Warnings).toEqual([
      'WARNING: unreachable: node5',
      'WARNING: a restart of dockerd ends its containers (no live-restore): node4',
    ])
  })

  test('offers as data', () => {
    expect(infoOf(config, picture).Offers[0]).toEqual({
      AgentID: 'agent-node2',
      Hostname: 'node2',
      OfferIDs: ['O1', 'O2'],
      Regular: { cpus: 2, disk: 30_505, gpus: 1, mem: 2919.4, ports: '31000-32000' },
      Revocable: { cpus: 4 },
      Reserved: { 'cpus(ads)': 1.5 },
      Labels: { storagedriver: 'overlay2', 'res-type': 'any' },
    })
  })

  test('fractions are shown whole (D26)', () => {
    const third: Resource = { ...scalar('cpus', 0), value: { type: 'SCALAR', milli: milli(0.9) } }
    const offers = [{ id: 'O', agent: node10.id, hostname: 'node10', resources: [third] }]
    expect(rowsOf({ offers })).toContain('   └ cpus: 0.9')
  })
})

test('docker version (docker-frontend §4.2)', () => {
  const version = versionOf(config, summary, picture.nodes, picture.offers)
  expect(version).toMatchObject({
    Version: 'shoal/0.1.0',
    ApiVersion: '1.44',
    MinAPIVersion: '1.24',
    Os: 'linux',
    Arch: 'amd64',
    Platform: { Name: 'shoal' },
  })
  expect(version.Components).toEqual([
    {
      Name: 'Engine',
      Version: 'shoal/0.1.0',
      Details: {
        ApiVersion: '1.44',
        Arch: 'amd64',
        BuildTime: 'n/a',
        Experimental: 'false',
        GitCommit: 'n/a',
        GoVersion: 'n/a',
        KernelVersion: '6.1.0',
        MinAPIVersion: '1.24',
        Os: 'linux',
      },
    },
    {
      Name: 'Cluster',
      Version: '0.1.0',
      Details: {
        Engines: '20.10.24 (2)',
        FrameworkID: 'framework-1',
        Master: '127.0.0.1:5050',
        Nodes: '2',
        Offers: '3',
      },
    },
  ])
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1_048_576, '1 MiB'],
  [24.72 * 2 ** 30, '24.72 GiB'],
  [2 ** 70, '1024 EiB'],
])('%d bytes are %s', (bytes, want) => {
  expect(formatBytes(bytes)).toBe(want)
})

test('node2 comes before node10', () => {
  expect(['node10', 'node2', 'b', 'node1'].sort(naturalOrder)).toEqual([
    'b',
    'node1',
    'node2',
    'node10',
  ])
})
