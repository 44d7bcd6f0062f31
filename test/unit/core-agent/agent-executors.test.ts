import { describe, expect, test } from 'vitest'
import { toWire } from '../../../src/mesos/resources.ts'
import type { ExecutorInfo, TaskInfo } from '../../../src/mesos/wire.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { AgentRig, commandTask, type RigOptions, stockFramework } from '../../support/agent-rig.ts'
import { ScriptedExecutor } from '../../support/scripted-executor.ts'

const resources = (text: string) => toWire(parseResources(text).resources, { format: 'stacks' })

const custom: ExecutorInfo = {
  executor_id: { value: 'e1' },
  framework_id: { value: 'f2' },
  type: 'CUSTOM',
  command: { value: 'sleep 1000' },
  resources: resources('cpus:0.5;mem:32'),
}
const defaultExecutor: ExecutorInfo = {
  executor_id: { value: 'g' },
  framework_id: { value: 'f2' },
  type: 'DEFAULT',
  resources: resources('cpus:0.1;mem:32;disk:10'),
}

const onExecutor = (id: string, executor: ExecutorInfo = custom): TaskInfo => {
  const { command: _, ...task } = commandTask(id, '')
  return { ...task, executor }
}

const executorOf = (rig: AgentRig, media?: ConstructorParameters<typeof ScriptedExecutor>[2]) =>
  new ScriptedExecutor(
    rig.network.transport('executor'),
    { framework: 'f2', executor: 'e1' },
    media,
  )

/** An agent with one task, whose executor has subscribed. */
const running = async (options?: RigOptions) => {
  const rig = await new AgentRig(options).up()
  rig.master.launch(onExecutor('t1'), stockFramework)
  await rig.clock.advance(50)
  const executor = executorOf(rig)
  executor.subscribe()
  await rig.clock.advance(50)
  return { rig, executor }
}

const exits = (rig: AgentRig) =>
  rig.master.ofType('EXECUTOR_EXITED').map(({ executor_exited }) => executor_exited)

describe('an executor of a framework (core-agent §3.9)', () => {
  test('is started once, with what it must know, and gets its tasks when it subscribes', async () => {
    const rig = await new AgentRig().up()
    rig.master.launch(onExecutor('t1'), { ...stockFramework, checkpoint: true })
    rig.master.launch(onExecutor('t2'), { ...stockFramework, checkpoint: true })
    await rig.clock.advance(50)
    expect(rig.commands.launches).toHaveLength(1)
    const [spec] = rig.commands.launches
    expect(Object.fromEntries(spec?.environment ?? [])).toMatchObject({
      MESOS_FRAMEWORK_ID: 'f2',
      MESOS_EXECUTOR_ID: 'e1',
      MESOS_AGENT_ENDPOINT: '127.0.0.1:5051',
      MESOS_CHECKPOINT: '1',
      MESOS_RECOVERY_TIMEOUT: '15mins',
      MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: '5000ms',
      MESOS_DIRECTORY: spec?.sandbox,
    })
    const executor = executorOf(rig)
    executor.subscribe()
    await rig.clock.advance(50)
    expect(executor.types()).toEqual(['SUBSCRIBED', 'LAUNCH', 'LAUNCH'])
    expect(executor.events[0]?.subscribed).toMatchObject({
      executor_info: { executor_id: { value: 'e1' } },
      framework_info: { name: 'stock' },
      agent_info: { hostname: 'host-1', id: { value: 'm1-S0' } },
      container_id: { value: spec?.containerId },
    })
    expect(executor.events[1]?.launch?.task.task_id.value).toBe('t1')
    rig.master.launch(onExecutor('t3'), stockFramework)
    await rig.clock.advance(50)
    expect(executor.types().at(-1)).toBe('LAUNCH')
    expect(rig.commands.launches).toHaveLength(1)
    // The executor's own and three tasks'.
    expect(rig.commands.updates.at(-1)).toMatchObject({
      cpusMilli: 3500,
      memoryBytes: (32 + 3 * 64) * 1024 ** 2,
    })
  })

  test.each(['application/json', 'application/x-protobuf'] as const)(
    'tells of its tasks in %s; each update is acknowledged to it and reaches the framework as it is',
    async (media) => {
      const rig = await new AgentRig().up()
      rig.master.launch(onExecutor('t1'), stockFramework)
      await rig.clock.advance(50)
      const executor = executorOf(rig, media)
      executor.subscribe()
      await rig.clock.advance(50)
      void executor.update('t1', 'TASK_RUNNING')
      void executor.update('t1', 'TASK_FINISHED')
      await rig.clock.advance(100)
      expect(rig.master.states('t1')).toEqual(['RUNNING', 'FINISHED'])
      expect(rig.master.statuses('t1')[0]).toMatchObject({
        source: 'SOURCE_EXECUTOR',
        executor_id: { value: 'e1' },
        agent_id: { value: 'm1-S0' },
      })
      expect(Buffer.from(rig.master.statuses('t1')[0]?.uuid ?? [])).toEqual(Buffer.alloc(16, 1))
      expect(executor.types()).toEqual(['SUBSCRIBED', 'LAUNCH', 'ACKNOWLEDGED', 'ACKNOWLEDGED'])
      expect(rig.agent.state.executors.size).toBe(1)
    },
  )

  test('gets kills, messages and the order to end; what it says reaches the framework', async () => {
    const { rig, executor } = await running()
    rig.master.kill('t1', 3000, 'f2')
    const to = { framework_id: { value: 'f2' }, executor_id: { value: 'e1' } }
    rig.master.send({ type: 'MESSAGE', message: { ...to, data: Buffer.from('hi') } })
    void executor.call({ type: 'MESSAGE', message: { data: Buffer.from('ho') } })
    await rig.clock.advance(50)
    expect(executor.types().slice(2)).toEqual(['KILL', 'MESSAGE'])
    expect(executor.events[2]?.kill).toMatchObject({
      task_id: { value: 't1' },
      kill_policy: { grace_period: { nanoseconds: 3e9 } },
    })
    const [said] = rig.master.ofType('EXECUTOR_MESSAGE')
    expect(Buffer.from(said?.executor_message?.data ?? []).toString()).toBe('ho')

    rig.master.send({ type: 'SHUTDOWN_EXECUTOR', shutdown_executor: to })
    await rig.clock.advance(4000)
    expect(executor.types().at(-1)).toBe('SHUTDOWN')
    expect(rig.commands.signals).toEqual([])
    await rig.clock.advance(2000)
    expect(rig.commands.signals.map((one) => one.split(' ')[0])).toEqual(['SIGKILL'])
    expect(rig.master.states('t1').at(-1)).toBe('KILLED')
    expect(exits(rig)).toEqual([{ ...to, status: 9 }])
    expect(rig.agent.state.executors.size).toBe(0)
    expect(executor.ended).toBe(true)
  })

  test('that exits takes its tasks with it, and its resources are told to be free', async () => {
    const rig = await new AgentRig().up()
    rig.master.launch(
      onExecutor('t1', { ...custom, command: { value: 'sleep 1; exit 3' } }),
      stockFramework,
    )
    await rig.clock.advance(2000)
    expect(rig.master.statuses('t1').at(-1)).toMatchObject({
      state: 'TASK_FAILED',
      reason: 'REASON_EXECUTOR_TERMINATED',
      message: 'Executor terminated: Command exited with status 3',
    })
    expect(exits(rig)).toMatchObject([{ executor_id: { value: 'e1' }, status: 3 << 8 }])
  })

  test('that ends while there is no master is told of at the next subscription, which may list it still', async () => {
    const rig = await new AgentRig().up()
    const brief = { ...custom, command: { value: 'sleep 1' } }
    rig.master.launch(onExecutor('t1', brief), stockFramework)
    await rig.clock.advance(100)
    rig.network.partition('agent:5051', 'master:5050')
    rig.master.endStream()
    await rig.clock.advance(5000)
    expect(rig.agent.state.executors.size).toBe(0)
    expect(exits(rig)).toEqual([])
    rig.network.heal()
    await rig.clock.advance(10_000)
    expect(exits(rig)).toHaveLength(1)
    expect(rig.agent.state.unheard).toEqual([])
  })

  test('that does not subscribe within the time counted from its start is taken down', async () => {
    const rig = await new AgentRig().up()
    rig.master.launch(onExecutor('t1'), stockFramework)
    await rig.clock.advance(59_000)
    expect(rig.master.states('t1')).toEqual([])
    await rig.clock.advance(2000)
    expect(rig.master.statuses('t1')).toMatchObject([
      { state: 'TASK_FAILED', reason: 'REASON_EXECUTOR_REGISTRATION_TIMEOUT' },
    ])
    expect(exits(rig)).toHaveLength(1)
  })

  test('that cannot be started fails its tasks', async () => {
    const rig = await new AgentRig().up()
    rig.commands.problem = 'EROFS'
    rig.master.launch(onExecutor('t1'), stockFramework)
    await rig.clock.advance(50)
    expect(rig.master.statuses('t1')).toMatchObject([
      { state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED' },
    ])
    expect(exits(rig)).toHaveLength(1)
  })

  test('a kill before the task was delivered ends it here (core-agent §2.2)', async () => {
    const rig = await new AgentRig().up()
    rig.master.launch(onExecutor('t1'), stockFramework)
    await rig.clock.advance(50)
    rig.master.kill('t1', undefined, 'f2')
    await rig.clock.advance(50)
    expect(rig.master.statuses('t1')).toMatchObject([
      { state: 'TASK_KILLED', reason: 'REASON_TASK_KILLED_DURING_LAUNCH' },
    ])
  })

  test('that the master takes for running and that is not gives the task back (core-agent §2.2)', async () => {
    const rig = await new AgentRig().up()
    rig.master.send({
      type: 'LAUNCH',
      launch: {
        launch_id: 'x',
        framework_info: stockFramework,
        task_info: onExecutor('t1'),
        launch_executor: false,
      },
    })
    await rig.clock.advance(50)
    expect(rig.master.states('t1')).toEqual(['LOST'])
    expect(exits(rig)).toHaveLength(1)
    expect(rig.commands.launches).toEqual([])
  })

  test('of a docker container is refused, and its resources are told to be free', async () => {
    const rig = await new AgentRig().up()
    const docker = { type: 'DOCKER', docker: { image: 'x' } } as const
    rig.master.launch(onExecutor('t1', { ...custom, container: docker }), stockFramework)
    await rig.clock.advance(50)
    expect(rig.master.states('t1')).toEqual(['ERROR'])
    expect(exits(rig)).toHaveLength(1)
  })

  test('whose resources are taken back takes all of its tasks with it, for that reason (core-agent §6)', async () => {
    const { rig, executor } = await running({
      flags: { qos_controller: 'load', load_threshold_5min: '4' },
    })
    const { resources: _, ...lent } = onExecutor('t2')
    const { resources: revocable } = commandTask('t2', '', { revocable: true })
    rig.master.launch({ ...lent, resources: revocable ?? [] }, stockFramework)
    await rig.clock.advance(50)
    rig.load = [9, 9, 9]
    await rig.clock.advance(1100)
    for (const task of ['t1', 't2'])
      expect(rig.master.statuses(task).at(-1)).toMatchObject({
        state: 'TASK_LOST',
        reason: 'REASON_CONTAINER_PREEMPTED',
      })
    expect(executor.ended).toBe(true)
  })

  test('of a framework that is shut down is asked to end, and taken down after its grace', async () => {
    const { rig, executor } = await running()
    rig.master.send({
      type: 'SHUTDOWN_FRAMEWORK',
      shutdown_framework: { framework_id: { value: 'f2' } },
    })
    await rig.clock.advance(50)
    expect(executor.types().at(-1)).toBe('SHUTDOWN')
    await rig.clock.advance(6000)
    expect(rig.commands.containers).toEqual([])
    expect(rig.agent.state.executors.size).toBe(0)
    expect(rig.agent.state.tasks.size).toBe(0)
  })
})

describe('when the agent is started anew (core-agent §8)', () => {
  test('an executor that comes back tells what it could not, and its tasks run on', async () => {
    const { rig, executor } = await running()
    void executor.update('t1', 'TASK_STARTING')
    await rig.clock.advance(50)
    await rig.crash()
    expect(rig.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.executors).toMatchObject([
      { framework_id: { value: 'f2' }, executor_info: { executor_id: { value: 'e1' } } },
    ])
    const again = executorOf(rig)
    again.subscribe({
      unacknowledged_tasks: [],
      unacknowledged_updates: [
        {
          status: {
            task_id: { value: 't1' },
            state: 'TASK_RUNNING',
            source: 'SOURCE_EXECUTOR',
            uuid: Buffer.alloc(16, 9),
          },
        },
      ],
    })
    await rig.clock.advance(100)
    expect(again.types()).toEqual(['SUBSCRIBED', 'ACKNOWLEDGED'])
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
    await rig.clock.advance(60_000)
    expect(rig.agent.state.executors.size).toBe(1)
  })

  test('a task that may have been delivered and that the executor does not know is lost', async () => {
    const { rig } = await running()
    await rig.crash()
    const again = executorOf(rig)
    again.subscribe()
    await rig.clock.advance(50)
    expect(rig.master.statuses('t1')).toMatchObject([
      { state: 'TASK_LOST', reason: 'REASON_AGENT_RESTARTED' },
    ])
    expect(again.types()).toEqual(['SUBSCRIBED'])
  })

  test('an executor that does not come back in time is taken down', async () => {
    const { rig, executor } = await running()
    void executor.update('t1', 'TASK_RUNNING')
    await rig.clock.advance(50)
    await rig.crash()
    await rig.clock.advance(16_000)
    expect(rig.master.statuses('t1').at(-1)).toMatchObject({
      state: 'TASK_LOST',
      reason: 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT',
    })
    expect(exits(rig)).toHaveLength(1)
  })

  test('an executor that is gone takes its tasks with it', async () => {
    const { rig, executor } = await running()
    void executor.update('t1', 'TASK_RUNNING')
    await rig.clock.advance(50)
    rig.commands.vanish()
    await rig.crash()
    expect(rig.master.statuses('t1').at(-1)?.reason).toBe('REASON_EXECUTOR_TERMINATED')
    expect(rig.agent.state.executors.size).toBe(0)
  })
})

describe('calls are refused in Mesos’ words', () => {
  const status = {
    task_id: { value: 't1' },
    state: 'TASK_RUNNING',
    source: 'SOURCE_EXECUTOR',
    uuid: Buffer.alloc(16, 1),
  } as const
  const failed = (text: string) => `Failed to validate Executor::Call: ${text}`

  test.each([
    { name: 'no type', call: {}, status: 400, body: failed("Expecting 'type' to be present") },
    {
      name: 'no body',
      call: { type: 'UPDATE' },
      status: 400,
      body: failed("Expecting 'update' to be present"),
    },
    {
      name: 'no uuid',
      call: { type: 'UPDATE', update: { status: { ...status, uuid: undefined } } },
      status: 400,
      body: failed("Expecting 'uuid' to be present"),
    },
    {
      name: 'a short uuid',
      call: { type: 'UPDATE', update: { status: { ...status, uuid: Buffer.alloc(3) } } },
      status: 400,
      body: failed('Not a valid UUID'),
    },
    {
      name: 'another executor in the status',
      call: { type: 'UPDATE', update: { status: { ...status, executor_id: { value: 'e2' } } } },
      status: 400,
      body: failed('ExecutorID in Call: e1 does not match ExecutorID in TaskStatus: e2'),
    },
    {
      name: 'another source',
      call: { type: 'UPDATE', update: { status: { ...status, source: 'SOURCE_MASTER' } } },
      status: 400,
      body: failed(
        "Received Call from executor e1 of framework f2 with invalid source, expecting 'SOURCE_EXECUTOR'",
      ),
    },
    {
      name: 'TASK_STAGING',
      call: { type: 'UPDATE', update: { status: { ...status, state: 'TASK_STAGING' } } },
      status: 400,
      body: failed('Received TASK_STAGING from executor e1 of framework f2 which is not allowed'),
    },
    {
      name: 'a call before SUBSCRIBE',
      call: { type: 'UPDATE', update: { status } },
      status: 403,
      body: 'Executor is not subscribed',
    },
    { name: 'a heartbeat is fine at any time', call: { type: 'HEARTBEAT' }, status: 202, body: '' },
  ] as const)('$name', async ({ call, status: wanted, body }) => {
    const rig = await new AgentRig().up()
    rig.master.launch(onExecutor('t1'), stockFramework)
    await rig.clock.advance(50)
    const answer = executorOf(rig).call(call)
    await rig.clock.advance(50)
    const answered = await answer
    expect([answered.status, Buffer.from(answered.body).toString()]).toEqual([wanted, body])
  })

  test.each([
    { framework: 'f9', executor: 'e1', body: 'Framework cannot be found' },
    { framework: 'f2', executor: 'e9', body: 'Executor cannot be found' },
  ])('an unknown $framework/$executor', async ({ body, ...ids }) => {
    const { rig } = await running()
    const stranger = new ScriptedExecutor(rig.network.transport('executor'), ids)
    const answer = stranger.call({ type: 'SUBSCRIBE', subscribe: {} })
    await rig.clock.advance(50)
    const answered = await answer
    expect([answered.status, Buffer.from(answered.body).toString()]).toEqual([400, body])
  })
})

describe('a task group with the default executor', () => {
  const group = async (lines: Readonly<Record<string, string>>) => {
    const rig = await new AgentRig().up()
    const tasks = Object.entries(lines).map(([id, line]) => commandTask(id, line))
    rig.master.launchGroup(defaultExecutor, tasks)
    await rig.clock.advance(100)
    return rig
  }

  test('runs each task in a container of its own, under the executor’s name, and is over with the last', async () => {
    const rig = await group({ a: 'sleep 1', b: 'sleep 2' })
    expect(rig.commands.launches).toHaveLength(2)
    expect(rig.commands.launches[0]?.sandbox).toContain('/executors/g/runs/')
    expect(rig.master.states('a')).toEqual(['STARTING', 'RUNNING'])
    expect(rig.master.statuses('a')[0]?.executor_id).toEqual({ value: 'g' })
    await rig.clock.advance(1500)
    expect(rig.master.states('a').at(-1)).toBe('FINISHED')
    expect(exits(rig)).toEqual([])
    await rig.clock.advance(1000)
    expect(rig.master.states('b').at(-1)).toBe('FINISHED')
    expect(exits(rig)).toMatchObject([{ executor_id: { value: 'g' }, status: 0 }])
    expect(rig.agent.state.executors.size).toBe(0)
  })

  test('one that fails takes the rest with it', async () => {
    const rig = await group({ a: 'sleep 1; exit 2', b: 'sleep 1000', c: 'true' })
    await rig.clock.advance(2000)
    expect(rig.master.states('a').at(-1)).toBe('FAILED')
    expect(rig.master.states('b').at(-1)).toBe('KILLED')
    expect(rig.master.states('c').at(-1)).toBe('FINISHED')
    expect(exits(rig)).toHaveLength(1)
  })

  test('a kill of one is a kill of all', async () => {
    const rig = await group({ a: 'sleep 1000', b: 'sleep 1000' })
    rig.master.kill('a', undefined, 'f2')
    await rig.clock.advance(100)
    expect(rig.master.states('a').at(-1)).toBe('KILLED')
    expect(rig.master.states('b').at(-1)).toBe('KILLED')
    expect(exits(rig)).toHaveLength(1)
  })

  test('one that cannot be run keeps all from running', async () => {
    const rig = await group({ a: '', b: 'sleep 1000' })
    expect(rig.master.states('a')).toEqual(['ERROR'])
    expect(rig.master.states('b')).toEqual(['KILLED'])
    expect(rig.commands.launches).toEqual([])
    expect(exits(rig)).toHaveLength(1)
  })

  test('goes on after a restart, and still is a group', async () => {
    const rig = await group({ a: 'sleep 10; exit 2', b: 'sleep 1000' })
    await rig.crash()
    expect(rig.agent.state.executors.size).toBe(1)
    await rig.clock.advance(11_000)
    expect(rig.master.states('b').at(-1)).toBe('KILLED')
    expect(exits(rig)).toHaveLength(1)
  })

  test('shut down by its framework’s call, all of it ends', async () => {
    const rig = await group({ a: 'sleep 1000', b: 'sleep 1000' })
    rig.master.send({
      type: 'SHUTDOWN_EXECUTOR',
      shutdown_executor: { framework_id: { value: 'f2' }, executor_id: { value: 'g' } },
    })
    await rig.clock.advance(100)
    expect(rig.master.states('a').at(-1)).toBe('KILLED')
    expect(exits(rig)).toHaveLength(1)
  })

  test('a group for an executor of the framework’s is delivered as one', async () => {
    const { rig, executor } = await running()
    rig.master.send({
      type: 'LAUNCH_GROUP',
      launch_group: {
        launch_id: 'g1',
        framework_info: stockFramework,
        executor_info: custom,
        task_infos: [onExecutor('a'), onExecutor('b')],
        launch_executor: false,
      },
    })
    await rig.clock.advance(50)
    expect(executor.types().at(-1)).toBe('LAUNCH_GROUP')
    expect(
      executor.events.at(-1)?.launch_group?.task_group.tasks?.map(({ task_id }) => task_id.value),
    ).toEqual(['a', 'b'])
  })
})
