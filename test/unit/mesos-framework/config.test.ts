import { expect, test } from 'vitest'
import { parseClusterOptions, policyOf } from '../../../src/mesos-framework/config.ts'
import { ConfigError } from '../../../src/runtime/flags.ts'

const problemsOf = (texts: readonly string[], env: Record<string, string> = {}) => {
  try {
    parseClusterOptions(texts, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

test('defaults are those of docker-frontend §5.2', () => {
  expect(parseClusterOptions([], {})).toEqual({
    user: 'root',
    taskTimeoutMs: 5000,
    launchTimeoutMs: 600_000,
    startTimeoutMs: 600_000,
    offerTimeoutMs: 30_000,
    offerRefuseMs: 5000,
    checkpoint: true,
    revocableEnabled: false,
    revocableMemory: false,
    defaultResType: 'regular',
    role: '*',
    frameworkId: undefined,
    failoverTimeoutMs: 604_800_000,
    defaultCpusMilli: 100,
    defaultMemoryBytes: 64 * 1024 * 1024,
    requireResources: false,
    containerNames: 'node',
  })
})

test.each([
  { text: 'mesos.tasktimeout=1m30s', want: { taskTimeoutMs: 90_000 } },
  { text: 'mesos.offertimeout=500ms', want: { offerTimeoutMs: 500 } },
  { text: 'mesos.failovertimeout=90.5', want: { failoverTimeoutMs: 90_500 } },
  { text: 'mesos.failovertimeout=2h', want: { failoverTimeoutMs: 7_200_000 } },
  { text: 'mesos.role= dev ', want: { role: 'dev' } },
  { text: 'mesos.role= ', want: { role: '*' } },
  { text: 'mesos.defaultmemory=1g', want: { defaultMemoryBytes: 1024 ** 3 } },
  { text: 'mesos.defaultmemory=512KB', want: { defaultMemoryBytes: 512 * 1024 } },
  { text: 'mesos.defaultcpushares=0.25', want: { defaultCpusMilli: 250 } },
  { text: 'mesos.address=10.0.0.1', want: {} },
  { text: 'mesos.address=fe80::1', want: {} },
  { text: 'mesos.restype=~revocable', want: { defaultResType: '~revocable' } },
  { text: 'docker.names=both', want: { containerNames: 'both' } },
  { text: 'swarm.overcommit=0.05', want: {} },
])('$text', ({ text, want }) => {
  expect(parseClusterOptions([text], {})).toMatchObject(want)
})

test('an option beats its environment variable, and an empty variable is unset', () => {
  const env = { SWARM_MESOS_TASK_TIMEOUT: '7s', SWARM_MESOS_ROLE: '' }
  expect(parseClusterOptions([], env)).toMatchObject({ taskTimeoutMs: 7000, role: '*' })
  expect(parseClusterOptions(['mesos.tasktimeout=8s'], env).taskTimeoutMs).toBe(8000)
})

test.each([
  {
    text: 'mesos.tasktimeout',
    want: '--cluster-opt "mesos.tasktimeout": wanted key=value, such as mesos.tasktimeout=10s',
  },
  {
    text: 'mesos.offertimout=5s',
    want: '--cluster-opt mesos.offertimout: no such option; did you mean mesos.offertimeout?',
  },
  {
    text: 'mesos.tasktimeout=1',
    want: '--cluster-opt mesos.tasktimeout: time: missing unit in duration "1"',
  },
  {
    text: 'mesos.tasktimeout=abc',
    want: '--cluster-opt mesos.tasktimeout: time: invalid duration "abc"',
  },
  {
    text: 'mesos.tasktimeout=-5s',
    want: '--cluster-opt mesos.tasktimeout: wanted a duration above zero, got "-5s"',
  },
  {
    text: 'mesos.address=localhost',
    want: '--cluster-opt mesos.address: invalid IP address for cluster-opt mesos.address: "localhost"',
  },
  {
    text: 'mesos.address=10.0.0.300',
    want: '--cluster-opt mesos.address: invalid IP address for cluster-opt mesos.address: "10.0.0.300"',
  },
  {
    text: 'mesos.port=http',
    want: '--cluster-opt mesos.port: wanted a port from 0 to 65535, got "http"',
  },
  {
    text: 'mesos.enablerevocable=yes',
    want: '--cluster-opt mesos.enablerevocable: wanted true or false, got "yes"',
  },
  {
    text: 'mesos.defaultcpushares=many',
    want: '--cluster-opt mesos.defaultcpushares: wanted a number of CPUs such as 0.5, got "many"',
  },
  {
    text: 'mesos.defaultmemory=0',
    want: '--cluster-opt mesos.defaultmemory: wanted a size such as 64m, got "0"',
  },
  { text: 'docker.names=all', want: '--cluster-opt docker.names: wanted node or both, got "all"' },
  {
    text: 'mesos.restype=foo',
    want: `--cluster-opt mesos.restype: invalid constraint "res-type==foo": matches neither 'regular' nor 'revocable'`,
  },
  {
    text: 'mesos.role=/dev',
    want: "--cluster-opt mesos.role: Role '/dev' cannot start with a slash",
  },
  {
    text: 'mesos.failovertimeout=-1s',
    want: '--cluster-opt mesos.failovertimeout: wanted a duration above zero, got "-1s"',
  },
  {
    text: 'swarm.overcommit=-2',
    want: '--cluster-opt swarm.overcommit: swarm.overcommit should be larger than -1, -2.000000 is invalid',
  },
  {
    text: 'swarm.createretry=-2',
    want: '--cluster-opt swarm.createretry: swarm.createretry can not be negative, -2 is invalid',
  },
])('refused (D17): $text', ({ text, want }) => {
  expect(problemsOf([text])).toEqual([want])
})

test('of two equal keys neither wins', () => {
  expect(problemsOf(['mesos.tasktimeout=5s', 'mesos.tasktimeout=6s'])).toEqual([
    '--cluster-opt mesos.tasktimeout: given twice, as "5s" and as "6s"',
  ])
})

test('every mistake is reported at once', () => {
  expect(problemsOf(['nonsense', 'mesos.port=x'], { SWARM_MESOS_TASK_TIMEOUT: 'abc' })).toEqual(
    [
      '--cluster-opt "nonsense": wanted key=value, such as mesos.tasktimeout=10s',
      '--cluster-opt mesos.port: wanted a port from 0 to 65535, got "x"',
      '--cluster-opt mesos.tasktimeout: time: invalid duration "abc"',
    ].toSorted((a, b) => Number(b.includes('nonsense')) - Number(a.includes('nonsense'))),
  )
})

test('an unknown strategy or filter is refused in the words of Swarm', () => {
  const random = { next: () => 0 }
  expect(() => policyOf({ strategy: 'best', filters: [] }, random)).toThrow(
    'strategy not supported',
  )
  expect(() => policyOf({ strategy: 'spread', filters: ['x'] }, random)).toThrow(
    'filter not supported',
  )
})
