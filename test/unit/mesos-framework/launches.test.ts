import { expect, test } from 'vitest'
import { resourceTypeOf } from '../../support/fake-engine-endpoint.ts'
import { dataOf, tasksOf } from '../../support/fake-mesos.ts'
import { createRequest, FrameworkRig, observe } from '../../support/framework-rig.ts'

const oneAgent = async (options: readonly string[] = [], resources = 'cpus:4;mem:4096') => {
  const rig = new FrameworkRig(options)
  const agent = rig.addAgent('node1', `${resources};ports:[31000-31009]`)
  await rig.open()
  return { rig, agent }
}

const launched = (rig: FrameworkRig) => rig.mesos.of('ACCEPT').flatMap(tasksOf)
const taskIds = (rig: FrameworkRig) => launched(rig).map((info) => info.task_id.value)

test('STAGING, KILLING and a STARTING without data mean wait; the client gets the container that follows (D1)', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  const create = rig.create()
  await rig.run(100)
  const [id = ''] = taskIds(rig)
  rig.mesos.status(id, 'TASK_STAGING')
  rig.mesos.status(id, 'TASK_STARTING')
  await rig.run(5000)
  expect(create.value).toBeUndefined()
  const task = rig.mesos.tasks.get(id)
  if (task !== undefined) rig.mesos.created(task)
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created' })
})

test('what the engine could not do as asked comes with the container', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = (task) => {
    const container = task.agent.endpoint.create(dataOf(task.info), task.info.task_id.value)
    const label = { key: 'io.shoal.warnings', value: '["no swap limit"]' }
    rig.mesos.status(task.info.task_id.value, 'TASK_STARTING', {
      data: Buffer.from(JSON.stringify([container])),
      labels: { labels: [label] },
    })
  }
  const create = rig.create()
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created', warnings: ['no swap limit'] })
})

test('the agent’s own word that the container is made answers the client before any status; the status is no news then', async () => {
  const { rig, agent } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  const create = rig.create()
  await rig.run(100)
  const [id = ''] = taskIds(rig)
  const task = rig.mesos.tasks.get(id)
  if (task === undefined) throw new Error('not launched')
  const container = agent.endpoint.create(dataOf(task.info), id)
  await rig.run(100)
  expect(create.value).toBeUndefined() // Seen, but not said to be what its launch waits for.
  agent.endpoint.tell({ type: 'CONTAINER', container, warnings: ['no swap limit'] })
  await rig.run(100)
  const answer = { kind: 'created', id: container.Id, warnings: ['no swap limit'] }
  expect(create.value).toEqual(answer)
  rig.mesos.status(id, 'TASK_STARTING', { data: Buffer.from(JSON.stringify([container])) })
  await rig.run(100)
  expect(create.value).toEqual(answer)
  expect(rig.mesos.of('ACKNOWLEDGE')).toHaveLength(1)
  expect(rig.framework.containers()).toHaveLength(1)
})

test('a container that nobody waits for any more is removed, though its agent says that it is made (D14)', async () => {
  const { rig, agent } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  const client = new AbortController()
  const create = rig.create({}, client.signal)
  await rig.run(100)
  const [id = ''] = taskIds(rig)
  const task = rig.mesos.tasks.get(id)
  if (task === undefined) throw new Error('not launched')
  client.abort()
  await rig.run(100)
  const container = agent.endpoint.create(dataOf(task.info), id)
  agent.endpoint.tell({ type: 'CONTAINER', container, warnings: [] })
  await rig.run(100)
  expect(create.value).toEqual({ kind: 'cancelled' })
  expect(agent.endpoint.containers.size).toBe(0)
  expect(rig.framework.containers()).toHaveLength(0)
})

test('a second terminal update is acknowledged and changes nothing; what follows is handled (D8, D38)', async () => {
  const { rig } = await oneAgent()
  await rig.created()
  const [id = ''] = taskIds(rig)
  rig.mesos.status(id, 'TASK_FINISHED')
  rig.mesos.status(id, 'TASK_FINISHED')
  await rig.run(100)
  expect(rig.mesos.of('ACKNOWLEDGE')).toHaveLength(3)
  expect(rig.framework.state.tasks.size).toBe(0)
  expect(await rig.created()).toMatch(/^a+2$/)
})

test('statuses without uuid are not acknowledged (W14)', async () => {
  const { rig } = await oneAgent()
  await rig.created()
  const [id = ''] = taskIds(rig)
  rig.mesos.status(id, 'TASK_RUNNING', { uuid: undefined })
  await rig.run(100)
  expect(rig.mesos.of('ACKNOWLEDGE')).toHaveLength(1)
})

test('what waits at the same moment and fits one offer goes into one ACCEPT that refuses nothing (D4)', async () => {
  const { rig } = await oneAgent()
  const creates = [rig.create({ cpus: 1 }), rig.create({ cpus: 1 }), rig.create({ cpus: 1 })]
  await rig.run(100)
  expect(creates.map((create) => create.value?.kind)).toEqual(['created', 'created', 'created'])
  const accepts = rig.mesos.of('ACCEPT')
  expect(accepts).toHaveLength(1)
  expect(accepts[0]?.accept?.filters).toEqual({ refuse_seconds: 0 })
})

test('an ACCEPT names the offers it needs and no others (D31)', async () => {
  const rig = new FrameworkRig()
  rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4')
  await rig.open()
  expect(rig.framework.offers()).toHaveLength(2)
  await rig.created({ kinds: ['regular'] })
  expect(rig.mesos.of('ACCEPT')[0]?.accept?.offer_ids).toHaveLength(1)
  await rig.created({ kinds: ['revocable'] })
  expect(rig.mesos.of('ACCEPT')[1]?.accept?.offer_ids).toHaveLength(2)
})

test('a slow pull delays nobody else, and ends at the launch timeout with the phase it was in (D13)', async () => {
  const { rig } = await oneAgent(['mesos.launchtimeout=60s'])
  const follow = rig.mesos.onLaunch
  rig.mesos.onLaunch = ({ info }) =>
    rig.mesos.status(info.task_id.value, 'TASK_STAGING', { message: 'pulling busybox:latest' })
  const slow = rig.create({ name: 'slow', cpus: 1 })
  await rig.run(100)
  rig.mesos.onLaunch = follow
  const quick = rig.create({ name: 'quick', cpus: 1 })
  await rig.run(100)
  expect(quick.value).toMatchObject({ kind: 'created' })
  const late = rig.create({ cpus: 100 })
  await rig.run(5000)
  expect(late.value).toMatchObject({ kind: 'failed' })
  await rig.run(60_000)
  expect(slow.value).toEqual({
    kind: 'failed',
    message:
      'container failed to start after 1m0s on node1: pulling busybox:latest, no status for 59s',
  })
  expect(rig.mesos.of('KILL').map((call) => call.kill?.task_id.value)).toEqual([taskIds(rig)[0]])
  expect(rig.framework.reserveName('slow', 'somebody')).toEqual({ kind: 'taken' })
})

test('a launch that is waited for is reconciled every 10 s (docker-frontend §6.6)', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  rig.create()
  await rig.run(25_000)
  expect(rig.mesos.of('RECONCILE')).toHaveLength(2)
})

test('a client that leaves while it waits leaves nothing behind', async () => {
  const { rig } = await oneAgent()
  const client = new AbortController()
  const create = rig.create({ name: 'web', cpus: 100 }, client.signal)
  await rig.run(100)
  expect(rig.framework.summary().waiting).toBe(1)
  client.abort()
  await rig.run(100)
  expect(create.value).toEqual({ kind: 'cancelled' })
  expect(rig.framework.summary().waiting).toBe(0)
  expect(rig.framework.reserveName('web', 'somebody')).toEqual({ kind: 'taken' })
})

test('a container that is created after its client left is killed, removed, and never shown (D14)', async () => {
  const { rig, agent } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  const client = new AbortController()
  const create = rig.create({ name: 'web' }, client.signal)
  await rig.run(100)
  client.abort()
  const [id = ''] = taskIds(rig)
  const task = rig.mesos.tasks.get(id)
  if (task !== undefined) rig.mesos.created(task)
  await rig.run(100)
  expect(create.value).toEqual({ kind: 'cancelled' })
  expect(rig.mesos.of('KILL')).not.toHaveLength(0)
  expect(agent.endpoint.containers.size).toBe(0)
  expect(rig.framework.containers()).toEqual([])
  expect(rig.framework.state.tasks.size).toBe(0)
})

test('a launch whose offer was gone is tried once more, first in the queue, with the rest of its time', async () => {
  const { rig } = await oneAgent()
  const follow = rig.mesos.onLaunch
  rig.mesos.onLaunch = ({ info }) => {
    rig.mesos.onLaunch = follow
    rig.mesos.status(info.task_id.value, 'TASK_DROPPED', { reason: 'REASON_INVALID_OFFERS' })
  }
  const create = rig.create()
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created' })
  expect(new Set(taskIds(rig)).size).toBe(2)
})

test('a launch that is lost twice is the answer', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = ({ info }) =>
    rig.mesos.status(info.task_id.value, 'TASK_DROPPED', { message: 'Agent is draining' })
  const create = rig.create()
  await rig.run(100)
  const [, second] = taskIds(rig)
  expect(create.value).toEqual({
    kind: 'failed',
    message: `task ${second} TASK_DROPPED: Agent is draining`,
  })
})

test('what the engine says to a create is the answer, status and text, and nothing is tried again', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = ({ info }) =>
    rig.mesos.status(info.task_id.value, 'TASK_FAILED', {
      message: 'No such image: nosuch:latest',
      labels: { labels: [{ key: 'io.shoal.engine_status', value: '404' }] },
    })
  const create = rig.create({ name: 'web' })
  await rig.run(100)
  expect(create.value).toEqual({
    kind: 'engine',
    status: 404,
    message: 'No such image: nosuch:latest',
  })
  expect(launched(rig)).toHaveLength(1)
  expect(rig.framework.reserveName('web', 'somebody')).toEqual({ kind: 'taken' })
})

test('a name that a foreign container has on one agent is tried on the next', async () => {
  const { rig } = await oneAgent()
  rig.addAgent('node2', 'cpus:4;mem:4096')
  await rig.run(1000)
  const conflict = 'Conflict. The container name "/web" is already in use by container "f".'
  const follow = rig.mesos.onLaunch
  rig.mesos.onLaunch = ({ info }) => {
    rig.mesos.onLaunch = follow
    rig.mesos.status(info.task_id.value, 'TASK_FAILED', {
      message: conflict,
      labels: { labels: [{ key: 'io.shoal.engine_status', value: '409' }] },
    })
  }
  const create = rig.create({ name: 'web' })
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created' })
  const agents = launched(rig).map((info) => info.agent_id.value)
  expect(new Set(agents).size).toBe(2)
})

test('two concurrent creates of one name: one has it, the other hears who (D34)', async () => {
  const { rig } = await oneAgent()
  rig.mesos.onLaunch = () => {}
  const first = rig.create({ name: 'web' })
  const second = rig.create({ name: 'web' })
  await rig.run(100)
  expect(second.value).toEqual({ kind: 'name-in-use', name: 'web', holder: undefined })
  const task = rig.mesos.tasks.get(taskIds(rig)[0] ?? '')
  if (task !== undefined) rig.mesos.created(task)
  await rig.run(100)
  expect(first.value).toMatchObject({ kind: 'created' })
  const third = rig.create({ name: 'web' })
  await rig.run(100)
  const id = first.value?.kind === 'created' ? first.value.id : ''
  expect(third.value).toEqual({ kind: 'name-in-use', name: 'web', holder: id })
})

test('a create without a name gets a free adjective_surname, and the label says that none was asked', async () => {
  const { rig } = await oneAgent()
  await rig.created()
  const [info] = launched(rig)
  expect(info?.name).toMatch(/^[a-z]+_[a-z]+$/)
  expect(info?.task_id.value).toMatch(/^[0-9a-f]{12}$/)
  expect(info === undefined ? {} : dataOf(info).body['Labels']).toMatchObject({
    'com.docker.swarm.mesos.name': '',
  })
})

test('none blocks another: a small request behind a big one is placed, the big one when its offer comes (D35)', async () => {
  const { rig } = await oneAgent(['mesos.tasktimeout=30s'])
  const big = rig.create({ cpus: 8 })
  const small = rig.create({ cpus: 1 })
  await rig.run(100)
  expect(small.value).toMatchObject({ kind: 'created' })
  rig.addAgent('node2', 'cpus:8;mem:4096')
  await rig.run(100)
  expect(big.value).toMatchObject({ kind: 'created' })
})

const revocableGone = async () => {
  const rig = new FrameworkRig()
  rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4')
  await rig.open()
  const revocable = rig.framework.offers().find((offer) => offer.resources[0]?.revocable)
  rig.mesos.rescind(revocable?.id ?? '')
  await rig.run(100)
  return { rig, create: rig.create({ kinds: ['revocable', 'regular'] }) }
}

const kindOf = (rig: FrameworkRig) =>
  rig.framework.containers().map((one) => resourceTypeOf(one.inspect))

test('~revocable waits a moment for a revocable offer that may come, then takes a regular one (D28)', async () => {
  const { rig, create } = await revocableGone()
  await rig.run(900)
  expect(create.value).toBeUndefined()
  await rig.run(200)
  expect(create.value).toMatchObject({ kind: 'created' })
  expect(kindOf(rig)).toEqual(['Regular'])
})

test('~revocable takes the revocable offer that comes within the moment (D28)', async () => {
  const { rig, create } = await revocableGone()
  await rig.run(500)
  rig.mesos.offer()
  await rig.run(100)
  expect(create.value).toMatchObject({ kind: 'created' })
  expect(kindOf(rig)).toEqual(['Revocable'])
})

test('~revocable waits for nothing where every agent has offered what it has (docker-frontend §8.3)', async () => {
  const { rig } = await oneAgent()
  await rig.created({ kinds: ['revocable', 'regular'] })
  expect(kindOf(rig)).toEqual(['Regular'])
})

test('a request that has to wait asks for declined offers at once (D36)', async () => {
  const { rig } = await oneAgent(['mesos.offerrefusetimeout=1h'])
  await rig.run(30_000)
  expect(rig.mesos.of('DECLINE')).toHaveLength(1)
  expect(rig.framework.offers()).toEqual([])
  const create = rig.create()
  await rig.run(100)
  expect(rig.mesos.of('REVIVE')).toHaveLength(1)
  expect(create.value).toMatchObject({ kind: 'created' })
})

test('more than the bound of waiting requests: busy, at once', async () => {
  const { rig } = await oneAgent()
  const many = Array.from({ length: 10_001 }, () =>
    observe(rig.framework.create(createRequest({ cpus: 100 }), new AbortController().signal)),
  )
  await rig.run(10)
  expect(many.at(-1)?.value).toMatchObject({ kind: 'busy' })
  expect(many.at(-2)?.value).toBeUndefined()
})

test('ports without a number are drawn from the offer and written into the create body', async () => {
  const { rig } = await oneAgent()
  const published = [
    { hostIp: '', hostPort: 0, containerPort: 80, protocol: 'tcp' },
    { hostIp: '', hostPort: 31_000, containerPort: 81, protocol: 'tcp' },
    { hostIp: '', hostPort: 8080, containerPort: 82, protocol: 'tcp' },
  ] as const
  await rig.created({ placement: { publishedPorts: published } })
  const [info] = launched(rig)
  expect(info === undefined ? {} : dataOf(info).body['HostConfig']).toEqual({
    PortBindings: {
      '80/tcp': [{ HostIp: '', HostPort: '31001' }],
      '81/tcp': [{ HostIp: '', HostPort: '31000' }],
      '82/tcp': [{ HostIp: '', HostPort: '8080' }],
    },
  })
  expect(info?.resources?.find(({ name }) => name === 'ports')?.ranges).toEqual({
    range: [{ begin: 31_000, end: 31_001 }],
  })
})

test('cpu-shares beyond the largest node: the time-out says what they count', async () => {
  const { rig } = await oneAgent()
  const create = rig.create({ cpus: 512, body: { HostConfig: { CpuShares: 512 } } })
  await rig.run(5001)
  expect(create.value).toMatchObject({
    message: expect.stringContaining(
      'cpu-shares counts whole CPUs here; 512 wanted, the largest node has 4; use --cpus',
    ),
  })
})
