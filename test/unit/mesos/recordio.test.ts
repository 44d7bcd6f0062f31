import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRecord, RecordDecoder, RecordIoError } from '../../../src/mesos/recordio.ts'

test('length in bytes, line feed, body, one piece (W2, W3)', () => {
  expect(Buffer.from(encodeRecord(Buffer.from('é'))).toString()).toBe('2\né')
})

test('records come back whole wherever the chunks were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 20 }),
      (bodies, cuts) => {
        const stream = Buffer.concat(bodies.map(encodeRecord))
        const ends = [...new Set(cuts.map((cut) => Math.min(cut, stream.length)))].sort(
          (a, b) => a - b,
        )
        const decoder = new RecordDecoder()
        const pieces = [...ends, stream.length].map((end, i) =>
          stream.subarray(i === 0 ? 0 : ends[i - 1], end),
        )
        const out = pieces.flatMap((piece) => decoder.push(piece))
        expect(out.map((body) => [...body])).toEqual(bodies.map((body) => [...body]))
      },
    ),
  )
})

test.each([
  { name: 'letters for a length', bytes: 'abc\n{}' },
  { name: 'a negative length', bytes: '-1\n' },
  { name: 'an empty length', bytes: '\n{}' },
  { name: 'a length line without end', bytes: '12345678901' },
  { name: 'a record beyond the bound', bytes: '11\n' },
])('refused: $name', ({ bytes }) => {
  const decoder = new RecordDecoder({ maxBytes: 10 })
  expect(() => decoder.push(Buffer.from(bytes))).toThrow(RecordIoError)
})

test('a record of exactly the bound is read', () => {
  const decoder = new RecordDecoder({ maxBytes: 10 })
  expect(decoder.push(encodeRecord(Buffer.alloc(10)))).toHaveLength(1)
})
