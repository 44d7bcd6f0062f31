import { expect, test } from 'vitest'
import { toWire } from '../../../src/mesos/resources.ts'
import type { TaskInfo } from '../../../src/mesos/wire.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { AgentRig, commandTask, statusLabel, stockFramework } from '../../support/agent-rig.ts'

const uris = [{ value: '/srv/a.tgz' }, { value: 'http://h/b' }]

const fetching = (id: string, given = uris): TaskInfo => {
  const task = commandTask(id, 'true')
  return { ...task, command: { ...task.command, uris: given } }
}

const onExecutor = (id: string): TaskInfo => {
  const { command: _, ...task } = commandTask(id, '')
  const { resources } = parseResources('cpus:0.5;mem:32')
  return {
    ...task,
    executor: {
      executor_id: { value: 'e1' },
      framework_id: { value: 'f2' },
      type: 'CUSTOM',
      command: { value: 'sleep 1000', uris, user: 'nobody' },
      resources: toWire(resources, { format: 'stacks' }),
    },
  }
}

const launched = async (task: TaskInfo, problem?: string): Promise<AgentRig> => {
  const rig = await new AgentRig().up()
  rig.fetcher.problem = problem
  rig.master.launch(task, stockFramework)
  await rig.clock.advance(100)
  return rig
}

test('files of a command are in its sandbox before it runs (core-agent §3.6)', async () => {
  const rig = await launched(fetching('t1'))
  const [spec] = rig.commands.launches
  expect(rig.fetcher.orders).toMatchObject([{ sandbox: spec?.sandbox, uris, user: 'root' }])
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('files of an executor are fetched once, for its user', async () => {
  const rig = await launched(onExecutor('t1'))
  rig.master.launch(onExecutor('t2'), stockFramework)
  await rig.clock.advance(100)
  expect(rig.fetcher.orders).toMatchObject([{ uris, user: 'nobody' }])
  expect(rig.commands.launches).toHaveLength(1)
})

test('a file that cannot be had fails the task in the phase fetch; nothing runs, no sandbox is left', async () => {
  const rig = await launched(fetching('t1'), "URI 'http://h/b': status 404")
  const status = rig.master.statuses('t1').at(-1)
  expect(status).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: "fetching files: URI 'http://h/b': status 404",
  })
  expect(statusLabel(status, 'phase')).toBe('fetch')
  expect(rig.commands.launches).toEqual([])
  expect(rig.sandboxes.made.size).toBe(0)
})

test('a file that an executor cannot have fails its tasks', async () => {
  const rig = await launched(onExecutor('t1'), "URI 'http://h/b': status 404")
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    message: "fetching files: URI 'http://h/b': status 404",
  })
  expect(rig.agent.state.executors.size).toBe(0)
})

test('a kill does not wait for a fetch that goes on', async () => {
  const rig = await launched(fetching('t1'), 'stall')
  expect(rig.master.states('t1')).toEqual(['STARTING'])
  rig.master.kill('t1', 0, 'f2')
  await rig.clock.advance(100)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'KILLED'])
  expect(rig.commands.launches).toEqual([])
})

test('nor does the end of an executor', async () => {
  const rig = await launched(onExecutor('t1'), 'stall')
  rig.master.send({
    type: 'SHUTDOWN_EXECUTOR',
    shutdown_executor: { framework_id: { value: 'f2' }, executor_id: { value: 'e1' } },
  })
  await rig.clock.advance(100)
  expect(rig.agent.state.executors.size).toBe(0)
  expect(rig.commands.launches).toEqual([])
})

test('a restart while files are fetched drops the task', async () => {
  const rig = await launched(fetching('t1'), 'stall')
  await rig.restart()
  expect(rig.master.states('t1').at(-1)).toBe('LOST')
  expect(rig.commands.launches).toEqual([])
})

test('a URI that cannot be is TASK_ERROR at once', async () => {
  const rig = await launched(fetching('t1', [{ value: 'hdfs://h/b' }]))
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_ERROR',
    message: expect.stringMatching(/^CommandInfo.uris: 'hdfs:\/\/h\/b': hdfs:/) as string,
  })
})
