import { beforeEach, describe, expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { ExecutorInfo, OfferOperation, TaskInfo } from '../../../src/mesos/wire.ts'
import { format } from '../../../src/resources/resources.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import type { SimClock } from '../../support/sim-clock.ts'

const wire = (text: string) => toWire(amounts(text), { format: 'stacks' })
const info = { hostname: 'a1', port: 5051, resources: wire('cpus:4;mem:1024;disk:1000') }
const frameworkInfo = {
  name: 'f',
  user: 'root',
  checkpoint: true,
  failover_timeout: 100,
  capabilities: [{ type: 'REVOCABLE_RESOURCES' as const }],
}
const executor: ExecutorInfo = {
  executor_id: { value: 'e1' },
  command: { value: './run' },
  resources: wire('cpus:0.5;mem:32'),
}
const groupExecutor: ExecutorInfo = {
  executor_id: { value: 'g' },
  type: 'DEFAULT',
  resources: wire('cpus:0.1;mem:32;disk:10'),
}

let master: Master
let clock: SimClock
let agent: AgentPeer
let framework: SchedulerPeer

beforeEach(async () => {
  ;({ master, clock } = startSimMaster())
  agent = new AgentPeer(master.application, { agent_info: info })
  framework = new SchedulerPeer(master.application, {
    subscribe: { framework_info: frameworkInfo },
  })
  await clock.advance(1000)
})

const task = (id: string, more: Partial<TaskInfo> = {}): TaskInfo => ({
  name: id,
  task_id: { value: id },
  agent_id: { value: agent.agentId },
  resources: wire('cpus:0.25;mem:32'),
  executor,
  ...more,
})
const member = (id: string, more: Partial<TaskInfo> = {}): TaskInfo => {
  const { executor: _, ...rest } = task(id)
  return { ...rest, command: { value: 'true' }, ...more }
}

/** Accepts the newest offer with one operation, and gives what the agent was told. */
const accept = async (operation: OfferOperation) => {
  const offers = framework.stream.events.flatMap(({ offers: event }) => event?.offers ?? [])
  agent.stream.take()
  framework.stream.take()
  framework.call({
    type: 'ACCEPT',
    accept: {
      offer_ids: [offers.at(-1)?.id ?? { value: '' }],
      operations: [operation],
      filters: { refuse_seconds: 0 },
    },
  })
  expect(masterProblems(master.state)).toEqual([])
  const told = agent.stream.take()
  await clock.advance(1000)
  return told
}
const launch = (...tasks: TaskInfo[]) => accept({ type: 'LAUNCH', launch: { task_infos: tasks } })
const launchGroup = (executor: ExecutorInfo, ...tasks: TaskInfo[]) =>
  accept({ type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks } } })

const used = () => format(master.state.agents.values().next().value?.used ?? [])
const statuses = () =>
  framework.stream.events.flatMap(({ update }) => (update === undefined ? [] : [update.status]))
const ids = {
  framework: () => ({ value: framework.frameworkId }),
  executor: { value: 'e1' },
}
const exited = () =>
  agent.call({
    type: 'EXECUTOR_EXITED',
    executor_exited: { framework_id: ids.framework(), executor_id: ids.executor, status: 256 },
  })

const stateOf = ({ application }: Master) =>
  JSON.parse(ask(application, 'GET', '/state').body) as {
    readonly frameworks: readonly Readonly<Record<string, unknown>>[]
  }

describe('an executor of a framework (core-master O15)', () => {
  test('is charged once, with its first task, and complete when its agent hears of it', async () => {
    const told = await launch(task('t1'), task('t2'))
    expect(used()).toBe('cpus:1; mem:96')
    expect(told.map(({ launch }) => launch?.launch_executor)).toEqual([true, false])
    expect(told[0]?.launch?.task_info.executor).toMatchObject({
      framework_id: ids.framework(),
      type: 'CUSTOM',
    })
    const [shown] = stateOf(master).frameworks
    expect(shown?.['used_resources']).toMatchObject({ cpus: 1, mem: 96 })
    expect(shown?.['executors']).toMatchObject([
      {
        executor_id: 'e1',
        slave_id: agent.agentId,
        type: 'CUSTOM',
        resources: { cpus: 0.5, mem: 32 },
      },
    ])
    expect(shown?.['tasks']).toMatchObject([{ executor_id: 'e1' }, { executor_id: 'e1' }])
    const [offer] = framework.stream.events.flatMap(({ offers }) => offers?.offers ?? [])
    expect(offer?.executor_ids).toEqual([{ value: 'e1' }])
  })

  test('of the same id must be the same', async () => {
    await launch(task('t1'))
    await launch(task('t2', { executor: { ...executor, command: { value: './other' } } }))
    expect(statuses()[0]?.message).toMatch(
      /^ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID\.\n-{60}\n/,
    )
    expect(used()).toBe('cpus:0.75; mem:64')
  })

  test('stays charged while its agent says nothing of its end, and is free with EXECUTOR_EXITED, which is a FAILURE (W13)', async () => {
    await launch(task('t1'))
    agent.call({
      type: 'STATUS_UPDATE',
      status_update: {
        framework_id: ids.framework(),
        status: { task_id: { value: 't1' }, state: 'TASK_FINISHED', uuid: Buffer.alloc(16, 1) },
        latest_state: 'TASK_FINISHED',
      },
    })
    expect(used()).toBe('cpus:0.5; mem:32')
    framework.stream.take()
    exited()
    exited()
    expect(used()).toBe('')
    expect(framework.stream.events.filter(({ type }) => type === 'FAILURE')).toEqual([
      {
        type: 'FAILURE',
        failure: { agent_id: { value: agent.agentId }, executor_id: ids.executor, status: 256 },
      },
    ])
    expect(masterProblems(master.state)).toEqual([])
  })

  test('is not freed by the end of one before it, which had the same id', async () => {
    const told = await launch(task('t1'))
    const launchId = told[0]?.launch?.launch_id
    expect(told[0]?.launch?.executor_launch_id).toBe(launchId)
    const names = { framework_id: ids.framework(), executor_id: ids.executor }
    agent.call({ type: 'EXECUTOR_EXITED', executor_exited: { ...names, launch_id: 'earlier' } })
    expect(used()).toBe('cpus:0.75; mem:64')
    agent.call({ type: 'EXECUTOR_EXITED', executor_exited: { ...names, launch_id: launchId } })
    expect(used()).toBe('cpus:0.25; mem:32')
  })

  test('is taken over from an agent that lists it, and freed when it does not (M3)', async () => {
    const info1 = { ...info, id: { value: agent.agentId } }
    await launch(task('t1'))
    const frameworks = [{ ...frameworkInfo, id: ids.framework() }]
    const subscribe = { agent_info: info1, frameworks, tasks: [] }
    agent = new AgentPeer(master.application, {
      ...subscribe,
      executors: [{ framework_id: ids.framework(), executor_info: executor }],
    })
    expect(master.state.agents.values().next().value?.executors.size).toBe(1)
    agent = new AgentPeer(master.application, subscribe)
    expect(master.state.agents.values().next().value?.executors.size).toBe(0)
    expect(masterProblems(master.state)).toEqual([])

    const { master: next } = startSimMaster()
    const other = new AgentPeer(next.application, {
      ...subscribe,
      executors: [{ framework_id: ids.framework(), executor_info: executor }],
    })
    expect(other.agentId).toBe(agent.agentId)
    expect(format(next.state.agents.values().next().value?.used ?? [])).toBe('cpus:0.5; mem:32')
    expect(masterProblems(next.state)).toEqual([])
  })

  test('goes with its framework, whose agent is told although no task runs', async () => {
    await launch(task('t1'))
    agent.stream.take()
    framework.call({ type: 'TEARDOWN' })
    expect(used()).toBe('')
    expect(agent.stream.events.map(({ type }) => type)).toContain('SHUTDOWN_FRAMEWORK')
    expect(masterProblems(master.state)).toEqual([])
  })

  test('goes with its agent', async () => {
    await launch(task('t1'))
    agent.call({ type: 'UNSUBSCRIBE' })
    expect(masterProblems(master.state)).toEqual([])
  })
})

describe('a task group (core-master O14, O17)', () => {
  test('is told to the agent as one, its executor charged once', async () => {
    const told = await launchGroup(groupExecutor, member('a'), member('b'))
    expect(told.map(({ type }) => type)).toEqual(['LAUNCH_GROUP'])
    expect(told[0]?.launch_group).toMatchObject({
      launch_executor: true,
      executor_info: { executor_id: { value: 'g' }, type: 'DEFAULT' },
      task_infos: [{ task_id: { value: 'a' } }, { task_id: { value: 'b' } }],
    })
    expect(used()).toBe('cpus:0.6; disk:10; mem:96')
  })

  test.each<{
    name: string
    executor?: Partial<ExecutorInfo>
    second?: Partial<TaskInfo>
    want: RegExp | string
  }>([
    {
      name: 'one task that is refused',
      second: { resources: [] },
      want: "Task 'b' is invalid: Task uses no resources",
    },
    {
      name: 'a docker container',
      second: { container: { type: 'DOCKER', docker: { image: 'x' } } },
      want: "Task 'b' is invalid: Docker ContainerInfo is not supported on the task",
    },
    {
      name: 'one id twice',
      second: { task_id: { value: 'a' } },
      want: "Task 'a' is invalid: Task has duplicate ID: a",
    },
    {
      name: 'an executor of no type',
      executor: { type: undefined },
      want: "'ExecutorInfo.type' must be set",
    },
    {
      name: 'a default executor with a command',
      executor: { command: { value: 'true' } },
      want: "'ExecutorInfo.command' must not be set for 'DEFAULT' executor",
    },
    {
      name: 'an executor with too little cpu',
      executor: { resources: wire('cpus:0.005;mem:32;disk:10') },
      want: "Executor 'g' uses less CPUs (0.005) than the minimum required (0.01)",
    },
    {
      name: 'an executor with too little memory',
      executor: { resources: wire('cpus:0.1;disk:10') },
      want: "Executor 'g' uses less memory (None) than the minimum required (32MB)",
    },
    {
      name: 'an executor without disk',
      executor: { resources: wire('cpus:0.1;mem:32') },
      want: "Executor 'g' uses no disk",
    },
    {
      name: 'R21: both kinds of one name across the group',
      second: { resources: wire('+cpus:0.1') },
      want: "Task group and executor mix revocable and non-revocable resources: Cannot use both revocable and non-revocable 'cpus' at the same time",
    },
    {
      name: 'more than there is',
      second: { resources: wire('cpus:100') },
      want: /^Total resources cpus\(allocated: \*\):100\.35; .* required by task group and its executor are more than available /,
    },
  ])('is refused as a whole for $name', async ({ executor: change, second, want }) => {
    const told = await launchGroup(
      { ...groupExecutor, ...change },
      member('a'),
      member('b', second),
    )
    expect(told).toEqual([])
    expect(used()).toBe('')
    expect(statuses().map(({ state, reason }) => [state, reason])).toEqual([
      ['TASK_ERROR', 'REASON_TASK_GROUP_INVALID'],
      ['TASK_ERROR', 'REASON_TASK_GROUP_INVALID'],
    ])
    for (const { message } of statuses())
      if (typeof want === 'string') expect(message).toBe(want)
      else expect(message).toMatch(want)
  })
})

describe('calls for an executor (core-master §1.5)', () => {
  const data = Buffer.from('hello')

  test('MESSAGE goes to its agent and back as it is; SHUTDOWN too', () => {
    agent.stream.take()
    const to = { agent_id: { value: agent.agentId }, executor_id: ids.executor }
    framework.call({ type: 'MESSAGE', message: { ...to, data } })
    framework.call({ type: 'SHUTDOWN', shutdown: to })
    const names = { framework_id: ids.framework(), executor_id: ids.executor }
    expect(agent.stream.events).toMatchObject([
      { type: 'MESSAGE', message: { ...names, data: data.toString('base64') } },
      { type: 'SHUTDOWN_EXECUTOR', shutdown_executor: names },
    ])
    framework.stream.take()
    agent.call({ type: 'EXECUTOR_MESSAGE', executor_message: { ...names, data } })
    expect(framework.stream.events).toMatchObject([
      { type: 'MESSAGE', message: { ...to, data: data.toString('base64') } },
    ])
  })

  test('for an agent that is not connected are dropped and counted', () => {
    const to = { agent_id: { value: 'nobody' }, executor_id: ids.executor }
    expect(framework.call({ type: 'MESSAGE', message: { ...to, data } }).status).toBe(202)
    expect(framework.call({ type: 'SHUTDOWN', shutdown: to }).status).toBe(202)
    expect(master.state.counters.get('invalid_framework_to_executor_messages')).toBe(1)
  })
})
