import { expect, test } from 'vitest'
import { AgentRig, frontend } from '../../support/agent-rig.ts'

const subscriptions = (rig: AgentRig) => rig.master.ofType('SUBSCRIBE').length

test('subscribes again when the stream ends, with its id, its tasks and what is unacknowledged', async () => {
  const rig = await new AgentRig().up()
  rig.master.acknowledges = false
  await rig.run('web', ['serve'])
  rig.master.acknowledges = true
  rig.master.endStream()
  await rig.clock.advance(3000)
  expect(subscriptions(rig)).toBe(2)
  expect(rig.master.ofType('SUBSCRIBE')[1]?.subscribe?.tasks).toMatchObject([
    { state: 'TASK_RUNNING', status_update_state: 'TASK_STARTING' },
  ])
  expect(rig.master.states('web')).toEqual(['STARTING', 'STARTING', 'RUNNING'])
})

test('statuses wait while there is no master, and are not lost', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.network.partition('agent:5051', 'master:5050')
  rig.engine.exit(container, 0)
  await rig.clock.advance(120_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  rig.network.heal()
  await rig.clock.advance(61_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('subscribes again on 403: the master knows the session no more', async () => {
  const rig = await new AgentRig().up()
  rig.master.refuses = { status: 403 }
  await rig.clock.advance(16_000)
  rig.master.refuses = undefined
  await rig.clock.advance(10_000)
  expect(subscriptions(rig)).toBeGreaterThan(1)
  expect(rig.agent.state.connected).toBe(true)
})

test('follows a redirect to the leading master, and comes back when that is gone', async () => {
  const rig = new AgentRig()
  const leader = rig.master.application
  rig.network.listen('leader:5050', leader)
  rig.network.listen('master:5050', (_request, exchange) =>
    exchange.reply(307, { location: '//leader:5050/api/v1/agent-link' }),
  )
  await rig.up()
  expect(rig.agent.state.connected).toBe(true)
  rig.network.crash('leader:5050')
  await rig.clock.advance(1000)
  expect(rig.agent.state.connected).toBe(false)
  rig.network.listen('master:5050', leader)
  await rig.clock.advance(30_000)
  expect(rig.agent.state.connected).toBe(true)
})

test('a master that says nothing for unreachable_after is given up (core-agent §2.3)', async () => {
  const rig = await new AgentRig().up()
  await rig.clock.advance(70_000)
  expect(subscriptions(rig)).toBe(1)
  await rig.clock.advance(10_000)
  expect(subscriptions(rig)).toBe(2)
})

test('any record keeps the session; the agent’s own heartbeats carry how late it runs', async () => {
  const rig = await new AgentRig().up()
  for (let times = 0; times < 10; times += 1) {
    await rig.clock.advance(15_000)
    rig.master.send({ type: 'HEARTBEAT' })
  }
  expect(subscriptions(rig)).toBe(1)
  expect(rig.master.ofType('HEARTBEAT').length).toBeGreaterThanOrEqual(9)
  expect(rig.master.ofType('HEARTBEAT')[0]?.heartbeat).toEqual({ loop_lag_ms: 0 })
})

test('a master that refuses is asked ever more rarely, at most once a minute', async () => {
  const rig = new AgentRig()
  rig.master.refuses = { status: 503 }
  await rig.up()
  await rig.clock.advance(600_000)
  expect(subscriptions(rig)).toBeGreaterThan(10)
  expect(subscriptions(rig)).toBeLessThan(60)
})

test('a master that gives another id than ours is not believed', async () => {
  const rig = await new AgentRig().up()
  const subscribed = {
    agent_id: { value: 'm9-S9' },
    session_id: 'other',
    master_id: 'm9',
    heartbeat_interval_seconds: 15,
    unreachable_after_seconds: 75,
  }
  rig.master.send({ type: 'SUBSCRIBED', subscribed })
  await rig.clock.advance(3000)
  expect(rig.agent.state.agentId).toBe('m1-S0')
  expect(subscriptions(rig)).toBe(2)
})

test('reconciliation: the truth of a known task, DROPPED or LOST for an unknown one (core-agent §2.1)', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  const item = (framework: string, task: string) => ({
    framework_id: { value: framework },
    task_id: { value: task },
  })
  rig.master.send({
    type: 'RECONCILE',
    reconcile: { tasks: [item('f1', 'web'), item('f1', 'ghost'), item('f7', 'alien')] },
  })
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'RUNNING'])
  const reason = 'REASON_RECONCILIATION'
  expect(rig.master.statuses('ghost')).toMatchObject([{ state: 'TASK_DROPPED', reason }])
  expect(rig.master.statuses('alien')).toMatchObject([{ state: 'TASK_LOST', reason }])
})

test('a kill of a task that is not here says nothing: its end may have been acknowledged a moment ago', async () => {
  const rig = await new AgentRig().up()
  rig.master.kill('ghost')
  await rig.clock.advance(100)
  expect(rig.master.states('ghost')).toEqual([])
})

test.each([
  { introduced: true, state: 'DROPPED' },
  { introduced: false, state: 'LOST' },
])(
  'a launch that never came, of a framework that the agent knows: $introduced: $state',
  async (row) => {
    const rig = await new AgentRig().up()
    if (row.introduced)
      rig.master.send({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: frontend } })
    const named = { framework_id: { value: 'f1' }, task_id: { value: 'web' } }
    rig.master.send({ type: 'RECONCILE', reconcile: { tasks: [named] } })
    await rig.clock.advance(50)
    expect(rig.master.states('web')).toEqual([row.state])
  },
)
