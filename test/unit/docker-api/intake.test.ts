import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../src/docker-api/body.ts'
import type { DockerApiConfig } from '../../../src/docker-api/config.ts'
import { intake, maxLabelBytes } from '../../../src/docker-api/containers/intake.ts'
import { config } from './fake-cluster.ts'

const take = (
  body: JsonObject,
  {
    name = '',
    platform = '',
    ...changes
  }: { name?: string; platform?: string } & Partial<DockerApiConfig> = {},
) => intake({ Image: 'busybox', ...body }, { name, platform }, { ...config, ...changes })

const asked = (host: JsonObject, changes: Partial<DockerApiConfig> = {}) =>
  Object.fromEntries(take({ HostConfig: host }, changes).placement.asked)

describe('sizes (docker-frontend §6.2, §6.3), in thousandths', () => {
  test.each([
    { name: 'nothing stated: the defaults', host: {}, want: { cpus: 100, mem: 64_000 } },
    { name: '--cpus 1.5', host: { NanoCpus: 1_500_000_000 }, want: { cpus: 1500, mem: 64_000 } },
    {
      name: '--cpus beats quota and shares',
      host: { NanoCpus: 1e9, CpuQuota: 50_000, CpuShares: 4 },
      want: { cpus: 1000, mem: 64_000 },
    },
    {
      name: 'quota over period',
      host: { CpuQuota: 25_000, CpuPeriod: 50_000 },
      want: { cpus: 500, mem: 64_000 },
    },
    {
      name: 'a quota without period is of 100 ms',
      host: { CpuQuota: 50_000 },
      want: { cpus: 500, mem: 64_000 },
    },
    {
      name: 'an odd quota is rounded up, never down (D26)',
      host: { CpuQuota: 33_333 },
      want: { cpus: 334, mem: 64_000 },
    },
    {
      name: 'quota beats shares',
      host: { CpuQuota: 50_000, CpuShares: 4 },
      want: { cpus: 500, mem: 64_000 },
    },
    {
      name: 'an unlimited quota states nothing',
      host: { CpuQuota: -1, CpuShares: 2 },
      want: { cpus: 2000, mem: 64_000 },
    },
    { name: '-c 2 counts two CPUs', host: { CpuShares: 2 }, want: { cpus: 2000, mem: 64_000 } },
    { name: '-m 512m', host: { Memory: 536_870_912 }, want: { cpus: 100, mem: 512_000 } },
    {
      name: 'bytes beyond a MiB are rounded up',
      host: { Memory: 1_048_577 },
      want: { cpus: 100, mem: 1001 },
    },
    {
      name: '-m beats the reservation',
      host: { Memory: 1_048_576, MemoryReservation: 2_097_152 },
      want: { cpus: 100, mem: 1000 },
    },
    {
      name: 'the reservation alone counts',
      host: { MemoryReservation: 2_097_152 },
      want: { cpus: 100, mem: 2000 },
    },
    {
      name: '--gpus 2',
      host: { DeviceRequests: [{ Count: 2, Capabilities: [['gpu']] }] },
      want: { cpus: 100, mem: 64_000, gpus: 2000 },
    },
    {
      name: '--gpus device=0',
      host: { DeviceRequests: [{ DeviceIDs: ['0'], Capabilities: [['gpu']] }] },
      want: { cpus: 100, mem: 64_000, gpus: 1000 },
    },
    {
      name: 'devices that are no gpus',
      host: { DeviceRequests: [{ Count: 2, Capabilities: [['tpu']] }] },
      want: { cpus: 100, mem: 64_000 },
    },
    {
      name: 'null is not stated',
      host: { NanoCpus: null, Memory: null },
      want: { cpus: 100, mem: 64_000 },
    },
  ])('$name', ({ host, want }) => {
    expect(asked(host)).toEqual(want)
  })

  test.each(['NanoCpus', 'CpuQuota', 'CpuShares', 'Memory', 'MemoryReservation'])(
    'required sizes: %s alone is enough, without default for the others',
    (field) => {
      expect(Object.keys(asked({ [field]: 1_048_576 }, { requireResources: true }))).toHaveLength(1)
    },
  )

  test('required sizes: none is refused in the words of Swarm', () => {
    expect(() => asked({}, { requireResources: true })).toThrow(
      'resources constraints (-c and/or -m) are required by mesos',
    )
  })

  test('legacy sizes beside the image override and move to HostConfig (§6.1.1)', () => {
    const { placement, body } = take({
      Memory: 1_048_576,
      CpuShares: 0,
      Cpuset: '0-1',
      HostConfig: { Memory: 5, CpuShares: 3 },
    })
    expect(Object.fromEntries(placement.asked)).toEqual({ cpus: 3000, mem: 1000 })
    expect(body).toMatchObject({
      HostConfig: { Memory: 1_048_576, CpuShares: 3, CpusetCpus: '0-1' },
    })
    expect(body).not.toHaveProperty('Memory')
  })
})

describe('ports (docker-frontend §6.2)', () => {
  const tcp = (hostPort: number, containerPort: number, hostIp = '') => ({
    hostIp,
    hostPort,
    containerPort,
    protocol: 'tcp',
  })
  test.each([
    {
      name: 'a fixed port',
      host: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
      want: [tcp(8080, 80)],
    },
    {
      name: 'any port: empty, 0 or no binding',
      host: {
        PortBindings: {
          '80/tcp': [{ HostPort: '' }],
          '81/tcp': [{ HostPort: '0' }],
          '82/tcp': [],
          '83': null,
        },
      },
      want: [tcp(0, 83), tcp(0, 80), tcp(0, 81), tcp(0, 82)],
    },
    {
      name: 'an address of the host',
      host: { PortBindings: { '80/tcp': [{ HostIp: '10.1.1.1', HostPort: '80' }] } },
      want: [tcp(80, 80, '10.1.1.1')],
    },
    {
      name: 'of a range any will do',
      host: { PortBindings: { '80/tcp': [{ HostPort: '8000-8010' }] } },
      want: [{ ...tcp(8000, 80), lastHostPort: 8010 }],
    },
    {
      name: 'a range of one is that port',
      host: { PortBindings: { '80/tcp': [{ HostPort: '8000-8000' }] } },
      want: [tcp(8000, 80)],
    },
    {
      name: 'udp',
      host: { PortBindings: { '53/udp': [{ HostPort: '53' }] } },
      want: [{ ...tcp(53, 53), protocol: 'udp' }],
    },
    {
      name: '-P publishes what is exposed and not bound',
      host: { PublishAllPorts: true, PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
      want: [tcp(8080, 80), tcp(0, 443)],
    },
    {
      name: 'host mode has none',
      host: { NetworkMode: 'host', PortBindings: { '80/tcp': [{ HostPort: '80' }] } },
      want: [],
    },
    { name: 'nor has none', host: { NetworkMode: 'none', PublishAllPorts: true }, want: [] },
  ])('$name', ({ host, want }) => {
    const { placement } = take({
      HostConfig: host,
      ExposedPorts: { '80/tcp': {}, '443': {} },
    })
    expect(placement.publishedPorts).toEqual(want)
    expect(placement.exposedPorts.toSorted()).toEqual(['443/tcp', '80/tcp'])
  })

  test.each([
    { name: 'port 0 of a container', bindings: { '0/tcp': [{ HostPort: '1' }] } },
    { name: 'an unknown protocol', bindings: { '80/xyz': [{ HostPort: '1' }] } },
    { name: 'a host port beyond 65535', bindings: { '80/tcp': [{ HostPort: '65536' }] } },
    { name: 'an inverted range', bindings: { '80/tcp': [{ HostPort: '90-80' }] } },
    { name: 'words', bindings: { '80/tcp': [{ HostPort: 'http' }] } },
  ])('$name is refused', ({ bindings }) => {
    expect(() => take({ HostConfig: { PortBindings: bindings } })).toThrow(
      'invalid port specification',
    )
  })
})

describe('expressions (docker-frontend §6.1.2, §8.2)', () => {
  test('leave the environment, and the union is written back to the labels', () => {
    const { placement, body } = take({
      Env: [
        'A=1',
        'constraint:region==eu',
        'affinity:container==~web',
        'whitelist:node==n1|n2',
        'reschedule:on-node-failure',
        'constraint:res-type==~revocable',
        'PATH=/bin:constraint:x==y',
      ],
      Labels: { 'com.docker.swarm.constraints': '["disk==ssd"]', own: 'x' },
    })
    expect(body['Env']).toEqual(['A=1', 'PATH=/bin:constraint:x==y'])
    expect(body['Labels']).toEqual({
      own: 'x',
      'com.docker.swarm.constraints': '["disk==ssd","region==eu","res-type==~revocable"]',
      'com.docker.swarm.affinities': '["container==~web"]',
      'com.docker.swarm.whitelists': '["node==n1|n2"]',
      'com.docker.swarm.reschedule-policies': '["on-node-failure"]',
    })
    expect(placement.constraints.map(({ key }) => key)).toEqual(['disk', 'region'])
    expect(placement.affinities).toMatchObject([{ key: 'container', soft: true }])
    expect(placement.whitelists).toMatchObject([{ key: 'node' }])
    expect(placement.kinds).toEqual(['revocable', 'regular'])
  })

  test('an expression in both places counts once', () => {
    const { body, placement } = take({
      Env: ['constraint:res-type==revocable'],
      Labels: { 'com.docker.swarm.constraints': '["res-type==revocable"]' },
    })
    expect(placement.kinds).toEqual(['revocable'])
    expect(body['Labels']).toEqual({
      'com.docker.swarm.constraints': '["res-type==revocable"]',
    })
  })

  test('none: the configured res-type, and no label', () => {
    const { placement, body } = take({}, { defaultResType: '~revocable' })
    expect(placement.kinds).toEqual(['revocable', 'regular'])
    expect(body['Labels']).toEqual({})
  })

  test.each([
    {
      name: 'no operator',
      env: ['constraint:region'],
      text: 'invalid constraint "region": One of operator ==, != is expected',
    },
    {
      name: 'a key of one character',
      env: ['constraint:x==y'],
      text: `invalid constraint "x==y": Key 'x' is invalid`,
    },
    {
      name: 'the value that killed a manager (D6)',
      env: ['constraint:node==/'],
      text: 'invalid constraint "node==/": Value \'/\' is invalid',
    },
    {
      name: 'a broken regular expression',
      env: ['constraint:node==/(/'],
      text: 'invalid constraint "node==/(/"',
    },
    {
      name: 'two res-type',
      env: ['constraint:res-type==regular', 'constraint:res-type==revocable'],
      text: "multiple resources constraint 'res-type' are specified",
    },
    {
      name: 'a res-type that matches nothing',
      env: ['constraint:res-type==foo'],
      text: `invalid constraint "res-type==foo": matches neither 'regular' nor 'revocable'`,
    },
    {
      name: 'res-type!=re*',
      env: ['constraint:res-type!=re*'],
      text: `matches neither 'regular' nor 'revocable'`,
    },
    {
      name: 'an unknown policy',
      env: ['reschedule:always'],
      text: 'invalid reschedule policy: always',
    },
    {
      name: 'two policies',
      env: ['reschedule:off', 'reschedule:on-node-failure'],
      text: 'too many reschedule policies',
    },
    {
      name: 'a label that is no JSON',
      labels: { 'com.docker.swarm.affinities': '[' },
      text: 'label com.docker.swarm.affinities: wanted a JSON array',
    },
    {
      name: 'a label that is no array',
      labels: { 'com.docker.swarm.affinities': '{}' },
      text: 'wanted a JSON array',
    },
    {
      name: 'an unknown revocation policy',
      labels: { 'shoal.revocation': 'again' },
      text: 'label shoal.revocation: wanted stop, requeue or promote, got "again"',
    },
  ])('$name is refused at once (D15)', ({ env = [], labels = {}, text }) => {
    expect(() => take({ Env: env, Labels: labels })).toThrow(text)
  })

  test('revocable only is refused while the feature is off (§8.1)', () => {
    expect(() =>
      take({ Env: ['constraint:res-type==revocable'] }, { revocableEnabled: false }),
    ).toThrow('constraint res-type==revocable needs --cluster-opt mesos.enablerevocable=true')
  })
})

describe('the rest of a body (docker-frontend §6.1)', () => {
  test('what a container depends on', () => {
    const { placement } = take({
      HostConfig: {
        VolumesFrom: ['v0:ro'],
        Links: ['db:alias'],
        NetworkMode: 'proj_default',
        Binds: ['data:/data', '/host:/x', './rel:/y', 'anonymous'],
        Mounts: [
          { Type: 'volume', Source: 'cache' },
          { Type: 'bind', Source: '/etc' },
          { Type: 'volume' },
        ],
      },
      NetworkingConfig: { EndpointsConfig: { proj_default: {}, extra: {}, bridge: {} } },
    })
    expect(placement.networkMode).toBe('proj_default')
    expect(placement.dependencies).toEqual({
      volumesFrom: ['v0:ro'],
      links: ['db:alias'],
      networkContainer: undefined,
      networks: ['proj_default', 'extra'],
      volumes: ['data', 'cache'],
    })
  })

  test("another container's network", () => {
    const { placement } = take({ HostConfig: { NetworkMode: 'container:web' } })
    expect(placement.dependencies).toMatchObject({ networkContainer: 'web', networks: [] })
  })

  test('unknown fields travel on, name and platform come from the query', () => {
    const request = take(
      { Image: 'reg:5000/a/b:1', NewField: { deep: [1] }, HostConfig: { Newer: true } },
      { name: '/web', platform: 'linux/amd64' },
    )
    expect(request).toMatchObject({ name: 'web', platform: 'linux/amd64' })
    expect(request.body).toMatchObject({ NewField: { deep: [1] }, HostConfig: { Newer: true } })
    expect(request.placement).toMatchObject({ name: 'web', image: 'reg:5000/a/b:1' })
  })

  test.each([
    { name: 'no image', body: { Image: '' }, text: 'Image: no image given' },
    {
      name: 'a reference in capitals',
      body: { Image: 'BusyBox' },
      text: 'invalid reference format',
    },
    {
      name: 'a wrong type',
      body: { HostConfig: { Memory: '1g' } },
      text: 'invalid request body: HostConfig.Memory must be integer',
    },
    {
      name: 'a label that is no text, its key with a line break',
      body: { Labels: { 'a\nb': 1 } },
      text: 'must be string',
    },
    {
      name: 'a label beyond the bound',
      body: { Labels: { big: 'x'.repeat(1024 * 1024) } },
      text: `label "big" is 1048579 bytes long, at most ${maxLabelBytes} are accepted: put the data into a file`,
    },
    {
      name: 'too many labels',
      body: { Labels: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`l${i}`, ''])) },
      text: 'at most 10000 labels',
    },
    {
      name: 'too much environment',
      body: { Env: Array.from({ length: 10_001 }, (_, i) => `e${i}=`) },
      text: 'Env: at most 10000 entries',
    },
    {
      name: 'a working directory that escapes (CVE-2024-21626)',
      body: { WorkingDir: '/proc/self/fd/7' },
      text: 'is below /proc/*/fd',
    },
    {
      name: 'all gpus',
      body: { HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] } },
      text: '--gpus 1',
    },
    {
      name: 'memory that no machine has',
      body: { HostConfig: { Memory: 1e25 } },
      text: 'HostConfig.Memory',
    },
  ])('$name is refused', ({ body, text }) => {
    expect(() => take(body)).toThrow(text)
  })

  test.each(['a', '-web', 'we b', 'node/web', '..', 'ü1', '//web'])(
    'the name %s is refused',
    (name) => {
      expect(() => take({}, { name })).toThrow(
        `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      )
    },
  )
})
