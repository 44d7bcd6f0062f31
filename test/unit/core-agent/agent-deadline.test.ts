import { expect, test } from 'vitest'
import type { TaskInfo } from '../../../src/mesos/wire.ts'
import { AgentRig, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const limited = (id: string, seconds: number, script = 'sleep 100'): TaskInfo => ({
  ...dockerTask(id, script),
  max_completion_time: { nanoseconds: seconds * 1e9 },
})

const launched = async (task: TaskInfo) => {
  const rig = await new AgentRig().up()
  rig.master.launch(task, stockFramework)
  await rig.clock.advance(1000)
  expect(rig.master.states(task.name)).toEqual(['STARTING', 'RUNNING'])
  return rig
}

const reached = {
  state: 'TASK_FAILED',
  reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
  message: 'The task did not end within its max_completion_time of 10 s',
}

test('a task that outlives its max_completion_time fails, without grace (core-agent §3.3)', async () => {
  const rig = await launched(limited('t1', 10))
  await rig.clock.advance(8900)
  expect(rig.master.states('t1')).toHaveLength(2)
  await rig.clock.advance(200)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject(reached)
  expect([...rig.engine.containers.values()].map(({ exitCode }) => exitCode)).toEqual([137])
})

test('one that ends in time is left alone', async () => {
  const rig = await launched(limited('t1', 10, 'sleep 5'))
  await rig.clock.advance(20_000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test.each([
  { name: 'before its time is over', downMs: 2000, restMs: 4000 },
  { name: 'after it is over', downMs: 60_000, restMs: 0 },
])('the time goes on while the agent is away, back $name', async ({ downMs, restMs }) => {
  const rig = await launched(limited('t1', 10))
  const closed = rig.agent.close()
  await rig.clock.advance(100)
  await closed
  await rig.clock.advance(downMs)
  await rig.crash()
  await rig.clock.advance(restMs + 500)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject(reached)
})

test('the deadline is in a snapshot, when the status that began it is acknowledged and gone', async () => {
  const rig = await launched(limited('t1', 2000, 'sleep 100000'))
  for (let i = 0; i < 350; i += 1) {
    rig.master.launch(dockerTask(`other-${i}`, 'true'), stockFramework)
    await rig.clock.advance(100)
  }
  const { snapshot } = await rig.log.read()
  expect(JSON.stringify(snapshot)).toContain('deadlineMs')
  await rig.crash()
  await rig.clock.advance(2_000_000)
  expect(rig.master.statuses('t1').at(-1)?.reason).toBe('REASON_MAX_COMPLETION_TIME_REACHED')
})

test('a kill that was asked for before stays a kill', async () => {
  const rig = await launched(limited('t1', 10))
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('t1', 20_000, 'f2')
  await rig.clock.advance(60_000)
  expect(rig.master.statuses('t1').at(-1)?.state).toBe('TASK_KILLED')
})
