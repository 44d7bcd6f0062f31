import { expect, test } from 'vitest'
import { id, type TaskId } from '../../../src/mesos/ids.ts'
import type { Job } from '../../../src/mesos-framework/queue.ts'
import { readHeld, resourcesLabel, writeHeld } from '../../../src/mesos-framework/tasks/held.ts'
import { taskInfo } from '../../../src/mesos-framework/tasks/task-info.ts'
import { plus, type Resource, scalar } from '../../../src/resources/resources.ts'
import { dataOf } from '../../support/fake-mesos.ts'
import { createRequest } from '../../support/framework-rig.ts'
import { node, published } from '../../support/placement.ts'

const ports: Resource = {
  name: 'ports',
  value: { type: 'RANGES', ranges: [{ begin: 31_000, end: 31_000 }] },
  reservations: [{ type: 'STATIC', role: 'dev' }],
  revocable: false,
}

const resources = plus([scalar('cpus', 2, 'revocable')], [scalar('mem', 64)], [ports])

const placed = {
  task: id<TaskId>('web.82138b9ec228'),
  node: node('node1'),
  kind: 'revocable',
  resources,
  ports: [published(31_000), published(8080, 'udp', '10.0.0.9')],
} as const

const settings = { role: 'dev', startTimeoutMs: 600_000 }

const create = (body: Readonly<Record<string, unknown>>, unnumbered = true): Job => ({
  type: 'create',
  name: 'web',
  request: createRequest({
    name: 'web',
    body,
    placement: { publishedPorts: [published(unnumbered ? 0 : 31_000)] },
  }),
})

const body = {
  Image: 'busybox:latest',
  Cmd: ['sh', '-c', 'sleep 100'],
  Hostname: 'web',
  Domainname: 'example.org',
  Env: ['A=b', 'C'],
  Labels: { 'com.docker.swarm.constraints': '["res-type==revocable"]' },
  HostConfig: { NetworkMode: 'bridge', Privileged: true, CpuShares: 2 },
  Unknown: { kept: true },
}

test('a launch, field by field (docker-frontend §6.4, §4.4)', () => {
  const { data, ...info } = taskInfo(create(body), placed, settings)
  const labels = {
    'com.docker.swarm.constraints': '["res-type==revocable"]',
    'com.docker.swarm.mesos.task': 'web.82138b9ec228',
    'com.docker.swarm.mesos.name': 'web',
    'com.docker.swarm.mesos.detach': 'true',
    'com.docker.swarm.mesos.resourceType': 'Revocable',
    'io.shoal.node': 'node1',
    'io.shoal.resources': '{"regular":"mem:64; ports:[31000-31000]","revocable":"cpus:2"}',
  }
  expect(info).toEqual({
    name: 'web',
    task_id: { value: 'web.82138b9ec228' },
    agent_id: { value: 'node1-id' },
    resources: [
      {
        name: 'cpus',
        type: 'SCALAR',
        scalar: { value: 2 },
        allocation_info: { role: 'dev' },
        revocable: {},
      },
      { name: 'mem', type: 'SCALAR', scalar: { value: 64 }, allocation_info: { role: 'dev' } },
      {
        name: 'ports',
        type: 'RANGES',
        ranges: { range: [{ begin: 31_000, end: 31_000 }] },
        reservations: [{ type: 'STATIC', role: 'dev' }],
        allocation_info: { role: 'dev' },
      },
    ],
    command: { shell: false, value: 'sh', arguments: ['-c', 'sleep 100'] },
    container: {
      type: 'DOCKER',
      hostname: 'web.example.org',
      docker: {
        image: 'busybox:latest',
        network: 'BRIDGE',
        privileged: true,
        port_mappings: [
          { host_port: 31_000, container_port: 80, protocol: 'tcp' },
          { host_port: 8080, container_port: 80, protocol: 'udp' },
        ],
        parameters: [
          ...Object.entries(labels).map(([k, v]) => ({ key: 'label', value: `${k}=${v}` })),
          { key: 'env', value: 'A=b' },
          { key: 'env', value: 'C' },
        ],
      },
    },
    labels: {
      labels: [
        { key: 'SWARM_CONTAINER_NAME', value: 'web' },
        { key: 'io.shoal.start_timeout_ms', value: '600000' },
        { key: 'io.shoal.create', value: 'body' },
      ],
    },
  })
  expect(dataOf({ ...info, data })).toEqual({
    name: 'web',
    platform: '',
    body: {
      ...body,
      Labels: labels,
      HostConfig: {
        ...body.HostConfig,
        PortBindings: {
          '80/tcp': [{ HostIp: '', HostPort: '31000' }],
          '80/udp': [{ HostIp: '10.0.0.9', HostPort: '8080' }],
        },
      },
    },
  })
})

test.each([
  {
    name: 'nothing stated',
    host: {},
    want: { cpus: { value: Infinity }, mem: { value: Infinity } },
  },
  {
    name: 'shares and a reservation are no limits',
    host: { CpuShares: 2, MemoryReservation: 6e7 },
    want: { cpus: { value: Infinity }, mem: { value: Infinity } },
  },
  { name: 'cpus stated', host: { NanoCpus: 1e9 }, want: { mem: { value: Infinity } } },
  { name: 'a quota stated', host: { CpuQuota: 50_000 }, want: { mem: { value: Infinity } } },
  { name: 'both stated', host: { NanoCpus: 1e9, Memory: 6e7 }, want: undefined },
  { name: 'revocable', host: {}, kind: 'revocable' as const, want: undefined },
  { name: 'no memory held', host: {}, memory: 0, want: { cpus: { value: Infinity } } },
])('limits of the task, $name (docker-frontend §6.3)', ({ host, kind, memory = 64, want }) => {
  const held = plus([scalar('cpus', 2, kind)], [scalar('mem', memory)])
  const where = { ...placed, kind: kind ?? ('regular' as const), resources: held }
  const { limits } = taskInfo(create({ Image: 'busybox', HostConfig: host }), where, settings)
  expect(limits).toEqual(want)
})

test.each([
  { mode: 'none', want: { network: 'NONE', port_mappings: [] } },
  { mode: 'host', want: { network: 'HOST', port_mappings: [] } },
  { mode: '', want: { network: 'BRIDGE' } },
  { mode: 'default', want: { network: 'BRIDGE' } },
  { mode: 'backend', want: { network: 'USER' }, infos: [{ name: 'backend' }] },
])('network mode "$mode" (D19)', ({ mode, want, infos }) => {
  const job = create({ Image: 'busybox', HostConfig: { NetworkMode: mode } })
  const { container } = taskInfo(job, placed, settings)
  expect(container?.docker).toMatchObject(want)
  expect(container?.network_infos).toEqual(infos)
})

test.each([
  { name: 'no command', cmd: null, want: { shell: false } },
  { name: 'one word', cmd: ['true'], want: { shell: false, value: 'true' } },
  { name: 'a text, as old clients send', cmd: 'true', want: { shell: false, value: 'true' } },
])('command: $name', ({ cmd, want }) => {
  const job = create({ Image: 'busybox', Cmd: cmd })
  expect(taskInfo(job, placed, settings).command).toEqual(want)
})

test('an attached create has no detach label, and fixed ports leave the bindings as the user wrote them', () => {
  const PortBindings = { '80/tcp': [{ HostPort: '31000' }] }
  const job = create({ Image: 'busybox', AttachStdout: true, HostConfig: { PortBindings } }, false)
  const written = dataOf(taskInfo(job, placed, settings)).body
  expect(written['HostConfig']).toEqual({ PortBindings })
  expect(Object.keys(written['Labels'] as object)).not.toContain('com.docker.swarm.mesos.detach')
})

test('what a container holds is read from its label again, without reservations', () => {
  const written = new Map([[resourcesLabel, writeHeld(resources)]])
  expect(readHeld(written)).toEqual(
    resources.map((resource) => ({ ...resource, reservations: [] })),
  )
  expect(readHeld(new Map([[resourcesLabel, 'nonsense']]))).toEqual([])
  expect(readHeld(new Map())).toEqual([])
})
