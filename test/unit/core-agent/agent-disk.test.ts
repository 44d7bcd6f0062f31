import { expect, test } from 'vitest'
import { maxRefused } from '../../../src/core-agent/tasks/refuse.ts'
import { AgentRig, bodyTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const full = new Error('ENOSPC: no space left on device, write')

/** An agent with one running and one ended container, whose disk has just run full. */
const onFullDisk = async () => {
  const rig = await new AgentRig().up()
  const running = await rig.run('web', ['serve'])
  const ended = await rig.run('done', ['true'])
  const last = await rig.run('last', ['serve'])
  rig.log.failure = full
  rig.engine.exit(last, 3) // Its end is what the disk refuses first.
  await rig.clock.advance(1000)
  return { rig, running, ended }
}

test('on a full disk launches are refused with the reason, and nothing is created', async () => {
  const { rig } = await onFullDisk()
  const creates = rig.engine.creates.length
  rig.master.launch(bodyTask('new', ['true']))
  rig.master.launch(dockerTask('plain', 'true'), stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('new')).toMatchObject([
    {
      state: 'TASK_DROPPED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message:
        'The agent cannot write its journal: ENOSPC: no space left on device, write, in /var/lib/shoal',
    },
  ])
  expect(rig.master.states('plain')).toEqual(['LOST'])
  expect(rig.engine.creates).toHaveLength(creates)
  expect(rig.logged.filter(({ level }) => level === 'error')).toHaveLength(1)
})

test('what runs goes on, and what happened meanwhile is told once there is room again', async () => {
  const { rig, running } = await onFullDisk()
  expect(rig.engine.containers.get(running)?.status).toBe('running')
  expect(rig.master.states('last')).toEqual(['STARTING', 'RUNNING'])
  await rig.clock.advance(120_000)
  rig.log.failure = undefined
  await rig.clock.advance(6000)
  expect([...new Set(rig.master.states('last'))]).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  expect(new Set(rig.master.statuses('last').map(({ uuid }) => String(uuid))).size).toBe(3)
  await rig.run('new', ['serve'])
  await rig.crash()
  const tasks = rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.tasks
  expect(tasks?.map(({ task_id }) => task_id.value)).toEqual(['web', 'new'])
})

test('a kill waits: what is not on disk is not done', async () => {
  const { rig, running } = await onFullDisk()
  rig.master.kill('web')
  await rig.clock.advance(30_000)
  expect(rig.engine.containers.get(running)?.status).toBe('running')
  rig.log.failure = undefined
  await rig.clock.advance(6000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'KILLED'])
})

test('a crash on a full disk loses nothing that anybody was told', async () => {
  const { rig } = await onFullDisk()
  rig.master.kill('web')
  await rig.clock.advance(1000)
  await rig.crash()
  expect(rig.master.states('last')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
})

test('a client is answered: what has ended can be removed, nothing else can be done', async () => {
  const { rig, running, ended } = await onFullDisk()
  const stop = await rig.ask('POST', `/engine/containers/${running}/stop`)
  expect(stop.status).toBe(503)
  expect(stop.json).toMatchObject({ message: expect.stringMatching(/no space left.*removed$/) })
  expect((await rig.ask('DELETE', `/engine/containers/${running}?force=1`)).status).toBe(503)
  expect((await rig.ask('DELETE', `/engine/containers/${ended}`)).status).toBe(204)
  expect(rig.engine.containers.has(ended)).toBe(false)
})

test('watchers begin anew when the disk is back, with what has changed meanwhile', async () => {
  const { rig, ended } = await onFullDisk()
  const before = await rig.watch()
  await rig.ask('DELETE', `/engine/containers/${ended}`)
  rig.log.failure = undefined
  await rig.clock.advance(6000)
  const told = before.length
  await rig.run('new', ['true'])
  expect(before).toHaveLength(told)
  const [snapshot] = await rig.watch()
  const shown = snapshot?.type === 'SNAPSHOT' ? snapshot.containers.map(({ Id }) => Id) : []
  expect(shown).not.toContain(ended)
})

test('a refusal is told until it is acknowledged, also to the next master', async () => {
  const { rig } = await onFullDisk()
  rig.master.acknowledges = false
  rig.master.launch(bodyTask('new', ['true']))
  await rig.clock.advance(11_000)
  expect(rig.master.states('new')).toEqual(['DROPPED', 'DROPPED'])
  rig.master.acknowledges = true
  rig.master.endStream()
  await rig.clock.advance(3000)
  expect(rig.master.states('new')).toEqual(['DROPPED', 'DROPPED', 'DROPPED'])
  expect(rig.agent.state.refused.size).toBe(0)
  await rig.clock.advance(60_000)
  expect(rig.master.states('new')).toHaveLength(3)
})

test(`of more than ${maxRefused} refusals the oldest is forgotten`, async () => {
  const { rig } = await onFullDisk()
  rig.master.acknowledges = false
  for (let i = 0; i <= maxRefused; i += 1) rig.master.launch(bodyTask(`new${i}`, ['true']))
  await rig.clock.advance(1000)
  expect(rig.agent.state.refused.size).toBe(maxRefused)
  expect(rig.agent.state.refused.has('f1/new0')).toBe(false)
})
