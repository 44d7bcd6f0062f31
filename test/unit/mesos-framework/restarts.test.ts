import { expect, test } from 'vitest'
import { tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig, observe } from '../../support/framework-rig.ts'

const oneAgent = async (options: readonly string[] = []) => {
  const rig = new FrameworkRig(options)
  const agent = rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4')
  await rig.open()
  return { rig, agent }
}

const start = (rig: FrameworkRig, id: string, signal = new AbortController().signal) => {
  const found = rig.framework.find(id)
  if (found.kind !== 'found') throw new Error(`${id}: ${found.kind}`)
  return observe(rig.framework.start(found.container, signal))
}

const stateOf = (rig: FrameworkRig, id: string) => {
  const found = rig.framework.find(id)
  return found.kind === 'found' ? found.container.inspect['State'] : found.kind
}

const launched = (rig: FrameworkRig) => rig.mesos.of('ACCEPT').flatMap(tasksOf)

test('a created container is started on its engine, once; the next read shows it running', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const first = start(rig, id)
  const second = start(rig, id)
  await rig.run(100)
  expect(first.value).toEqual({ kind: 'started' })
  expect(second.value).toEqual({ kind: 'already-started' })
  expect(stateOf(rig, id)).toMatchObject({ Status: 'running' })
  expect(agent.endpoint.requests.filter((line) => line.startsWith('POST'))).toHaveLength(2)
  expect(launched(rig)).toHaveLength(1)
})

test('a container that has ended starts again as a new task on its agent, with what it held before', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created({ kinds: ['revocable'], name: 'web' })
  agent.endpoint.setState(id, 'exited', '2026-01-01T00:00:03Z')
  rig.mesos.status(launched(rig)[0]?.task_id.value ?? '', 'TASK_FINISHED')
  rig.addAgent('node2', 'cpus:4;mem:4096', 'cpus:4')
  await rig.run(100)
  expect(rig.framework.nodes()[0]?.held).toEqual([])
  const again = start(rig, id)
  await rig.run(100)
  expect(again.value).toEqual({ kind: 'started' })
  const [first, second] = launched(rig)
  expect(second?.agent_id).toEqual(first?.agent_id)
  expect(second?.resources).toEqual(first?.resources)
  expect(second?.task_id).not.toEqual(first?.task_id)
  expect(second?.labels?.labels).toContainEqual({ key: 'io.shoal.container', value: id })
  expect(second?.data).toBeUndefined()
  expect(rig.framework.nodes()[0]?.held).not.toEqual([])
})

test('a container that ended unseen is read again when its agent refuses, and gets its new task', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  start(rig, id)
  await rig.run(100)
  const tell = agent.endpoint.tell.bind(agent.endpoint)
  agent.endpoint.tell = () => {}
  agent.endpoint.setState(id, 'exited', '2026-01-01T00:00:03Z')
  agent.endpoint.tell = tell
  agent.endpoint.refuseStart = () =>
    launched(rig).length === 1 ? 'it needs a new task to start' : undefined
  const again = start(rig, id)
  await rig.run(100)
  expect(again.value).toEqual({ kind: 'started' })
  expect(launched(rig)).toHaveLength(2)
})

test('a container that cannot start again for lack of room says what is missing there', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created({ cpus: 3 })
  agent.endpoint.setState(id, 'exited', '2026-01-01T00:00:03Z')
  rig.mesos.status(launched(rig)[0]?.task_id.value ?? '', 'TASK_FINISHED')
  await rig.run(100)
  await rig.created({ cpus: 3 })
  rig.addAgent('node2', 'cpus:4;mem:4096')
  await rig.run(100)
  const again = start(rig, id)
  await rig.run(5001)
  expect(again.value).toEqual({
    kind: 'failed',
    message:
      'container failed to start after 5s: no resources available to schedule container\nnode1: cpus 3 wanted, 1 offered',
  })
})

test('a created container whose task was ended for not being started is launched anew by start (§6.8)', async () => {
  const { rig } = await oneAgent()
  const id = await rig.created()
  rig.mesos.status(launched(rig)[0]?.task_id.value ?? '', 'TASK_KILLED')
  await rig.run(100)
  const again = start(rig, id)
  await rig.run(100)
  expect(again.value).toEqual({ kind: 'started' })
  expect(launched(rig)).toHaveLength(2)
})

test('after a restart the containers are there before any offer arrives, and hold what they hold (D9, D10)', async () => {
  const { rig } = await oneAgent()
  const id = await rig.created()
  const held = rig.framework.nodes()[0]?.held
  const clusterId = rig.framework.summary().clusterId
  rig.network.crash('master:5050')
  await rig.restart()
  await rig.run(100)
  expect(rig.framework.offers()).toEqual([])
  expect(rig.framework.containers().map((one) => one.id)).toEqual([id])
  expect(rig.framework.nodes()[0]).toMatchObject({ status: 'Healthy', held })
  expect(rig.framework.summary()).toMatchObject({ clusterId, master: undefined })
  rig.network.listen('master:5050', rig.mesos.application)
  await rig.run(60_000)
  expect(rig.mesos.of('SUBSCRIBE').at(-1)).toMatchObject({
    framework_id: { value: 'M-0000' },
    subscribe: { framework_info: { id: { value: 'M-0000' }, failover_timeout: 604_800 } },
  })
})

test('a container that was started again is known by its later task after a restart', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  agent.endpoint.setState(id, 'exited', '2026-01-01T00:00:03Z')
  rig.mesos.status(launched(rig)[0]?.task_id.value ?? '', 'TASK_FINISHED')
  await rig.run(100)
  start(rig, id)
  await rig.run(100)
  const second = launched(rig)[1]?.task_id.value ?? ''
  await rig.restart()
  await rig.run(1000)
  expect([...rig.framework.state.tasks.keys()]).toEqual([second])
  expect(rig.framework.state.tasks.get(second as never)).toMatchObject({ isAnswered: true })
})

test('the framework id is durable before anything is launched; a log that cannot be written launches nothing (D10)', async () => {
  const rig = new FrameworkRig()
  rig.addAgent('node1', 'cpus:4;mem:4096')
  await rig.framework.open()
  rig.log.failure = new Error('ENOSPC: no space left on device')
  await rig.run(1000)
  const create = rig.create()
  await rig.run(100)
  expect(rig.mesos.of('ACCEPT')).toEqual([])
  expect(create.value).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('no space left on device'),
  })
})

test('a disk that runs full later costs nothing: what there is to remember is written when there is room', async () => {
  const { rig } = await oneAgent()
  await rig.created()
  rig.log.failure = new Error('ENOSPC: no space left on device')
  rig.addAgent('node2', 'cpus:4;mem:4096')
  await rig.run(10_000)
  const second = await rig.created()
  expect(rig.framework.summary().master).toBeDefined()
  rig.log.failure = undefined
  await rig.run(10_000)
  await rig.restart()
  await rig.run(1000)
  expect(rig.framework.nodes().map(({ hostname }) => hostname)).toEqual(['node1', 'node2'])
  expect(rig.framework.containers().map(({ id }) => id)).toContain(second)
})
