import { expect, test } from 'vitest'
import { codecs } from '../../../src/mesos/codec.ts'
import { CodecError } from '../../../src/mesos/codec-error.ts'
import type { SchedulerCall, SchedulerEvent } from '../../../src/mesos/wire.ts'

const call = codecs<SchedulerCall>('mesos.v1.scheduler.Call')['application/json']
const event = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')['application/json']
const read = (value: unknown) => call.decode(Buffer.from(JSON.stringify(value)))
const write = (value: SchedulerEvent) => JSON.parse(Buffer.from(event.encode(value)).toString())

test.each([
  {
    name: 'null is unset',
    given: { type: 'REVIVE', framework_id: null },
    want: { type: 'REVIVE' },
  },
  {
    name: 'unknown fields are ignored',
    given: { type: 'REVIVE', extra: { a: 1 } },
    want: { type: 'REVIVE' },
  },
  { name: 'an unknown name in an optional enum is unset', given: { type: 'BOGUS' }, want: {} },
  {
    name: 'numbers may be strings',
    given: { decline: { offer_ids: [], filters: { refuse_seconds: '2.5' } } },
    want: { decline: { offer_ids: [], filters: { refuse_seconds: 2.5 } } },
  },
  {
    name: 'a single value for a repeated field is one element',
    given: { decline: { offer_ids: { value: 'o' } } },
    want: { decline: { offer_ids: [{ value: 'o' }] } },
  },
  {
    name: 'an infinite double',
    given: { decline: { offer_ids: [], filters: { refuse_seconds: 'Infinity' } } },
    want: { decline: { offer_ids: [], filters: { refuse_seconds: Number.POSITIVE_INFINITY } } },
  },
  {
    name: 'null inside a list is left out',
    given: { decline: { offer_ids: [null, { value: 'o' }] } },
    want: { decline: { offer_ids: [{ value: 'o' }] } },
  },
])('read: $name (W5)', ({ given, want }) => {
  expect(read(given)).toEqual(want)
})

test('bytes are base64', () => {
  const message = {
    type: 'MESSAGE',
    message: { agent_id: { value: 'a' }, executor_id: { value: 'e' }, data: 'aGk=' },
  }
  expect(Buffer.from(read(message).message?.data ?? []).toString()).toBe('hi')
})

test.each([
  {
    name: 'a missing required field, by path',
    given: { subscribe: { framework_info: { user: 'root' } } },
    want: 'Failed to convert JSON into Call protobuf: Missing required fields: subscribe.framework_info.name',
  },
  {
    name: 'an array for a single field',
    given: { framework_id: [{ value: 'x' }] },
    want: 'Failed to convert JSON into Call protobuf: Not expecting a JSON array for framework_id',
  },
  {
    name: 'a text for a number',
    given: { decline: { offer_ids: [], filters: { refuse_seconds: 'soon' } } },
    want: 'Failed to convert JSON into Call protobuf: Expecting a number for decline.filters.refuse_seconds, not "soon"',
  },
  {
    name: 'an unknown name in a required enum',
    given: { acknowledge: { agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: '!' } },
    want: 'Failed to convert JSON into Call protobuf: Expecting base64 text for acknowledge.uuid, not "!"',
  },
  {
    name: 'no object',
    given: [],
    want: 'Failed to convert JSON into Call protobuf: Expecting a JSON object',
  },
])('refused: $name', ({ given, want }) => {
  expect(() => read(given)).toThrow(new CodecError(want))
})

test('nanoseconds since 1970 are read, although no integer holds them exactly; nothing beyond 64 bits is', () => {
  const decode = (nanoseconds: string) =>
    event.decode(
      Buffer.from(
        `{"update":{"status":{"task_id":{"value":"t"},"state":"TASK_UNREACHABLE","unreachable_time":{"nanoseconds":${nanoseconds}}}}}`,
      ),
    ).update?.status.unreachable_time?.nanoseconds
  expect(decode('1795250753197556480')).toBe(1795250753197556480)
  expect(() => decode('1e19')).toThrow(/Expecting a number for .*nanoseconds/)
  expect(() => decode('0.5')).toThrow(/Expecting a number for .*nanoseconds/)
})

test('a body that is not JSON', () => {
  expect(() => call.decode(Buffer.from('{'))).toThrow(/^Failed to parse body into JSON: /)
})

test('a message that refers to itself is read 64 levels deep and refused beyond (CVE-2018-11793)', () => {
  const container = (levels: number) =>
    `${'{"value":"c","parent":'.repeat(levels)}{"value":"c"}${'}'.repeat(levels)}`
  const decode = (levels: number) =>
    event.decode(
      Buffer.from(
        `{"update":{"status":{"task_id":{"value":"t"},"state":"TASK_RUNNING","container_status":{"container_id":${container(levels)}}}}}`,
      ),
    )
  expect(() => decode(50)).not.toThrow()
  expect(() => decode(5000)).toThrow(/nested deeper than 64 levels/)
})

test('__proto__ neither arrives nor sets a prototype', () => {
  const text =
    '{"type":"REVIVE","__proto__":{"polluted":true},"accept":{"offer_ids":[],"operations":[{"type":"LAUNCH","launch":{"task_infos":[{"name":"n","task_id":{"value":"t"},"agent_id":{"value":"a"},"limits":{"__proto__":{"value":1},"cpus":{"value":2}}}]}}]}}'
  const limits = call.decode(Buffer.from(text)).accept?.operations?.[0]?.launch?.task_infos?.[0]
    ?.limits
  expect(Object.keys(limits ?? {})).toEqual(['cpus'])
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('declared defaults are written, deprecated ones are not (W5)', () => {
  const written = write({
    type: 'SUBSCRIBED',
    subscribed: { framework_id: { value: 'f' }, master_info: { id: 'm', ip: 1 } as never },
  })
  expect(written.subscribed.master_info.port).toBe(5050)
  const offer = write({
    type: 'OFFERS',
    offers: {
      offers: [
        {
          id: { value: 'o' },
          framework_id: { value: 'f' },
          agent_id: { value: 'a' },
          hostname: 'h',
          resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
        },
      ],
    },
  })
  expect(offer.offers.offers[0].resources[0]).toEqual({
    name: 'cpus',
    type: 'SCALAR',
    scalar: { value: 1 },
  })
})

test('empty lists and unset fields are not written; the text is ASCII on one line (W3)', () => {
  const text = Buffer.from(
    event.encode({ type: 'ERROR', error: { message: 'gelöscht\n😀' } }),
  ).toString('latin1')
  expect(text).toBe('{"type":"ERROR","error":{"message":"gel\\u00f6scht\\n\\ud83d\\ude00"}}')
})
