import { expect, test } from 'vitest'
import { snapshotOf, toJson } from '../../../src/core-agent/journal.ts'
import { AgentRig, commandTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const secret = 'hush-hush'

const variable = (type: 'VALUE' | 'REFERENCE') => ({
  name: 'KEY',
  type: 'SECRET' as const,
  secret: { type, value: { data: Buffer.from(secret) } },
})

/** In whichever form. */
const expectUntold = (told: unknown): void => {
  const inNumbers = JSON.stringify([...Buffer.from(secret)]).slice(1, -1)
  for (const form of [secret, Buffer.from(secret).toString('base64'), inNumbers])
    expect(JSON.stringify(told)).not.toContain(form)
}

test('a secret reaches its container, and neither journal nor status (core-agent §3.2)', async () => {
  const rig = await new AgentRig().up()
  const task = dockerTask('t1', 'sleep 100')
  const environment = { variables: [variable('VALUE')] }
  rig.master.launch({ ...task, command: { ...task.command, environment } }, stockFramework)
  await rig.clock.advance(1000)
  const [container] = [...rig.engine.containers.values()]
  expect(container?.body['Env']).toContain(`KEY=${secret}`)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  for (const { data } of rig.master.statuses('t1'))
    expect(Buffer.from(data ?? []).toString()).toContain('KEY=<redacted>')
  expectUntold([await rig.log.read(), rig.master.calls])

  await rig.restart()
  expect(rig.engine.containers.size).toBe(1)
  expect(rig.agent.state.tasks.size).toBe(1)
})

const executor = {
  executor_id: { value: 'e1' },
  framework_id: { value: 'f2' },
  type: 'CUSTOM' as const,
  command: { value: 'serve', environment: { variables: [variable('VALUE')] } },
}

test.each([
  { name: 'a command', named: {}, says: /resolves no secrets, give KEY a value/ },
  { name: 'an executor', named: { executor }, says: /ExecutorInfo: .*resolves no secrets/ },
])(
  '$name that wants a secret is refused, and the journal has not seen it',
  async ({ named, says }) => {
    const rig = await new AgentRig().up()
    rig.master.acknowledges = false
    const task = commandTask('t1', 'serve')
    const environment = { variables: [variable('VALUE')] }
    const command = { ...task.command, environment }
    rig.master.launch(
      { ...task, ...('executor' in named ? {} : { command }), ...named },
      stockFramework,
    )
    await rig.clock.advance(1000)
    expect(rig.master.statuses('t1').at(-1)).toMatchObject({
      state: 'TASK_ERROR',
      message: expect.stringMatching(says) as string,
    })
    expectUntold(await rig.log.read())
  },
)

test('what an executor is to be told of a task is not in the journal, nor in a shortened one', async () => {
  const rig = await new AgentRig().up()
  const environment = { variables: [variable('VALUE')] }
  const plain = { ...executor, command: { value: 'sleep 100000' } }
  const task = {
    ...commandTask('t1', 'sleep 100000'),
    command: { value: 'sleep 100000', environment },
  }
  rig.master.launchGroup(plain, [task])
  rig.master.launch({ ...task, task_id: { value: 't2' }, executor: plain }, stockFramework)
  await rig.clock.advance(1000)
  expect([...rig.agent.state.tasks.keys()]).toEqual(['f2/t1', 'f2/t2'])
  expectUntold(await rig.log.read())
  expectUntold(snapshotOf(rig.agent.state).map(toJson))
})
