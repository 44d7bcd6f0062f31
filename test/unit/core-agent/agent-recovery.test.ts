import { expect, test } from 'vitest'
import { apply, fromJson, snapshotOf, toJson } from '../../../src/core-agent/journal.ts'
import { type AgentState, emptyState } from '../../../src/core-agent/state.ts'
import { orphanGraceMs } from '../../../src/core-agent/tasks/survey.ts'
import {
  AgentRig,
  agentId,
  bodyTask,
  dockerTask,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'

test('close leaves containers running; the next start has them again, under the same id (core-agent §8)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  await rig.restart()
  expect(rig.engine.containers.get(container)?.status).toBe('running')
  const again = rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe
  expect(again?.agent_info.id?.value).toBe(agentId)
  expect(again?.tasks).toMatchObject([{ task_id: { value: 'web' }, state: 'TASK_RUNNING' }])
  expect(again?.frameworks).toMatchObject([{ id: { value: 'f1' } }])
  expect((await rig.ask('GET', `/engine/containers/${container}/json`)).status).toBe(200)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
})

test('an end while the agent was away is told with its true code', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const closed = rig.agent.close()
  await rig.clock.advance(10)
  await closed
  rig.engine.exit(container, 42)
  await rig.crash()
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  expect(statusLabel(rig.master.statuses('web').at(-1), 'exitCode')).toBe('42')
})

test('a crash after each number of steps of a whole run converges: started once, ended once', async () => {
  for (let steps = 0; steps < 40; steps += 1) {
    const rig = await new AgentRig().up()
    rig.master.launch(dockerTask('t1', 'exit 5'), stockFramework)
    for (let step = 0; step < steps; step += 1) {
      rig.clock.step()
      await rig.clock.advance(0)
    }
    await rig.crash()
    await rig.clock.advance(60_000)
    const states = rig.master.states('t1')
    const ends = states.filter((state) => /FAILED|LOST/.test(state))
    if (rig.agent.state.launches.size > 0) expect(new Set(ends).size, `${steps} steps`).toBe(1)
    expect(rig.engine.starts.length, `${steps} steps`).toBeLessThanOrEqual(1)
    expect(rig.agent.state.tasks.size, `${steps} steps: ${states.join()}`).toBe(0)
    if (ends.includes('FAILED'))
      expect(statusLabel(rig.master.statuses('t1').at(-1), 'exitCode')).toBe('5')
  }
})

test('the intent is on disk before the engine hears of it', async () => {
  const rig = await new AgentRig().up()
  rig.log.failure = new Error('no space left on device')
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(1000)
  expect(rig.engine.creates).toEqual([])
  expect(rig.logged.at(-1)).toMatchObject({ level: 'error' })
})

test('a launch whose intent was written and nothing more is dropped', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', { kind: 'hang' })
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(10)
  await rig.crash()
  expect(rig.master.statuses('web')).toMatchObject([
    { state: 'TASK_DROPPED', reason: 'REASON_AGENT_RESTARTED' },
  ])
})

test('a container whose create was not yet recorded is claimed by its label', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', { kind: 'lose-answer' })
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(10)
  await rig.crash()
  expect(rig.engine.creates).toHaveLength(1)
  expect(rig.master.states('web')).toEqual(['STARTING'])
  const { status } = await rig.ask('POST', `/engine/containers/${rig.container('web')}/start`)
  expect(status).toBe(204)
})

test('a kill that was under way is finished', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('web')
  await rig.clock.advance(10)
  await rig.crash()
  await rig.clock.advance(10_000)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
})

test('an --rm container whose removal was not done is removed', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('remove', { kind: 'refuse', status: 500, message: 'busy' })
  await rig.run('web', ['true'], { body: { HostConfig: { AutoRemove: true } } })
  expect(rig.engine.containers.size).toBe(1)
  await rig.crash()
  await rig.clock.advance(1000)
  expect(rig.engine.containers.size).toBe(0)
})

test('dockerd restarts without live-restore: its containers’ ends are told (core-agent §8)', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.crash({ liveRestore: false })
  await rig.clock.advance(1000)
  rig.engine.recover()
  await rig.clock.advance(20_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
})

test('dockerd restarts with live-restore: nothing happens to tasks', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.crash()
  await rig.clock.advance(1000)
  rig.engine.recover()
  await rig.clock.advance(20_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
})

test('a create that was given up leaves no container behind, however late it appears', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', { kind: 'lose-answer' })
  rig.engine.fault('list', { kind: 'hang' })
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(70_000)
  expect(rig.master.states('web')).toEqual(['FAILED'])
  expect(rig.engine.containers.size).toBe(1)
  rig.engine.crash()
  rig.engine.recover()
  await rig.clock.advance(20_000)
  expect(rig.engine.containers.size).toBe(0)
})

test('an engine that is not there yet keeps no agent from its master, and frameworks from the engine', async () => {
  const rig = new AgentRig()
  rig.engine.crash()
  await rig.up()
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(1)
  expect((await rig.ask('GET', '/engine/watch')).status).toBe(503)
  rig.engine.recover()
  await rig.clock.advance(20_000)
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(1)
  expect((await rig.watch()).map(({ type }) => type)).toContain('SNAPSHOT')
})

/** What lasts of a state, in a form that can be compared. */
const lasting = (state: AgentState): unknown => snapshotOf(state).map(toJson)

test('replaying the journal, or its snapshot, gives the same state (I11)', async () => {
  const rig = await new AgentRig().up()
  rig.master.acknowledges = false
  await rig.run('web', ['serve'])
  await rig.run('rm', ['true'], { body: { HostConfig: { AutoRemove: true } } })
  rig.master.launch(dockerTask('t1', 'sleep 5'), stockFramework)
  await rig.clock.advance(100)
  rig.master.kill('web')
  await rig.clock.advance(10)
  const { records } = await rig.log.read()
  const replayed = emptyState()
  for (const record of records) apply(replayed, fromJson(record))
  expect(lasting(replayed)).toEqual(lasting(rig.agent.state))
  const restored = emptyState()
  for (const record of snapshotOf(rig.agent.state))
    apply(restored, fromJson(JSON.parse(JSON.stringify(toJson(record)))))
  expect(lasting(restored)).toEqual(lasting(rig.agent.state))
})

test('the journal is written anew after 1000 records, and goes on from there', async () => {
  const rig = await new AgentRig().up()
  for (let run = 0; run < 200; run += 1)
    await rig.run(`web${run}`, ['true'], { body: { HostConfig: { AutoRemove: true } } })
  const { snapshot, records } = await rig.log.read()
  expect(snapshot).toBeDefined()
  expect(records.length).toBeLessThan(1000)
  await rig.run('last', ['serve'])
  await rig.restart()
  expect([...rig.agent.state.tasks.values()].map(({ taskId }) => taskId)).toEqual(['last'])
})

/** A container that no task of the rig's agent made. */
const foreign = (rig: AgentRig, name: string, labels: Readonly<Record<string, string>>) =>
  rig.engine.create({
    name,
    platform: '',
    body: { Image: 'busybox:latest', Cmd: ['serve'], Labels: labels },
  })

test('an orphan is removed after a minute; containers of others are left alone, whatever their names', async () => {
  const rig = await new AgentRig().up()
  const made = Promise.all([
    foreign(rig, 'orphan', { 'org.mesos.agent_id': agentId, 'org.mesos.container_id': 'lost' }),
    foreign(rig, 'other', { 'org.mesos.agent_id': 'm1-S7', 'org.mesos.container_id': 'x' }),
    foreign(rig, 'mesos-0c4b1a52-6a1e-4f7a-9d3c-0d6f1a2b3c4d', {}),
    foreign(rig, 'mesos-m1-S0.0c4b1a52-6a1e-4f7a-9d3c-0d6f1a2b3c4d.executor', {}),
  ])
  await rig.clock.advance(10)
  for (const { id } of await made) void rig.engine.change(id, { type: 'start' })
  await rig.crash()
  const names = () => [...rig.engine.containers.values()].map(({ name }) => name)
  await rig.clock.advance(orphanGraceMs - 5000)
  expect(names()).toContain('orphan')
  await rig.clock.advance(10_000)
  expect(names()).toEqual([
    'other',
    'mesos-0c4b1a52-6a1e-4f7a-9d3c-0d6f1a2b3c4d',
    'mesos-m1-S0.0c4b1a52-6a1e-4f7a-9d3c-0d6f1a2b3c4d.executor',
  ])
  expect([...rig.engine.containers.values()].map(({ status }) => status)).toEqual([
    'running',
    'running',
    'running',
  ])
})

test('an end for want of memory while the agent was away is told as that', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.die()
  rig.engine.exit(container, 137, { oom: true })
  await rig.revive()
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
  })
})

test('wherever the journal ends, nothing runs on that it does not know (I7)', async () => {
  const life = async (kept: number) => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    await rig.run('rm', ['serve'], { body: { HostConfig: { AutoRemove: true } } })
    rig.master.launch(dockerTask('t1', 'serve'), stockFramework)
    await rig.clock.advance(100)
    rig.master.kill('rm')
    await rig.clock.advance(10)
    rig.die()
    const { records } = await rig.log.read()
    rig.log = rig.log.crash({ cutTo: kept })
    await rig.revive()
    await rig.clock.advance(2 * orphanGraceMs)
    const known = [...rig.agent.state.containers.keys()].sort()
    expect([...rig.engine.containers.keys()].sort(), `${kept} records`).toEqual(known)
    return records.length
  }
  const records = await life(1000)
  // Without its first record the journal knows no agent, and no container is ours.
  for (let kept = 2; kept < records; kept += 1) await life(kept)
})

test.each([
  { name: 'of a later schema', record: { type: 'SCHEMA', version: 2 }, what: 'schema 2' },
  { name: 'with records of a later version', record: { type: 'MOVED' }, what: 'record MOVED' },
])('a journal $name is refused, with the remedy', async ({ record, what }) => {
  const rig = await new AgentRig().up()
  void rig.log.append(record)
  await rig.clock.advance(10)
  await expect(rig.crash()).rejects.toThrow(
    `the journal of this agent was written by a later shoal (${what}, this one reads schema 1): start that version again, or take another --work_dir`,
  )
})

test('--recover=cleanup: what an earlier start left ends, and the master is not asked', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  await rig.run('done', ['true'])
  const { length } = rig.master.calls
  await rig.crash({ flags: { recover: 'cleanup', resources: 'cpus:1;mem:64' } })
  const left = rig.agent.leave()
  await rig.clock.advance(5000)
  await left
  expect(rig.engine.containers.size).toBe(0)
  expect(rig.master.calls).toHaveLength(length)
  rig.master.givesId = 'm1-S1'
  await rig.crash({ flags: { resources: 'cpus:1;mem:64' } })
  expect(rig.agent.state.agentId).toBe('m1-S1')
})
