import { expect, test } from 'vitest'
import { settle } from '../../support/sim-clock.ts'
import { endpoint, node, nowMs } from './fake-cluster.ts'

const nowSeconds = nowMs / 1000
const event = (n: number, more: object = {}) => ({
  Type: 'container',
  Action: 'start',
  Actor: { ID: `id${n}`, Attributes: { name: `c${n}`, image: 'busybox:1', env: 'x' } },
  from: 'busybox:1',
  scope: 'local',
  time: nowSeconds + n,
  timeNano: (nowSeconds + n) * 1e9,
  ...more,
})

/** What the request has answered by the time that it ended at its `until`. */
const collect = async (
  query: string,
  {
    live = [],
    past = {},
    own = [],
  }: { live?: object[]; past?: Record<string, object[]>; own?: object[] },
) => {
  const it = endpoint()
  it.cluster.pastOwnEvents = own.map((one) => ({
    agent: node('node1').id,
    event: one as Record<string, unknown>,
  }))
  it.engines.answer = (asked) => ({
    status: 200,
    body: (past[asked.split(' ')[0] ?? ''] ?? []).map((one) => `${JSON.stringify(one)}\n`).join(''),
  })
  const response = it.app.inject(`/events?until=${nowSeconds + 100}&${query}`).then((it) => it)
  await settle()
  for (const one of live)
    it.cluster.hub.publish({ agent: node('node1').id, event: one as Record<string, unknown> })
  await settle()
  await it.clock.advance(100_000)
  const { body, statusCode } = await response
  const lines = body.split('\n').slice(0, -1)
  return {
    statusCode,
    body,
    asked: it.engines.asked,
    events: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const ids = (events: readonly Record<string, unknown>[]) =>
  events.map((one) => (one['Actor'] as { ID: string }).ID)

test('one object a line, with where it happened (D42)', async () => {
  const { events, body } = await collect('', { live: [event(1)] })
  expect(body.endsWith('}\n')).toBe(true)
  expect(events).toEqual([
    {
      ...event(1),
      from: 'busybox:1 node:node1',
      Actor: {
        ID: 'id1',
        Attributes: {
          name: 'c1',
          image: 'busybox:1',
          env: 'x',
          'node.name': 'node1',
          'node.id': 'agent-node1',
          'node.addr': '10.0.0.1:5051',
          'node.ip': '10.0.0.1',
        },
      },
      node: { Name: 'node1', Id: 'agent-node1', Addr: '10.0.0.1:5051', Ip: '10.0.0.1' },
    },
  ])
})

test('an event without `from` gets none', async () => {
  const { events } = await collect('', { live: [event(1, { from: undefined, Type: 'network' })] })
  expect(events[0]).not.toHaveProperty('from')
})

test('since: the past of all engines by time, then live, no gap and no repeat (§4.5)', async () => {
  const { events, asked } = await collect(`since=${nowSeconds - 60}`, {
    past: { node1: [event(1), event(3)], node2: [event(2)] },
    live: [event(3), event(4), event(4)],
  })
  expect(ids(events)).toEqual(['id1', 'id2', 'id3', 'id4'])
  // Containers are the caller's own; images, networks and volumes are the node's.
  const types = [['container'], ['image', 'network', 'volume', 'daemon']]
  const query = types.map((type) => {
    const span = { since: String(nowSeconds - 60), until: String(nowSeconds + 100) }
    return new URLSearchParams({ ...span, filters: JSON.stringify({ type }) })
  })
  expect(asked).toEqual(
    query.flatMap((each) =>
      ['node1', 'node2'].map((node) => `${node} GET /events?${each.toString()}`),
    ),
  )
})

test('since: what no engine remembers stands among the rest, within the span, and once', async () => {
  const past = { node1: [event(1), event(3)] }
  const own = [event(-70), event(2, { Action: 'revoke' }), event(4), event(200)]
  const { events } = await collect(`since=${nowSeconds - 60}`, { past, own, live: [event(4)] })
  expect(ids(events)).toEqual(['id1', 'id2', 'id3', 'id4'])
  expect((await collect('', { own })).events).toEqual([])
})

test.each([
  { name: 'type', filters: { type: ['network'] }, want: ['id2'] },
  { name: 'event', filters: { event: ['die'] }, want: ['id3'] },
  { name: 'event with its argument', filters: { event: ['health_status'] }, want: ['id4'] },
  { name: 'container by name', filters: { container: ['c1'] }, want: ['id1'] },
  { name: 'container by id', filters: { container: ['id3'] }, want: ['id3'] },
  { name: 'a network is no container', filters: { container: ['c2'] }, want: [] },
  { name: 'network', filters: { network: ['c2'] }, want: ['id2'] },
  { name: 'image, tag or not', filters: { image: ['busybox'] }, want: ['id1', 'id3', 'id4'] },
  { name: 'label', filters: { label: ['env=x'] }, want: ['id1', 'id2', 'id3', 'id4'] },
  { name: 'another label', filters: { label: ['env=y'] }, want: [] },
  { name: 'scope', filters: { scope: ['swarm'] }, want: [] },
  { name: 'node', filters: { node: ['node1'] }, want: ['id1', 'id2', 'id3', 'id4'] },
  { name: 'another node', filters: { node: ['node2'] }, want: [] },
])('filter $name', async ({ filters, want }) => {
  const { events } = await collect(`filters=${encodeURIComponent(JSON.stringify(filters))}`, {
    live: [
      event(1),
      event(2, { Type: 'network' }),
      event(3, { Action: 'die' }),
      event(4, { Action: 'health_status: healthy' }),
    ],
  })
  expect(ids(events)).toEqual(want)
})

test.each([
  {
    query: 'since=yesterday',
    text: 'since: wanted unix seconds or an RFC 3339 time, got "yesterday"',
  },
  { query: 'until=-5', text: 'until: wanted unix seconds or an RFC 3339 time, got "-5"' },
  { query: 'filters={"x":["y"]}', text: "Invalid filter 'x'" },
])('$query is refused', async ({ query, text }) => {
  const { app } = endpoint()
  const response = await app.inject(`/events?${query}`)
  expect([response.statusCode, response.json()]).toEqual([400, { message: text }])
})

test('an end in the past ends at once', async () => {
  const it = endpoint()
  const response = it.app.inject('/events?since=2025-06-01T11:00:00Z&until=1').then((one) => one)
  await settle()
  await it.clock.advance(0)
  expect((await response).body).toBe('')
  expect(it.cluster.hub.readers).toBe(0)
})
