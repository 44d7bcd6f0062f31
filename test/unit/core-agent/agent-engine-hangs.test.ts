import { expect, test } from 'vitest'
import { AgentRig, dockerTask, statusLabel, type TaskOptions } from '../../support/agent-rig.ts'

/** A container that heeds no signal but SIGKILL, with a group of its own. */
const running = async (options: TaskOptions & { readonly tier?: string } = {}) => {
  const rig = await new AgentRig().up()
  const group = (container: string) => `/shoal/${options.tier ?? 'regular'}/${container}`
  const container = await rig.create('web', ['serve'], options)
  rig.cgroups.groups.set(4242, `${group(container)}/init`)
  rig.cgroups.onKill = () => rig.engine.exit(container, 137)
  await rig.ask('POST', `/engine/containers/${container}/start`)
  await rig.clock.advance(20)
  return { rig, container, group: group(container) }
}

const ends = (rig: AgentRig) => rig.master.states('web').filter((state) => /ED$|GONE/.test(state))

test.each([{ tier: 'regular' }, { tier: 'revocable' }])(
  'dockerd hangs: a $tier container is gone a second after its grace, and the kernel ends its task (A5)',
  async ({ tier }) => {
    const { rig, container, group } = await running({ tier, revocable: tier === 'revocable' })
    rig.engine.hang()
    rig.master.kill('web', 3000)
    await rig.clock.advance(3900)
    expect(rig.cgroups.killed).toEqual([])
    await rig.clock.advance(200)
    expect(rig.cgroups.killed).toEqual([group])
    expect(ends(rig)).toEqual([])
    await rig.clock.advance(1000)
    const [, , status] = rig.master.statuses('web')
    expect(status).toMatchObject({
      state: 'TASK_KILLED',
      message: 'Container killed without the engine, which does not answer: status 137',
    })
    expect(statusLabel(status, 'exitCode')).toBe('137')
    expect(rig.agent.state.tasks.size).toBe(0)

    await rig.clock.advance(20_000)
    rig.engine.resume()
    await rig.clock.advance(60_000)
    expect(ends(rig)).toEqual(['KILLED'])
    expect(rig.engine.containers.get(container)?.status).toBe('exited')
  },
)

test('an engine that answers says how it ended, though the kernel saw it first', async () => {
  const { rig, group } = await running()
  rig.engine.fault('stop', { kind: 'hang' })
  rig.engine.fault('kill', { kind: 'hang' })
  rig.master.kill('web', 0)
  await rig.clock.advance(1100)
  expect(rig.cgroups.killed).toEqual([group])
  expect(rig.master.statuses('web').at(-1)?.message).toBe('Container exited with status 137')
  await rig.clock.advance(60_000)
  expect(ends(rig)).toEqual(['KILLED'])
})

test('an engine that says it runs is believed for ten seconds, no longer', async () => {
  const { rig } = await running()
  rig.cgroups.onKill = () => {} // containerd hangs: dockerd answers and hears of no end.
  for (const call of ['stop', 'kill', 'kill', 'kill'] as const)
    rig.engine.fault(call, { kind: 'hang' })
  rig.master.kill('web', 0)
  await rig.clock.advance(10_900)
  expect(ends(rig)).toEqual([])
  await rig.clock.advance(500)
  expect(ends(rig)).toEqual(['KILLED'])
})

test('what had ended before the kill has a status that nobody knows', async () => {
  const { rig, group } = await running()
  rig.engine.hang()
  rig.master.kill('web', 0)
  await rig.clock.advance(500)
  rig.cgroups.empty.add(group)
  await rig.clock.advance(2000)
  const status = rig.master.statuses('web').at(-1)
  expect(status).toMatchObject({
    state: 'TASK_KILLED',
    message: 'Container ended, with a status that is not known: the engine does not answer',
  })
  expect(statusLabel(status, 'exitCode')).toBeUndefined()
  expect(rig.cgroups.killed).toEqual([])
})

test('SIGKILL that does not end a group is repeated within bounds, and the task does not end', async () => {
  const { rig, group } = await running()
  rig.cgroups.stubborn.add(group)
  rig.engine.hang()
  rig.master.kill('web', 0)
  await rig.clock.advance(5900)
  expect(rig.cgroups.killed).toHaveLength(100)
  await rig.clock.advance(5000)
  expect(rig.cgroups.killed).toHaveLength(200)
  expect(ends(rig)).toEqual([])
  expect(rig.logged.map(({ message }) => message)).toContain(
    'SIGKILL does not end what is in a control group',
  )
})

test('--rm: the removal is tried until the engine does it', async () => {
  const { rig } = await running({ body: { HostConfig: { AutoRemove: true } } })
  rig.engine.hang()
  rig.master.kill('web', 0)
  await rig.clock.advance(5000)
  expect(ends(rig)).toEqual(['KILLED'])
  await rig.clock.advance(40_000)
  rig.engine.resume()
  await rig.clock.advance(60_000)
  expect(rig.engine.containers.size).toBe(0)
  expect(rig.agent.state.containers.size).toBe(0)
  expect(ends(rig)).toEqual(['KILLED'])
})

test('its restart policy does not give it a life that no task pays for', async () => {
  const { rig, container } = await running({
    body: { HostConfig: { RestartPolicy: { Name: 'always' } } },
  })
  // The engine never hears of any of them.
  for (const call of ['stop', 'kill', 'kill'] as const) rig.engine.fault(call, { kind: 'hang' })
  rig.engine.hang()
  rig.master.kill('web', 0)
  await rig.clock.advance(5000)
  expect(ends(rig)).toEqual(['KILLED'])
  rig.engine.resume()
  await rig.clock.advance(30_000)
  expect(rig.engine.containers.get(container)?.status).toBe('exited')
  expect(ends(rig)).toEqual(['KILLED'])
})

test('three SIGKILLs of ours wait at the engine for one container, no more', async () => {
  const { rig } = await running()
  rig.cgroups.groups.clear()
  rig.master.launch(dockerTask('other', 'serve'))
  await rig.clock.advance(100)
  let kills = 0
  const change = rig.engine.change.bind(rig.engine)
  rig.engine.change = (id, asked) => {
    if (asked.type === 'kill') kills += 1
    return change(id, asked)
  }
  rig.engine.hang()
  rig.master.kill('other', 0, 'f1')
  await rig.clock.advance(30_000)
  expect(kills).toBe(3)
  await rig.clock.advance(30_000) // Each is given up after a while, and makes room for one.
  expect(kills).toBe(6)
})
