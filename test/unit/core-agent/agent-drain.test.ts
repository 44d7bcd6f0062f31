import { describe, expect, test } from 'vitest'
import type { AgentLinkEvent, DrainConfig, FrameworkInfo } from '../../../src/mesos/wire.ts'
import {
  AgentRig,
  bodyTask,
  dockerTask,
  frontend,
  stockFramework,
} from '../../support/agent-rig.ts'

const drain = (drain_config: DrainConfig = {}): AgentLinkEvent => ({
  type: 'DRAIN',
  drain: { drain_config },
})
const seconds = (count: number) => ({ nanoseconds: count * 1e9 })
const told = (rig: AgentRig) => rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe
const killing: FrameworkInfo = {
  ...frontend,
  id: { value: 'f3' },
  capabilities: [...(frontend.capabilities ?? []), { type: 'TASK_KILLING_STATE' }],
}

describe('DRAIN (core-master M10)', () => {
  test('every task is killed because of it, running, created or being created', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    await rig.create('idle', ['serve'])
    rig.master.launch(dockerTask('told', 'serve'), killing)
    await rig.clock.advance(100)
    rig.engine.fault('create', { kind: 'lose-answer' })
    rig.master.launch(bodyTask('late', ['serve']))
    await rig.clock.advance(10)
    rig.master.send(drain())
    await rig.clock.advance(60_000)
    for (const task of ['web', 'idle', 'late'])
      expect(rig.master.statuses(task).at(-1), task).toMatchObject({
        state: 'TASK_KILLED',
        reason: 'REASON_AGENT_DRAINING',
      })
    expect(rig.master.statuses('told').slice(-2)).toMatchObject([
      { state: 'TASK_KILLING', reason: 'REASON_AGENT_DRAINING' },
      { state: 'TASK_KILLED', reason: 'REASON_AGENT_DRAINING' },
    ])
    expect(rig.agent.state.tasks.size).toBe(0)
  })

  test('on the way to be marked gone: TASK_GONE_BY_OPERATOR to who knows it', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.master.launch(dockerTask('plain', 'serve'), stockFramework)
    await rig.clock.advance(100)
    rig.master.send(drain({ mark_gone: true }))
    await rig.clock.advance(60_000)
    expect(rig.master.statuses('web').at(-1)).toMatchObject({
      state: 'TASK_GONE_BY_OPERATOR',
      reason: 'REASON_AGENT_DRAINING',
    })
    expect(rig.master.states('plain').at(-1)).toBe('KILLED')
  })

  test.each([
    { name: 'its own grace where that is less', own: 2, most: 30, want: 2 },
    { name: 'no more than the operator gives', own: 600, most: 30, want: 30 },
    { name: 'its own where the operator says nothing', own: 600, most: undefined, want: 600 },
    { name: 'the agent’s where nobody says anything', own: undefined, most: undefined, want: 5 },
  ])('grace of a task: $name', async ({ own, most, want }) => {
    const rig = await new AgentRig().up()
    const policy = own === undefined ? {} : { kill_policy: { grace_period: seconds(own) } }
    rig.master.launch({ ...dockerTask('t1', 'serve'), ...policy }, stockFramework)
    await rig.clock.advance(100)
    rig.engine.fault('stop', { kind: 'hang' })
    rig.master.send(drain(most === undefined ? {} : { max_grace_period: seconds(most) }))
    await rig.clock.advance(want * 1000 + 900)
    expect(rig.master.states('t1').at(-1)).toBe('RUNNING')
    await rig.clock.advance(300)
    expect(rig.master.states('t1').at(-1)).toBe('KILLED')
  })

  test('an end of its own stays what it is, and nothing new is let in', async () => {
    const rig = await new AgentRig().up()
    const container = await rig.run('web', ['serve'])
    rig.engine.fault('stop', { kind: 'hang' })
    rig.master.send(drain({ max_grace_period: seconds(30) }))
    rig.master.launch(bodyTask('new', ['true']))
    await rig.clock.advance(100)
    expect(rig.master.statuses('new')).toMatchObject([
      { state: 'TASK_DROPPED', reason: 'REASON_AGENT_DRAINING' },
    ])
    rig.engine.exit(container, 0)
    await rig.clock.advance(100)
    expect(rig.master.states('web').at(-1)).toBe('KILLED') // Asked to end before it did.
  })

  test('it lasts: a restart goes on with it, tells the master, and ends with REACTIVATE', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.engine.fault('stop', { kind: 'hang' })
    rig.master.send(drain({ max_grace_period: seconds(1), mark_gone: true }))
    await rig.clock.advance(10)
    await rig.crash()
    expect(told(rig)).toMatchObject({
      deactivated: true,
      drain_config: { max_grace_period: seconds(1), mark_gone: true },
    })
    await rig.clock.advance(10_000)
    expect(rig.master.states('web').at(-1)).toBe('GONE_BY_OPERATOR')
    expect((await rig.ask('GET', '/state')).json).toMatchObject({
      drain_config: { mark_gone: true },
    })
    rig.master.send({ type: 'REACTIVATE' })
    await rig.clock.advance(10)
    await rig.run('again', ['serve'])
    await rig.crash()
    expect(told(rig)?.drain_config).toBeUndefined()
    expect(rig.master.states('again')).toEqual(['STARTING', 'RUNNING'])
  })

  test('DEACTIVATE kills nothing, and lasts', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.master.send({ type: 'DEACTIVATE' })
    await rig.clock.advance(1000)
    await rig.crash()
    expect(told(rig)?.deactivated).toBe(true)
    expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  })
})

describe('the end of an agent', () => {
  test('marked gone: everything goes, it stays away, also after a restart', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    await rig.run('done', ['true'])
    rig.engine.fault('remove', { kind: 'refuse', status: 500, message: 'busy' })
    rig.master.send({ type: 'SHUTDOWN', shutdown: { message: 'gone', gone: true } })
    await rig.clock.advance(1000)
    expect(rig.engine.containers.size).toBe(1)
    const { length } = rig.master.calls
    await rig.crash()
    await rig.clock.advance(60_000)
    expect(rig.engine.containers.size).toBe(0)
    expect(rig.master.calls).toHaveLength(length)
  })

  test('leave: the master is told first, then everything goes; the next start is a new agent’s', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    const left = rig.agent.leave()
    await rig.clock.advance(5000)
    await left
    expect(rig.master.calls.at(-1)?.type).toBe('UNSUBSCRIBE')
    expect(rig.engine.containers.size).toBe(0)
    rig.master.givesId = 'm1-S1'
    await rig.crash()
    expect(told(rig)?.agent_info.id).toBeUndefined()
  })

  test('leave waits no longer than a minute for an engine that does not answer', async () => {
    const rig = await new AgentRig().up()
    await rig.run('web', ['serve'])
    rig.engine.crash()
    const left = rig.agent.leave()
    await rig.clock.advance(70_000)
    await left
    const messages = rig.logged.map(({ message }) => message)
    expect(messages).toContain('not all containers could be removed in time')
  })
})

describe('policy any, where what runs does not fit any more (core-agent §2.4)', () => {
  const any = { reconfiguration_policy: 'any' }
  const cpus = (rig: AgentRig) => told(rig)?.agent_info.resources?.[0]?.scalar?.value

  test('it is drained as what it was, and then comes as what it is', async () => {
    const rig = await new AgentRig({ flags: any }).up()
    await rig.run('web', ['serve'], { cpus: 2 })
    rig.engine.fault('stop', { kind: 'hang' })
    await rig.crash({ flags: { ...any, resources: 'cpus:1;mem:4096' } })
    expect(cpus(rig)).toBe(4)
    rig.master.launch(bodyTask('new', ['true']))
    await rig.clock.advance(30_000)
    expect(rig.master.statuses('web').at(-1)).toMatchObject({
      state: 'TASK_KILLED',
      reason: 'REASON_AGENT_DRAINING',
    })
    expect(rig.master.states('new')).toEqual(['DROPPED'])
    expect(cpus(rig)).toBe(1)
    expect(rig.agent.state.agentId).toBe('m1-S0')
    await rig.run('again', ['serve'])
    await rig.crash({ flags: { ...any, resources: 'cpus:1;mem:4096' } })
    expect(rig.master.states('again')).toEqual(['STARTING', 'RUNNING'])
  })

  test('what fits goes on', async () => {
    const rig = await new AgentRig({ flags: any }).up()
    await rig.run('web', ['serve'], { cpus: 1 })
    await rig.crash({ flags: { ...any, resources: 'cpus:1;mem:4096' } })
    expect(cpus(rig)).toBe(1)
    expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  })

  test('another rack is another place: what was placed by it leaves', async () => {
    const rig = await new AgentRig({ flags: { ...any, attributes: 'rack:a' } }).up()
    await rig.run('web', ['serve'])
    await rig.crash({ flags: { ...any, attributes: 'rack:b' } })
    await rig.clock.advance(30_000)
    expect(rig.master.states('web').at(-1)).toBe('KILLED')
    const attributes = told(rig)?.agent_info.attributes
    expect(attributes?.find(({ name }) => name === 'rack')?.text?.value).toBe('b')
  })
})
