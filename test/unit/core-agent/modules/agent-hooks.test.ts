import { describe, expect, test, vi } from 'vitest'
import { hookDeadlineMs } from '../../../../src/core-agent/modules/hooks.ts'
import type { FailurePolicy } from '../../../../src/core-agent/modules/manifest.ts'
import {
  AgentRig,
  bodyTask,
  commandTask,
  dockerTask,
  statusLabel,
  stockFramework,
} from '../../../support/agent-rig.ts'
import { hooksOf, type PluginSpec } from '../../../support/modules.ts'

const up = (...specs: readonly PluginSpec[]) => upWith({}, ...specs)
const upWith = (flags: Readonly<Record<string, string>>, ...specs: readonly PluginSpec[]) =>
  new AgentRig({ flags, modules: hooksOf(...specs) }).up()

const fails: () => unknown = () => {
  throw new Error('oh')
}
const hangs: () => unknown = () => new Promise(() => {})
const never = 'fail-closed' as const

const launch = async (rig: AgentRig, task = dockerTask('t1', 'sleep 100')) => {
  rig.master.launch(task, stockFramework)
  await rig.clock.advance(500)
}

const created = (rig: AgentRig) => [...rig.engine.containers.values()].map(({ body }) => body)

describe('before a docker task', () => {
  const method = 'preLaunchDockerTaskExecutorDecorator'

  test('hooks add to its environment, in their order, the last one counts', async () => {
    const seen = vi.fn()
    const rig = await up(
      { methods: { [method]: () => ({ taskEnvironment: { A: '1', B: '1' } }) } },
      {
        methods: {
          [method]: async (input: { environment: object }) => {
            seen(input)
            return { executorEnvironment: { B: '2', C: '2' }, taskEnvironment: { C: '3' } }
          },
        },
      },
    )
    const environment = { variables: [{ name: 'A', value: '0' }] }
    const task = dockerTask('t1', 'sleep 100')
    await launch(rig, { ...task, command: { ...task.command, environment } })
    expect(created(rig)[0]?.['Env']).toEqual(expect.arrayContaining(['A=1', 'B=2', 'C=3']))
    expect(created(rig)[0]?.['Env']).not.toContain('A=0')
    expect(seen).toHaveBeenCalledWith(
      expect.objectContaining({
        framework: expect.objectContaining({ name: 'stock' }),
        task: expect.objectContaining({ name: 't1' }),
        environment: expect.objectContaining({ A: '1', B: '1', MESOS_TASK_ID: 't1' }),
      }),
    )
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  })

  test('a hook may be against it: nothing is left, and the framework reads why', async () => {
    const rig = await up({ methods: { [method]: async () => ({ reject: 'not on Mondays' }) } })
    await launch(rig)
    expect(created(rig)).toEqual([])
    expect([...rig.sandboxes.made.keys()]).toEqual([])
    const [status] = rig.master.statuses('t1')
    expect(status).toMatchObject({
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message: 'asking the hooks: module mine: not on Mondays',
    })
    expect(statusLabel(status, 'phase')).toBe('hook')
    expect(statusLabel(status, 'engineStatus')).toBe('403')
  })

  test.each<readonly [string, () => unknown, FailurePolicy, readonly string[]]>([
    ['throws', fails, 'fail-open', ['STARTING', 'RUNNING']],
    ['throws', fails, 'fail-closed', ['FAILED']],
    ['hangs', hangs, 'fail-open', ['STARTING', 'RUNNING']],
    ['hangs', hangs, 'fail-closed', ['FAILED']],
    ['answers nonsense', () => 1, 'fail-open', ['STARTING', 'RUNNING']],
    ['answers nonsense', () => ({ taskEnvironment: { A: 1 } }), 'fail-closed', ['FAILED']],
  ])('one that %s is %3$s', async (_, hook, failurePolicy, states) => {
    const rig = await up({ failurePolicy, methods: { [method]: hook } })
    await launch(rig)
    await rig.clock.advance(hookDeadlineMs)
    expect(rig.master.states('t1')).toEqual(states)
    const { json } = await rig.ask('GET', '/state')
    expect(json).toMatchObject({ modules: [{ name: 'mine', failures: 1, state: 'active' }] })
  })

  test('a kill does not wait for a hook that hangs', async () => {
    const rig = await up({ failurePolicy: never, methods: { [method]: hangs } })
    await launch(rig)
    rig.master.kill('t1', undefined, 'f2')
    await rig.clock.advance(20)
    expect(rig.master.states('t1')).toEqual(['KILLED'])
    await rig.clock.advance(hookDeadlineMs)
    expect(rig.master.states('t1')).toEqual(['KILLED'])
    expect(rig.agent.state.tasks.size).toBe(0)
  })

  test('docker run reads the reason alone', async () => {
    const rig = await up({ methods: { [method]: () => ({ reject: 'not on Mondays' }) } })
    rig.master.launch(bodyTask('t1', ['sleep', '100']))
    await rig.clock.advance(100)
    const [status] = rig.master.statuses('t1')
    expect(status?.message).toBe('module mine: not on Mondays')
    expect(statusLabel(status, 'engineStatus')).toBe('403')
  })

  test('it holds for containers of our frontend too', async () => {
    const rig = await up({ methods: { [method]: () => ({ taskEnvironment: { A: '1' } }) } })
    rig.master.launch(bodyTask('t1', ['sleep', '100'], { body: { Env: ['A=0', 'B=0'] } }))
    await rig.clock.advance(100)
    expect(created(rig)[0]?.['Env']).toEqual(['B=0', 'A=1'])
  })
})

describe('postFetch', () => {
  const uris = [{ value: 'http://a/b' }]
  const withFiles = () => {
    const task = dockerTask('t1', 'sleep 100')
    return { ...task, command: { ...task.command, uris } }
  }

  test('is called when the files are there', async () => {
    const postFetch = vi.fn()
    const rig = await up({ methods: { postFetch } })
    await launch(rig, withFiles())
    expect(postFetch).toHaveBeenCalledOnce()
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  })

  test('ends the launch where it is fail-closed and fails', async () => {
    const rig = await up({ failurePolicy: never, methods: { postFetch: fails } })
    await launch(rig, withFiles())
    expect(rig.master.statuses('t1')[0]?.message).toBe(
      'asking the hooks: module mine: postFetch: oh',
    )
    expect(created(rig)).toEqual([])
  })
})

describe('a decorator of the create body', () => {
  type Given = { readonly body: Readonly<Record<string, unknown>> & { HostConfig: object } }
  const kind = 'DockerCreateDecorator' as const
  const decorator = (change: (given: Given) => unknown, failurePolicy?: 'fail-closed') => ({
    kind,
    ...(failurePolicy && { failurePolicy }),
    methods: { decorate: change },
  })
  const host =
    (fields: object) =>
    ({ body }: Given) => ({ body: { ...body, HostConfig: { ...body.HostConfig, ...fields } } })

  test('has the last word', async () => {
    const rig = await up(
      decorator(host({ ReadonlyRootfs: true })),
      decorator(({ body }) => ({ body: { ...body, StopTimeout: 7 } })),
    )
    await launch(rig)
    expect(created(rig)[0]).toMatchObject({
      StopTimeout: 7,
      HostConfig: { ReadonlyRootfs: true, Memory: 64 * 1024 ** 2 },
    })
  })

  test('an image that it names is pulled', async () => {
    const rig = await up(
      decorator(({ body }) => ({ body: { ...body, Image: 'mirror:5/busybox:1' } })),
    )
    rig.engine.registry.add('mirror:5/busybox:1')
    await launch(rig)
    expect(created(rig)[0]?.['Image']).toBe('mirror:5/busybox:1')
  })

  test.each([
    ['accounting', host({ Memory: 0 }), 'HostConfig.Memory: it is what the task holds'],
    ['the tier', host({ CgroupParent: '/' }), 'HostConfig.CgroupParent'],
    ['privileges', host({ Privileged: true }), 'HostConfig.Privileged: the --docker_policy'],
    ['a path', host({ Binds: ['/:/host'] }), 'HostConfig.Binds: the --docker_policy'],
    [
      'our labels',
      ({ body }: Given) => ({ body: { ...body, Labels: {} } }),
      'Labels.org.mesos.agent_id: the agent finds its containers by it',
    ],
    [
      'spelling',
      ({ body }: Given) => ({ body: { ...body, hostconfig: { privileged: true } } }),
      "the field 'hostconfig' must be spelt HostConfig",
    ],
    [
      'a way into the host',
      ({ body }: Given) => ({ body: { ...body, WorkingDir: '/proc/self/fd/7' } }),
      'WorkingDir: invalid working directory',
    ],
    ['a body that is none', () => ({ body: 1 }), 'body: wanted an object'],
    ['another field', () => ({ name: 'x' }), 'name: wanted only reject, body'],
  ])('may not change %s: its failure policy says what then', async (_, change, problem) => {
    const closed = await upWith({ docker_policy: 'host-network' }, decorator(change, 'fail-closed'))
    await launch(closed)
    expect(closed.master.statuses('t1')[0]?.message).toMatch(`module mine: decorate: ${problem}`)
    expect(created(closed)).toEqual([])

    const open = await upWith({ docker_policy: 'host-network' }, decorator(change))
    await launch(open)
    expect(open.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
    expect(created(open)[0]).not.toHaveProperty('hostconfig')
    expect(created(open)[0]).not.toMatchObject({ HostConfig: { Privileged: true } })
  })

  test('our own mount needs no policy, and what was allowed before may stay', async () => {
    const rig = await upWith(
      { docker_policy: 'host-network' },
      decorator(host({ Tmpfs: { '/x': '' } })),
    )
    await launch(rig)
    expect(created(rig)[0]).toMatchObject({ HostConfig: { Tmpfs: { '/x': '' }, Mounts: [{}] } })
  })

  test('may refuse the container', async () => {
    const rig = await up(decorator(() => ({ reject: 'no' })))
    await launch(rig)
    expect(rig.master.statuses('t1')[0]?.message).toBe('asking the hooks: module mine: no')
  })
})

describe('labels of a task', () => {
  const method = 'agentRunTaskLabelDecorator'
  const adds = (key: string) => ({
    methods: {
      [method]: ({ task }: { task: { labels: { labels?: readonly object[] } } }) => ({
        labels: [...(task.labels.labels ?? []), { key, value: 'x' }],
      }),
    },
  })
  const labelsOf = (rig: AgentRig) => rig.agent.state.tasks.get('f2/t1')?.info.labels?.labels

  test.each([
    ['docker', dockerTask('t1', 'sleep 100')],
    ['command', commandTask('t1', 'sleep 100')],
  ])('of a %s are what hooks make of them, also after a restart', async (_, task) => {
    const rig = await up(adds('a'), adds('b'))
    await launch(rig, task)
    const wanted = [
      { key: 'a', value: 'x' },
      { key: 'b', value: 'x' },
    ]
    expect(labelsOf(rig)).toEqual(wanted)
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
    await rig.restart()
    expect(labelsOf(rig)).toEqual(wanted)
  })

  test('of a group and of a custom executor too', async () => {
    const rig = await up(adds('a'))
    const executor = {
      type: 'DEFAULT',
      executor_id: { value: 'e1' },
      framework_id: { value: 'f2' },
    } as const
    rig.master.launchGroup(executor, [commandTask('t1', 'sleep 100'), commandTask('t2', 'sleep 9')])
    await rig.clock.advance(100)
    expect(labelsOf(rig)).toEqual([{ key: 'a', value: 'x' }])
    expect(rig.master.states('t2')).toEqual(['STARTING', 'RUNNING'])

    const custom = { ...executor, type: 'CUSTOM', executor_id: { value: 'e2' } } as const
    const command = { shell: true, value: 'sleep 100' }
    const { command: _, ...task } = commandTask('t3', '')
    rig.master.launch({ ...task, executor: { ...custom, command } }, stockFramework)
    await rig.clock.advance(100)
    expect(rig.agent.state.tasks.get('f2/t3')?.info.labels?.labels).toHaveLength(1)
    expect(rig.commands.launches).toHaveLength(3)
  })

  test('by which our own parts speak stay as they are', async () => {
    const rig = await up({
      methods: { [method]: () => ({ labels: [{ key: 'io.shoal.create' }] }) },
    })
    const container = await rig.run('t1', ['sleep', '100'])
    expect(rig.agent.state.containers.get(container)?.kept).toBe(true)
  })

  test.each([
    ['docker', dockerTask('t1', 'sleep 100')],
    ['command', commandTask('t1', 'sleep 100')],
    [
      'executor',
      {
        ...commandTask('t1', 'x'),
        command: undefined,
        executor: {
          executor_id: { value: 'e1' },
          framework_id: { value: 'f2' },
          command: { shell: true, value: 'sleep 100' },
        },
      },
    ],
  ])('a %s that is killed meanwhile never runs', async (_, { command, ...task }) => {
    const rig = await up({ methods: { [method]: hangs } })
    await launch(rig, command === undefined ? task : { ...task, command })
    rig.master.kill('t1', undefined, 'f2')
    await rig.clock.advance(20)
    expect(rig.master.states('t1')).toEqual(['KILLED'])
    await rig.clock.advance(hookDeadlineMs)
    expect(rig.master.states('t1')).toEqual(['KILLED'])
    expect(created(rig)).toEqual([])
    expect(rig.commands.launches).toEqual([])
    expect(rig.agent.state.tasks.size).toBe(0)
    expect(rig.agent.state.executors.size).toBe(0)
  })

  test('of a group that is killed meanwhile nothing runs', async () => {
    const rig = await up({ methods: { [method]: hangs } })
    const executor = {
      type: 'DEFAULT',
      executor_id: { value: 'e1' },
      framework_id: { value: 'f2' },
    } as const
    rig.master.launchGroup(executor, [commandTask('t1', 'sleep 100'), commandTask('t2', 'sleep 9')])
    await rig.clock.advance(20)
    rig.master.kill('t1', undefined, 'f2')
    await rig.clock.advance(hookDeadlineMs + 100)
    expect([rig.master.states('t1'), rig.master.states('t2')]).toEqual([['KILLED'], ['KILLED']])
    expect(rig.commands.launches).toEqual([])
    expect(rig.master.ofType('EXECUTOR_EXITED')).toHaveLength(1)
  })

  test('a framework that is shut down meanwhile leaves nothing', async () => {
    const rig = await up({ methods: { [method]: hangs } })
    await launch(rig)
    const framework_id = { value: 'f2' }
    rig.master.send({ type: 'SHUTDOWN_FRAMEWORK', shutdown_framework: { framework_id } })
    await rig.clock.advance(hookDeadlineMs + 100)
    expect(rig.agent.state.tasks.size).toBe(0)
    expect(created(rig)).toEqual([])
  })

  test('a fail-closed hook that fails ends the launch', async () => {
    const rig = await up({ failurePolicy: never, methods: { [method]: fails } })
    await launch(rig)
    expect(rig.master.statuses('t1')).toMatchObject([
      { state: 'TASK_FAILED', message: `asking the hooks: module mine: ${method}: oh` },
    ])
  })
})

describe('environment of commands and executors', () => {
  const method = 'executorEnvironmentDecorator'

  test('has what hooks add', async () => {
    const rig = await up({ methods: { [method]: () => ({ A: '1', MESOS_SANDBOX: '/x' }) } })
    await launch(rig, commandTask('t1', 'sleep 100'))
    expect(rig.commands.launches[0]?.environment.get('A')).toBe('1')
    expect(rig.commands.launches[0]?.environment.get('MESOS_SANDBOX')).toBe('/x')
    expect(rig.commands.launches[0]?.environment.get('MESOS_TASK_ID')).toBe('t1')
  })

  test.each([
    ['fail-open', ['STARTING', 'RUNNING']],
    ['fail-closed', ['STARTING', 'FAILED']],
  ] as const)('a hook that fails is %s', async (failurePolicy, states) => {
    const rig = await up({ failurePolicy, methods: { [method]: () => ({ 'A=': '1' }) } })
    await launch(rig, commandTask('t1', 'sleep 100'))
    expect(rig.master.states('t1')).toEqual(states)
  })
})

describe('statuses on their way out', () => {
  const method = 'taskStatusDecorator'

  test('have labels and container_status from hooks, and nothing else', async () => {
    const rig = await up({
      methods: {
        [method]: () => ({
          labels: { labels: [{ key: 'a', value: '1' }] },
          container_status: { executor_pid: 7, container_id: { value: 'other' } },
        }),
      },
    })
    await launch(rig)
    for (const status of rig.master.statuses('t1')) {
      expect(status.labels?.labels).toContainEqual({ key: 'a', value: '1' })
      expect(status.container_status).toMatchObject({ executor_pid: 7 })
      expect(status.container_status?.container_id?.value).not.toBe('other')
    }
    expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  })

  test.each([
    ['throws', fails],
    ['hangs', hangs],
    ['wants to change the state', () => ({ state: 'TASK_LOST' })],
  ])('come as they are where a hook %s, even fail-closed', async (_, hook) => {
    const rig = await up({ failurePolicy: never, methods: { [method]: hook } })
    await launch(rig)
    await rig.clock.advance(3 * hookDeadlineMs)
    expect([...new Set(rig.master.states('t1'))]).toEqual(['STARTING', 'RUNNING'])
  })
})

test('removeExecutor tells of tasks and of executors that have gone', async () => {
  const removed: string[] = []
  const rig = await up({
    methods: {
      removeExecutor: ({
        task,
        executor,
      }: {
        readonly task?: { readonly name: string }
        readonly executor?: { readonly executor_id: { readonly value: string } }
      }) => void removed.push(task?.name ?? executor?.executor_id.value ?? ''),
    },
  })
  await launch(rig, dockerTask('docker', 'exit 0'))
  await launch(rig, commandTask('command', 'exit 0'))
  const executor = {
    type: 'DEFAULT',
    executor_id: { value: 'group' },
    framework_id: { value: 'f2' },
  } as const
  rig.master.launchGroup(executor, [commandTask('t1', 'exit 0')])
  await rig.clock.advance(1000)
  expect(removed.sort()).toEqual(['command', 'docker', 'group'])
})
