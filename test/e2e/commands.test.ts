import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { toWire } from '../../src/mesos/resources.ts'
import type {
  ExecutorInfo,
  FrameworkInfo,
  OfferOperation,
  TaskInfo,
  TaskStatus,
} from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { SchedulerClient } from '../support/scheduler-client.ts'

const resources = (text: string) => toWire(parseResources(text).resources, { format: 'stacks' })
const args = [
  '--agents',
  '1',
  '--resources',
  'cpus:4;mem:1024;disk:1000',
  '--cluster-opt',
  'mesos.offertimeout=200ms',
]

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({ engine: inject('engineHost'), args })
})
afterAll(() => cluster.dispose())

/** A framework that acknowledges what it hears. */
class Framework {
  readonly client: SchedulerClient
  readonly info: FrameworkInfo
  agentId = ''
  #acknowledged = 0

  constructor(info: Partial<FrameworkInfo> = {}) {
    this.info = { user: 'root', name: 'commands', ...info }
    this.client = new SchedulerClient(cluster.ready.master, 'application/json')
  }

  async subscribe(): Promise<this> {
    await this.client.subscribe(this.info)
    return this
  }

  async launch(operation: (agent: { value: string }) => OfferOperation): Promise<void> {
    const known = this.client.events.length
    const { offers } = await this.client.next(
      (event) => this.client.events.indexOf(event) >= known - 1 && event.type === 'OFFERS',
    )
    const [offer] = offers?.offers ?? []
    if (offer === undefined) throw new Error('an event of offers without offer')
    this.agentId = offer.agent_id.value
    await this.client.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer.id],
        operations: [operation(offer.agent_id)],
        filters: { refuse_seconds: 0 },
      },
    })
  }

  /** The first status of the task in that state; all until then are acknowledged. */
  async status(task: string, state: TaskStatus['state']): Promise<TaskStatus> {
    for (;;) {
      const statuses = this.client.events.flatMap(({ update }) => update?.status ?? [])
      for (const { task_id, agent_id, uuid } of statuses.slice(this.#acknowledged))
        if (uuid !== undefined && agent_id !== undefined)
          await this.client.call({ type: 'ACKNOWLEDGE', acknowledge: { task_id, agent_id, uuid } })
      this.#acknowledged = statuses.length
      const found = statuses.find((one) => one.task_id.value === task && one.state === state)
      if (found !== undefined) return found
      await this.client.next(
        (event) =>
          event.type === 'UPDATE' &&
          this.client.events.filter(({ type }) => type === 'UPDATE').indexOf(event) >=
            this.#acknowledged,
      )
    }
  }

  states(task: string): readonly string[] {
    const all = this.client.events.flatMap(({ update }) =>
      update?.status.task_id.value === task ? [update.status.state] : [],
    )
    return [...new Set(all)]
  }

  async end(): Promise<void> {
    await this.client.call({ type: 'TEARDOWN' })
    this.client.close()
  }
}

const command = (id: string, value: string, more: Partial<TaskInfo> = {}) => {
  return (agent_id: { value: string }): TaskInfo => ({
    name: id,
    task_id: { value: id },
    agent_id,
    resources: resources('cpus:0.1;mem:32'),
    command: { value },
    ...more,
  })
}

const launchOf =
  (...tasks: ReturnType<typeof command>[]) =>
  (agent: { value: string }): OfferOperation => ({
    type: 'LAUNCH',
    launch: { task_infos: tasks.map((task) => task(agent)) },
  })

const sandboxOf = (framework: Framework, { executor_id, container_status }: TaskStatus) =>
  join(
    cluster.workDir,
    'node1/slaves',
    framework.agentId,
    'frameworks',
    framework.client.frameworkId?.value ?? '',
    'executors',
    executor_id?.value ?? '',
    'runs',
    container_status?.container_id?.value ?? '',
  )

const appears = (folder: string, wanted: RegExp) =>
  new Promise<void>((resolve) => {
    const watcher = watch(folder, (_, name) => {
      if (name === null || !wanted.test(name)) return
      watcher.close()
      resolve()
    })
  })

test('commands of a foreign framework: output in the sandbox, exit status, and the bound of memory', async () => {
  const framework = await new Framework().subscribe()
  await framework.launch(
    launchOf(
      command('hello', 'echo "$MESOS_TASK_ID in $PWD"; exit 3'),
      command('hungry', 'tail /dev/zero', { resources: resources('cpus:0.1;mem:40') }),
    ),
  )
  const failed = await framework.status('hello', 'TASK_FAILED')
  expect(failed.message).toBe('Command exited with status 3')
  expect(framework.states('hello')).toEqual(['TASK_STARTING', 'TASK_RUNNING', 'TASK_FAILED'])
  const sandbox = sandboxOf(framework, failed)
  expect(readFileSync(join(sandbox, 'stdout'), 'utf8')).toBe(`hello in ${sandbox}\n`)
  expect(await framework.status('hungry', 'TASK_FAILED')).toMatchObject({
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: 'Memory limit exceeded: Requested: 40MB Maximum Used: 40MB',
  })
  await framework.end()
})

test.each([
  { name: 'written after the public documentation', file: 'executor.cjs' },
  { name: 'of the npm package mesos-framework', file: 'mesos-framework-executor.cjs' },
])(
  'two tasks on one executor, $name; a message there and back; SHUTDOWN is a FAILURE that tells',
  async ({ file }) => {
    const framework = await new Framework().subscribe()
    const script = fileURLToPath(new URL(`clients/${file}`, import.meta.url))
    const executor: ExecutorInfo = {
      executor_id: { value: 'ex:1' },
      command: { shell: false, value: process.execPath, arguments: ['node', script] },
      resources: resources('cpus:0.1;mem:128'),
    }
    const onExecutor = (id: string, data: string) => (agent_id: { value: string }) => {
      const { command: _, ...task } = command(id, '')(agent_id)
      return { ...task, executor, data: Buffer.from(data) }
    }
    await framework.launch(launchOf(onExecutor('short', 'short'), onExecutor('long', 'long')))
    await framework.status('short', 'TASK_FINISHED')
    await framework.status('long', 'TASK_RUNNING')
    const to = { agent_id: { value: framework.agentId }, executor_id: executor.executor_id }
    await framework.client.call({
      type: 'MESSAGE',
      message: { ...to, data: Buffer.from('hello') },
    })
    const { message } = await framework.client.next(({ type }) => type === 'MESSAGE')
    expect(Buffer.from(message?.data ?? []).toString()).toBe('HELLO')
    await framework.client.call({ type: 'KILL', kill: { task_id: { value: 'long' } } })
    await framework.status('long', 'TASK_KILLED')
    await framework.client.call({ type: 'SHUTDOWN', shutdown: to })
    const { failure } = await framework.client.next(
      (event) => event.failure?.executor_id?.value === 'ex:1',
    )
    expect(failure?.status).toBe(0)
    await framework.end()
  },
)

test('a task group: one that fails takes the other with it', async () => {
  const framework = await new Framework().subscribe()
  await framework.launch((agent) => ({
    type: 'LAUNCH_GROUP',
    launch_group: {
      executor: {
        type: 'DEFAULT',
        executor_id: { value: 'group' },
        framework_id: framework.client.frameworkId,
        resources: resources('cpus:0.1;mem:32;disk:10'),
      },
      task_group: {
        tasks: [command('a', 'exit 4')(agent), command('b', 'exec sleep 1000')(agent)],
      },
    },
  }))
  await framework.status('a', 'TASK_FAILED')
  expect((await framework.status('b', 'TASK_KILLED')).executor_id).toEqual({ value: 'group' })
  await framework.end()
})

test('a command outlives its agent; one that ended meanwhile is told with its exit status', async () => {
  const info = { failover_timeout: 1000, checkpoint: true }
  const first = await new Framework(info).subscribe()
  const waits = (code: number) => `while [ ! -e go ]; do sleep 0.02; done; exit ${code}`
  await first.launch(launchOf(command('meanwhile', waits(7)), command('later', waits(8))))
  const sandboxes = await Promise.all(
    ['meanwhile', 'later'].map(async (task) =>
      sandboxOf(first, await first.status(task, 'TASK_RUNNING')),
    ),
  )
  const [meanwhile = '', later = ''] = sandboxes
  const id = first.client.frameworkId
  first.client.close()
  await cluster.stop()

  const containers = join(cluster.workDir, 'node1/containers')
  const container = meanwhile.split('/').at(-1) ?? ''
  const ended = appears(containers, new RegExp(`^${container}\\.exit\\.status$`))
  writeFileSync(join(meanwhile, 'go'), '')
  await ended
  const { workDir } = cluster
  cluster = await startCluster({ engine: inject('engineHost'), workDir, args })
  const again = await new Framework({ ...info, id }).subscribe()
  expect((await again.status('meanwhile', 'TASK_FAILED')).message).toBe(
    'Command exited with status 7',
  )
  writeFileSync(join(later, 'go'), '')
  expect((await again.status('later', 'TASK_FAILED')).message).toBe('Command exited with status 8')
  expect(existsSync(join(containers, `${container}.exit.status`))).toBe(false)
  await again.end()
})
