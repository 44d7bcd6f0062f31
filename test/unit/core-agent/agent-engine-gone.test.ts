import { expect, test } from 'vitest'
import { adviceFor } from '../../../src/core-agent/docker/advice.ts'
import type { EngineDetails } from '../../../src/core-agent/docker/engine.ts'
import { AgentRig, bodyTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

/** A container with a group of its own, which holds a process until a test says otherwise. */
const running = async (body: Readonly<Record<string, unknown>> = {}) => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['serve'], { body })
  const group = `/shoal/regular/${container}`
  rig.cgroups.groups.set(4242, group)
  await rig.ask('POST', `/engine/containers/${container}/start`)
  await rig.clock.advance(20)
  return { rig, container, group }
}

const health = async (rig: AgentRig) => {
  const metrics = (await rig.ask('GET', '/metrics/snapshot')).json as Record<string, number>
  const { engine } = (await rig.ask('GET', '/state')).json as { engine: { healthy: boolean } }
  expect(metrics['slave/engine_healthy']).toBe(engine.healthy ? 1 : 0)
  return engine.healthy
}

test('an event stream that ends is opened anew at once, and nothing is missed or unhealthy (core-agent §3.7)', async () => {
  const { rig, container } = await running()
  const records = await rig.watch()
  rig.engine.endStreams()
  rig.engine.exit(container, 3)
  await rig.clock.advance(100)
  expect(rig.master.statuses('web').at(-1)?.message).toBe('Container exited with status 3')
  expect(records.filter(({ type }) => type === 'ENGINE')).toMatchObject([
    { engine: { healthy: true } },
  ])
  expect(await health(rig)).toBe(true)
})

test('streams that end again and again are opened anew less and less often', async () => {
  const { rig } = await running()
  const before = rig.engine.streams
  for (let n = 0; n < 400; n += 1) {
    rig.engine.endStreams()
    await rig.clock.advance(10)
  }
  expect(rig.engine.streams - before).toBeLessThan(10)
  await rig.clock.advance(10_000)
  expect(await health(rig)).toBe(true)
})

test('three pings that go unanswered are an engine that does not answer, two are not', async () => {
  const { rig } = await running()
  rig.engine.hang()
  await rig.clock.advance(14_000)
  expect(await health(rig)).toBe(true)
  await rig.clock.advance(6000)
  expect(await health(rig)).toBe(false)
  rig.master.launch(bodyTask('late', ['true']))
  await rig.clock.advance(50)
  expect(rig.master.states('late')).toEqual(['DROPPED'])
  rig.engine.resume()
  await rig.clock.advance(6000)
  expect(await health(rig)).toBe(true)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
})

test('where nobody listens the engine is not there, at once; and found as soon as it is back', async () => {
  const { rig } = await running()
  rig.engine.crash()
  await rig.clock.advance(50)
  expect(await health(rig)).toBe(false)
  await rig.clock.advance(30_000)
  rig.engine.recover()
  await rig.clock.advance(5500)
  expect(await health(rig)).toBe(true)
})

test('looks that hang make no engine unhealthy', async () => {
  const { rig, container } = await running()
  for (let n = 0; n < 20; n += 1) rig.engine.fault('inspect', { kind: 'hang' })
  void rig.engine.change(container, { type: 'rename', name: 'other' })
  await rig.clock.advance(60_000)
  expect(await health(rig)).toBe(true)
})

test.each([
  { framework: stockFramework, state: 'TASK_LOST' },
  {
    framework: { ...stockFramework, capabilities: [{ type: 'PARTITION_AWARE' as const }] },
    state: 'TASK_GONE',
  },
])('dockerd gone for a minute, and the container with it: $state', async ({ framework, state }) => {
  const rig = await new AgentRig().up()
  rig.master.launch(dockerTask('web', 'serve'), framework)
  await rig.clock.advance(5)
  const [container = ''] = rig.engine.containers.keys()
  rig.cgroups.groups.set(4242, `/shoal/regular/${container}`)
  await rig.clock.advance(100)
  rig.engine.crash({ liveRestore: false })
  rig.cgroups.empty.add(`/shoal/regular/${container}`)
  await rig.clock.advance(59_000)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  await rig.clock.advance(1500)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state,
    reason: 'REASON_EXECUTOR_TERMINATED',
    message: 'The container ended while the Docker engine was gone: its exit status is not known',
  })
  rig.engine.recover()
  await rig.clock.advance(30_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', state.replace('TASK_', '')])
})

test('dockerd back within the minute says itself how its containers ended', async () => {
  const { rig, container, group } = await running()
  rig.engine.crash({ liveRestore: false })
  rig.cgroups.empty.add(group)
  await rig.clock.advance(50_000)
  rig.engine.recover()
  await rig.clock.advance(30_000)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: 'Container exited with status 137',
  })
  expect(rig.engine.containers.has(container)).toBe(true)
})

test('what lives on without dockerd stays a task, however long; what ends later is lost then', async () => {
  const { rig, group } = await running()
  rig.engine.crash()
  await rig.clock.advance(600_000)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  rig.cgroups.empty.add(group)
  await rig.clock.advance(5500)
  expect(rig.master.states('web').at(-1)).toBe('GONE')
})

test('a container whose group nobody knows is left until dockerd is back', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.crash({ liveRestore: false })
  await rig.clock.advance(600_000)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
})

test('one that is being killed while dockerd goes is killed; --rm is honoured when it is back', async () => {
  const { rig, group } = await running({ HostConfig: { AutoRemove: true } })
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('web', 300_000)
  await rig.clock.advance(10)
  rig.engine.crash({ liveRestore: false })
  rig.cgroups.empty.add(group)
  await rig.clock.advance(61_000)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_KILLED',
    message: 'The container ended while the Docker engine was gone: its exit status is not known',
  })
  rig.engine.recover()
  await rig.clock.advance(30_000)
  expect(rig.engine.containers.size).toBe(0)
})

test.each([
  {
    name: 'live-restore off',
    details: { liveRestore: false },
    want: /live-restore is off.*"live-restore": true/,
  },
  {
    name: 'a runc of old',
    details: { runcVersion: '1.1.5+ds1' },
    want: /CVE-2024-21626.*1\.1\.12/,
  },
  { name: 'nothing', details: {}, want: undefined },
])('what is advised of an engine: $name', ({ details, want }) => {
  const sound = { liveRestore: true, runcVersion: '1.1.12' }
  const advice = adviceFor({ ...sound, ...details } as EngineDetails)
  expect(advice).toEqual(want === undefined ? [] : [expect.stringMatching(want)])
})

test('live-restore that is off is warned of at the start, and not again whenever dockerd is back', async () => {
  const rig = new AgentRig()
  rig.engine.liveRestore = false
  await rig.up()
  rig.engine.crash()
  await rig.clock.advance(1000)
  rig.engine.recover()
  await rig.clock.advance(10_000)
  expect(await health(rig)).toBe(true)
  const told = rig.logged.filter(({ message }) => message.startsWith('live-restore is off'))
  expect(told).toHaveLength(1)
})
