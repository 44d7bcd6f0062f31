import { expect, test } from 'vitest'
import { networkInfos } from '../../../src/core-agent/tasks/network-infos.ts'
import {
  AgentRig,
  bodyTask,
  dockerTask,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'

const v4 = (ip_address: string) => ({ protocol: 'IPv4', ip_address })
const v6 = (ip_address: string) => ({ protocol: 'IPv6', ip_address })

test.each([
  {
    name: 'bridge',
    mode: 'default',
    settings: { Networks: { bridge: { IPAddress: '172.17.0.2', GlobalIPv6Address: 'fd00::2' } } },
    want: [v4('172.17.0.2'), v6('fd00::2')],
  },
  {
    name: 'a user’s network, among others',
    mode: 'blue',
    settings: { Networks: { red: { IPAddress: '10.0.0.2' }, blue: { IPAddress: '10.1.0.2' } } },
    want: [v4('10.1.0.2')],
  },
  {
    name: 'a network named by its id',
    mode: 'f00d',
    settings: { Networks: { blue: { IPAddress: '10.1.0.2' } } },
    want: [v4('10.1.0.2')],
  },
  {
    name: 'a network of IPv6 alone',
    mode: 'six',
    settings: { Networks: { six: { IPAddress: '', GlobalIPv6Address: 'fd00::2' } } },
    want: [v6('fd00::2')],
  },
  {
    name: 'the legacy fields',
    mode: 'bridge',
    settings: { IPAddress: '172.17.0.2', GlobalIPv6Address: 'fd00::2' },
    want: [v4('172.17.0.2'), v6('fd00::2')],
  },
  {
    name: 'host',
    mode: 'host',
    settings: { IPAddress: '', Networks: { host: { IPAddress: '' } } },
    want: [v4('192.0.2.7')],
  },
  { name: 'none', mode: 'none', settings: {}, want: [v4('192.0.2.7')] },
  {
    name: 'host, on an IPv6 agent',
    mode: 'host',
    settings: {},
    agent: 'fd00::7',
    want: [v6('fd00::7')],
  },
])(
  'addresses of a task: $name (core-agent §3.3)',
  ({ mode, settings, agent = '192.0.2.7', want }) => {
    const inspect = { Id: 'c', HostConfig: { NetworkMode: mode }, NetworkSettings: settings }
    const asked = { name: 'blue', labels: { labels: [{ key: 'a', value: 'b' }] } }
    expect(
      networkInfos({ container: { type: 'DOCKER', network_infos: [asked] } }, inspect, agent),
    ).toEqual([{ ...asked, ip_addresses: want }])
  },
)

const refusal = { kind: 'refuse', status: 500, message: 'no space left' } as const

test.each([
  { phase: 'pull', call: 'pull', want: 'pulling busybox: no space left' },
  { phase: 'create', call: 'create', want: 'creating the container: no space left' },
  { phase: 'start', call: 'start', want: 'starting the container: no space left' },
] as const)('a launch that fails says in which phase: $phase', async ({ phase, call, want }) => {
  const rig = await new AgentRig().up()
  const { container, ...task } = dockerTask('t1', 'true')
  const docker = { image: 'busybox', force_pull_image: call === 'pull' }
  rig.engine.fault(call, refusal)
  rig.master.launch(
    { ...task, container: { ...container, type: 'DOCKER', docker } },
    stockFramework,
  )
  await rig.clock.advance(1000)
  const failed = rig.master.statuses('t1').at(-1)
  expect(failed).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: want,
  })
  expect(statusLabel(failed, 'phase')).toBe(phase)
  expect(statusLabel(failed, 'engineStatus')).toBe('500')
})

test('a user of docker reads the engine’s own words; the phase is a label', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', refusal)
  rig.master.launch(bodyTask('t1', ['true']))
  await rig.clock.advance(1000)
  const failed = rig.master.statuses('t1').at(-1)
  expect(failed?.message).toBe('no space left')
  expect(statusLabel(failed, 'phase')).toBe('create')
})

test('the ids of a status: container, executor, agent', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(dockerTask('t1', 'true'), stockFramework)
  await rig.clock.advance(1000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  const [container] = [...rig.engine.containers.values()]
  for (const status of rig.master.statuses('t1')) {
    expect(status.executor_id).toEqual({ value: 't1' })
    expect(`mesos-${status.container_status?.container_id?.value}`).toBe(container?.name)
    expect(status.agent_id).toEqual({ value: 'm1-S0' })
  }
})
