import { expect, test } from 'vitest'
import {
  ConfigError,
  last,
  optional,
  parseBoolean,
  parsePort,
  readFlags,
} from '../../../src/runtime/flags.ts'

const table = {
  port: {
    value: 'PORT',
    env: ['A_PORT', 'B_PORT'],
    fallback: '5050',
    help: '',
    parse: last(parsePort),
  },
  quiet: { env: [], fallback: 'false', help: '', parse: last(parseBoolean) },
  name: { value: 'TEXT', env: ['A_NAME'], fallback: undefined, help: '', parse: optional(String) },
  host: {
    value: 'URL',
    env: [],
    fallback: 'x',
    repeatable: true,
    help: '',
    parse: (all: readonly string[]) => all,
  },
} as const

test.each([
  { name: 'fallback', given: {}, env: {}, want: 5050 },
  { name: 'environment over fallback', given: {}, env: { A_PORT: '1' }, want: 1 },
  { name: 'the first variable that is set', given: {}, env: { A_PORT: '', B_PORT: '2' }, want: 2 },
  { name: 'the flag over everything', given: { port: ['3'] }, env: { A_PORT: '1' }, want: 3 },
  { name: 'the last of several', given: { port: ['3', '4'] }, env: {}, want: 4 },
])('$name', ({ given, env, want }) => {
  expect(readFlags(table, given, env).port).toBe(want)
})

test('an optional flag is undefined, a repeatable one keeps its order', () => {
  const values = readFlags(table, { host: ['a', 'b'] }, {})
  expect(values.name).toBeUndefined()
  expect(values.host).toEqual(['a', 'b'])
})

test('every mistake is reported at once, each naming its flag', () => {
  const read = () => readFlags(table, { port: ['70000'], quiet: ['maybe'] }, {})
  expect(read).toThrow(ConfigError)
  expect(read).toThrow(
    '--port: wanted a port from 0 to 65535, got "70000"\n--quiet: wanted true or false, got "maybe"',
  )
})
