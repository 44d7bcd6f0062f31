import { describe, expect, test } from 'vitest'
import { parseManageFlags } from '../../../src/docker-api/config.ts'
import { ConfigError } from '../../../src/runtime/flags.ts'

const problems = (given: Record<string, string[]>, env = {}) => {
  try {
    parseManageFlags(given, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('flags of `shoal manage` (docker-frontend §5.1)', () => {
  test('the defaults', () => {
    const { values, warnings } = parseManageFlags({}, {})
    expect(values).toMatchObject({
      host: [{ host: '127.0.0.1', port: 4375 }],
      strategy: 'spread',
      filter: [
        'health',
        'port',
        'containerslots',
        'dependency',
        'affinity',
        'constraint',
        'whitelist',
      ],
      'cluster-opt': [],
      'cluster-driver': 'mesos',
      heartbeat: 60_000,
      advertise: undefined,
    })
    expect(warnings).toEqual([])
  })

  test('hosts: repeated, without scheme, unix sockets, IPv6', () => {
    const host = ['127.0.0.1:1', 'tcp://[::1]:2', 'unix:///run/x.sock', 'tcp://localhost:0']
    expect(parseManageFlags({ host }, {}).values.host).toEqual([
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 2 },
      { socketPath: '/run/x.sock' },
      { host: 'localhost', port: 0 },
    ])
  })

  test('SWARM_HOST is a list, the flag beats it', () => {
    const env = { SWARM_HOST: '127.0.0.1:1,unix:///a' }
    expect(parseManageFlags({}, env).values.host).toHaveLength(2)
    expect(parseManageFlags({ host: ['127.0.0.1:3'] }, env).values.host).toEqual([
      { host: '127.0.0.1', port: 3 },
    ])
  })

  test('filters given replace the list, their order kept; binpacking is binpack', () => {
    const { values } = parseManageFlags(
      { filter: ['constraint', 'health'], strategy: ['binpacking'] },
      {},
    )
    expect(values).toMatchObject({ filter: ['constraint', 'health'], strategy: 'binpack' })
  })

  test.each([
    { given: { host: ['foo://x'] }, text: '--host: unsupported protocol: "foo"' },
    { given: { host: ['127.0.0.1'] }, text: '--host: wanted tcp://host:port, got "127.0.0.1"' },
    {
      given: { host: ['127.0.0.1:70000'] },
      text: '--host: wanted tcp://host:port, got "127.0.0.1:70000"',
    },
    { given: { host: ['unix://x'] }, text: '--host: wanted unix:///absolute/path, got "unix://x"' },
    { given: { strategy: ['best'] }, text: '--strategy: strategy not supported' },
    { given: { strategy: ['constructor'] }, text: '--strategy: strategy not supported' },
    { given: { filter: ['colour'] }, text: '--filter: filter not supported' },
    { given: { 'cluster-driver': ['k8s'] }, text: '--cluster-driver: unsupported cluster "k8s"' },
    {
      given: { 'discovery-opt': ['x'] },
      text: '--discovery-opt: --discovery-opt must contain key=value strings',
    },
    {
      given: { advertise: ['host'] },
      text: '--advertise: --advertise should be of the form ip:port or hostname:port',
    },
    { given: { heartbeat: ['foo'] }, text: '--heartbeat: time: invalid duration "foo"' },
    {
      given: { heartbeat: ['500ms'] },
      text: '--heartbeat: --heartbeat should be at least one second',
    },
    {
      given: { 'engine-failure-retry': ['-1'] },
      text: '--engine-failure-retry: invalid failure retry count',
    },
    {
      given: { 'engine-refresh-min-interval': ['90s'] },
      text: 'max refresh interval cannot be less than min refresh interval',
    },
  ])('$given', ({ given, text }) => {
    expect(problems(given as Record<string, string[]>)).toEqual([text])
  })

  test('every mistake at once', () => {
    expect(problems({ strategy: ['x'], filter: ['y'], heartbeat: ['z'] })).toHaveLength(3)
  })

  test.each(['0.0.0.0:4375', ':4375', 'tcp://[::]:4375', 'example.org:1'])(
    '%s is refused without --insecure-bind, and warned about with it (reliability §2)',
    (host) => {
      expect(problems({ host: [host] })).toEqual([
        expect.stringMatching(/^--host: .* or say --insecure-bind$/),
      ])
      const { warnings } = parseManageFlags({ host: [host], 'insecure-bind': ['true'] }, {})
      expect(warnings).toEqual([expect.stringMatching(/ is open to every machine that reaches it/)])
    },
  )
})
