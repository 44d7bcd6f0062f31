import { expect, test } from 'vitest'
import { AgentRig, commandTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

/** An agent with a container that runs, stopped, and started anew while dockerd is gone. */
const startedWithout = async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.engine.crash()
  await rig.crash()
  return { rig, container }
}

const answers = async (rig: AgentRig): Promise<void> => {
  rig.engine.recover()
  await rig.clock.advance(6000)
}

test('without dockerd an agent registers with the tasks of its journal, and declares none of them over (core-agent §8)', async () => {
  const { rig } = await startedWithout()
  const { subscribe } = rig.master.ofType('SUBSCRIBE').at(-1) ?? {}
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(2)
  expect(subscribe?.tasks?.map(({ task_id }) => task_id.value)).toEqual(['web'])
  await rig.clock.advance(600_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  await answers(rig)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
})

test('what ended while dockerd was gone is told with its own exit code when it is back', async () => {
  const { rig, container } = await startedWithout()
  rig.engine.exit(container, 7)
  await rig.clock.advance(120_000)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  await answers(rig)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: 'Container exited with status 7',
  })
})

test('a kill waits for dockerd: no end is told of a container that may run', async () => {
  const { rig, container } = await startedWithout()
  rig.master.kill('web', 0)
  await rig.clock.advance(60_000)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  await answers(rig)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
  expect(rig.engine.containers.get(container)?.status).not.toBe('running')
})

test('launches for dockerd are dropped, commands run, and an executor may subscribe', async () => {
  const { rig } = await startedWithout()
  rig.master.launch(dockerTask('t1', 'true'), stockFramework)
  rig.master.launch(commandTask('t2', 'true'), stockFramework)
  await rig.clock.advance(1000)
  expect(rig.master.states('t1')).toEqual(['LOST'])
  expect(rig.master.states('t2')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  expect(rig.agent.state.commandsRecovered).toBe(true)
})

test('an engine that hangs is waited for, but not for long', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.die()
  rig.engine.hang()
  const subscriptions = rig.master.ofType('SUBSCRIBE').length
  const revived = rig.revive()
  await rig.clock.advance(5000)
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(subscriptions)
  await rig.clock.advance(7000)
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(subscriptions + 1)
  rig.engine.resume()
  await rig.clock.advance(60_000)
  await revived
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
})

test('after a reboot as another machine nobody registers before dockerd was asked', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.reboot()
  rig.engine.crash()
  await rig.crash({ bootId: 'boot-2', flags: { resources: 'cpus:2;mem:1024' } })
  await rig.clock.advance(60_000)
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(1)
  await answers(rig)
  expect(rig.master.ofType('SUBSCRIBE')).toHaveLength(2)
  expect(rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.agent_info.id).toBeUndefined()
})
