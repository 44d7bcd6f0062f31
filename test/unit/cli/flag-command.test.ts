import { expect, test } from 'vitest'
import { canonicalArguments, flagCommand, type Given } from '../../../src/cli/flag-command.ts'
import { type FlagTable, last, optional, parseBoolean } from '../../../src/runtime/flags.ts'

const text = (value: string) => value
const table: FlagTable = {
  work_dir: {
    value: 'DIR',
    env: ['MESOS_WORK_DIR'],
    fallback: '/tmp',
    help: 'state',
    parse: last(text),
  },
  host: {
    value: 'ADDRESS',
    env: [],
    fallback: undefined,
    repeatable: true,
    help: 'listen',
    parse: (texts) => texts,
  },
  advertise: {
    value: 'ADDRESS',
    env: [],
    fallback: undefined,
    help: 'reach',
    parse: optional(text),
  },
  joint_offers: { env: [], fallback: 'false', help: 'join', parse: last(parseBoolean) },
}

const parse = async (...args: string[]) => {
  const seen: { given?: Given; argument?: string | undefined } = {}
  const printed: string[] = []
  const definition = {
    name: 'try',
    summary: 'Tries.',
    examples: ['shoal try --work-dir /x'],
    groups: { 'Flags:': table },
    aliases: { H: 'host', addr: 'advertise' },
    argument: '[discovery]',
    run: async (given: Given, argument: string | undefined) => {
      Object.assign(seen, { given, argument })
    },
  }
  const command = flagCommand(definition)
    .exitOverride()
    .configureOutput({
      writeErr: (line) => printed.push(line),
      writeOut: (line) => printed.push(line),
    })
  try {
    await command.parseAsync([...canonicalArguments(args, definition)], { from: 'user' })
  } catch {}
  return { ...seen, printed: printed.join('') }
}

test.each([
  { name: 'underscores', args: ['--work_dir=/x'], given: { work_dir: ['/x'] } },
  { name: 'dashes', args: ['--work-dir', '/x'], given: { work_dir: ['/x'] } },
  { name: 'a value with an equals sign', args: ['--work-dir=a=b'], given: { work_dir: ['a=b'] } },
  { name: 'an empty value', args: ['--work-dir='], given: { work_dir: [''] } },
  { name: 'a letter, repeated', args: ['-H', 'a', '-Hb'], given: { host: ['a', 'b'] } },
  { name: 'another name', args: ['--addr', 'a:1'], given: { advertise: ['a:1'] } },
  { name: 'a bare flag', args: ['--joint_offers'], given: { joint_offers: ['true'] } },
  { name: 'a flag denied', args: ['--no-joint-offers'], given: { joint_offers: ['false'] } },
  {
    name: 'a flag with its value',
    args: ['--joint-offers=false'],
    given: { joint_offers: ['false'] },
  },
])('understands $name', async ({ args, given }) => {
  expect((await parse(...args)).given).toEqual(given)
})

test('the argument is never swallowed, neither by a flag without value nor by one that may repeat', async () => {
  const after = await parse('--joint-offers', '-H', 'a', '--host', 'b', 'host:5050')
  expect(after.argument).toBe('host:5050')
  expect(after.given).toEqual({ joint_offers: ['true'], host: ['a', 'b'] })
})

test('what follows -- is an argument', async () => {
  expect((await parse('--', '--work_dir')).argument).toBe('--work_dir')
})

test('an unknown flag is an error that suggests the nearest', async () => {
  const { printed, given } = await parse('--work-dri=/x')
  expect(given).toBeUndefined()
  expect(printed).toBe("error: unknown option '--work-dri'\n(Did you mean --work_dir?)\n")
})

test('a second argument is an error', async () => {
  expect((await parse('a:1', 'b:2')).printed).toMatch(/^error: too many arguments/)
})

test('the help shows examples first, and of each flag its default and its variable', async () => {
  const { printed } = await parse('--help')
  expect(printed.indexOf('shoal try --work-dir /x')).toBeLessThan(printed.indexOf('Flags:'))
  expect(printed).toContain('--work_dir <DIR>')
  expect(printed).toContain('state (default /tmp; env MESOS_WORK_DIR)')
  expect(printed).toContain('-H, --host <ADDRESS>')
})
