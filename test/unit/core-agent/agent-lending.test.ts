import { expect, test } from 'vitest'
import { format } from '../../../src/resources/resources.ts'
import { AgentRig } from '../../support/agent-rig.ts'
import { idleReading } from '../../support/fake-cgroups.ts'

const gib = 1024 ** 3
const graded = {
  resource_estimator: 'fixed',
  oversubscribed_resources: 'cpus:4',
  qos_controller: 'graded',
}

/** Second by second: `regular` and `revocable` cpus in use, and free memory. */
const live = async (
  rig: AgentRig,
  seconds: number,
  { regular = 0, revocable = 0, freeBytes = 6 * gib, lentBytes = 0 },
) => {
  for (let second = 0; second < seconds; second += 1) {
    for (const [tier, cpus] of Object.entries({ regular, revocable })) {
      const group = `/shoal/${tier}`
      const before = rig.cgroups.readings.get(group) ?? idleReading
      rig.cgroups.readings.set(group, {
        ...before,
        cpuUserSeconds: before.cpuUserSeconds + cpus,
        memoryBytes: tier === 'revocable' ? lentBytes : 0,
      })
    }
    rig.counters = {
      ...rig.counters,
      busySeconds: rig.counters.busySeconds + regular + revocable,
      memoryAvailableBytes: freeBytes,
    }
    await rig.clock.advance(1000)
  }
}

const shown = (records: Awaited<ReturnType<AgentRig['watch']>>) =>
  records.flatMap((record) =>
    record.type === 'EVENT' && /throttle|freeze|thaw|revoke/.test(String(record.event['Action']))
      ? [record.event]
      : [],
  )

test('a busy regular tier throttles the lent one, and says so with the numbers (core-agent §7.3, docker-frontend §4.5)', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  const container = await rig.run('lent', ['serve'], {
    cpus: 3,
    revocable: true,
    body: { Labels: { batch: 'yes', name: 'of a label' } },
  })
  const records = await rig.watch()
  await live(rig, 3, { regular: 0.2, revocable: 3 })
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBeCloseTo(0.88 * 4 - 0.2)
  await live(rig, 2, { regular: 3.2, revocable: 0.5 })
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBe(0.5)
  expect(shown(records)).toMatchObject([
    {
      Action: 'throttle',
      from: 'busybox:latest',
      Actor: {
        ID: container,
        Attributes: {
          name: 'lent',
          image: 'busybox:latest',
          batch: 'yes',
          signal: 'busy_share',
          threshold: '0.88',
          quota: '0.5',
        },
      },
    },
  ])
  const { json } = await rig.ask('GET', '/oversubscription')
  expect(json).toMatchObject({
    qos_controller: 'graded',
    level: 'throttle',
    quota_cpus: 0.5,
    measured: { cpus: 4, cpus_revocable: 0.5 },
    actions: [{ action: 'throttle', signal: 'busy_share' }],
  })
})

test('memory that runs out kills the container’s group at once: GONE, PREEMPTED, nothing else (A8)', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  const container = await rig.run('lent', ['serve'], { revocable: true })
  await rig.run('own', ['serve'])
  rig.cgroups.groups.set(4242, `/shoal/revocable/${container}`)
  rig.cgroups.onKill = () => rig.engine.exit(container, 137)
  const records = await rig.watch()
  await live(rig, 2, { lentBytes: 4 * gib })
  await live(rig, 2, { lentBytes: 4 * gib, freeBytes: 0.3 * gib })
  expect(rig.cgroups.killed).toEqual([`/shoal/revocable/${container}`])
  expect(rig.master.states('lent')).toEqual(['STARTING', 'RUNNING', 'GONE'])
  expect(rig.master.statuses('lent').at(-1)).toMatchObject({
    reason: 'REASON_CONTAINER_PREEMPTED',
    message: expect.stringMatching(/memory_available_bytes [\d.]+ below [\d.]+/) as string,
  })
  expect(rig.master.states('own').at(-1)).toBe('RUNNING')
  expect(shown(records).at(-1)).toMatchObject({ Action: 'revoke' })
  const { json } = await rig.ask('GET', '/oversubscription')
  expect(json).toMatchObject({ closed_for_secs: expect.closeTo(120, -1) as number })
  // Nothing more is lent meanwhile, whatever the estimator says.
  expect(rig.agent.state.oversubscribed.total).toEqual([])
})

test('a group that is not the container’s own is left alone: its process number may be another’s by now', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  await rig.run('lent', ['serve'], { revocable: true })
  rig.cgroups.groups.set(4242, '/shoal/regular/somebody-else')
  await live(rig, 2, { lentBytes: 4 * gib })
  await live(rig, 2, { lentBytes: 4 * gib, freeBytes: 0.3 * gib })
  expect(rig.cgroups.killed).toEqual([])
  expect(rig.master.states('lent').at(-1)).toBe('GONE')
})

test('an agent that stops leaves no tier bound or frozen, and one that starts sets it right', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  rig.cgroups.frozen.add('/shoal/revocable')
  await rig.run('lent', ['serve'], { revocable: true })
  await live(rig, 2, { regular: 1 })
  expect(rig.cgroups.frozen.size).toBe(0)
  rig.cgroups.frozen.add('/shoal/revocable')
  await rig.agent.close()
  expect(rig.cgroups.frozen.size).toBe(0)
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBeUndefined()
})

test('what containers use is read from their control groups, and shown without asking the engine (core-agent §5.2)', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  const container = await rig.run('own', ['serve'])
  const group = `/shoal/regular/${container}`
  rig.cgroups.groups.set(4242, group)
  rig.cgroups.readings.set(group, { ...idleReading, cpuUserSeconds: 7, memoryBytes: 2048 })
  await live(rig, 6, {})
  const { json } = await rig.ask('GET', '/monitor/statistics')
  expect(json).toMatchObject([
    {
      executor_id: 'own',
      statistics: { cpus_user_time_secs: 7, cpus_limit: 1, mem_total_bytes: 2048 },
    },
  ])
})

test('what the usage estimator has learned outlives the agent: it lends on, where another would wait', async () => {
  const usage = { resource_estimator: 'usage', qos_controller: 'graded' }
  const rig = await new AgentRig({ flags: usage }).up()
  await rig.run('own', ['serve'], { cpus: 2 })
  await live(rig, 1000, { regular: 0.5 })
  const lent = () => format(rig.agent.state.oversubscribed.total ?? [])
  expect(lent()).toMatch(/^cpus\{REV\}:\d/)
  await rig.restart()
  expect(lent()).toBe('')
  // Without what was kept, ten minutes: the container has run for longer than this agent has watched it.
  await live(rig, 120, { regular: 0.5 })
  expect(lent()).toMatch(/^cpus\{REV\}:\d/)
})

/** From now on, within a second: what the tiers use, as the kernel counts it. */
const use = async (rig: AgentRig, ms: number, used: { regular: number; revocable: number }) => {
  for (let passedMs = 0; passedMs < ms; passedMs += 25) {
    for (const [tier, cpus] of Object.entries(used)) {
      const before = rig.cgroups.readings.get(`/shoal/${tier}`) ?? idleReading
      const cpuUserSeconds = before.cpuUserSeconds + 0.025 * cpus
      rig.cgroups.readings.set(`/shoal/${tier}`, { ...before, cpuUserSeconds })
    }
    await rig.clock.advance(25)
  }
}

test('a lender that becomes busy lowers the quota within a tenth of a second (B19)', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  await rig.run('lent', ['serve'], { cpus: 3, revocable: true })
  await use(rig, 3000, { regular: 0.2, revocable: 3 })
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBeCloseTo(0.88 * 4 - 0.2, 1)
  await use(rig, 100, { regular: 3, revocable: 1 })
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBeCloseTo(0.88 * 4 - 3)
  expect(rig.master.states('lent').at(-1)).toBe('RUNNING')
})

test('in kill mode the container goes within that time, and nothing more is lent', async () => {
  const rig = await new AgentRig({ flags: { ...graded, qos_reclaim: 'kill' } }).up()
  const container = await rig.run('lent', ['serve'], { cpus: 3, revocable: true })
  rig.cgroups.groups.set(4242, `/shoal/revocable/${container}`)
  rig.cgroups.onKill = () => rig.engine.exit(container, 137)
  await use(rig, 3000, { regular: 0.2, revocable: 3 })
  await use(rig, 100, { regular: 3, revocable: 1 })
  expect(rig.cgroups.killed).toEqual([`/shoal/revocable/${container}`])
  expect(rig.master.states('lent')).toEqual(['STARTING', 'RUNNING', 'GONE'])
  expect(rig.agent.state.oversubscribed.total).toEqual([])
})

test('nobody looks between the seconds while nothing lent runs', async () => {
  const rig = await new AgentRig({ flags: graded }).up()
  await rig.run('own', ['serve'])
  await use(rig, 3000, { regular: 1, revocable: 0 })
  let looks = 0
  const read = rig.cgroups.cpuSeconds.bind(rig.cgroups)
  rig.cgroups.cpuSeconds = (group) => {
    looks += 1
    return read(group)
  }
  await use(rig, 3000, { regular: 3, revocable: 0 })
  expect(looks).toBe(0)
  await rig.run('lent', ['serve'], { revocable: true })
  await use(rig, 2000, { regular: 1, revocable: 1 })
  expect(looks).toBeGreaterThan(0)
})
