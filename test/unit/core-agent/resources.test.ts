import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtInAttributes, parseAttributes } from '../../../src/core-agent/attributes.ts'
import { parseAgentConfig } from '../../../src/core-agent/config.ts'
import { detectResources, parseAgentResources } from '../../../src/core-agent/resources.ts'
import { format } from '../../../src/resources/resources.ts'

const gib = 1024 ** 3
const machine = { cpus: 8, memoryBytes: 16 * gib, diskBytes: 100 * gib }

const detected = (text: string, overrides: Partial<typeof machine> = {}, role = '*') =>
  format(detectResources(parseAgentResources(text, role), role, { ...machine, ...overrides }))

describe('what --resources does not mention is detected (core-agent §1.1)', () => {
  test.each([
    {
      name: 'nothing given',
      text: '',
      want: 'cpus:8; disk:97280; mem:15360; ports:[31000-32000]',
    },
    {
      name: '1.9 GiB of memory: half',
      text: 'cpus:1;disk:1;ports:[1-2]',
      overrides: { memoryBytes: 1.9 * gib },
      want: 'cpus:1; disk:1; mem:972; ports:[1-2]',
    },
    {
      name: 'exactly 2 GiB of memory: less 1 GiB',
      text: 'cpus:1;disk:1;ports:[1-2]',
      overrides: { memoryBytes: 2 * gib },
      want: 'cpus:1; disk:1; mem:1024; ports:[1-2]',
    },
    {
      name: '9.99 GiB of disk: half',
      text: 'cpus:1;mem:1;ports:[1-2]',
      overrides: { diskBytes: 9.99 * gib },
      want: 'cpus:1; disk:5114; mem:1; ports:[1-2]',
    },
    {
      name: '10 GiB of disk: less 5 GiB',
      text: 'cpus:1;mem:1;ports:[1-2]',
      overrides: { diskBytes: 10 * gib },
      want: 'cpus:1; disk:5120; mem:1; ports:[1-2]',
    },
    {
      name: 'cpus:0 stops detection and is nothing',
      text: 'cpus:0;disk:1;mem:1;ports:[1-2]',
      want: 'disk:1; mem:1; ports:[1-2]',
    },
    {
      name: 'presence goes by name, not by role',
      text: 'cpus(role1):1;cpus(*):2',
      want: 'cpus:2; cpus(role1):1; disk:97280; mem:15360; ports:[31000-32000]',
    },
    {
      name: 'equal entries add up',
      text: 'cpus:5;cpus:5;disk:1;mem:1;ports:[1-2]',
      want: 'cpus:10; disk:1; mem:1; ports:[1-2]',
    },
    {
      name: 'the default role also gets what is detected',
      text: 'cpus:1;disk:1;ports:[1-2]',
      role: 'web',
      want: 'cpus(web):1; disk(web):1; mem(web):15360; ports(web):[1-2]',
    },
    {
      name: 'JSON',
      text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2}},{"name":"mem","type":"SCALAR","scalar":{"value":512},"role":"web"},{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":1,"end":2}]}}]',
      want: 'cpus:2; disk:97280; mem(web):512; ports:[1-2]',
    },
    {
      name: 'JSON with a static reservation',
      text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"reservations":[{"type":"STATIC","role":"web"}]}]',
      want: 'cpus(web):2; disk:97280; mem:15360; ports:[31000-32000]',
    },
    {
      name: 'JSON zero stops detection',
      text: '[{"name":"cpus","type":"SCALAR","scalar":{"value":0}}]',
      want: 'disk:97280; mem:15360; ports:[31000-32000]',
    },
  ])('$name', ({ text, overrides, role, want }) => {
    expect(detected(text, overrides, role)).toBe(want)
  })
})

const cpu = (more: string, value = '1') =>
  `[{"name":"cpus","type":"SCALAR","scalar":{"value":${value}}${more}}]`

describe('refused in --resources (core-agent §1.2)', () => {
  test.each([
    { name: 'a name with two types', text: 'cpus:1;cpus:[1-2]', why: /cpus was SCALAR before/ },
    {
      name: 'the same in JSON',
      text: '[{"name":"a","type":"SCALAR","scalar":{"value":1}},{"name":"a","type":"SET","set":{"item":["x"]}}]',
      why: /"a": was SCALAR before and is SET here/,
    },
    { name: 'revocable', text: cpu(',"revocable":{}'), why: /come from --resource_estimator/ },
    {
      name: 'a dynamic reservation',
      text: cpu(',"reservations":[{"type":"DYNAMIC","role":"web"}]'),
      why: /only static reservations/,
    },
    {
      name: 'the old form of it',
      text: cpu(',"role":"web","reservation":{"principal":"p"}'),
      why: /only static reservations/,
    },
    {
      name: 'a persistent volume',
      text: cpu(',"disk":{"persistence":{"id":"v"}}'),
      why: /carries 'disk'/,
    },
    { name: 'negative', text: cpu('', '-1'), why: /value < 0/ },
    { name: 'negative text', text: 'cpus:-1', why: /expected a number/ },
    { name: 'less than 0.001', text: 'cpus:0.0004', why: /less than 0.001/ },
    { name: 'less than 0.001 in JSON', text: cpu('', '0.0004'), why: /less than 0.001/ },
    { name: 'inverted ranges', text: 'ports:[5-1]', why: /expected ranges/ },
    {
      name: 'inverted ranges in JSON',
      text: '[{"name":"p","type":"RANGES","ranges":{"range":[{"begin":5,"end":1}]}}]',
      why: /begin > end/,
    },
    {
      name: 'overlapping ranges in JSON',
      text: '[{"name":"p","type":"RANGES","ranges":{"range":[{"begin":1,"end":5},{"begin":3,"end":9}]}}]',
      why: /overlapping/,
    },
    { name: 'a set with one item twice', text: 'zones:{a,a}', why: /names an item twice/ },
    { name: 'a bare word', text: 'cpus:many', why: /expected a number/ },
    {
      name: 'an unknown value type',
      text: '[{"name":"a","type":"TEXT"}]',
      why: /Unsupported resource type TEXT/,
    },
    { name: 'a role that cannot be', text: 'cpus(a/../b):1', why: /cannot include '\.\.'/ },
  ])('$name', ({ text, why }) => {
    expect(() => parseAgentResources(text, '*')).toThrow(why)
  })
})

test('--resources=file:///path reads the file', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'shoal-resources-')), 'resources.json')
  writeFileSync(path, '[{"name":"cpus","type":"SCALAR","scalar":{"value":3}}]')
  const given = { master: ['m:1'], work_dir: ['/w'], resources: [`file://${path}`] }
  expect(format(parseAgentConfig(given, {}).resources.resources)).toBe('cpus:3')
})

describe('attributes (core-agent §1.3)', () => {
  test('are numbers, ranges or text, in order, with duplicates', () => {
    expect(parseAttributes('rack:abc;level:10;keys:[1000-1500];url:a:b; rack : x ')).toEqual([
      { name: 'rack', type: 'TEXT', text: { value: 'abc' } },
      { name: 'level', type: 'SCALAR', scalar: { value: 10 } },
      { name: 'keys', type: 'RANGES', ranges: { range: [{ begin: 1000, end: 1500 }] } },
      { name: 'url', type: 'TEXT', text: { value: 'a:b' } },
      { name: 'rack', type: 'TEXT', text: { value: 'x' } },
    ])
    expect(parseAttributes('')).toEqual([])
  })

  test.each([
    { name: 'a set', text: 'zones:{a,b}', why: /not a set/ },
    { name: 'no value', text: 'rack:', why: /expected name:value/ },
    { name: 'no name', text: ':abc', why: /expected name:value/ },
    { name: 'no colon', text: 'rack', why: /expected name:value/ },
    { name: 'broken ranges', text: 'keys:[1-', why: /keys/ },
  ])('cannot be $name', ({ text, why }) => {
    expect(() => parseAttributes(text)).toThrow(why)
  })

  test('say where the engine endpoint is', () => {
    expect(builtInAttributes('10.0.0.7').map(({ name, text }) => [name, text?.value])).toEqual([
      ['shoal_engine', '/engine'],
      ['shoal_ip', '10.0.0.7'],
    ])
  })
})

const flags = (more: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries({ master: 'm:5050', work_dir: '/w', ...more }).map(([name, value]) => [
      name,
      [value],
    ]),
  ) as Record<string, readonly string[]>

describe('flags', () => {
  test.each([
    { name: 'no master', given: { master: '' }, why: /^--master: wanted host:port/ },
    {
      name: 'a role that cannot be',
      given: { default_role: '-x' },
      why: /--default_role: Role component/,
    },
    {
      name: 'an estimator that is not',
      given: { resource_estimator: 'guess' },
      why: /wanted usage or fixed or noop, got "guess"/,
    },
    {
      name: 'fixed without an amount',
      given: { resource_estimator: 'fixed' },
      why: /fixed needs --oversubscribed_resources/,
    },
    {
      name: 'load without a threshold',
      given: { qos_controller: 'load' },
      why: /load needs --load_threshold_5min or/,
    },
    {
      name: 'a TCP engine',
      given: { docker: 'tcp://1.2.3.4:2375' },
      why: /an agent runs beside its engine/,
    },
    {
      name: 'a cgroup outside its mount',
      given: { cgroups_root: '/../x' },
      why: /absolute cgroup path/,
    },
    {
      name: 'an open address',
      given: { ip: '0.0.0.0' },
      why: /--ip: 0\.0\.0\.0 can be reached .* --insecure_bind/,
    },
    {
      name: 'a bad duration',
      given: { docker_remove_delay: '6h' },
      why: /--docker_remove_delay: "6h" is not a duration/,
    },
  ])('refused: $name', ({ given, why }) => {
    expect(() => parseAgentConfig(flags(given), {})).toThrow(why)
  })

  test('come from the environment where the command line is silent', () => {
    const config = parseAgentConfig(
      { port: ['0'] },
      {
        MESOS_MASTER: 'm:5050',
        MESOS_WORK_DIR: '/var/lib/x',
        MESOS_PORT: '9',
        MESOS_ATTRIBUTES: 'rack:a',
      },
    )
    expect(config).toMatchObject({ master: 'm:5050', workDir: '/var/lib/x', listen: { port: 0 } })
    expect(config.flags).toMatchObject({
      port: '0',
      attributes: 'rack:a',
      docker_remove_delay: '15mins',
    })
  })

  test('an open address that was asked for is warned about at each start', () => {
    const { warnings } = parseAgentConfig(flags({ ip: '0.0.0.0', insecure_bind: 'true' }), {})
    expect(warnings).toEqual([expect.stringMatching(/root on this one/)])
  })
})
