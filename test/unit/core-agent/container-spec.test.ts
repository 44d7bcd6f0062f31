import { describe, expect, test } from 'vitest'
import {
  leaksDescriptors,
  type Placement,
  planContainer,
} from '../../../src/core-agent/docker/container-spec.ts'
import { withTag } from '../../../src/core-agent/docker/docker-info.ts'
import { parameters } from '../../../src/core-agent/docker/parameters.ts'
import { parsePolicy } from '../../../src/core-agent/docker/policy.ts'
import { type AgentId, type FrameworkId, id } from '../../../src/mesos/ids.ts'
import type { TaskInfo } from '../../../src/mesos/wire.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { as, plus } from '../../../src/resources/resources.ts'
import { bodyTask } from '../../support/agent-rig.ts'

const placement = (text = 'cpus:1.5;mem:64;ports:[31000-31009]'): Placement => ({
  agentId: id<AgentId>('a1'),
  frameworkId: id<FrameworkId>('f1'),
  containerId: 'c-uuid',
  resources: parseResources(text).resources,
  tiers: { regular: '/shoal/regular', revocable: '/shoal/revocable' },
  enforcement: { cfs: false, memoryBytes: 8 * 1024 ** 3 },
  policy: parsePolicy('all'),
})

const lent: Placement = {
  ...placement(),
  resources: plus(
    as(parseResources('cpus:1.5').resources, 'revocable'),
    parseResources('mem:64').resources,
  ),
}

const labels = {
  'org.mesos.agent_id': 'a1',
  'org.mesos.framework_id': 'f1',
  'org.mesos.executor_id': 't1',
  'org.mesos.task_id': 't1',
  'org.mesos.container_id': 'c-uuid',
  'org.mesos.revocable': 'false',
  'org.mesos.tier': 'regular',
}

const created = (task: TaskInfo, where = placement()) => {
  const plan = planContainer(task, where)
  if (plan.kind !== 'create') throw new Error(JSON.stringify(plan))
  return plan
}

describe('a task of our frontend: the body as it is, with accounting (docker-frontend §6.4)', () => {
  const user = { Image: 'busybox', Cmd: ['a'], Unknown: { kept: true }, Labels: { mine: '1' } }

  test('regular', () => {
    const HostConfig = { Memory: 7e7, NanoCpus: 5e8, Binds: ['/a:/b'], AutoRemove: true }
    const plan = created(bodyTask('t1', ['a'], { body: { ...user, HostConfig } }))
    expect(plan.request).toEqual({
      name: 't1',
      platform: '',
      body: {
        ...user,
        Labels: { mine: '1', ...labels },
        HostConfig: {
          ...HostConfig,
          AutoRemove: false,
          CpuShares: 1536,
          CgroupParent: '/shoal/regular',
        },
      },
    })
    expect(plan).toMatchObject({
      asked: { CpuShares: 0, AutoRemove: true, CgroupParent: '' },
      autoRemove: true,
      kept: true,
    })
  })

  test('revocable: its accounted memory is a hard limit, unless the user gave one', () => {
    const plan = created(bodyTask('t1', ['a'], { body: user }), lent)
    expect(plan.request.body['HostConfig']).toEqual({
      CpuShares: 1536,
      AutoRemove: false,
      CgroupParent: '/shoal/revocable',
      Memory: 64 * 1024 ** 2,
    })
    expect(plan.asked).toEqual({ CpuShares: 0, AutoRemove: false, CgroupParent: '', Memory: 0 })
    const HostConfig = { Memory: 6e7 }
    const limited = created(bodyTask('t1', ['a'], { body: { HostConfig } }), lent)
    expect(limited.request.body['HostConfig']).toMatchObject({ Memory: 6e7 })
  })

  test('memory that is lent is what the kernel takes back first', () => {
    const where = {
      ...placement(),
      resources: as(parseResources('cpus:1;mem:64').resources, 'revocable'),
    }
    const plan = created(bodyTask('t1', ['a']), where)
    expect(plan.request.body['HostConfig']).toMatchObject({ OomScoreAdj: 1000 })
  })

  test('labels of ours in a committed image are overwritten, all of them (D62)', () => {
    const old = Object.fromEntries(Object.keys(labels).map((key) => [key, 'old']))
    const plan = created(bodyTask('t1', ['a'], { body: { Labels: old } }))
    expect(plan.request.body['Labels']).toEqual(labels)
  })

  test('a share is never below 2, cpus below a thousandth apart', () => {
    const plan = created(bodyTask('t1', ['a']), placement('cpus:0.001;mem:64'))
    expect(plan.request.body['HostConfig']).toMatchObject({ CpuShares: 2 })
  })

  test.each([
    { name: 'data that is not JSON', data: 'nonsense' },
    { name: 'data without a body', data: '{"name":"x"}' },
    { name: 'no data', data: undefined },
  ])('$name is refused', ({ data }) => {
    const { data: _, ...task } = bodyTask('t1', [])
    const plan = planContainer(
      data === undefined ? task : { ...task, data: Buffer.from(data) },
      placement(),
    )
    expect(plan).toEqual({
      kind: 'refused',
      message: 'TaskInfo.data is not {name, body, platform} as JSON',
    })
  })

  test.each([
    { path: '/proc/self/fd/8', leaks: true },
    { path: '//proc/1/./fd', leaks: true },
    { path: '/proc/self/fdinfo', leaks: false },
    { path: '/srv', leaks: false },
    { path: '', leaks: false },
  ])('working directory "$path": refused $leaks (CVE-2024-21626)', ({ path, leaks }) => {
    expect(leaksDescriptors(path)).toBe(leaks)
    const plan = planContainer(bodyTask('t1', ['a'], { body: { WorkingDir: path } }), placement())
    expect(plan.kind).toBe(leaks ? 'refused' : 'create')
  })

  test('a task that names a container starts that one', () => {
    const task = bodyTask('t2', [], { labels: { 'io.shoal.container': 'abc' } })
    expect(planContainer(task, placement())).toEqual({ kind: 'adopt', container: 'abc' })
  })
})

const stock = (more: Partial<TaskInfo> = {}, docker: object = {}): TaskInfo => ({
  name: 't1',
  task_id: { value: 't1' },
  agent_id: { value: 'a1' },
  container: { type: 'DOCKER', docker: { image: 'busybox', ...docker } },
  ...more,
})

const env = ['MESOS_CONTAINER_NAME=mesos-c-uuid', 'MESOS_ALLOCATION_ROLE=*', 'MESOS_TASK_ID=t1']
const host = {
  Privileged: false,
  NetworkMode: 'host',
  CpuShares: 1536,
  AutoRemove: false,
  CgroupParent: '/shoal/regular',
  Memory: 64 * 1024 ** 2,
}

describe('a task of any framework becomes a create body (core-agent §3.2)', () => {
  test('in whole', () => {
    const plan = created(stock({ command: { shell: true, value: 'echo hi' } }))
    expect(plan).toEqual({
      kind: 'create',
      request: {
        name: 'mesos-c-uuid',
        platform: '',
        body: {
          Image: 'busybox:latest',
          Entrypoint: ['/bin/sh'],
          Cmd: ['-c', 'echo hi'],
          Env: env,
          Labels: labels,
          HostConfig: host,
        },
      },
      image: 'busybox:latest',
      pullFirst: false,
      asked: {},
      autoRemove: false,
      kept: false,
    })
  })

  const container = (more: object, docker: object = {}): TaskInfo =>
    stock({ container: { type: 'DOCKER', docker: { image: 'busybox', ...docker }, ...more } })
  const network = (name: string) => ({ network_infos: [{ name }] })
  const mapping = { host_port: 31_000, container_port: 80 }

  test.each<{ name: string; task: TaskInfo; body?: object; host?: object; plan?: object }>([
    {
      name: 'force_pull_image',
      task: stock({}, { force_pull_image: true }),
      plan: { pullFirst: true },
    },
    {
      name: 'shell=false: value and arguments',
      task: stock({ command: { shell: false, value: 'a', arguments: ['b'] } }),
      body: { Cmd: ['a', 'b'] },
    },
    {
      name: 'shell=false without a value: arguments alone',
      task: stock({ command: { shell: false, arguments: ['b'] } }),
      body: { Cmd: ['b'] },
    },
    { name: 'no command: the image’s own', task: stock(), body: { Image: 'busybox:latest' } },
    {
      name: 'environment before the agent’s',
      task: stock({
        command: {
          shell: false,
          environment: { variables: [{ name: 'A', value: '1' }, { name: 'B' }] },
        },
      }),
      body: { Env: ['A=1', 'B=', ...env] },
    },
    {
      name: 'command.user',
      task: stock({ command: { shell: false, user: 'nobody' } }),
      body: { User: 'nobody' },
    },
    { name: 'tty_info', task: container({ tty_info: {} }, { network: 'BRIDGE' }), body: {} },
    {
      name: 'network BRIDGE',
      task: stock({}, { network: 'BRIDGE' }),
      host: { NetworkMode: 'bridge' },
    },
    { name: 'network NONE', task: stock({}, { network: 'NONE' }), host: { NetworkMode: 'none' } },
    {
      name: 'network USER',
      task: container(network('blue'), { network: 'USER' }),
      host: { NetworkMode: 'blue' },
    },
    {
      name: 'port mappings',
      task: stock(
        {},
        {
          network: 'BRIDGE',
          port_mappings: [mapping, { ...mapping, host_port: 31_001, protocol: 'UDP' }],
        },
      ),
      body: { ExposedPorts: { '80/tcp': {}, '80/udp': {} } },
      host: {
        PortBindings: { '80/tcp': [{ HostPort: '31000' }], '80/udp': [{ HostPort: '31001' }] },
      },
    },
    {
      name: 'hostname',
      task: container({ hostname: 'web' }, { network: 'BRIDGE' }),
      body: { Hostname: 'web' },
    },
    { name: 'privileged', task: stock({}, { privileged: true }), host: { Privileged: true } },
    {
      name: 'a host path volume',
      task: container({ volumes: [{ mode: 'RO', container_path: '/b', host_path: '/a' }] }),
      host: { Binds: ['/a:/b:ro'] },
    },
    {
      name: 'a docker volume',
      task: container({
        volumes: [
          {
            mode: 'RW',
            container_path: '/b',
            source: { type: 'DOCKER_VOLUME', docker_volume: { name: 'v', driver: 'd' } },
          },
        ],
      }),
      host: { Binds: ['v:/b:rw'], VolumeDriver: 'd' },
    },
    {
      name: 'the allocation role',
      task: stock({
        resources: [{ name: 'cpus', type: 'SCALAR', allocation_info: { role: 'web' } }],
      }),
      body: { Env: [env[0], 'MESOS_ALLOCATION_ROLE=web', env[2]] },
    },
  ])('$name', ({ task, body = {}, host: hostPart = {}, plan: planPart = {} }) => {
    const plan = created(task)
    expect(plan).toMatchObject(planPart)
    expect(plan.request.body).toMatchObject(body)
    expect(plan.request.body['HostConfig']).toMatchObject(hostPart)
  })

  test.each<{ name: string; task: TaskInfo; why: RegExp }>([
    {
      name: 'no docker container',
      task: stock({ container: { type: 'MESOS' } }),
      why: /^This agent runs docker containers only/,
    },
    {
      name: 'a custom executor',
      task: stock({ executor: { executor_id: { value: 'e' } } }),
      why: /no custom executors/,
    },
    {
      name: 'shell without a value',
      task: stock({ command: {} }),
      why: /^CommandInfo\.value is required/,
    },
    {
      name: 'URIs to fetch',
      task: stock({ command: { shell: false, uris: [{ value: 'http://a' }] } }),
      why: /^CommandInfo\.uris/,
    },
    {
      name: 'USER without a name',
      task: stock({}, { network: 'USER' }),
      why: /exactly one network_infos entry/,
    },
    {
      name: 'mappings on the host network',
      task: stock({}, { port_mappings: [mapping] }),
      why: /need network BRIDGE or USER, not HOST/,
    },
    {
      name: 'a mapped port that is not the task’s',
      task: stock({}, { network: 'BRIDGE', port_mappings: [{ ...mapping, host_port: 80 }] }),
      why: /^Port 80 .* is not in the task's ports resource/,
    },
    {
      name: 'a hostname on the host network',
      task: container({ hostname: 'web' }),
      why: /hostname cannot be set with network HOST/,
    },
    {
      name: 'a relative container path',
      task: container({ volumes: [{ mode: 'RW', container_path: 'b', host_path: '/a' }] }),
      why: /container_path 'b' is relative/,
    },
    {
      name: 'a relative host path',
      task: container({ volumes: [{ mode: 'RW', container_path: '/b', host_path: 'a' }] }),
      why: /host_path 'a' is relative/,
    },
    {
      name: 'another volume source',
      task: container({
        volumes: [{ mode: 'RW', container_path: '/b', source: { type: 'SECRET' } }],
      }),
      why: /only host paths and docker volumes/,
    },
    {
      name: 'an unknown parameter',
      task: stock({}, { parameters: [{ key: 'colour', value: 'red' }] }),
      why: /'colour' is not an option/,
    },
    {
      name: 'a parameter of the prototype',
      task: stock({}, { parameters: [{ key: 'constructor', value: '' }] }),
      why: /'constructor' is not an option/,
    },
  ])('refused: $name', ({ task, why }) => {
    expect(planContainer(task, placement())).toEqual({
      kind: 'refused',
      message: expect.stringMatching(why) as string,
    })
  })
})

describe('DockerInfo.parameters (core-agent §3.2)', () => {
  type Row = { key: string; value: string; body?: object; host?: object; why?: RegExp }
  const rows: readonly Row[] = [
    { key: 'add-host', value: 'a:1.2.3.4', host: { ExtraHosts: ['a:1.2.3.4'] } },
    { key: 'cap-add', value: 'NET_ADMIN', host: { CapAdd: ['NET_ADMIN'] } },
    { key: 'cap-drop', value: 'ALL', host: { CapDrop: ['ALL'] } },
    { key: 'cgroup-parent', value: '/x', why: /is the agent's own/ },
    { key: 'cpu-period', value: '1', why: /bypass accounting/ },
    { key: 'cpu-quota', value: '1', why: /bypass accounting/ },
    { key: 'cpu-shares', value: '1', why: /bypass accounting/ },
    { key: 'cpus', value: '1', why: /bypass accounting/ },
    { key: 'cpuset-cpus', value: '0-1', host: { CpusetCpus: '0-1' } },
    {
      key: 'device',
      value: '/dev/a:/dev/b:r',
      host: {
        Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/b', CgroupPermissions: 'r' }],
      },
    },
    {
      key: 'device',
      value: '/dev/a:rw',
      host: {
        Devices: [{ PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rw' }],
      },
    },
    { key: 'device', value: 'sda', why: /cannot be read/ },
    { key: 'dns', value: '1.1.1.1', host: { Dns: ['1.1.1.1'] } },
    { key: 'dns-opt', value: 'ndots:1', host: { DnsOptions: ['ndots:1'] } },
    { key: 'dns-option', value: 'ndots:1', host: { DnsOptions: ['ndots:1'] } },
    { key: 'dns-search', value: 'x.y', host: { DnsSearch: ['x.y'] } },
    { key: 'entrypoint', value: '/e', body: { Entrypoint: ['/e'] } },
    { key: 'env', value: 'A=b', body: { Env: ['A=b'] } },
    { key: 'env', value: 'A', why: /cannot be read: 'A'/ },
    { key: 'env-file', value: '/f', why: /give each variable as env/ },
    {
      key: 'gpus',
      value: 'all',
      host: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] },
    },
    {
      key: 'gpus',
      value: '"device=0,1"',
      host: { DeviceRequests: [{ DeviceIDs: ['0', '1'], Capabilities: [['gpu']] }] },
    },
    { key: 'gpus', value: 'some', why: /cannot be read: 'some'/ },
    { key: 'group-add', value: 'g', host: { GroupAdd: ['g'] } },
    { key: 'h', value: 'web', body: { Hostname: 'web' } },
    { key: 'hostname', value: 'web', body: { Hostname: 'web' } },
    { key: 'init', value: 'true', host: { Init: true } },
    { key: 'ipc', value: 'host', host: { IpcMode: 'host' } },
    { key: 'label', value: 'a=b=c', body: { Labels: { a: 'b=c' } } },
    {
      key: 'label',
      value: '__proto__=x',
      body: { Labels: Object.fromEntries([['__proto__', 'x']]) },
    },
    { key: 'link', value: 'a:b', host: { Links: ['a:b'] } },
    { key: 'log-driver', value: 'none', host: { LogConfig: { Type: 'none', Config: {} } } },
    {
      key: 'log-opt',
      value: 'max-size=1m',
      host: { LogConfig: { Type: '', Config: { 'max-size': '1m' } } },
    },
    { key: 'memory', value: '1g', why: /bypass accounting/ },
    { key: 'memory-reservation', value: '1g', why: /bypass accounting/ },
    { key: 'memory-swap', value: '1g', host: { MemorySwap: 1024 ** 3 } },
    { key: 'memory-swap', value: '-1', host: { MemorySwap: -1 } },
    { key: 'memory-swappiness', value: '10', host: { MemorySwappiness: 10 } },
    {
      key: 'mount',
      value: 'type=bind,source=/a,target=/b,readonly',
      host: { Mounts: [{ Type: 'bind', Source: '/a', Target: '/b', ReadOnly: true }] },
    },
    {
      key: 'mount',
      value: 'type=volume,src=v,dst=/b,volume-opt=o=addr,volume-opt=type=nfs,volume-driver=local',
      host: {
        Mounts: [
          {
            Type: 'volume',
            Source: 'v',
            ReadOnly: false,
            Target: '/b',
            VolumeOptions: {
              DriverConfig: { Options: { o: 'addr', type: 'nfs' }, Name: 'local' },
            },
          },
        ],
      },
    },
    { key: 'mount', value: 'type=bind', why: /cannot be read/ },
    { key: 'mount', value: 'target=/b,colour=red', why: /cannot be read/ },
    { key: 'name', value: 'x' },
    { key: 'net', value: 'blue' },
    { key: 'network', value: 'blue' },
    { key: 'oom-score-adj', value: '5', host: { OomScoreAdj: 5 } },
    { key: 'pid', value: 'host', host: { PidMode: 'host' } },
    { key: 'privileged', value: 'true', why: /set DockerInfo\.privileged/ },
    { key: 'publish', value: '80:80', why: /use DockerInfo\.port_mappings/ },
    { key: 'publish-all', value: 'true', why: /use DockerInfo\.port_mappings/ },
    { key: 'read-only', value: '0', host: { ReadonlyRootfs: false } },
    { key: 'read-only', value: 'true', host: { ReadonlyRootfs: true } },
    { key: 'restart', value: 'no' },
    { key: 'restart', value: 'always', why: /must be no/ },
    { key: 'rm', value: 'true' },
    { key: 'runtime', value: 'runc', host: { Runtime: 'runc' } },
    { key: 'security-opt', value: 'x', host: { SecurityOpt: ['x'] } },
    { key: 'security-opt', value: 'seccomp=/p.json', why: /give the profile itself as JSON/ },
    { key: 'security-opt', value: 'seccomp={}', host: { SecurityOpt: ['seccomp={}'] } },
    { key: 'shm-size', value: '64m', host: { ShmSize: 64 * 1024 ** 2 } },
    { key: 'stop-signal', value: 'INT', body: { StopSignal: 'INT' } },
    { key: 'stop-timeout', value: '5', body: { StopTimeout: 5 } },
    { key: 'sysctl', value: 'a.b=1', host: { Sysctls: { 'a.b': '1' } } },
    { key: 'tmpfs', value: '/t:size=1m', host: { Tmpfs: { '/t': 'size=1m' } } },
    { key: 'u', value: 'me', body: { User: 'me' } },
    {
      key: 'ulimit',
      value: 'nofile=1:2',
      host: { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] },
    },
    { key: 'user', value: 'me', body: { User: 'me' } },
    { key: 'userns', value: 'host', host: { UsernsMode: 'host' } },
    { key: 'uts', value: 'host', host: { UTSMode: 'host' } },
    { key: 'v', value: '/a:/b', host: { Binds: ['/a:/b'] } },
    { key: 'volume', value: '/a:/b', host: { Binds: ['/a:/b'] } },
    { key: 'volumes-from', value: 'c', host: { VolumesFrom: ['c'] } },
    { key: 'w', value: '/w', body: { WorkingDir: '/w' } },
    { key: 'workdir', value: '/w', body: { WorkingDir: '/w' } },
  ]

  test.each(rows)('$key=$value', ({ key, value, body = {}, host: hostPart = {}, why }) => {
    const draft = { body: {}, host: {} }
    const problem = parameters[key]?.(draft, value)
    if (why === undefined) expect(problem).toBeUndefined()
    else expect(problem).toMatch(why)
    expect(draft).toEqual({ body, host: hostPart })
  })

  test('every known option has a row here', () => {
    expect([...new Set(rows.map(({ key }) => key))].sort()).toEqual(Object.keys(parameters).sort())
  })

  test('values may repeat, and the first network overrides the task’s', () => {
    const given = [
      { key: 'env', value: 'A=1' },
      { key: 'env', value: 'B=2' },
      { key: 'network', value: 'blue' },
    ]
    const { body } = created(stock({}, { parameters: given })).request
    expect(body['Env']).toEqual(['A=1', 'B=2', ...env])
    expect(body['HostConfig']).toMatchObject({ NetworkMode: 'blue' })
  })
})

test.each([
  ['busybox', 'busybox:latest'],
  ['busybox:1', 'busybox:1'],
  ['host:5000/a/b', 'host:5000/a/b:latest'],
  ['host:5000/a/b:1', 'host:5000/a/b:1'],
  ['a@sha256:abc', 'a@sha256:abc'],
])('%s is pulled as %s', (image, want) => {
  expect(withTag(image)).toBe(want)
})
