import { describe, expect, test } from 'vitest'
import { inverseOffers } from '../../../src/core-master/allocator/inverse.ts'
import type { Master } from '../../../src/core-master/master.ts'
import { type AgentId, type FrameworkId, id } from '../../../src/mesos/ids.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { AgentLinkCallSubscribe } from '../../../src/mesos/wire.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'

const json = { 'content-type': 'application/json' }

const post = (master: Master, body: unknown) =>
  ask(master.application, 'POST', '/api/v1', { headers: json, body: JSON.stringify(body) })

const read = (master: Master, type: string): unknown => JSON.parse(post(master, { type }).body)

/** As a real Mesos master was asked. */
const machine = { hostname: 'maint.example', ip: '10.9.9.9' }
const unavailability = {
  start: { nanoseconds: 1795250753197556480 },
  duration: { nanoseconds: 3600000000000 },
}
const windows = [{ machine_ids: [machine], unavailability }]

const update = (master: Master, given: unknown) =>
  post(master, {
    type: 'UPDATE_MAINTENANCE_SCHEDULE',
    update_maintenance_schedule: { schedule: { windows: given } },
  })

const start = (master: Master, machines: unknown) =>
  post(master, { type: 'START_MAINTENANCE', start_maintenance: { machines } })

const stop = (master: Master, machines: unknown) =>
  post(master, { type: 'STOP_MAINTENANCE', stop_maintenance: { machines } })

const agent = (
  master: Master,
  hostname: string,
  ip = '10.0.0.1',
  more: Partial<AgentLinkCallSubscribe> = {},
) =>
  new AgentPeer(
    master.application,
    {
      agent_info: {
        hostname,
        resources: toWire(amounts('cpus:1;mem:64'), { format: 'stacks' }),
        ...more.agent_info,
      },
      ...more,
    },
    ip,
  )

const framework = (master: Master) =>
  new SchedulerPeer(master.application, {
    subscribe: { framework_info: { user: 'u', name: 'f' } },
  })

describe('the calls, answered as a real Mesos master answered them', () => {
  test('schedule, down, up', () => {
    const { master } = startSimMaster()
    const schedule = () => read(master, 'GET_MAINTENANCE_SCHEDULE')
    const status = () => read(master, 'GET_MAINTENANCE_STATUS')
    expect(schedule()).toEqual({
      type: 'GET_MAINTENANCE_SCHEDULE',
      get_maintenance_schedule: { schedule: {} },
    })
    expect(status()).toEqual({
      type: 'GET_MAINTENANCE_STATUS',
      get_maintenance_status: { status: {} },
    })
    expect(update(master, windows)).toMatchObject({ status: 200, body: '' })
    expect(schedule()).toEqual({
      type: 'GET_MAINTENANCE_SCHEDULE',
      get_maintenance_schedule: { schedule: { windows } },
    })
    expect(status()).toEqual({
      type: 'GET_MAINTENANCE_STATUS',
      get_maintenance_status: { status: { draining_machines: [{ id: machine }] } },
    })
    expect(start(master, [machine])).toMatchObject({ status: 200, body: '' })
    expect(status()).toEqual({
      type: 'GET_MAINTENANCE_STATUS',
      get_maintenance_status: { status: { down_machines: [machine] } },
    })
    expect(stop(master, [machine])).toMatchObject({ status: 200, body: '' })
    expect(status()).toEqual({
      type: 'GET_MAINTENANCE_STATUS',
      get_maintenance_status: { status: {} },
    })
  })

  test('the endpoints from before', () => {
    const { master } = startSimMaster()
    const call = (method: string, path: string, body?: unknown) =>
      ask(master.application, method, path, { body: JSON.stringify(body) ?? '' })
    expect(call('GET', '/maintenance/schedule').body).toBe('{}')
    expect(call('POST', '/master/maintenance/schedule', { windows }).status).toBe(200)
    expect(JSON.parse(call('GET', '/maintenance/schedule').body)).toEqual({ windows })
    expect(call('POST', '/machine/up', [machine]).status).toBe(400)
    expect(call('POST', '/machine/down', [machine]).status).toBe(200)
    expect(JSON.parse(call('GET', '/maintenance/status').body)).toEqual({
      down_machines: [machine],
    })
    expect(call('POST', '/machine/up', [machine]).status).toBe(200)
    expect(call('POST', '/maintenance/schedule', { windows: [] }).status).toBe(200)
    expect(call('PUT', '/maintenance/schedule', {}).status).toBe(405)
    expect(call('POST', '/machine/down', []).body).toBe('List of machines is empty')
  })
})

test.each([
  {
    name: 'a window without machines',
    given: [{ machine_ids: [], unavailability }],
    want: 'List of machines in the maintenance window is empty',
  },
  {
    name: 'a machine without a name',
    given: [{ machine_ids: [{}], unavailability }],
    want: "Both 'hostname' and 'ip' for a machine are empty",
  },
  {
    name: 'an address that is none',
    given: [{ machine_ids: [{ ip: '1.2.3.256' }], unavailability }],
    want: "Failed to parse the IP '1.2.3.256'",
  },
  {
    name: 'a machine twice, in whatever case',
    given: [
      ...windows,
      { machine_ids: [{ hostname: 'MAINT.example', ip: '10.9.9.9' }], unavailability },
    ],
    want: 'Machine \'{"hostname":"maint.example","ip":"10.9.9.9"}\' appears more than once in the schedule',
  },
  {
    name: 'a duration below zero',
    given: [
      {
        machine_ids: [machine],
        unavailability: { start: { nanoseconds: 1 }, duration: { nanoseconds: -1 } },
      },
    ],
    want: "Unavailability 'duration' is negative",
  },
])('400: a schedule with $name, and nothing changes', ({ given, want }) => {
  const { master } = startSimMaster()
  expect(update(master, given)).toMatchObject({ status: 400, body: want })
  expect(read(master, 'GET_MAINTENANCE_SCHEDULE')).toMatchObject({
    get_maintenance_schedule: { schedule: {} },
  })
})

test.each([
  { name: 'both', named: { hostname: 'Node1', ip: '10.0.0.1' }, concerns: true },
  { name: 'its hostname', named: { hostname: 'node1' }, concerns: true },
  { name: 'its address', named: { ip: '10.0.0.1' }, concerns: true },
  { name: 'another address', named: { hostname: 'node1', ip: '10.0.0.2' }, concerns: false },
  { name: 'another hostname', named: { hostname: 'node2', ip: '10.0.0.1' }, concerns: false },
])('an agent is on a machine that is named by $name: $concerns', ({ named, concerns }) => {
  const { master } = startSimMaster()
  const peer = agent(master, 'node1')
  update(master, [{ machine_ids: [named], unavailability }])
  const known = master.state.agents.get(id<AgentId>(peer.agentId))
  expect(known?.unavailability).toEqual(concerns ? unavailability : undefined)
  start(master, [named])
  expect(peer.stream.ended).toBe(concerns)
})

test('A29: an agent that somebody unknown uses, with maintenance: others are offered, and asked about', async () => {
  const { master, clock } = startSimMaster()
  update(master, [{ machine_ids: [{ hostname: 'full' }, { hostname: 'other' }], unavailability }])
  const unknown = { value: 'earlier-0001' }
  const full = agent(master, 'full', '10.0.0.1', {
    frameworks: [{ id: unknown, user: 'u', name: 'unknown' }],
    tasks: [
      {
        name: 't',
        task_id: { value: 't' },
        framework_id: unknown,
        agent_id: { value: '' },
        state: 'TASK_RUNNING',
        resources: toWire(amounts('cpus:1;mem:64'), { format: 'stacks' }),
      },
    ],
  })
  const other = agent(master, 'other', '10.0.0.2')
  const f = framework(master)
  await clock.advance(1000)
  const events = f.stream.take()
  const offered = events.flatMap(({ offers }) => offers?.offers ?? [])
  expect(offered.map(({ agent_id, unavailability: when }) => [agent_id.value, when])).toEqual([
    [other.agentId, unavailability],
  ])
  const asked = events.flatMap(({ inverse_offers }) => inverse_offers?.inverse_offers ?? [])
  expect(asked.map(({ agent_id }) => agent_id?.value)).toEqual([other.agentId])
  expect(master.state.agents.get(id<AgentId>(full.agentId))?.inverseOffers.size).toBe(0)
  expect(masterProblems(master.state)).toEqual([])
})

test('A30: exactly one question about what is used, none about what was declined; no resources, the time intact', async () => {
  const { master, clock } = startSimMaster()
  const used = agent(master, 'used')
  const declined = agent(master, 'declined', '10.0.0.2')
  const f = framework(master)
  await clock.advance(0)
  for (const { id: offerId, agent: of } of master.state.offers.values()) {
    const offer_ids = [{ value: offerId }]
    const filters = { refuse_seconds: 86_400 }
    if (of.id === declined.agentId) f.call({ type: 'DECLINE', decline: { offer_ids, filters } })
    else
      f.call({
        type: 'ACCEPT',
        accept: {
          offer_ids,
          operations: [
            {
              type: 'LAUNCH',
              launch: {
                task_infos: [
                  {
                    name: 't',
                    task_id: { value: 't' },
                    agent_id: { value: used.agentId },
                    command: { value: 'true' },
                    resources: toWire(amounts('cpus:1;mem:64'), { format: 'stacks' }),
                  },
                ],
              },
            },
          ],
        },
      })
  }
  f.stream.take()
  update(master, [
    { machine_ids: [{ hostname: 'used' }, { hostname: 'declined' }], unavailability },
  ])
  await clock.advance(3000)
  const events = f.stream.take().filter(({ type }) => type !== 'HEARTBEAT')
  expect(events).toEqual([
    {
      type: 'INVERSE_OFFERS',
      inverse_offers: {
        inverse_offers: [
          {
            id: { value: expect.stringMatching(/-O\d+$/) },
            url: {
              scheme: 'http',
              address: { hostname: 'used', ip: '10.0.0.1', port: 5051 },
              path: '/slave(1)',
            },
            framework_id: { value: f.frameworkId },
            agent_id: { value: used.agentId },
            unavailability,
          },
        ],
      },
    },
  ])
})

test('who is asked: holders without a question that is out and without a filter that holds', () => {
  const [f1, f2] = ['f1', 'f2'].map((one) => id<FrameworkId>(one)) as [FrameworkId, FrameworkId]
  const [a1, a2] = ['a1', 'a2'].map((one) => id<AgentId>(one)) as [AgentId, AgentId]
  const plan = (nowMs: number, asked: readonly FrameworkId[] = []) =>
    Object.fromEntries(
      inverseOffers({
        nowMs,
        agents: [
          { id: a1, holders: [f1, f2], asked: new Set(asked) },
          { id: a2, holders: [f2], asked: new Set() },
        ],
        filters: new Map([[f2, new Map([[a1, 100]])]]),
      }),
    )
  expect(plan(99)).toEqual({ f1: [a1], f2: [a2] })
  expect(plan(100)).toEqual({ f1: [a1], f2: [a1, a2] })
  expect(plan(100, [f1, f2])).toEqual({ f2: [a2] })
})

test('an answer of somebody else changes nothing', async () => {
  const { master, clock } = startSimMaster()
  agent(master, 'node1')
  const f = framework(master)
  update(master, [{ machine_ids: [{ hostname: 'node1' }], unavailability }])
  await clock.advance(1000)
  const [inverseId] = master.state.inverseOffers.keys()
  const call = {
    type: 'ACCEPT_INVERSE_OFFERS',
    accept_inverse_offers: { inverse_offer_ids: [{ value: inverseId ?? '' }] },
  } as const
  framework(master).call(call)
  expect(master.state.inverseOffers.size).toBe(1)
  f.call(call)
  expect(master.state.inverseOffers.size).toBe(0)
  const expected = {
    status: 'ACCEPT',
    framework_id: { value: f.frameworkId },
    timestamp: { nanoseconds: clock.now() * 1e6 },
  }
  expect(read(master, 'GET_MAINTENANCE_STATUS')).toMatchObject({
    get_maintenance_status: { status: { draining_machines: [{ statuses: [expected] }] } },
  })
})
