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
    registry: 'in_memory',
    registryFetchTimeoutMs: 60_000,
    registryStoreTimeoutMs: 20_000,
    registryGcIntervalMs: 900_000,
    registryMaxAgentAgeMs: 14 * 24 * 3_600_000,
    registryMaxAgentCount: 102_400,
    agentRemovalIntervalMs: 0,
    recoveryAgentRemovalLimitPercent: 100,
    allocatorRecoveryTimeoutMs: 600_000,
    allocatorAgentRecoveryFactor: 0.8,
    maxUnreachableTasksPerFramework: 1000,
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

test('the registry is in a file where there is a place for it', () => {
  expect(parseMasterConfig({ work_dir: ['/w'] }, {}).registry).toBe('file')
  expect(parseMasterConfig({ work_dir: ['/w'], registry: ['in_memory'] }, {}).registry).toBe(
    'in_memory',
  )
  expect(
    parseMasterConfig({ agent_removal_rate_limit: ['2/10mins'] }, {}).agentRemovalIntervalMs,
  ).toBe(300_000)
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
  ['registry', 'replicated_log', /wanted one of file, in_memory/],
  ['registry', 'file', /file needs --work_dir/],
  ['agent_removal_rate_limit', '10mins', /wanted N\/DURATION, such as 1\/10mins/],
  ['agent_removal_rate_limit', '0/10mins', /wanted N\/DURATION/],
  ['allocator_agent_recovery_factor', '1.1', /wanted a share from 0 to 1/],
  ['recovery_agent_removal_limit', '101%', /wanted 0% to 100%/],
  ['recovery_agent_removal_limit', '50', /wanted 0% to 100%/],
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
