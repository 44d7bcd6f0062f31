import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

let master: Master
let agent: AgentPeer
let framework: SchedulerPeer

const wire = (text: string) => toWire(amounts(text), { format: 'stacks' })

beforeEach(async () => {
  master = startSimMaster({ cluster: 'test', weights: 'role1=2' }).master
  agent = new AgentPeer(master.application, {
    agent_info: {
      hostname: 'a1',
      port: 5051,
      resources: wire('cpus:8;mem:8192;disk:20000;ports:[31000-32000];mem(role1):64'),
      attributes: [
        { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
        { name: 'num', type: 'SCALAR', scalar: { value: 3.5 } },
        { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 5 }] } },
        { name: 'shoal_ip', type: 'TEXT', text: { value: '192.0.2.7' } },
      ],
    },
    version: '0.0.0',
    oversubscribed: wire('+cpus:4;+mem:1024'),
    capabilities: [{ type: 'MULTI_ROLE' }],
  })
  framework = new SchedulerPeer(master.application, {
    subscribe: {
      framework_info: {
        user: 'root',
        name: 'fw',
        roles: ['role1'],
        failover_timeout: 30,
        capabilities: [
          { type: 'REVOCABLE_RESOURCES' },
          { type: 'MULTI_ROLE' },
          { type: 'RESERVATION_REFINEMENT' },
        ],
      },
    },
  })
  await settle()
})

const get = (path: string) => {
  const answer = ask(master.application, 'GET', path)
  expect(answer.status).toBe(200)
  return JSON.parse(answer.body) as Record<string, unknown>
}

const launch = () => {
  const offers = [...master.state.offers.keys()]
  framework.call({
    type: 'ACCEPT',
    accept: {
      offer_ids: offers.map((value) => ({ value })),
      operations: [
        {
          type: 'LAUNCH',
          launch: {
            task_infos: [
              {
                name: 'task one',
                task_id: { value: 't1' },
                agent_id: { value: agent.agentId },
                command: { value: 'true' },
                labels: { labels: [{ key: 'k', value: 'v' }] },
                resources: wire('+cpus:0.1;mem:32'),
              },
            ],
          },
        },
      ],
      filters: { refuse_seconds: 1000 },
    },
  })
  agent.call({
    type: 'STATUS_UPDATE',
    status_update: {
      framework_id: { value: framework.frameworkId },
      latest_state: 'TASK_RUNNING',
      status: {
        task_id: { value: 't1' },
        state: 'TASK_RUNNING',
        timestamp: 12.5,
        source: 'SOURCE_EXECUTOR',
        uuid: new Uint8Array(16),
        data: Buffer.from('secret'),
        container_status: { container_id: { value: 'c' } },
      },
    },
  })
}

describe('offers as frameworks read them', () => {
  test('W15: with the address of the agent filled in, its attributes, and the role', () => {
    const [offer] =
      framework.stream.events.find(({ type }) => type === 'OFFERS')?.offers?.offers ?? []
    expect(offer).toEqual({
      id: { value: `${master.state.id}-O0` },
      framework_id: { value: framework.frameworkId },
      agent_id: { value: agent.agentId },
      hostname: 'a1',
      url: {
        scheme: 'http',
        address: { hostname: 'a1', ip: '192.0.2.7', port: 5051 },
        path: '/slave(1)',
      },
      resources: expect.arrayContaining([
        {
          name: 'cpus',
          type: 'SCALAR',
          scalar: { value: 8 },
          allocation_info: { role: 'role1' },
        },
        {
          name: 'mem',
          type: 'SCALAR',
          scalar: { value: 64 },
          reservations: [{ type: 'STATIC', role: 'role1' }],
          allocation_info: { role: 'role1' },
        },
      ]),
      attributes: expect.arrayContaining([{ name: 'num', type: 'SCALAR', scalar: { value: 3.5 } }]),
      allocation_info: { role: 'role1' },
    })
  })

  test('W16: the old format for a framework that knows neither roles nor reservation stacks', async () => {
    framework.call({ type: 'TEARDOWN' })
    const old = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { user: 'root', name: 'old', role: 'role1' } },
    })
    await settle()
    const [offer] = old.stream.events.find(({ type }) => type === 'OFFERS')?.offers?.offers ?? []
    expect(offer).not.toHaveProperty('allocation_info')
    expect(offer?.resources).toContainEqual({
      name: 'cpus',
      type: 'SCALAR',
      scalar: { value: 8 },
      role: '*',
    })
    expect(offer?.resources).toContainEqual({
      name: 'mem',
      type: 'SCALAR',
      scalar: { value: 64 },
      role: 'role1',
    })
    expect(offer?.resources?.some(({ revocable }) => revocable !== undefined)).toBe(false)
  })
})

describe('views (core-master §8.2)', () => {
  test('/state has the fields of a real one', () => {
    launch()
    const state = get('/master/state')
    expect(state).toMatchObject({
      version: '0.0.0',
      id: master.state.id,
      pid: 'master@10.0.0.100:5050',
      leader: 'master@10.0.0.100:5050',
      cluster: 'test',
      activated_slaves: 1,
      deactivated_slaves: 0,
      unreachable_slaves: 0,
      recovered_slaves: [],
      completed_frameworks: [],
      orphan_tasks: [],
      unregistered_frameworks: [],
    })
    expect((state['slaves'] as unknown[])[0]).toEqual({
      id: agent.agentId,
      hostname: 'a1',
      port: 5051,
      attributes: { rack: 'r1', num: 3.5, ports: '[1-5]', shoal_ip: '192.0.2.7' },
      pid: 'slave(1)@192.0.2.7:5051',
      registered_time: Date.UTC(2026, 0, 1) / 1000,
      resources: {
        cpus: 8,
        mem: 8256,
        disk: 20_000,
        gpus: 0,
        ports: '[31000-32000]',
        cpus_revocable: 4,
        mem_revocable: 1024,
      },
      used_resources: { cpus: 0, mem: 32, disk: 0, gpus: 0, cpus_revocable: 0.1 },
      offered_resources: { cpus: 0, mem: 0, disk: 0, gpus: 0 },
      reserved_resources: { role1: { cpus: 0, mem: 64, disk: 0, gpus: 0 } },
      unreserved_resources: {
        cpus: 8,
        mem: 8192,
        disk: 20_000,
        gpus: 0,
        ports: '[31000-32000]',
        cpus_revocable: 4,
        mem_revocable: 1024,
      },
      active: true,
      deactivated: false,
      version: '0.0.0',
      capabilities: ['MULTI_ROLE'],
    })
    expect((state['frameworks'] as unknown[])[0]).toMatchObject({
      id: framework.frameworkId,
      name: 'fw',
      used_resources: { cpus: 0, mem: 32, cpus_revocable: 0.1 },
      active: true,
      connected: true,
      recovered: false,
      user: 'root',
      failover_timeout: 30,
      checkpoint: false,
      roles: ['role1'],
      unreachable_tasks: [],
      completed_tasks: [],
      offers: [],
      executors: [],
      tasks: [
        {
          id: 't1',
          name: 'task one',
          framework_id: framework.frameworkId,
          executor_id: '',
          slave_id: agent.agentId,
          state: 'TASK_RUNNING',
          resources: { cpus: 0, mem: 32, disk: 0, gpus: 0, cpus_revocable: 0.1 },
          role: 'role1',
          statuses: [
            {
              state: 'TASK_RUNNING',
              timestamp: 12.5,
              container_status: { container_id: { value: 'c' } },
            },
          ],
          labels: [{ key: 'k', value: 'v' }],
        },
      ],
    })
    expect(JSON.stringify(state)).not.toContain(Buffer.from('secret').toString('base64'))
  })

  test('/state-summary counts, /tasks lists, /slaves and /frameworks select', () => {
    launch()
    const summary = get('/state-summary') as { slaves: unknown[]; frameworks: unknown[] }
    expect(summary.slaves[0]).toMatchObject({
      TASK_RUNNING: 1,
      TASK_FINISHED: 0,
      framework_ids: [framework.frameworkId],
    })
    expect(summary.frameworks[0]).toMatchObject({ TASK_RUNNING: 1, slave_ids: [agent.agentId] })
    expect(get('/tasks')).toMatchObject({ tasks: [{ id: 't1' }] })
    expect(get('/tasks?task_id=other')).toEqual({ tasks: [] })
    expect(get('/tasks?limit=0')).toEqual({ tasks: [] })
    expect(get('/slaves?slave_id=nope')).toEqual({ slaves: [], recovered_slaves: [] })
    expect(get('/slaves')).toMatchObject({
      slaves: [
        {
          used_resources_full: [
            { name: 'cpus', scalar: { value: 0.1 }, role: '*', revocable: {} },
            { name: 'mem', scalar: { value: 32 }, role: '*' },
          ],
          reserved_resources_full: { role1: [{ name: 'mem', role: 'role1' }] },
        },
      ],
    })
    expect(get('/frameworks?framework_id=nope')).toEqual({
      frameworks: [],
      completed_frameworks: [],
      unregistered_frameworks: [],
    })
    expect(get('/roles')).toMatchObject({
      roles: [{ name: 'role1', weight: 2, frameworks: [framework.frameworkId] }],
    })
    expect(get('/weights')).toEqual([{ role: 'role1', weight: 2 }])
  })

  test('/metrics/snapshot reads gauges from the state and counts what happened (§10)', () => {
    launch()
    expect(get('/metrics/snapshot?timeout=5secs')).toMatchObject({
      'allocator/mesos/allocation_runs': 1,
      'master/elected': 1,
      'master/uptime_secs': 0,
      'master/cpus_total': 8,
      'master/cpus_used': 0,
      'master/cpus_revocable_total': 4,
      'master/cpus_revocable_used': 0.1,
      'master/cpus_revocable_percent': 0.025,
      'master/mem_used': 32,
      'master/slaves_active': 1,
      'master/frameworks_connected': 1,
      'master/tasks_running': 1,
      'master/tasks_finished': 0,
      'master/messages_register_framework': 1,
      'master/messages_register_slave': 1,
      'master/messages_launch_tasks': 1,
      'master/messages_status_update': 1,
      'master/valid_status_updates': 1,
      'master/slave_registrations': 1,
      'master/outstanding_offers': 0,
    })
  })

  test('small ones: health, version, flags, redirect, and what there is not', () => {
    const of = (method: string, path: string) => ask(master.application, method, path)
    expect(of('GET', '/health')).toEqual({ status: 200, headers: {}, body: '' })
    expect(get('/version')).toEqual({ version: '0.0.0' })
    expect(get('/flags')).toMatchObject({ flags: { cluster: 'test' } })
    expect(of('GET', '/redirect')).toEqual({
      status: 307,
      headers: { location: '//127.0.0.1:5050' },
      body: '',
    })
    expect(of('GET', '/nonexistent')).toMatchObject({ status: 404, body: '404 Not Found.' })
    expect(of('GET', '/constructor')).toMatchObject({ status: 404 })
    expect(of('PUT', '/state')).toMatchObject({
      status: 405,
      body: "405 Method Not Allowed. Expecting one of { 'GET' }, but received 'PUT'.",
    })
  })

  test('?jsonp=name wraps the answer, and only a name is one', () => {
    expect(ask(master.application, 'GET', '/version?jsonp=cb')).toEqual({
      status: 200,
      headers: { 'content-type': 'text/javascript' },
      body: 'cb({"version":"0.0.0"})',
    })
    expect(ask(master.application, 'GET', '/version?jsonp=alert(1)//').status).toBe(400)
  })
})
