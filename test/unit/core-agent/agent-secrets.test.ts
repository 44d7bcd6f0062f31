import { expect, test } from 'vitest'
import { AgentRig, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const secret = 'hush-hush'

const variable = (type: 'VALUE' | 'REFERENCE') => ({
  name: 'KEY',
  type: 'SECRET' as const,
  secret: { type, value: { data: Buffer.from(secret) } },
})

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
  const told = JSON.stringify([await rig.log.read(), rig.master.calls])
  const forms = [secret, Buffer.from(secret).toString('base64')]
  const inNumbers = JSON.stringify([...Buffer.from(secret)]).slice(1, -1)
  for (const form of [...forms, inNumbers]) expect(told).not.toContain(form)

  await rig.restart()
  expect(rig.engine.containers.size).toBe(1)
  expect(rig.agent.state.tasks.size).toBe(1)
})
