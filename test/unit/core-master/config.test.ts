import { expect, test } from 'vitest'
import { parseMasterConfig } from '../../../src/core-master/config.ts'
import { ConfigError } from '../../../src/runtime/flags.ts'

test('without flags the defaults of Mesos hold (core-master §11)', () => {
  const settings = parseMasterConfig({}, {})
  expect(settings).toMatchObject({
    listen: { host: '127.0.0.1', port: 5050 },
    hostname: '127.0.0.1',
    allocationIntervalMs: 1000,
    minAllocatable: [new Map([['cpus', 10]]), new Map([['mem', 32_000]])],
    offerTimeoutMs: undefined,
    weights: new Map(),
    roles: undefined,
    agentPingTimeoutMs: 15_000,
    maxAgentPingTimeouts: 5,
    agentReregisterTimeoutMs: 600_000,
    maxCompletedFrameworks: 50,
    maxCompletedTasksPerFramework: 1000,
    filterGpuResources: true,
    heartbeatIntervalMs: 15_000,
    jointOffers: false,
    fastReoffer: true,
  })
  expect(settings.flags).toMatchObject({ allocation_interval: '1secs', port: '5050' })
  expect(settings.flags).not.toHaveProperty('cluster')
})

test('the command line wins over MESOS_ variables, and both show in the flags', () => {
  const settings = parseMasterConfig(
    { port: ['0'], weights: ['a=2,b/c=0.5'], roles: ['a,b'], advertise_ip: ['10.1.2.3'] },
    { MESOS_PORT: '1', MESOS_OFFER_TIMEOUT: '5mins', MESOS_MIN_ALLOCATABLE_RESOURCES: 'mem:1' },
  )
  expect(settings.listen.port).toBe(0)
  expect(settings.hostname).toBe('10.1.2.3')
  expect(settings.offerTimeoutMs).toBe(300_000)
  expect(settings.minAllocatable).toEqual([new Map([['mem', 1000]])])
  expect([...settings.weights]).toEqual([
    ['a', 2],
    ['b/c', 0.5],
  ])
  expect([...(settings.roles ?? [])]).toEqual(['*', 'a', 'b'])
  expect(settings.flags).toMatchObject({ port: '0', offer_timeout: '5mins' })
})

test.each([
  ['allocation_interval', '0secs', /more than no time/],
  ['allocation_interval', '1 fortnight', /is not a duration/],
  ['max_agent_ping_timeouts', '0', /whole number from 1/],
  ['weights', 'a=0', /weight above 0, got "a=0"/],
  ['weights', '/a=1', /Role '\/a' cannot start with a slash/],
  ['roles', 'a//b', /two adjacent slashes/],
  ['min_allocatable_resources', 'cpus:0.01|ports:[1-2]', /wanted a positive amount of ports/],
  ['min_allocatable_resources', 'cpus', /expected name:value/],
  ['port', '65536', /wanted a port/],
  ['joint_offers', 'maybe', /wanted true or false/],
])('--%s=%s is refused with its name', (name, text, want) => {
  const problems = (): readonly string[] => {
    try {
      parseMasterConfig({ [name]: [text] }, {})
    } catch (error) {
      if (error instanceof ConfigError) return error.problems
      throw error
    }
    return []
  }
  expect(problems()).toEqual([expect.stringMatching(want)])
  expect(problems()[0]).toMatch(new RegExp(`^--${name}: `))
})
