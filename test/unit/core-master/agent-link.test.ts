import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { AgentLinkCallSubscribe, TaskState } from '../../../src/mesos/wire.ts'
import { format } from '../../../src/resources/resources.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

const wire = (text: string) => toWire(amounts(text), { format: 'stacks' })
const info = { hostname: 'a1', port: 5051, resources: wire('cpus:4;mem:1024') }
const json = { 'content-type': 'application/json', accept: 'application/json' }

let master: Master
let agent: AgentPeer

beforeEach(() => {
  master = startSimMaster().master
  agent = new AgentPeer(master.application, { agent_info: info })
})

const post = (body: unknown, headers: Record<string, string> = json) =>
  ask(master.application, 'POST', '/api/v1/agent-link', { headers, body: JSON.stringify(body) })

const domain = JSON.stringify({
  fault_domain: { region: { name: 'west' }, zone: { name: 'z' } },
})

const problem = (text: string) => `Failed to validate agent_link::Call: ${text}`

describe('the agent link', () => {
  test('M2: welcomes an agent with its id, its session and how long silence may last', () => {
    expect(agent.stream.events).toEqual([
      {
        type: 'SUBSCRIBED',
        subscribed: {
          agent_id: { value: `${master.state.id}-S0` },
          session_id: agent.session,
          master_id: master.state.id,
          heartbeat_interval_seconds: 15,
          unreachable_after_seconds: 75,
        },
      },
      { type: 'HEARTBEAT' },
    ])
  })

  test.each([
    { name: 'a domain where the master has none', flags: {}, region: 'east', isIn: false },
    { name: 'a domain where the master has one', flags: { domain }, region: 'east', isIn: true },
    {
      name: 'no domain where the master has one',
      flags: { domain },
      region: undefined,
      isIn: true,
    },
    {
      name: 'no domain where one is asked for',
      flags: { domain, require_agent_domain: 'true' },
      region: undefined,
      isIn: false,
    },
  ])('M1: an agent with $name is let in: $isIn', ({ flags, region, isIn }) => {
    const { master: strict } = startSimMaster(flags)
    const place = region && { region: { name: region }, zone: { name: 'z' } }
    const peer = new AgentPeer(strict.application, {
      agent_info: { ...info, ...(place ? { domain: { fault_domain: place } } : {}) },
    })
    expect([strict.state.agents.size, peer.stream.ended]).toEqual(isIn ? [1, false] : [0, true])
    // It may try again.
    if (!isIn) expect(peer.stream.events).toEqual([])
  })

  test('an id that somebody brought is not given out again', () => {
    const id = { value: `${master.state.id}-S1` }
    const brought = new AgentPeer(
      master.application,
      { agent_info: { ...info, hostname: 'a2', id } },
      '10.0.0.2',
    )
    expect(brought.agentId).toBe(id.value)
    const next = new AgentPeer(master.application, { agent_info: info }, '10.0.0.3')
    expect(next.agentId).toBe(`${master.state.id}-S2`)
  })

  test.each<{ name: string; body: object; want: string }>([
    { name: 'no type', body: {}, want: "Expecting 'type' to be present" },
    {
      name: 'SUBSCRIBE without its message',
      body: { type: 'SUBSCRIBE' },
      want: "Expecting 'subscribe' to be present",
    },
    {
      name: 'no agent id',
      body: { type: 'HEARTBEAT', session_id: 's' },
      want: "Expecting 'agent_id' to be present",
    },
    {
      name: 'no session',
      body: { type: 'HEARTBEAT', agent_id: { value: 'a' } },
      want: "Expecting 'session_id' to be present",
    },
    {
      name: 'regular resources lent',
      body: {
        type: 'OVERSUBSCRIBED',
        agent_id: { value: 'a' },
        session_id: 's',
        oversubscribed: { generation: 1, total: wire('cpus:1') },
      },
      want: "'oversubscribed.total' must contain revocable resources only",
    },
    ...(
      [
        [
          { agent_info: { ...info, id: { value: 'a/b' } } },
          "'subscribe.agent_info.id': 'a/b' contains invalid characters",
        ],
        [
          { agent_info: { ...info, resources: wire('+cpus:1') } },
          "'subscribe.agent_info.resources' must not contain revocable resources",
        ],
        [
          { agent_info: { ...info, resources: [{ name: 'cpus', type: 'SCALAR' }] } },
          "'subscribe.agent_info.resources': Invalid resource 'cpus': Invalid scalar resource: value < 0",
        ],
        [
          { agent_info: info, oversubscribed: wire('cpus:1') },
          "'subscribe.oversubscribed' must contain revocable resources only",
        ],
        [
          { agent_info: info, frameworks: [{ user: 'u', name: 'n' }] },
          "'subscribe.frameworks.id': ID must not be empty",
        ],
        [
          {
            agent_info: info,
            tasks: [
              {
                name: 't',
                task_id: { value: 't' },
                framework_id: { value: 'f' },
                agent_id: { value: 'a' },
                state: 'TASK_RUNNING',
              },
            ],
          },
          "'subscribe.frameworks' must contain framework f of task t",
        ],
      ] as const
    ).map(([subscribe, want]) => ({ name: want, body: { type: 'SUBSCRIBE', subscribe }, want })),
  ])('400: $name', ({ body, want }) => {
    expect(post(body)).toMatchObject({ status: 400, body: problem(want) })
  })

  test('405, 415, 406 as the scheduler API', () => {
    expect(ask(master.application, 'GET', '/api/v1/agent-link').status).toBe(405)
    expect(post({}, { 'content-type': 'text/plain' }).status).toBe(415)
    const subscribe = { type: 'SUBSCRIBE', subscribe: { agent_info: info } }
    expect(post(subscribe, { ...json, accept: 'text/html' }).status).toBe(406)
  })

  test('403: an unknown agent, or the session of an earlier stream', () => {
    const beat = (agentId: string, session: string) =>
      post({ type: 'HEARTBEAT', agent_id: { value: agentId }, session_id: session })
    expect(beat(agent.agentId, agent.session).status).toBe(202)
    expect(beat('nope', agent.session)).toMatchObject({
      status: 403,
      body: `Agent nope has no session '${agent.session}': subscribe again`,
    })
    const again = new AgentPeer(master.application, {
      agent_info: { ...info, id: { value: agent.agentId } },
    })
    expect(agent.stream.ended).toBe(true)
    expect(beat(agent.agentId, agent.session).status).toBe(403)
    expect(beat(agent.agentId, again.session).status).toBe(202)
  })

  test('a task that another agent has is not counted twice', async () => {
    const framework = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { user: 'u', name: 'f', checkpoint: true } },
    })
    const subscribe = (hostname: string, state: TaskState): AgentLinkCallSubscribe => ({
      agent_info: { ...info, hostname },
      frameworks: [{ user: 'u', name: 'f', id: { value: framework.frameworkId } }],
      tasks: [
        {
          name: 't',
          task_id: { value: 't' },
          framework_id: { value: framework.frameworkId },
          agent_id: { value: 'a' },
          state,
          resources: wire('cpus:1'),
        },
      ],
    })
    const first = new AgentPeer(master.application, subscribe('b1', 'TASK_RUNNING'), '10.0.0.2')
    const second = new AgentPeer(master.application, subscribe('b2', 'TASK_FINISHED'), '10.0.0.3')
    await settle()
    const tasks = [...master.state.agents.values()].map(({ id, tasks: { size } }) => [id, size])
    expect(tasks).toEqual([
      [agent.agentId, 0],
      [first.agentId, 1],
      [second.agentId, 0],
    ])
    const used = [...master.state.agents.values()].map(({ used }) => format(used))
    expect(used, 'the end of one is not the end of the other').toEqual(['', 'cpus:1', ''])
    expect(masterProblems(master.state)).toEqual([])
  })

  test('A8: usage counts the same whichever of framework and agent came first', () => {
    const of = (order: 'framework' | 'agent') => {
      const { master } = startSimMaster()
      const id = { value: 'earlier-0000' }
      const subscribeFramework = () =>
        new SchedulerPeer(master.application, {
          framework_id: id,
          subscribe: { framework_info: { user: 'u', name: 'f', id } },
        })
      const subscribeAgent = () =>
        new AgentPeer(master.application, {
          agent_info: { ...info, id: { value: 'earlier-S0' } },
          frameworks: [{ user: 'u', name: 'f', id }],
          tasks: [
            {
              name: 't',
              task_id: { value: 't' },
              framework_id: id,
              agent_id: { value: 'earlier-S0' },
              state: 'TASK_RUNNING',
              resources: wire('cpus:1;mem:64'),
            },
          ],
        })
      if (order === 'framework') subscribeFramework()
      subscribeAgent()
      if (order === 'agent') subscribeFramework()
      return [...master.state.frameworks.values()].map(({ held }) => [
        ...(held.get('*')?.regular ?? []),
      ])
    }
    expect(of('framework')).toEqual([
      [
        ['cpus', 1000],
        ['mem', 64_000],
      ],
    ])
    expect(of('agent')).toEqual(of('framework'))
  })

  test('status updates without uuid end a task at once: nobody acknowledges them', async () => {
    const framework = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { user: 'u', name: 'f', checkpoint: true } },
    })
    await settle()
    const [offer] = [...master.state.offers.keys()]
    framework.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [{ value: offer ?? '' }],
        operations: [
          {
            type: 'LAUNCH',
            launch: {
              task_infos: [
                {
                  name: 't',
                  task_id: { value: 't' },
                  agent_id: { value: agent.agentId },
                  command: { value: 'true' },
                  resources: wire('cpus:1'),
                },
              ],
            },
          },
        ],
      },
    })
    agent.call({
      type: 'STATUS_UPDATE',
      status_update: {
        framework_id: { value: framework.frameworkId },
        latest_state: 'TASK_DROPPED',
        status: { task_id: { value: 't' }, state: 'TASK_DROPPED' },
      },
    })
    const [known] = [...master.state.frameworks.values()]
    expect(known?.tasks.size).toBe(0)
    expect(known?.completedTasks.map(({ state }) => state)).toEqual(['TASK_DROPPED'])
  })
})

test('LAUNCH carries what the agent must know, under an id of its own', async () => {
  const framework = new SchedulerPeer(master.application, {
    subscribe: { framework_info: { user: 'u', name: 'f' } },
  })
  await settle()
  const [offer] = [...master.state.offers.keys()]
  const task = (name: string) => ({
    name,
    task_id: { value: name },
    agent_id: { value: agent.agentId },
    command: { value: 'true' },
    data: Uint8Array.from([1, 2]),
    resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 } }],
  })
  framework.call({
    type: 'ACCEPT',
    accept: {
      offer_ids: [{ value: offer ?? '' }],
      operations: [
        { type: 'LAUNCH', launch: { task_infos: [task('t1'), task('t2')] } },
        { type: 'LAUNCH', id: { value: 'op' }, launch: { task_infos: [task('t3')] } },
        { type: 'RESERVE', reserve: {} },
        { type: 'CREATE', id: { value: 'op-2' }, create: {} },
        {
          type: 'LAUNCH_GROUP',
          launch_group: {
            executor: { executor_id: { value: 'e' } },
            task_group: { tasks: [task('g1'), task('g2')] },
          },
        },
      ],
    },
  })
  const launches = agent.stream.events.filter(({ type }) => type === 'LAUNCH')
  expect(launches.map(({ launch }) => launch?.task_info)).toMatchObject([
    {
      task_id: { value: 't1' },
      data: 'AQI=',
      resources: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: '*' } },
      ],
    },
    { task_id: { value: 't2' } },
  ])
  expect(launches[0]?.launch?.framework_info).toMatchObject({
    id: { value: framework.frameworkId },
  })
  expect(new Set(launches.map(({ launch }) => launch?.launch_id)).size).toBe(2)
  const events = framework.stream.events.slice(3)
  expect(
    events.map(
      ({ update, update_operation_status: operation }) => update?.status ?? operation?.status,
    ),
  ).toMatchObject([
    {
      task_id: { value: 't3' },
      state: 'TASK_ERROR',
      reason: 'REASON_TASK_INVALID',
      source: 'SOURCE_MASTER',
      timestamp: Date.UTC(2026, 0, 1) / 1000,
    },
    {
      operation_id: { value: 'op-2' },
      state: 'OPERATION_ERROR',
      message: 'CREATE operations are not supported',
    },
    {
      task_id: { value: 'g1' },
      state: 'TASK_ERROR',
      reason: 'REASON_TASK_GROUP_INVALID',
      message: "'ExecutorInfo.type' must be set",
    },
    { task_id: { value: 'g2' }, state: 'TASK_ERROR' },
  ])
})
