import { expect, test } from 'vitest'
import { endToEnd, plainHeaders } from '../../../src/runtime/http-headers.ts'

test.each([
  {
    name: 'order, case and repetitions are kept',
    headers: ['Host', 'docker', 'X-A', '1', 'x-a', '2'],
    want: ['Host', 'docker', 'X-A', '1', 'x-a', '2'],
  },
  {
    name: 'what concerns one connection goes, and what Connection names',
    headers: [
      'Connection',
      'Upgrade, X-Hop',
      'Upgrade',
      'tcp',
      'x-hop',
      '1',
      'Keep-Alive',
      't=5',
      'A',
      'b',
    ],
    want: ['A', 'b'],
  },
  {
    name: 'a value that happens to be a name is no header',
    headers: ['X-Note', 'Connection', 'A', 'b'],
    want: ['X-Note', 'Connection', 'A', 'b'],
  },
  {
    name: 'a set header replaces every one of its name, undefined removes',
    headers: ['Server', 'Docker', 'Api-Version', '1.41', 'api-version', '1.24', 'A', 'b'],
    changes: { 'api-version': '1.44', server: undefined },
    want: ['A', 'b', 'api-version', '1.44'],
  },
])('headers of a relayed message: $name', ({ headers, changes, want }) => {
  expect(endToEnd(headers, changes)).toEqual(want)
})

test('parsed headers become one text a name', () => {
  const parsed = { host: 'x', 'set-cookie': ['a=1', 'b=2'], absent: undefined }
  expect(plainHeaders(parsed)).toEqual({ host: 'x', 'set-cookie': 'a=1, b=2' })
})
