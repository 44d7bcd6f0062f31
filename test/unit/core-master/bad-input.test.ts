import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { SchedulerCall } from '../../../src/mesos/wire.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import type { SimClock } from '../../support/sim-clock.ts'

const json = { 'content-type': 'application/json' }

let master: Master
let clock: SimClock
let agent: AgentPeer
let mine: SchedulerPeer
let other: SchedulerPeer

beforeEach(async () => {
  ;({ master, clock } = startSimMaster())
  agent = newAgent('10.0.0.1')
  mine = await joined('mine')
  mine.call({ type: 'SUPPRESS' })
  newAgent('10.0.0.2')
  other = await joined('other')
})

const newAgent = (hostname: string) =>
  new AgentPeer(
    master.application,
    {
      agent_info: {
        hostname,
        resources: toWire(amounts('cpus:4;mem:1024'), { format: 'stacks' }),
      },
      oversubscribed: toWire(amounts('+cpus:2'), { format: 'stacks' }),
      capabilities: [{ type: 'MULTI_ROLE' }],
    },
    hostname,
  )

const joined = async (role: string) => {
  const peer = new SchedulerPeer(master.application, {
    subscribe: {
      framework_info: {
        user: 'root',
        name: role,
        roles: [role],
        failover_timeout: 100,
        capabilities: [
          { type: 'MULTI_ROLE' },
          { type: 'REVOCABLE_RESOURCES' },
          { type: 'PARTITION_AWARE' },
        ],
      },
    },
  })
  await clock.advance(1000)
  return peer
}

const offersOf = (peer: SchedulerPeer) =>
  peer.stream.events.flatMap(({ offers }) => offers?.offers ?? [])
const firstOffer = (peer: SchedulerPeer) => offersOf(peer)[0]?.id ?? { value: '' }

const post = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = json) =>
  ask(master.application, 'POST', '/api/v1/scheduler', {
    headers: { ...headers, 'mesos-stream-id': mine.stream.headers['mesos-stream-id'] ?? '' },
    body,
  })

/** What nothing of a refused call may change. */
const before = () => ({
  offers: [...master.state.offers.keys()],
  frameworks: [...master.state.frameworks.keys()],
  tasks: [...master.state.frameworks.values()].map(({ tasks }) => tasks.size),
})

const call = (more: object): string =>
  JSON.stringify({ framework_id: { value: mine.frameworkId }, ...more })

describe('a body that is none is refused, and changes nothing', () => {
  const deep = (levels: number) => '{"container":'.repeat(levels) + '1' + '}'.repeat(levels)
  test.each([
    { name: 'cut off', body: () => call({ type: 'REVIVE' }).slice(0, -1), want: /parse body into/ },
    { name: 'empty', body: () => '', want: /parse body into JSON/ },
    {
      name: 'an array 10,000 deep',
      body: () => '['.repeat(10_000) + ']'.repeat(10_000),
      want: /Expecting a JSON object/,
    },
    {
      name: 'an object 10,000 deep, where no field is known',
      body: () => `{"type":"REVIVE","x":${deep(10_000)}}`,
      want: /Expecting 'framework_id' to be present/,
    },
    {
      name: 'NaN as JSON has no word for it',
      body: () => '{"type":"DECLINE","decline":{"filters":{"refuse_seconds":NaN}}}',
      want: /parse body into JSON/,
    },
    {
      name: 'NaN as text',
      body: () => call({ type: 'DECLINE', decline: { filters: { refuse_seconds: 'NaN' } } }),
      want: /Expecting a number for decline.filters.refuse_seconds, not "NaN"/,
    },
    {
      name: 'no JSON but text',
      body: () => 'type=REVIVE',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
      want: /Expecting 'Content-Type'/,
    },
    {
      name: 'JSON that says it is protobuf',
      body: () => call({ type: 'REVIVE' }),
      headers: { 'content-type': 'application/x-protobuf' },
      want: /parse body into Call protobuf/,
    },
  ])('$name', ({ body, headers = json, status = 400, want }) => {
    const was = before()
    const answer = post(body(), headers)
    expect([answer.status, answer.body]).toEqual([status, expect.stringMatching(want)])
    expect(before()).toEqual(was)
  })

  test('a framework deep in __proto__ does not become part of anything', () => {
    const answer = post(
      `{"__proto__":{"type":"TEARDOWN"},"framework_id":{"value":"${mine.frameworkId}"}}`,
    )
    expect(answer.body).toContain("Expecting 'type' to be present")
    expect(({} as { type?: unknown }).type).toBeUndefined()
  })

  test.each(['../x', 'a/b', '__proto__', 'constructor', '', '.', 'x'.repeat(300), 'a\u0000b'])(
    'the framework id %j is nobody',
    (value) => {
      expect(post(JSON.stringify({ type: 'REVIVE', framework_id: { value } }))).toMatchObject({
        status: 400,
        body: 'Framework cannot be found',
      })
    },
  )
})

const launch = (more: object, offers = [firstOffer(mine)]): SchedulerCall =>
  ({
    type: 'ACCEPT',
    accept: {
      offer_ids: offers,
      filters: { refuse_seconds: 0 },
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
                resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
                ...more,
              },
            ],
          },
        },
      ],
    },
  }) as SchedulerCall

const scalar = (name: string, value: number | string, more: object = {}) => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
})

describe('a task that cannot be is TASK_ERROR, and its offer comes back whole', () => {
  test.each([
    { name: 'a negative quantity', more: { resources: [scalar('cpus', -1)] }, want: /value < 0/ },
    {
      name: '1e308 cpus',
      more: { resources: [scalar('cpus', 1e308)] },
      want: /is too large/,
    },
    { name: 'endless cpus', more: { resources: [scalar('cpus', 'Infinity')] }, want: /./ },
    { name: 'no resources', more: { resources: [] }, want: /no resources/i },
    { name: 'an id with a slash', more: { task_id: { value: 'a/b' } }, want: /invalid characters/ },
    { name: 'an id of dots', more: { task_id: { value: '..' } }, want: /'..' is disallowed/ },
    { name: 'an id too long', more: { task_id: { value: 'x'.repeat(256) } }, want: /255/ },
    { name: 'another agent', more: { agent_id: { value: 'nope' } }, want: /agent/i },
    { name: 'no command', more: { command: null }, want: /command/i },
    {
      name: 'cpus of a role that nobody has',
      more: {
        resources: [
          scalar('cpus', 1, { reservations: [{ type: 'STATIC', role: 'no such/role' }] }),
        ],
      },
      want: /./,
    },
    {
      name: 'kinds mixed',
      more: { resources: [scalar('cpus', 1), scalar('cpus', 1, { revocable: {} })] },
      want: /mixes revocable and non-revocable/,
    },
  ])('$name', ({ more, want }) => {
    mine.stream.take()
    const offers = [...master.state.offers.values()]
      .filter(({ framework }) => framework.id === mine.frameworkId)
      .map(({ id }) => ({ value: id }))
    expect(offers).toHaveLength(2)
    const body = JSON.stringify({
      framework_id: { value: mine.frameworkId },
      ...launch(more, offers),
    })
    expect(post(body).status).toBe(202)
    const [status] = mine.stream.take().flatMap(({ update }) => update?.status ?? [])
    expect(status).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
    expect(status).not.toHaveProperty('uuid') // W14: the master's own need no acknowledgement.
    expect(status?.message).toMatch(want)
    expect([...master.state.agents.values()][0]?.used).toEqual([])
    expect(masterProblems(master.state)).toEqual([])
  })
})

describe('offers that do not stand lose their tasks (O11)', () => {
  test.each([
    {
      name: 'the same one twice',
      offers: () => [firstOffer(mine), firstOffer(mine)],
      want: /^Task launched with invalid offers: Duplicate offer .* in offer list$/,
    },
    {
      name: 'one of another framework',
      offers: () => [firstOffer(other)],
      want: /has invalid framework/,
    },
    { name: 'none', offers: () => [], want: /No offers specified/ },
    { name: 'one nobody made', offers: () => [{ value: '__proto__' }], want: /no longer valid/ },
  ])('$name', ({ offers, want }) => {
    const held = [...master.state.offers.values()].filter(
      ({ framework }) => framework.id === other.frameworkId,
    )
    expect(held).toHaveLength(2)
    mine.stream.take()
    mine.call(launch({}, offers()))
    const [status] = mine.stream.take().flatMap(({ update }) => update?.status ?? [])
    expect(status).toMatchObject({ state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS' })
    expect(status?.message).toMatch(want)
    for (const { id } of held) expect(master.state.offers.has(id)).toBe(true)
    expect(masterProblems(master.state)).toEqual([])
  })
})

test('an UPDATE_FRAMEWORK without REVOCABLE_RESOURCES gives back what is lent (I2)', () => {
  const lent = [...master.state.offers.values()].filter(
    ({ framework, resources }) =>
      framework.id === mine.frameworkId && resources.some(({ revocable }) => revocable),
  )
  expect(lent).toHaveLength(1)
  mine.stream.take()
  mine.call({
    type: 'UPDATE_FRAMEWORK',
    update_framework: {
      framework_info: {
        id: { value: mine.frameworkId },
        user: 'root',
        name: 'mine',
        roles: ['mine'],
        capabilities: [{ type: 'MULTI_ROLE' }],
      },
    },
  })
  expect(mine.stream.take()).toMatchObject([
    { type: 'RESCIND', rescind: { offer_id: { value: lent[0]?.id } } },
  ])
})

test('a DECLINE of the offers of another framework leaves them', () => {
  const offers = [...master.state.offers.keys()]
  expect(
    mine.call({ type: 'DECLINE', decline: { offer_ids: [{ value: 'no/such' }] } }).status,
  ).toBe(202)
  const theirs = offers.filter(
    (id) => master.state.offers.get(id)?.framework.id !== mine.frameworkId,
  )
  mine.call({ type: 'DECLINE', decline: { offer_ids: theirs.map((value) => ({ value })) } })
  expect([...master.state.offers.keys()]).toEqual(offers)
})

test('lists as long as a body may be cost one pass each', () => {
  const offer_ids = Array.from({ length: 300_000 }, (_, i) => ({ value: String(i) }))
  expect(mine.call({ type: 'ACCEPT', accept: { offer_ids } }).status).toBe(202)
  expect(mine.call({ type: 'DECLINE', decline: { offer_ids } }).status).toBe(202)
  const roles = offer_ids.map(({ value }) => value)
  expect(mine.call({ type: 'SUPPRESS', suppress: { roles } }).status).toBe(202)
})
