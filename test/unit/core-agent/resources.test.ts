import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtInAttributes, parseAttributes } from '../../../src/core-agent/attributes.ts'
import { parseAgentConfig } from '../../../src/core-agent/config.ts'
import { cpuQuota } from '../../../src/core-agent/cpu-quota.ts'
import { prepareDisks } from '../../../src/core-agent/disks.ts'
import {
  detectResources,
  type MachineFacts,
  parseAgentResources,
} from '../../../src/core-agent/resources.ts'
import { contains, format, scalar } from '../../../src/resources/resources.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const gib = 1024 ** 3
const machine = { cpus: 8, memoryBytes: 16 * gib, diskBytes: 100 * gib }

const detected = (text: string, overrides: Partial<MachineFacts> = {}, role = '*') =>
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
      name: 'a machine that tells nothing',
      text: '',
      overrides: { cpus: 0, memoryBytes: 0, diskBytes: 0 },
      want: 'cpus:1; disk:10240; mem:1024; ports:[31000-32000]',
    },
    {
      name: 'a control group that may use less than the machine has',
      text: 'disk:1;mem:1;ports:[1-2]',
      overrides: { cpuQuota: 2.5 },
      want: 'cpus:2.5; disk:1; mem:1; ports:[1-2]',
    },
    {
      name: 'a quota above what the machine has',
      text: 'disk:1;mem:1;ports:[1-2]',
      overrides: { cpuQuota: 64 },
      want: 'cpus:8; disk:1; mem:1; ports:[1-2]',
    },
    {
      name: 'empty ranges stop detection too',
      text: 'cpus:1;disk:1;mem:1;ports:[]',
      want: 'cpus:1; disk:1; mem:1',
    },
    {
      name: 'disks of their own beside each other, none detected',
      text: '[{"name":"disk","type":"SCALAR","scalar":{"value":10},"disk":{"source":{"type":"PATH","path":{"root":"/a"}}}},{"name":"disk","type":"SCALAR","scalar":{"value":20},"role":"web","disk":{"source":{"type":"MOUNT","mount":{"root":"/b"}}}},{"name":"cpus","type":"SCALAR","scalar":{"value":1}},{"name":"mem","type":"SCALAR","scalar":{"value":1}}]',
      want: 'cpus:1; disk(web)[MOUNT:/b]:20; disk[PATH:/a]:10; mem:1; ports:[31000-32000]',
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

const disk = (field: string) =>
  `[{"name":"disk","type":"SCALAR","scalar":{"value":1},"disk":{${field}}}]`

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
      text: disk('"persistence":{"id":"v"}'),
      why: /^"disk": persistent volumes are made by frameworks/,
    },
    {
      name: 'a disk source for cpus',
      text: cpu(',"disk":{"source":{"type":"PATH","path":{"root":"/a"}}}'),
      why: /^"cpus": only the resource disk/,
    },
    {
      name: 'a raw disk',
      text: disk('"source":{"type":"RAW"}'),
      why: /^"disk": a disk source is of type PATH or MOUNT here, not RAW/,
    },
    {
      name: 'a block disk',
      text: disk('"source":{"type":"BLOCK"}'),
      why: /not BLOCK/,
    },
    {
      name: 'a disk source without its root',
      text: disk('"source":{"type":"MOUNT","path":{"root":"/a"}}'),
      why: /^"disk": a disk source of type MOUNT needs "mount": \{"root": "\/absolute\/path"\}/,
    },
    {
      name: 'a relative root',
      text: disk('"source":{"type":"PATH","path":{"root":"a"}}'),
      why: /needs "path"/,
    },
    { name: 'a disk without a source', text: disk(''), why: /not absent/ },
    {
      name: 'two reservations in a stack',
      text: cpu(',"reservations":[{"type":"STATIC","role":"a"},{"type":"STATIC","role":"a/b"}]'),
      why: /^"cpus": one static reservation can be given/,
    },
    {
      name: 'a role beside reservations',
      text: cpu(',"role":"a","reservations":[{"type":"STATIC","role":"a"}]'),
      why: /either "role" or one of "reservations"/,
    },
    {
      name: 'a role that cannot be, in JSON',
      text: cpu(',"role":"-a"'),
      why: /^"cpus": Role comp/,
    },
    {
      name: 'a reservation for everybody',
      text: cpu(',"reservations":[{"type":"STATIC","role":"*"}]'),
      why: /^"cpus": a reservation needs a role other than \*/,
    },
    {
      name: 'shared',
      text: cpu(',"shared":{}'),
      why: /^"cpus": Resource cpus cannot be shared/,
    },
    {
      name: 'of a resource provider',
      text: cpu(',"provider_id":{"value":"p"}'),
      why: /^"cpus": resources of a provider come from that provider/,
    },
    {
      name: 'no value',
      text: '[{"name":"cpus","type":"SCALAR"}]',
      why: /^"cpus": of type SCALAR it needs the field "scalar"/,
    },
    { name: 'no name', text: '[{"type":"SCALAR"}]', why: /^item 1 of the JSON array: / },
    {
      name: 'an empty name',
      text: '[{"name":"","type":"SCALAR","scalar":{"value":1}}]',
      why: /^item 1 of the JSON array: a resource needs a name/,
    },
    {
      name: 'an item that is no object',
      text: '[{"name":"a","type":"SCALAR","scalar":{"value":1}}, 7]',
      why: /^item 2 of the JSON array: /,
    },
    {
      name: 'a broken JSON array',
      text: '[{"name":"cpus",]',
      why: /^a JSON array was begun, and is broken: SyntaxError/,
    },
    { name: 'a JSON object alone', text: '{"name":"cpus"}', why: /expected name:value/ },
    { name: 'blanks within a number', text: 'cpus:1 2', why: /expected a number/ },
    { name: 'overlapping ranges', text: 'ports:[1-5,5-9]', why: /^"ports:\[1-5,5-9\]": overlapp/ },
    { name: 'a number beyond all machines', text: 'mem:9e99', why: /expected a number/ },
    {
      name: 'digits beyond all machines',
      text: `mem:${'9'.repeat(20)}`,
      why: /more than any machine has/,
    },
    { name: 'an empty role', text: 'cpus():1', why: /^"cpus\(\):1": Empty role name is invalid/ },
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

describe('disks at the start of an agent (core-agent §1.2)', () => {
  const of = (type: 'PATH' | 'MOUNT', root: string) => [
    { ...scalar('disk', 1), disk: { type, root } },
  ]
  const mounts = () =>
    '22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 8:2 / /mnt/with\\040blank rw - ext4 /dev/sdb rw\n'

  test('the folder of a PATH is made', () => {
    const root = join(temporaryFolder('disks'), 'deep/er')
    prepareDisks(of('PATH', root), mounts)
    expect(existsSync(root)).toBe(true)
  })

  test('a MOUNT must be mounted, with whatever characters', () => {
    prepareDisks(of('MOUNT', '/mnt/with blank/'), mounts)
    prepareDisks(of('MOUNT', '/'), mounts)
    expect(() => prepareDisks(of('MOUNT', '/mnt'), mounts)).toThrow(
      '--resources: the disk /mnt is of type MOUNT and nothing is mounted there: mount it, or make it a PATH',
    )
  })

  test('a MOUNT is taken whole, a PATH in parts', () => {
    const half = (type: 'PATH' | 'MOUNT') => [
      { ...scalar('disk', 0.5), disk: { type, root: '/a' } },
    ]
    expect(contains(of('PATH', '/a'), half('PATH'))).toBe(true)
    expect(contains(of('MOUNT', '/a'), half('MOUNT'))).toBe(false)
    expect(contains(of('MOUNT', '/a'), of('MOUNT', '/a'))).toBe(true)
    expect(contains(of('MOUNT', '/a'), of('MOUNT', '/b'))).toBe(false)
    expect(contains(of('PATH', '/a'), [scalar('disk', 1)])).toBe(false)
  })
})

describe('the quota of the agent’s own control group', () => {
  test.each<{ name: string; cgroups: string; files: Record<string, string>; want?: number }>([
    {
      name: 'unified',
      cgroups: '0::/a/b\n',
      files: { 'a/b/cpu.max': '150000 100000\n' },
      want: 1.5,
    },
    {
      name: 'the least along the path',
      cgroups: '0::/a/b\n',
      files: { 'a/b/cpu.max': 'max 100000', 'a/cpu.max': '50000 100000' },
      want: 0.5,
    },
    {
      name: 'in a namespace of its own',
      cgroups: '0::/\n',
      files: { 'cpu.max': '200000 100000' },
      want: 2,
    },
    { name: 'unlimited', cgroups: '0::/a\n', files: { 'a/cpu.max': 'max 100000' } },
    {
      name: 'legacy',
      cgroups: '5:memory:/x\n4:cpu,cpuacct:/a\n0::/\n',
      files: { 'cpu/a/cpu.cfs_quota_us': '300000', 'cpu/a/cpu.cfs_period_us': '100000' },
      want: 3,
    },
    {
      name: 'legacy, unlimited',
      cgroups: '4:cpu:/a\n',
      files: { 'cpu/a/cpu.cfs_quota_us': '-1', 'cpu/a/cpu.cfs_period_us': '100000' },
    },
    { name: 'unreadable', cgroups: '', files: {} },
  ])('$name', ({ cgroups, files, want }) => {
    expect(cpuQuota(cgroups, (path) => files[path])).toBe(want)
  })
})

test('a bare path is read, with a warning; another form of file: is refused', () => {
  const path = join(temporaryFolder('resources'), 'resources.txt')
  writeFileSync(path, 'cpus:3\n')
  const given = { master: ['m:1'], work_dir: ['/w'] }
  const config = parseAgentConfig({ ...given, resources: [path] }, {})
  expect(format(config.resources.resources)).toBe('cpus:3')
  expect(config.warnings).toEqual([expect.stringMatching(/bare path is deprecated/)])
  expect(() => parseAgentConfig({ ...given, resources: ['file://x'] }, {})).toThrow(
    /--resources: wanted file:\/\/\/absolute\/path, got "file:\/\/x"/,
  )
})

test('--resources=file:///path reads the file', () => {
  const path = join(temporaryFolder('resources'), 'resources.json')
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
      why: /--resource_estimator: wanted usage or fixed or noop, or a module .*, got "guess"/,
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
