import { expect, test } from 'vitest'
import { fromWire } from '../../../src/mesos/resources.ts'
import { format } from '../../../src/resources/resources.ts'
import { AgentRig, bodyTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

const lending = { resource_estimator: 'fixed', oversubscribed_resources: 'cpus:4' }
const watching = { ...lending, qos_controller: 'load', load_threshold_5min: '8' }

const totals = (rig: AgentRig) =>
  rig.master
    .ofType('OVERSUBSCRIBED')
    .map(({ oversubscribed }) => format(fromWire(oversubscribed?.total)))

test('what is lent is told with the subscription, not 15 s later (core-agent §6)', async () => {
  const rig = await new AgentRig({ flags: lending }).up()
  const subscribe = rig.master.ofType('SUBSCRIBE')[0]?.subscribe
  expect(format(fromWire(subscribe?.oversubscribed))).toBe('cpus{REV}:4')
  expect(fromWire(subscribe?.agent_info.resources).some(({ revocable }) => revocable)).toBe(false)
})

test('a steady total is told once a session, however often it is estimated', async () => {
  const rig = await new AgentRig({ flags: lending }).up()
  await rig.run('web', ['serve'], { cpus: 2, revocable: true })
  await rig.clock.advance(60_000)
  expect(totals(rig)).toEqual(['cpus{REV}:4'])
})

test('fixed lends 4: with 0, 2, 6 allocated the total is 4, 4, 6, and falls when a task ends (core-agent §6)', async () => {
  const rig = await new AgentRig({ flags: lending }).up()
  const totalNow = () => format(rig.agent.state.oversubscribed.total ?? [])
  expect(totalNow()).toBe('cpus{REV}:4')
  await rig.run('a', ['serve'], { cpus: 2, revocable: true })
  expect(totalNow()).toBe('cpus{REV}:4')
  await rig.run('b', ['serve'], { cpus: 4, revocable: true })
  expect(totalNow()).toBe('cpus{REV}:6')
  rig.master.kill('b')
  await rig.clock.advance(100)
  expect(totals(rig)).toEqual(['cpus{REV}:4', 'cpus{REV}:6', 'cpus{REV}:4'])
  const generations = rig.master
    .ofType('OVERSUBSCRIBED')
    .map((call) => call.oversubscribed?.generation)
  expect(generations).toEqual([1, 2, 3])
})

test('noop lends nothing', async () => {
  const rig = await new AgentRig().up()
  await rig.clock.advance(60_000)
  expect(totals(rig).filter((total) => total !== '')).toEqual([])
})

test('revocable containers live in the tier of lowest weight, limited to their memory (design decision 5, docker-frontend §6.3)', async () => {
  const rig = await new AgentRig({ flags: lending }).up()
  const [lent, own] = [
    await rig.run('lent', ['serve'], { cpus: 0.5, revocable: true }),
    await rig.run('own', ['serve'], { cpus: 0.5 }),
  ]
  expect(rig.engine.containers.get(lent)?.host).toMatchObject({
    CgroupParent: '/shoal/revocable',
    CpuShares: 512,
    Memory: 64 * 1024 ** 2,
  })
  expect(rig.engine.containers.get(own)?.host).toMatchObject({ CgroupParent: '/shoal/regular' })
  expect(rig.engine.containers.get(own)?.host).not.toHaveProperty('Memory')
  const once = { driver: 'cgroupfs', cpus: 4 }
  expect(rig.cgroups.prepared).toEqual([once, once]) // For commands, and as the engine has it.
})

test('cgroups that cannot be written: one warning, and containers without a parent', async () => {
  const rig = new AgentRig({ flags: lending })
  rig.cgroups.problem = 'read-only file system'
  await rig.up()
  const container = await rig.run('web', ['serve'])
  expect(rig.engine.containers.get(container)?.host).not.toHaveProperty('CgroupParent')
  rig.engine.crash()
  rig.engine.recover()
  await rig.clock.advance(10_000)
  const warnings = rig.logged.filter(({ message }) => message.includes('compete'))
  expect(warnings).toHaveLength(1)
})

test('load above its threshold kills everything revocable: GONE or LOST, never FAILED (core-agent §6)', async () => {
  const rig = await new AgentRig({ flags: watching }).up()
  const lent = await rig.run('lent', ['serve'], { revocable: true })
  const created = await rig.create('created', ['true'], { revocable: true })
  const own = await rig.run('own', ['serve'])
  rig.master.launch(dockerTask('stock', 'serve', { revocable: true }), stockFramework)
  await rig.clock.advance(1000)
  const records = await rig.watch()
  rig.load = [99, 7.9, 99]
  await rig.clock.advance(3000)
  expect(rig.master.states('lent').at(-1)).toBe('RUNNING')
  rig.load = [0, 8.5, 0]
  await rig.clock.advance(2000)
  const preempted = {
    reason: 'REASON_CONTAINER_PREEMPTED',
    source: 'SOURCE_AGENT',
    message: 'Container preempted by QoS correction: load_5min 8.5 above 8',
  }
  expect(rig.master.statuses('lent').at(-1)).toMatchObject({ state: 'TASK_GONE', ...preempted })
  expect(rig.master.statuses('created').at(-1)).toMatchObject({ state: 'TASK_GONE', ...preempted })
  expect(rig.master.statuses('stock').at(-1)).toMatchObject({ state: 'TASK_LOST', ...preempted })
  expect(rig.master.states('own').at(-1)).toBe('RUNNING')
  expect(rig.engine.containers.get(own)?.status).toBe('running')
  expect(rig.engine.containers.get(created)?.status).toBe('created')

  const revoked = records.flatMap((record) =>
    record.type === 'EVENT' && record.event['Action'] === 'revoke' ? [record.event] : [],
  )
  expect(revoked).toHaveLength(2)
  expect(revoked[0]).toMatchObject({
    Actor: { ID: lent, Attributes: { signal: 'load_5min', value: '8.5', freed: 'cpus:1' } },
  })
  const { json } = await rig.ask('GET', `/engine/containers/${lent}/json`)
  expect(json).toMatchObject({ State: { Status: 'exited', Error: preempted.message } })
  const shown = await rig.ask('GET', '/oversubscription')
  expect(shown.json).toMatchObject({
    estimator: 'fixed',
    actions: [
      { signal: 'load_5min', value: 8.5, threshold: 8, freed: 'cpus{REV}:1; mem:64' },
      {},
      {},
    ],
  })
})

test('the preemption wins over whatever the process, the user and the master do meanwhile', async () => {
  for (let moment = 0; moment < 12; moment += 1) {
    const rig = await new AgentRig({ seed: moment + 1, flags: watching }).up()
    const container = await rig.run('lent', ['serve'], { revocable: true })
    rig.load = [0, 9, 0]
    while (rig.agent.state.actions.length === 0) {
      rig.clock.step()
      await rig.clock.advance(0)
    }
    for (let step = 0; step < moment; step += 1) {
      rig.clock.step()
      await rig.clock.advance(0)
    }
    rig.engine.exit(container, 0)
    rig.master.kill('lent')
    void rig.ask('POST', `/engine/containers/${container}/kill`)
    await rig.clock.advance(10_000)
    expect(rig.master.states('lent').filter((state) => !/STARTING|RUNNING/.test(state))).toEqual([
      'GONE',
    ])
  }
})

test('a container that is being created when the machine is needed back never runs', async () => {
  const rig = await new AgentRig({ flags: watching }).up()
  rig.engine.fault('create', { kind: 'lose-answer' })
  rig.master.launch(bodyTask('lent', ['true'], { revocable: true }))
  await rig.clock.advance(10)
  rig.load = [0, 9, 0]
  await rig.clock.advance(40_000)
  expect(rig.master.states('lent')).toEqual(['GONE'])
  expect(rig.engine.containers.size).toBe(0)
})
