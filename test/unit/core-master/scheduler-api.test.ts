import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { codecs } from '../../../src/mesos/codec.ts'
import type { SchedulerCall, SchedulerEvent } from '../../../src/mesos/wire.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { ask, SchedulerPeer } from '../../support/master-peers.ts'

const frameworkInfo = { user: 'root', name: 'test' }
const subscribe = { type: 'SUBSCRIBE', subscribe: { framework_info: frameworkInfo } }
const json = { 'content-type': 'application/json', accept: 'application/json' }

let master: Master
let connected: SchedulerPeer
let gone: SchedulerPeer

beforeEach(() => {
  master = startSimMaster().master
  connected = new SchedulerPeer(master.application, {
    subscribe: { framework_info: frameworkInfo },
  })
  gone = new SchedulerPeer(master.application, {
    subscribe: { framework_info: { ...frameworkInfo, failover_timeout: 1000 } },
  })
  gone.stream.close()
})

/** Texts as a real Mesos 1.12 master answered them. */
const refusals: readonly {
  readonly name: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | object
  readonly want: readonly [number, string | RegExp]
}[] = [
  {
    name: 'row 5: another method',
    method: 'GET',
    want: [405, "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'."],
  },
  {
    name: 'row 6: no Content-Type',
    headers: { accept: 'application/json' },
    want: [400, "Expecting 'Content-Type' to be present"],
  },
  {
    name: 'row 7: not JSON',
    body: '{',
    want: [400, /^Failed to parse body into JSON: /],
  },
  {
    name: 'row 7: JSON of another shape',
    body: { type: 'SUBSCRIBE', subscribe: { framework_info: { user: 'root' } } },
    want: [
      400,
      'Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.name',
    ],
  },
  {
    name: 'row 7: not protobuf',
    headers: { 'content-type': 'application/x-protobuf' },
    body: '\u00ff\u00ff',
    want: [400, 'Failed to parse body into Call protobuf'],
  },
  {
    name: 'row 8: another Content-Type',
    headers: { 'content-type': 'text/plain' },
    body: {},
    want: [415, "Expecting 'Content-Type' of application/json or application/x-protobuf"],
  },
  {
    name: 'row 9: no type',
    body: {},
    want: [400, "Failed to validate scheduler::Call: Expecting 'type' to be present"],
  },
  {
    name: 'row 9: a type that is none',
    body: { type: 'BOGUS' },
    want: [400, "Failed to validate scheduler::Call: Expecting 'type' to be present"],
  },
  {
    name: 'row 9: SUBSCRIBE without its message',
    body: { type: 'SUBSCRIBE' },
    want: [400, "Failed to validate scheduler::Call: Expecting 'subscribe' to be present"],
  },
  {
    name: 'row 9: two framework ids',
    body: { ...subscribe, framework_id: { value: 'abc' } },
    want: [
      400,
      "Failed to validate scheduler::Call: 'framework_id' differs from 'subscribe.framework_info.id'",
    ],
  },
  {
    name: 'row 9: no framework id',
    body: { type: 'REVIVE' },
    want: [400, "Failed to validate scheduler::Call: Expecting 'framework_id' to be present"],
  },
  ...(
    [
      ['ACCEPT', 'accept'],
      ['DECLINE', 'decline'],
      ['KILL', 'kill'],
      ['SHUTDOWN', 'shutdown'],
      ['ACKNOWLEDGE', 'acknowledge'],
      ['RECONCILE', 'reconcile'],
      ['RECONCILE_OPERATIONS', 'reconcile_operations'],
      ['MESSAGE', 'message'],
      ['REQUEST', 'request'],
      ['UPDATE_FRAMEWORK', 'update_framework'],
      ['ACCEPT_INVERSE_OFFERS', 'accept_inverse_offers'],
      ['DECLINE_INVERSE_OFFERS', 'decline_inverse_offers'],
      ['ACKNOWLEDGE_OPERATION_STATUS', 'acknowledge_operation_status'],
    ] as const
  ).map(([type, field]) => ({
    name: `row 9: ${type} without its message`,
    body: { type, framework_id: { value: 'nope' } },
    want: [400, `Failed to validate scheduler::Call: Expecting '${field}' to be present`] as const,
  })),
  {
    name: 'row 9: an acknowledgement whose uuid is none',
    body: {
      type: 'ACKNOWLEDGE',
      framework_id: { value: 'nope' },
      acknowledge: { agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: 'aGk=' },
    },
    want: [400, 'Failed to validate scheduler::Call: Not a valid UUID'],
  },
  {
    name: 'row 9: an operation acknowledgement without agent',
    body: {
      type: 'ACKNOWLEDGE_OPERATION_STATUS',
      framework_id: { value: 'nope' },
      acknowledge_operation_status: {
        operation_id: { value: 'o' },
        uuid: 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    },
    want: [400, "Failed to validate scheduler::Call: Expecting 'agent_id' to be present"],
  },
  {
    name: 'row 9: UPDATE_FRAMEWORK of another framework',
    body: {
      type: 'UPDATE_FRAMEWORK',
      framework_id: { value: 'nope' },
      update_framework: { framework_info: frameworkInfo },
    },
    want: [
      400,
      "Failed to validate scheduler::Call: 'framework_id' differs from 'update_framework.framework_info.id'",
    ],
  },
  {
    name: 'row 10: SUBSCRIBE that accepts neither type',
    headers: { ...json, accept: 'text/html' },
    body: subscribe,
    want: [406, "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'"],
  },
  {
    name: 'row 11: SUBSCRIBE with a stream id',
    headers: { ...json, 'mesos-stream-id': 'x' },
    body: subscribe,
    want: [400, "Subscribe calls should not include the 'Mesos-Stream-Id' header"],
  },
  {
    name: 'row 13: an unknown framework',
    body: { type: 'REVIVE', framework_id: { value: 'nope' } },
    want: [400, 'Framework cannot be found'],
  },
  {
    name: 'row 13 before 17: an unknown framework with a stream id',
    headers: { ...json, 'mesos-stream-id': 'x' },
    body: { type: 'REVIVE', framework_id: { value: 'nope' } },
    want: [400, 'Framework cannot be found'],
  },
]

describe('the scheduler API refuses, in the order of core-master §1.2', () => {
  test.each(refusals)('$name', ({ method = 'POST', headers = json, body = '', want }) => {
    const text = typeof body === 'string' ? Buffer.from(body, 'latin1') : JSON.stringify(body)
    const answer = ask(master.application, method, '/api/v1/scheduler', { headers, body: text })
    const [status, message] = want
    expect(answer.status).toBe(status)
    if (typeof message === 'string') expect(answer.body).toBe(message)
    else expect(answer.body).toMatch(message)
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(answer.headers['allow']).toBe(status === 405 ? 'POST' : undefined)
  })

  test('row 15: a framework that is not connected', () => {
    expect(gone.call({ type: 'REVIVE' })).toMatchObject({
      status: 403,
      body: 'Framework is not subscribed',
    })
  })

  test('row 17: no stream id, or that of another stream', () => {
    const body = JSON.stringify({ type: 'REVIVE', framework_id: { value: connected.frameworkId } })
    expect(ask(master.application, 'POST', '/api/v1/scheduler', { headers: json, body }).body).toBe(
      "All non-subscribe calls should include the 'Mesos-Stream-Id' header",
    )
    const headers = { ...json, 'mesos-stream-id': 'eb1a2e2c-a585-41b8-b4a7-369538895d35' }
    expect(ask(master.application, 'POST', '/api/v1/scheduler', { headers, body }).body).toBe(
      `The stream ID 'eb1a2e2c-a585-41b8-b4a7-369538895d35' included in this request didn't match the stream ID currently associated with framework ID ${connected.frameworkId}`,
    )
  })

  test('row 19: calls that are not implemented', () => {
    expect(connected.call({ type: 'UNKNOWN' }).status).toBe(501)
    expect(
      connected.call({ type: 'RECONCILE_OPERATIONS', reconcile_operations: {} }),
    ).toMatchObject({
      status: 501,
      body: 'RECONCILE_OPERATIONS is not implemented',
    })
  })

  test.each<SchedulerCall>([
    { type: 'DECLINE', decline: {} },
    { type: 'ACCEPT', accept: { offer_ids: [{ value: 'nope' }] } },
    { type: 'REQUEST', request: {} },
    { type: 'REVIVE', revive: { roles: ['not-mine'] } },
    { type: 'ACCEPT_INVERSE_OFFERS', accept_inverse_offers: {} },
    { type: 'DECLINE_INVERSE_OFFERS', decline_inverse_offers: {} },
    {
      type: 'SHUTDOWN',
      shutdown: { executor_id: { value: 'x' }, agent_id: { value: 'a' } },
    },
    {
      type: 'MESSAGE',
      message: { executor_id: { value: 'x' }, agent_id: { value: 'a' }, data: Buffer.from('hi') },
    },
  ])('row 20: $type is accepted with an empty body', (call) => {
    expect(connected.call(call)).toEqual({ status: 202, headers: {}, body: '' })
  })

  test('every route exists under /master too (W1)', () => {
    expect(ask(master.application, 'GET', '/master/api/v1/scheduler').status).toBe(405)
    expect(ask(master.application, 'GET', '/masterful').status).toBe(404)
  })
})

describe('a subscription', () => {
  test('SUBSCRIBED, then a heartbeat, each one chunk with its length (W2, W3, W8, W9)', () => {
    const { chunks, events, headers } = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { ...frameworkInfo, name: 'Grüße' } },
    }).stream
    expect(headers['content-type']).toBe('application/json')
    expect(headers['mesos-stream-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(events.map(({ type }) => type)).toEqual(['SUBSCRIBED', 'HEARTBEAT'])
    expect(chunks).toHaveLength(2)
    for (const chunk of chunks) {
      const [length = '', body = '', ...rest] = Buffer.from(chunk).toString('latin1').split('\n')
      expect([Number(length), rest]).toEqual([body.length, []])
    }
    expect(events[0]?.subscribed).toEqual({
      framework_id: { value: `${master.state.id}-0002` },
      heartbeat_interval_seconds: 15,
      master_info: {
        id: master.state.id,
        ip: 10 + 100 * 2 ** 24,
        port: 5050,
        pid: 'master@10.0.0.100:5050',
        hostname: '127.0.0.1',
        version: '0.0.0',
        address: { hostname: '127.0.0.1', ip: '10.0.0.100', port: 5050 },
        capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
      },
    })
  })

  test.each([
    { name: 'no Accept header', accept: undefined, want: 'application/json' },
    { name: 'anything', accept: '*/*', want: 'application/json' },
    {
      name: 'twice the same',
      accept: 'application/json, application/json',
      want: 'application/json',
    },
    { name: 'both', accept: 'application/x-protobuf, application/json', want: 'application/json' },
    { name: 'protobuf only', accept: 'application/x-protobuf', want: 'application/x-protobuf' },
    {
      name: 'JSON excluded by its quality',
      accept: 'application/json;q=0, application/x-protobuf',
      want: 'application/x-protobuf',
    },
  ])('W4: $name is answered with $want', ({ accept, want }) => {
    let got: string | undefined
    const call = codecs<SchedulerCall>('mesos.v1.scheduler.Call')['application/x-protobuf']
    const records: Uint8Array[] = []
    master.application(
      {
        method: 'POST',
        path: '/api/v1/scheduler',
        headers: {
          'content-type': 'application/x-protobuf',
          ...(accept === undefined ? {} : { accept }),
        },
        body: call.encode({ type: 'SUBSCRIBE', subscribe: { framework_info: frameworkInfo } }),
      },
      {
        peer: '10.0.0.9:1',
        reply: () => {},
        open: (_status, headers) => {
          got = headers['content-type']
          const write = (bytes: Uint8Array) => void records.push(bytes)
          return { write, bufferedBytes: () => 0, end: () => {}, onClose: () => {} }
        },
      },
    )
    expect(got).toBe(want)
    const first = Buffer.from(records[0] ?? [])
    const body = first.subarray(first.indexOf(0x0a) + 1)
    const codec = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')[want as 'application/json']
    expect(codec.decode(body)).toMatchObject({ type: 'SUBSCRIBED' })
  })

  test('heartbeats go on in even intervals, and end with the stream (W8)', async () => {
    const { master, clock } = startSimMaster({ heartbeat_interval: '5secs' })
    const { stream } = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { ...frameworkInfo, failover_timeout: 1000 } },
    })
    await clock.advance(14_000)
    expect(stream.take().map(({ type }) => type)).toEqual([
      'SUBSCRIBED',
      'HEARTBEAT',
      'HEARTBEAT',
      'HEARTBEAT',
    ])
    stream.close()
    await clock.advance(20_000)
    expect(stream.take()).toEqual([])
  })

  test('null is unset, as the npm client sends it (W5)', () => {
    const peer = new SchedulerPeer(master.application, {
      framework_id: null,
      subscribe: { framework_info: { ...frameworkInfo, id: null, roles: null, role: null } },
    } as unknown as SchedulerCall)
    expect(peer.stream.events[0]?.type).toBe('SUBSCRIBED')
  })

  test('a reader that is too slow is ended and counts as disconnected', async () => {
    const { master, clock } = startSimMaster()
    const { stream, frameworkId } = new SchedulerPeer(master.application, {
      subscribe: { framework_info: { ...frameworkInfo, failover_timeout: 1000 } },
    })
    stream.bufferedBytes = 17 * 1024 * 1024
    await clock.advance(15_000)
    expect(stream.ended).toBe(true)
    const framework = [...master.state.frameworks.values()].find(({ id }) => id === frameworkId)
    expect(framework?.stream).toBeUndefined()
  })
})

describe('UPDATE_FRAMEWORK answers at once (row 18)', () => {
  const update = (change: object) =>
    connected.call({
      type: 'UPDATE_FRAMEWORK',
      update_framework: {
        framework_info: { ...frameworkInfo, id: { value: connected.frameworkId }, ...change },
      },
    })

  test.each([
    { name: 'a new name', change: { name: 'other' }, want: [200, ''] },
    {
      name: 'another user',
      change: { user: 'nobody' },
      want: [
        400,
        "'FrameworkInfo' update is not valid: Updating 'FrameworkInfo.user' is unsupported; attempted to update from 'root' to 'nobody'",
      ],
    },
    {
      name: 'checkpointing',
      change: { checkpoint: true },
      want: [
        400,
        "'FrameworkInfo' update is not valid: Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from 'false' to 'true'",
      ],
    },
    {
      name: 'a principal',
      change: { principal: 'p' },
      want: [
        400,
        "'FrameworkInfo' update is not valid: Changing framework's principal is not allowed.",
      ],
    },
  ])('$name', ({ change, want }) => {
    const { status, body } = update(change)
    expect([status, body]).toEqual(want)
  })
})
