import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byAccept, byContentType, codecs, type MediaType } from '../../src/mesos/codec.ts'
import { CodecError } from '../../src/mesos/codec-error.ts'
import type { SchedulerCall } from '../../src/mesos/wire.ts'

const all = codecs<SchedulerCall>('mesos.v1.scheduler.Call')
const word = fc.string({ minLength: 1, maxLength: 12 })

/** JSON has no negative zero. */
const refuseSeconds = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)

const calls: fc.Arbitrary<SchedulerCall> = fc.record({
  type: fc.constantFrom('ACCEPT', 'DECLINE', 'KILL', 'ACKNOWLEDGE'),
  framework_id: word.map((value) => ({ value })),
  decline: fc.record({
    offer_ids: fc.array(
      word.map((value) => ({ value })),
      { minLength: 1 },
    ),
    filters: fc.record({ refuse_seconds: refuseSeconds }),
  }),
  acknowledge: fc.record({
    agent_id: word.map((value) => ({ value })),
    task_id: word.map((value) => ({ value })),
    uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  }),
})

describe.each(Object.values(all))('$mediaType', (codec) => {
  test('what is written is read back equal', () => {
    fc.assert(
      fc.property(calls, (message) => {
        expect(codec.decode(codec.encode(message))).toEqual(message)
      }),
    )
  })

  test('any bytes are a message or a CodecError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          codec.decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

const json: MediaType = 'application/json'
const protobuf: MediaType = 'application/x-protobuf'

test.each([
  { accept: undefined, want: json },
  { accept: '*/*', want: json },
  { accept: 'application/*', want: json },
  { accept: 'application/json, application/json', want: json },
  { accept: 'application/x-protobuf', want: protobuf },
  { accept: 'application/x-protobuf, application/json', want: json },
  { accept: 'application/json;q=0, application/x-protobuf', want: protobuf },
  { accept: 'text/html', want: undefined },
  { accept: 'application/json;q=0.0', want: undefined },
])('Accept: $accept answers $want (W4)', ({ accept, want }) => {
  expect(byAccept(all, accept)?.mediaType).toBe(want)
})

test.each([
  { contentType: 'application/json', want: json },
  { contentType: 'application/json; charset=utf-8', want: json },
  { contentType: 'Application/X-Protobuf', want: protobuf },
  { contentType: 'text/plain', want: undefined },
])('Content-Type: $contentType is read as $want (§14.6)', ({ contentType, want }) => {
  expect(byContentType(all, contentType)?.mediaType).toBe(want)
})
