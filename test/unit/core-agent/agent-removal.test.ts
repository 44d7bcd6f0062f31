import { expect, test } from 'vitest'
import { AgentRig, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const names = (rig: AgentRig) =>
  [...rig.engine.containers.values()].map(({ body }) => (body['Cmd'] as string[]).at(-1))

test('what is left of the delay counts from the end, whatever the agent did meanwhile (core-agent §3.8)', async () => {
  const rig = await new AgentRig({ flags: { docker_remove_delay: '60secs' } }).up()
  rig.master.launch(dockerTask('t1', 'true'), stockFramework)
  await rig.clock.advance(40_000)
  await rig.restart()
  expect(rig.engine.containers.size).toBe(1)
  await rig.clock.advance(20_000)
  expect(rig.engine.containers.size).toBe(0)
})

test('of more than --max_dead_containers the oldest go first; live ones and a user’s stay', async () => {
  const rig = await new AgentRig({ flags: { max_dead_containers: '2' } }).up()
  rig.master.launch(dockerTask('live', 'sleep 1000'), stockFramework)
  for (const id of ['a', 'b', 'c']) await rig.run(id, ['sh', '-c', 'true'])
  for (const seconds of [3, 1, 2]) {
    rig.master.launch(dockerTask(`t${seconds}`, `sleep ${seconds}`), stockFramework)
    await rig.clock.advance(10)
  }
  await rig.clock.advance(2500)
  const users = ['true', 'true', 'true']
  expect(names(rig)).toEqual(['sleep 1000', ...users, 'sleep 3', 'sleep 1', 'sleep 2'])
  await rig.clock.advance(1000)
  expect(names(rig)).toEqual(['sleep 1000', ...users, 'sleep 3', 'sleep 2'])
  expect(rig.master.states('live').at(-1)).toBe('RUNNING')
})

test('zero keeps none', async () => {
  const rig = await new AgentRig({ flags: { max_dead_containers: '0' } }).up()
  rig.master.launch(dockerTask('t1', 'true'), stockFramework)
  await rig.clock.advance(1000)
  expect(rig.master.states('t1').at(-1)).toBe('FINISHED')
  expect(rig.engine.containers.size).toBe(0)
})
