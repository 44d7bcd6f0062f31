import { expect, test } from 'vitest'
import type { CommandUsage } from '../../../src/core-agent/command/containers.ts'
import { AgentRig, commandTask, frontend, stockFramework } from '../../support/agent-rig.ts'
import { idleReading } from '../../support/fake-cgroups.ts'

const gib = 1024 ** 3
const lending = {
  resource_estimator: 'fixed',
  oversubscribed_resources: 'cpus:4',
  qos_controller: 'graded',
}

interface Second {
  readonly regular?: number
  readonly revocable?: number
  readonly freeBytes?: number
  readonly lentBytes?: number
}

/** Second by second: cpus in use by the tiers and by one command, free memory, memory of the lent tier. */
const live = async (rig: AgentRig, seconds: number, given: Second, command = '') => {
  const { regular = 0, revocable = 0, freeBytes = 6 * gib, lentBytes = 0 } = given
  const more = (group: string, cpus: number, memoryBytes: number) => {
    const before = rig.cgroups.readings.get(group) ?? idleReading
    const cpuUserSeconds = before.cpuUserSeconds + cpus
    rig.cgroups.readings.set(group, { ...before, cpuUserSeconds, memoryBytes })
  }
  for (let second = 0; second < seconds; second += 1) {
    more('/shoal/regular', regular, 0)
    more('/shoal/revocable', revocable, lentBytes)
    if (command !== '') more(command, regular + revocable, lentBytes)
    const busySeconds = rig.counters.busySeconds + regular + revocable
    rig.counters = { ...rig.counters, busySeconds, memoryAvailableBytes: freeBytes }
    await rig.clock.advance(1000)
  }
}

const launched = async ({
  flags = {},
  revocable = true,
  framework = frontend,
  labels = {},
} = {}) => {
  const rig = await new AgentRig({ flags: { ...lending, ...flags } }).up()
  const task = commandTask('t1', 'sleep 100000', { revocable, cpus: 2 })
  const list = Object.entries(labels).map(([key, value]) => ({ key, value: String(value) }))
  rig.master.launch({ ...task, labels: { labels: list } }, framework)
  await rig.clock.advance(100)
  const id = rig.commands.containers[0] ?? ''
  return { rig, id, group: `/shoal/${revocable ? 'revocable' : 'regular'}/${id}` }
}

const statistics = async (rig: AgentRig) => {
  const { json } = await rig.ask('GET', '/monitor/statistics')
  return (json as readonly { readonly statistics: object }[]).map((row) => row.statistics)
}

test('what a command uses is read from its own control group, and shown as a container’s is (core-agent §5)', async () => {
  const { rig, group } = await launched({ revocable: false })
  await live(rig, 12, { regular: 0.5, lentBytes: 4096 }, group)
  expect(await statistics(rig)).toMatchObject([{ cpus_limit: 2, mem_total_bytes: 4096 }])
  expect(rig.agent.state.lending.tasks.get('f1/t1')?.cpus).toBeCloseTo(0.5)
})

test('of a module’s containers, which are in no group of ours, the module is asked', async () => {
  const { rig } = await launched({ revocable: false })
  await live(rig, 6, {})
  expect(await statistics(rig)).toMatchObject([
    { cpus_user_time_secs: 1, cpus_system_time_secs: 0.5, mem_total_bytes: 1024 ** 2 },
  ])
})

test('a module that says nothing of cpus is not shown as idle', async () => {
  const { rig, id } = await launched({ revocable: false })
  rig.commands.usage = (asked): CommandUsage | undefined => (asked === id ? {} : undefined)
  await live(rig, 6, {})
  const [row] = await statistics(rig)
  expect(row).not.toHaveProperty('cpus_user_time_secs')
})

test('where there is no Docker engine, lent commands are throttled all the same', async () => {
  const { rig } = await launched({ flags: { containerizers: 'mesos' } })
  await live(rig, 4, { regular: 3.2, revocable: 0.5 })
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBe(0.5)
})

test('where the engine leaves its tiers to systemd, those of commands are bounded beside them', async () => {
  const { rig } = await launched()
  const slices = { regular: 'shoal-regular.slice', revocable: 'shoal-revocable.slice' }
  rig.agent.state.tiers = slices
  await live(rig, 4, { regular: 3.2, revocable: 0.5 })
  expect(rig.cgroups.bounds.get('shoal-revocable.slice')).toBe(0.5)
  expect(rig.cgroups.bounds.get('/shoal/revocable')).toBe(0.5)
})

test.each([
  { framework: frontend, state: 'GONE' },
  { framework: stockFramework, state: 'LOST' },
])(
  'memory that runs out kills a lent command’s group at once: $state, PREEMPTED (A8)',
  async ({ framework, state }) => {
    const { rig, id, group } = await launched({ framework })
    rig.cgroups.onKill = () => rig.commands.signal(id, 'SIGKILL')
    await live(rig, 6, { revocable: 0.5, lentBytes: 4 * gib }, group)
    await live(rig, 2, { revocable: 0.5, lentBytes: 4 * gib, freeBytes: 0.3 * gib }, group)
    expect(rig.cgroups.killed).toContain(group)
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', state])
    expect(rig.master.statuses('t1').at(-1)).toMatchObject({
      reason: 'REASON_CONTAINER_PREEMPTED',
      message: expect.stringMatching(/memory_available_bytes [\d.]+ below [\d.]+/) as string,
    })
  },
)

test.each([
  { name: 'no label', labels: {}, first: 'SIGKILL' },
  { name: 'a grace', labels: { 'shoal.revocation.grace': '2s' }, first: 'SIGTERM' },
])('for its cpus a command with $name hears $first first', async ({ labels, first }) => {
  const flags = {
    qos_controller: 'load',
    qos_correction_interval_min: '1secs',
    load_threshold_5min: '1',
  }
  const { rig } = await launched({ flags, labels })
  rig.load = [9, 9, 9]
  await rig.clock.advance(1500)
  expect(rig.commands.signals[0]).toContain(first)
  await rig.clock.advance(3000)
  expect(rig.master.states('t1').at(-1)).toBe('GONE')
})

test('a command is as old as it has run, over a restart of the agent and a shortened journal', async () => {
  const { rig } = await launched({ revocable: false })
  const runningAtMs = rig.agent.state.tasks.get('f1/t1')?.runningAtMs
  expect(runningAtMs).toBeGreaterThan(1_700_000_000_000)
  await rig.crash()
  expect(rig.agent.state.tasks.get('f1/t1')?.runningAtMs).toBe(runningAtMs)
})
