import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAgentConfig } from '../../../src/core-agent/config.ts'
import {
  execProblem,
  type Privilege,
  parsePolicy,
  policyProblem,
} from '../../../src/core-agent/docker/policy.ts'
import { networkProblem, relayProblem } from '../../../src/core-agent/http/engine-policy.ts'
import {
  AgentRig,
  bodyTask,
  dockerTask,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'

const none = parsePolicy('none')

const bind = (Source: string) => ({ Mounts: [{ Type: 'bind', Source, Target: '/t' }] })
const volumeOptions = (Options: object) => ({
  Mounts: [
    { Type: 'volume', Source: 'v', Target: '/t', VolumeOptions: { DriverConfig: { Options } } },
  ],
})

const demanding: readonly { host: object; needs: Privilege; field?: string }[] = [
  { host: { Privileged: true }, needs: 'privileged' },
  { host: { NetworkMode: 'host' }, needs: 'host-network' },
  { host: { NetworkMode: 'container:abc' }, needs: 'host-network' },
  { host: { PidMode: 'host' }, needs: 'host-namespaces' },
  { host: { IpcMode: 'container:abc' }, needs: 'host-namespaces' },
  { host: { UTSMode: 'host' }, needs: 'host-namespaces' },
  { host: { UsernsMode: 'host' }, needs: 'host-namespaces' },
  { host: { CgroupnsMode: 'host' }, needs: 'host-namespaces' },
  { host: { CapAdd: ['NET_ADMIN'] }, needs: 'capabilities' },
  { host: { Devices: [{ PathOnHost: '/dev/sda' }] }, needs: 'devices' },
  { host: { DeviceCgroupRules: ['c *:* rwm'] }, needs: 'devices' },
  { host: { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['x'] }] }, needs: 'devices' },
  { host: { SecurityOpt: ['seccomp=unconfined'] }, needs: 'security' },
  { host: { Runtime: 'other' }, needs: 'security' },
  { host: { CgroupParent: '/' }, needs: 'security' },
  { host: { MaskedPaths: [] }, needs: 'security' },
  { host: { ReadonlyPaths: [] }, needs: 'security' },
  { host: { OomKillDisable: true }, needs: 'security' },
  { host: { OomScoreAdj: -1 }, needs: 'security' },
  { host: { CpuRealtimeRuntime: 1 }, needs: 'security' },
  { host: { VolumesFrom: ['other'] }, needs: 'mounts' },
  { host: { Binds: ['/var/run/docker.sock:/s'] }, needs: 'mounts' },
  { host: bind('/'), needs: 'mounts' },
  { host: { Mounts: [{ Source: '/a', Target: '/t' }] }, needs: 'mounts' },
  {
    host: volumeOptions({ type: 'none', o: 'bind', device: '/' }),
    needs: 'mounts',
    field: 'Mounts.VolumeOptions.DriverConfig.Options',
  },
]

describe('what a policy must name is refused without it, and allowed with it (reliability §2)', () => {
  test.each(demanding)('$host', ({ host, needs, field = Object.keys(host)[0] }) => {
    const problem = policyProblem(none, { HostConfig: host })
    expect(problem).toMatch(`HostConfig.${field}: the --docker_policy of this agent does not allow`)
    expect(policyProblem(parsePolicy(needs), { HostConfig: host })).toBeUndefined()
    expect(policyProblem(parsePolicy('all'), { HostConfig: host })).toBeUndefined()
  })

  test('in whatever case a name is written, beside the right one or alone', () => {
    const cases = fc.func(fc.boolean())
    fc.assert(
      fc.property(fc.constantFrom(...demanding), cases, fc.boolean(), ({ host }, upper, beside) => {
        const shout = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(shout)
          if (typeof value !== 'object' || value === null) return value
          return Object.fromEntries(
            Object.entries(value).map(([key, one]) => [
              Array.from(key, (c, i) => (upper(key, i) ? c.toUpperCase() : c.toLowerCase())).join(
                '',
              ),
              shout(one),
            ]),
          )
        }
        const written = shout({ HostConfig: host }) as Record<string, unknown>
        const body = beside ? { HostConfig: {}, ...written } : written
        expect(policyProblem(none, body)).toBeDefined()
      }),
    )
  })

  test('with letters that only Unicode takes for the same', () => {
    expect(policyProblem(none, { HoſtConfig: { Privileged: true } })).toBeDefined()
    expect(policyProblem(none, { HostConfig: { NetworKMode: 'host' } })).toBeDefined()
  })
})

test('what the docker command sends for an ordinary container is allowed', () => {
  const HostConfig = {
    Binds: ['data:/data', '/anonymous'],
    Mounts: [
      { Type: 'volume', Source: 'v', Target: '/t' },
      { Type: 'tmpfs', Target: '/x' },
    ],
    NetworkMode: 'default',
    Privileged: false,
    CapAdd: null,
    CapDrop: ['ALL'],
    CgroupParent: '',
    CgroupnsMode: '',
    Cgroup: '',
    DeviceRequests: [{ Driver: '', Count: 1, Capabilities: [['gpu']] }],
    Devices: [],
    IpcMode: 'private',
    MaskedPaths: null,
    OomKillDisable: false,
    OomScoreAdj: 500,
    PidMode: '',
    ReadonlyPaths: null,
    Runtime: '',
    SecurityOpt: ['no-new-privileges'],
    UTSMode: '',
    UsernsMode: '',
    VolumesFrom: null,
    CpuRealtimeRuntime: 0,
  }
  expect(policyProblem(none, { HostConfig })).toBeUndefined()
  expect(policyProblem(none, { HostConfig: null })).toBeUndefined()
})

test.each([
  { path: '/srv/shared', allowed: true },
  { path: '/srv/shared/below', allowed: false },
  { path: '/srv/shared/../../etc', allowed: false },
  { path: '/srv/sharedx', allowed: false },
  { path: '/srv', allowed: false },
  { path: '/', allowed: false },
])('only a path that is listed may be mounted, exactly: $path', ({ path, allowed }) => {
  const policy = parsePolicy('/srv/shared, devices')
  for (const host of [bind(path), { Binds: [`${path}:/t:ro`] }])
    expect(policyProblem(policy, { HostConfig: host }) === undefined).toBe(allowed)
})

test.each([
  '',
  'everything',
  'all,privileged',
  'none,mounts',
  'srv',
  '/srv/../etc',
  '/srv/',
  'constructor',
])('the policy "%s" is refused, naming the words there are', (text) => {
  expect(() => parsePolicy(text)).toThrow(/wanted all, none, or a list of privileged, host-network/)
})

test.each([
  { method: 'POST', url: '/engine/v1.41/volumes/create', refused: true },
  { method: 'POST', url: '/engine/volumes%2fcreate', refused: true },
  { method: 'POST', url: '/engine/volumes/prune', refused: false },
  { method: 'GET', url: '/engine/volumes/v', refused: false },
  { method: 'POST', url: '/engine/networks%2Fcreate', refused: true },
  { method: 'POST', url: '/engine/networks/prune', refused: false },
  { method: 'POST', url: '/engine/build?networkmode=host', refused: true },
  { method: 'POST', url: '/engine/build?networkMode=container%3Ax', refused: true },
  { method: 'POST', url: '/engine/build?t=a', refused: false },
  { method: 'POST', url: '/engine/%zz/volumes/create', refused: true },
])('relayed unread: $method $url', ({ method, url, refused }) => {
  expect(relayProblem(none, method, url) !== undefined).toBe(refused)
  expect(relayProblem(parsePolicy('all'), method, url)).toBeUndefined()
  expect(relayProblem(parsePolicy('mounts,host-network'), method, url)).toBeUndefined()
})

const sandbox = '/w/sandbox'

test.each([
  { what: 'a folder in it', host: { Binds: [`${sandbox}/data:/data:rw`] }, allowed: true },
  { what: 'a mount of it', host: bind(`${sandbox}/data`), allowed: true },
  { what: 'a way out of it', host: { Binds: [`${sandbox}/../../etc:/data`] }, allowed: false },
  { what: 'a folder beside it', host: { Binds: [`${sandbox}2/data:/data`] }, allowed: false },
  { what: 'all of it', host: { Binds: [`${sandbox}:/data`] }, allowed: false },
  {
    what: 'mounts in it that the machine sees',
    host: { Binds: [`${sandbox}/data:/data:rw,rshared`] },
    allowed: false,
  },
])('what is in the sandbox is the task’s own: $what', ({ host, allowed }) => {
  expect(policyProblem(none, { HostConfig: host }, sandbox) === undefined).toBe(allowed)
  expect(policyProblem(none, { HostConfig: host })).toBeDefined()
})

test.each([
  { host_path: 'data', state: 'TASK_RUNNING' },
  { host_path: '/data', state: 'TASK_FAILED' },
])('a task of any framework mounts $host_path: $state', async ({ host_path, state }) => {
  const rig = await new AgentRig({ flags: { docker_policy: 'none' } }).up()
  rig.master.launch(
    {
      ...dockerTask('theirs', 'sleep 100'),
      container: {
        type: 'DOCKER',
        docker: { image: 'busybox', network: 'NONE' },
        volumes: [{ mode: 'RW', container_path: '/t', host_path }],
      },
    },
    stockFramework,
  )
  await rig.clock.advance(1000)
  expect(rig.master.statuses('theirs').at(-1)?.state).toBe(state)
})

test.each([
  { body: { Name: 'n' } },
  { body: { Name: 'n', Driver: 'bridge', Internal: true, EnableIPv6: false } },
  { body: { Name: 'n', Options: {}, ConfigFrom: null, IPAM: { Driver: 'default', Config: [] } } },
  { body: { Name: 'n', Options: { 'com.docker.network.driver.mtu': '1400' } } },
  { body: { Name: 'n', Driver: 'macvlan' }, field: 'Driver' },
  { body: { Name: 'n', driver: 'ipvlan' }, field: 'Driver' },
  { body: { Name: 'n', Options: { 'com.docker.network.bridge.name': 'br0' } }, field: 'Options' },
  { body: { Name: 'n', ConfigFrom: { Network: 'eth' } }, field: 'ConfigFrom' },
  { body: { Name: 'n', IPAM: { Driver: 'dhcp' } }, field: 'IPAM.Driver' },
  { body: { Name: 'n', IPAM: { Options: { a: 'b' } } }, field: 'IPAM.Options' },
  { body: { Name: 'n', ipam: { Config: [{ Subnet: '10.0.0.0/8' }] } }, field: 'IPAM.Config' },
])('a network is judged by what it has of the machine: $body', ({ body, field }) => {
  const problem = networkProblem(none, body)
  if (field === undefined) expect(problem).toBeUndefined()
  else expect(problem).toMatch(new RegExp(`^${field}: the --docker_policy .* add host-network$`))
  expect(networkProblem(parsePolicy('all'), body)).toBeUndefined()
  expect(networkProblem(parsePolicy('host-network'), body)).toBeUndefined()
})

test('a network is made through the agent, or refused with 403 and its field', async () => {
  const rig = await new AgentRig({ flags: { docker_policy: 'none' } }).up()
  const create = (body: object) => rig.ask('POST', '/engine/v1.41/networks/create', { body })
  expect(await create({ Name: 'back' })).toMatchObject({
    status: 201,
    json: { Id: 'network back' },
  })
  const refused = await create({ Name: 'lan', Driver: 'macvlan' })
  expect(refused.status).toBe(403)
  expect(refused.json).toMatchObject({ message: expect.stringMatching(/^Driver: /) })
})

test('a forbidden task fails with 403 and its field, and leaves nothing (core-agent §3.2)', async () => {
  const rig = await new AgentRig({ flags: { docker_policy: 'none' } }).up()
  rig.master.launch(bodyTask('mine', ['true'], { body: { HostConfig: { Privileged: true } } }))
  rig.master.launch(dockerTask('theirs', 'true'), stockFramework)
  await rig.clock.advance(1000)
  for (const [task, field] of [
    ['mine', 'Privileged'],
    ['theirs', 'NetworkMode'],
  ] as const) {
    const [failed, ...more] = rig.master.statuses(task)
    expect(more).toEqual([])
    expect(failed?.state).toBe('TASK_FAILED')
    expect(failed?.message).toMatch(`HostConfig.${field}: the --docker_policy of this agent`)
    expect(statusLabel(failed, 'engineStatus')).toBe('403')
  }
  expect(rig.engine.creates).toEqual([])
  expect(rig.agent.state.tasks.size).toBe(0)
})

test('a privileged command in a running container needs the same word', async () => {
  const rig = await new AgentRig({ flags: { docker_policy: 'none' } }).up()
  const container = await rig.run('web', ['sleep', '100'])
  const exec = (body: object) => rig.ask('POST', `/engine/containers/${container}/exec`, { body })
  expect((await exec({ Cmd: ['id'] })).status).toBe(201)
  const refused = await exec({ Cmd: ['id'], Privileged: true })
  expect(refused.status).toBe(403)
  expect(execProblem(none, { privileged: true })).toBeDefined()
})

test('names that the agent sets or counts by must be spelt right', async () => {
  const rig = await new AgentRig().up()
  const bodies = { t1: { hostConfig: {} }, t2: { HostConfig: { cgroupParent: '/' } } }
  for (const [task, body] of Object.entries(bodies)) rig.master.launch(bodyTask(task, [], { body }))
  await rig.clock.advance(1000)
  const messages = Object.keys(bodies).map((task) => rig.master.statuses(task)[0]?.message)
  expect(messages).toEqual([
    "TaskInfo.data: the field 'hostConfig' must be spelt HostConfig",
    "TaskInfo.data: the field 'cgroupParent' must be spelt CgroupParent",
  ])
})

test.each([
  { flags: {}, containerizers: ['docker', 'mesos'], warns: false },
  { flags: { docker_policy: 'none' }, containerizers: ['docker'], warns: false },
  {
    flags: { docker_policy: 'none', containerizers: 'mesos,docker' },
    containerizers: ['mesos', 'docker'],
    warns: true,
  },
])(
  'commands, which no policy narrows, must be asked for beside one: $flags',
  ({ flags, containerizers, warns }) => {
    const given = Object.entries({ master: 'm:5050', work_dir: '/w', ...flags })
    const config = parseAgentConfig(
      Object.fromEntries(given.map(([name, value]) => [name, [value]])),
      {},
    )
    expect(config.containerizers).toEqual(containerizers)
    expect(config.warnings.some((text) => text.startsWith('--containerizers'))).toBe(warns)
  },
)
