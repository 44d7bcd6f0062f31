import { expect, test } from 'vitest'
import { AgentRig, bodyTask, dockerTask, frontend, statusLabel } from '../../support/agent-rig.ts'

test('KILL: SIGTERM, and TASK_KILLED with the code once it is gone (core-agent §3.4)', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['sleep', '100'])
  rig.master.kill('web', 3000)
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'KILLED'])
  expect(rig.master.statuses('web').at(-1)?.message).toBe('Container exited with status 143')
  expect(statusLabel(rig.master.statuses('web').at(-1), 'exitCode')).toBe('143')
})

test('TASK_KILLING comes once, to frameworks that know it', async () => {
  const rig = await new AgentRig().up()
  const framework = { ...frontend, capabilities: [{ type: 'TASK_KILLING_STATE' as const }] }
  rig.master.launch(dockerTask('t1', 'serve'), framework)
  await rig.clock.advance(100)
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('t1')
  rig.master.kill('t1')
  await rig.clock.advance(10_000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'KILLING', 'KILLED'])
})

test('what a stop does not end, SIGKILL does, after the grace and again', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.engine.fault('stop', { kind: 'hang' })
  rig.engine.fault('kill', { kind: 'hang' })
  rig.master.kill('web', 5000)
  await rig.clock.advance(6500)
  expect(rig.master.states('web').at(-1)).toBe('RUNNING')
  await rig.clock.advance(5000)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
  expect(rig.engine.containers.get(container)?.exitCode).toBe(137)
})

test('a later kill with less grace shortens one under way (core-agent §3.4)', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.engine.fault('stop', { kind: 'hang' })
  rig.master.kill('web', 300_000)
  await rig.clock.advance(1000)
  rig.master.kill('web', 2000)
  await rig.clock.advance(2500)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
})

test('a created container is killed by leaving it: no signal, resources free', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['true'])
  rig.master.kill('web')
  await rig.clock.advance(100)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_KILLED',
    reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
  })
  expect(rig.engine.containers.has(container)).toBe(true)
})

test('killed while its image is pulled: TASK_KILLED, and no container stays', async () => {
  const rig = await new AgentRig().up()
  rig.engine.registry.add('tool:latest')
  rig.master.launch(bodyTask('web', ['true'], { body: { Image: 'tool:latest' } }))
  await rig.clock.advance(2)
  rig.master.kill('web')
  await rig.clock.advance(200)
  expect(rig.master.states('web')).toEqual(['KILLED'])
  expect(rig.engine.containers.size).toBe(0)
})

test('killed while its start is under way: it is stopped as soon as it runs', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['serve'])
  rig.engine.fault('stop', { kind: 'refuse', status: 304, message: '' })
  const started = rig.ask('POST', `/engine/containers/${container}/start`)
  rig.master.kill('web')
  await started
  await rig.clock.advance(10_000)
  expect(rig.master.states('web').at(-1)).toBe('KILLED')
  expect(rig.engine.containers.get(container)?.status).toBe('exited')
})

test.each([
  { call: 'POST', path: 'stop?t=0', states: ['STARTING', 'RUNNING', 'KILLED'] },
  { call: 'POST', path: 'kill', states: ['STARTING', 'RUNNING', 'KILLED'] },
  { call: 'POST', path: 'kill?signal=HUP', states: ['STARTING', 'RUNNING'] },
  { call: 'POST', path: 'restart?t=0', states: ['STARTING', 'RUNNING'] },
  { call: 'DELETE', path: '?force=1', states: ['STARTING', 'RUNNING', 'KILLED'] },
  { call: 'DELETE', path: '', states: ['STARTING', 'RUNNING'] },
])('the user’s own $call $path leaves the task $states (docker-frontend §6.8)', async (row) => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const path = row.path.startsWith('?') || row.path === '' ? row.path : `/${row.path}`
  await rig.ask(row.call, `/engine/containers/${container}${path}`)
  await rig.clock.advance(3000)
  expect(rig.master.states('web')).toEqual(row.states)
  expect(rig.agent.state.tasks.size).toBe(row.states.length === 3 ? 0 : 1)
})

test('a stop that the engine refuses means nothing: the task then fails by its own code', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.engine.fault('stop', { kind: 'refuse', status: 500, message: 'cannot stop' })
  const { status, json } = await rig.ask('POST', `/engine/containers/${container}/stop`)
  expect({ status, json }).toEqual({ status: 500, json: { message: 'cannot stop' } })
  rig.engine.exit(container, 3)
  await rig.clock.advance(100)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: 'Container exited with status 3',
  })
})

test('a container removed behind the agent’s back ends its task with the code of its last event', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  void rig.engine.change(container, { type: 'remove', force: true, volumes: true, link: false })
  await rig.clock.advance(100)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: 'Container exited with status 137',
  })
  expect(rig.agent.state.containers.size).toBe(0)
})

test('SHUTDOWN_FRAMEWORK: everything of it goes, nobody is told, others stay', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  await rig.run('done', ['true'])
  await rig.create('new', ['true'])
  rig.master.launch(dockerTask('other', 'serve'), { ...frontend, id: { value: 'f9' } })
  await rig.clock.advance(100)
  const before = rig.master.calls.length
  rig.master.send({
    type: 'SHUTDOWN_FRAMEWORK',
    shutdown_framework: { framework_id: { value: 'f1' } },
  })
  await rig.clock.advance(1000)
  expect([...rig.agent.state.tasks.values()].map(({ taskId }) => taskId)).toEqual(['other'])
  expect(rig.engine.containers.size).toBe(1)
  expect(rig.master.calls).toHaveLength(before)
})

test('SHUTDOWN: everything ends, the id is given up, the agent comes back as a new one', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  rig.master.givesId = 'm1-S1'
  rig.master.send({ type: 'SHUTDOWN', shutdown: { message: 'removed' } })
  await rig.clock.advance(3000)
  expect(rig.agent.state.agentId).toBe('m1-S1')
  expect(rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.agent_info.id).toBeUndefined()
  expect(rig.engine.containers.size).toBe(0)
})
