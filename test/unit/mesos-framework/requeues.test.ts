import { expect, test } from 'vitest'
import type { DockerEvent } from '../../../src/mesos/engine-endpoint.ts'
import { statusLabels } from '../../../src/mesos/engine-endpoint.ts'
import { object } from '../../../src/mesos-framework/inspect.ts'
import { tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig, observe } from '../../support/framework-rig.ts'

const cause = 'Container preempted by QoS correction: load_5min 9 above 8'

/** One agent that lends four cpus, and a running container that takes two of them. */
const lent = async (
  labels: Readonly<Record<string, string>>,
  { options = [], host = {} }: { options?: readonly string[]; host?: object } = {},
) => {
  const rig = new FrameworkRig(options)
  const agent = rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4')
  agent.endpoint.startedAt = () => new Date(rig.clock.now()).toISOString()
  await rig.open()
  const events: DockerEvent[] = []
  void (async () => {
    for await (const { event } of rig.framework.events(new AbortController().signal))
      events.push(event)
  })()
  const body = { Labels: labels, HostConfig: host }
  const id = await rig.created({ kinds: ['revocable'], name: 'batch', body })
  void rig.framework.start(view(rig, id), new AbortController().signal)
  await rig.run(100)
  /** The agent takes the container down and says so. */
  const taskOf = () => rig.framework.state.containers.get(id)?.task ?? ''
  const revoke = async (task = taskOf()) => {
    agent.endpoint.setState(id, 'exited', agent.endpoint.startedAt())
    rig.mesos.status(task, 'TASK_GONE', revocation)
    await rig.run(100)
  }
  const actions = () => events.map((event) => event['Action'])
  return { rig, agent, id, events, actions, revoke }
}

const revocation = {
  reason: 'REASON_CONTAINER_PREEMPTED',
  message: cause,
  labels: { labels: [{ key: statusLabels.exitCode, value: '137' }] },
} as const

const view = (rig: FrameworkRig, id: string) => {
  const found = rig.framework.find(id)
  if (found.kind !== 'found') throw new Error(`${id}: ${found.kind}`)
  return found.container
}

const launched = (rig: FrameworkRig) => rig.mesos.of('ACCEPT').flatMap(tasksOf)
const newest = (rig: FrameworkRig) => launched(rig).at(-1)?.task_id.value ?? ''
const requeue = { 'shoal.revocation': 'requeue' }

test('requeue: the same container runs again as a new task on its agent, after a second', async () => {
  const { rig, id, events, revoke } = await lent(requeue)
  const [first] = launched(rig)
  await revoke()
  expect(view(rig, id).requeue).toMatchObject({
    phase: 'backing-off',
    attempt: 1,
    max: 100,
    cause,
  })
  expect(launched(rig)).toHaveLength(1)
  await rig.run(1000)
  const [, second] = launched(rig)
  expect(second?.agent_id).toEqual(first?.agent_id)
  expect(second?.resources).toEqual(first?.resources)
  expect(second?.labels?.labels).toContainEqual({ key: 'io.shoal.container', value: id })
  expect(view(rig, id)).toMatchObject({
    requeue: undefined,
    inspect: { State: { Status: 'running' } },
  })
  expect(events).toContainEqual(
    expect.objectContaining({
      Type: 'container',
      Action: 'requeue',
      Actor: {
        ID: id,
        Attributes: expect.objectContaining({
          name: 'batch',
          attempt: '1',
          max: '100',
          backoff: '1s',
          cause,
        }),
      },
    }),
  )
})

test.each([
  { name: 'no label', labels: {} },
  { name: 'stop', labels: { 'shoal.revocation': 'stop' } },
  { name: 'a label that an image brought and nobody can read', labels: { 'shoal.revocation': '' } },
])('it stays down, and the revocation is acknowledged: $name', async ({ labels }) => {
  const { rig, id, revoke, actions } = await lent(labels)
  const acknowledged = rig.mesos.of('ACKNOWLEDGE').length
  await revoke()
  expect(rig.mesos.of('ACKNOWLEDGE').length).toBe(acknowledged + 1)
  await rig.run(600_000)
  expect(launched(rig)).toHaveLength(1)
  expect(view(rig, id).requeue).toBeUndefined()
  expect(actions()).not.toContain('requeue')
})

test('the back-off doubles up to five minutes; after .max runs it is given up', async () => {
  const { rig, id, events, revoke, actions } = await lent({
    ...requeue,
    'shoal.revocation.max': '11',
  })
  for (let attempt = 1; attempt <= 11; attempt++) {
    await revoke()
    while (view(rig, id).requeue !== undefined) await rig.run(1000)
  }
  await revoke()
  await rig.run(600_000)
  expect(launched(rig)).toHaveLength(12)
  expect(view(rig, id).requeue).toMatchObject({ phase: 'given-up', max: 11 })
  expect(actions().at(-1)).toBe('requeue-failed')
  const backoffs = events.flatMap((event) =>
    event['Action'] === 'requeue' ? [object(object(event['Actor'])['Attributes'])['backoff']] : [],
  )
  expect(backoffs.join(' ')).toBe('1s 2s 4s 8s 16s 32s 64s 128s 256s 300s 300s')
})

test('a run of five minutes begins the back-off anew, not the count', async () => {
  const { rig, id, revoke } = await lent(requeue)
  for (const _ of [1, 2, 3]) {
    await revoke()
    await rig.run(10_000)
  }
  await rig.run(295_000)
  await revoke()
  expect(view(rig, id).requeue).toMatchObject({ attempt: 4, phase: 'backing-off' })
  await rig.run(1000)
  expect(view(rig, id).requeue).toBeUndefined()
})

test('it waits for an offer of its agent for as long as it takes, and does not ask for offers that others could use', async () => {
  const { rig, id, revoke } = await lent(requeue, { options: ['mesos.tasktimeout=5s'] })
  await rig.created({ kinds: ['revocable'] })
  await revoke()
  await rig.created({ kinds: ['revocable'] })
  const revives = rig.mesos.of('REVIVE').length
  await rig.run(3_600_000)
  expect(view(rig, id).requeue).toMatchObject({ phase: 'waiting', attempt: 1 })
  expect(rig.mesos.of('REVIVE').length).toBe(revives)
  rig.mesos.status(launched(rig)[1]?.task_id.value ?? '', 'TASK_FINISHED')
  await rig.run(1000)
  expect(view(rig, id)).toMatchObject({
    requeue: undefined,
    inspect: { State: { Status: 'running' } },
  })
})

test('a user who stops it while it backs off, or waits, is obeyed', async () => {
  for (const waitMs of [0, 5000]) {
    const { rig, id, revoke } = await lent(requeue)
    await rig.created({ kinds: ['revocable'] })
    await revoke()
    await rig.created({ kinds: ['revocable'] })
    await rig.run(waitMs)
    expect(view(rig, id).requeue?.phase).toBe(waitMs === 0 ? 'backing-off' : 'waiting')
    expect(rig.framework.endRequeue(view(rig, id))).toBe(true)
    expect(rig.framework.endRequeue(view(rig, id))).toBe(false)
    rig.mesos.status(launched(rig)[1]?.task_id.value ?? '', 'TASK_FINISHED')
    await rig.run(600_000)
    expect(launched(rig)).toHaveLength(3)
    expect(view(rig, id).requeue).toBeUndefined()
    expect(rig.framework.summary().waiting).toBe(0)
  }
})

test('a user who stops it in the moment of its revocation is obeyed', async () => {
  const { rig, id, revoke } = await lent(requeue)
  expect(rig.framework.endRequeue(view(rig, id))).toBe(false)
  await revoke()
  await rig.run(600_000)
  expect(launched(rig)).toHaveLength(1)
})

test('a user who stops it while its launch is under way is obeyed', async () => {
  const { rig, id, agent, revoke } = await lent(requeue)
  rig.mesos.onLaunch = () => {}
  await revoke()
  await rig.run(1500)
  expect(launched(rig)).toHaveLength(2)
  expect(rig.framework.endRequeue(view(rig, id))).toBe(true)
  await rig.run(20_000)
  expect(rig.mesos.of('KILL').at(-1)?.kill?.task_id.value).toBe(newest(rig))
  expect(agent.endpoint.requests.filter((line) => line.endsWith('/start'))).toHaveLength(1)
  expect(view(rig, id).requeue).toBeUndefined()
})

test('the late word of a launch that was given up does not bring back a container that is gone', async () => {
  const { rig, id, agent, revoke } = await lent(requeue)
  const held: Parameters<typeof rig.mesos.created>[0][] = []
  rig.mesos.onLaunch = (task) => void held.push(task)
  await revoke()
  await rig.run(1500)
  rig.framework.endRequeue(view(rig, id))
  agent.endpoint.onChange = () => {}
  const container = agent.endpoint.containers.get(id)
  agent.endpoint.remove(id)
  await rig.run(100)
  rig.mesos.status(held[0]?.info.task_id.value ?? '', 'TASK_STARTING', {
    data: Buffer.from(JSON.stringify([container])),
  })
  await rig.run(100)
  expect(rig.framework.find(id)).toEqual({ kind: 'none' })
})

test('its user starts it at once, and the count begins anew', async () => {
  const { rig, id, revoke } = await lent({ ...requeue, 'shoal.revocation.max': '2' })
  await revoke()
  await rig.run(1100)
  await revoke()
  const start = observe(rig.framework.start(view(rig, id), new AbortController().signal))
  await rig.run(100)
  expect(start.value).toEqual({ kind: 'started' })
  await rig.run(60_000)
  expect(launched(rig)).toHaveLength(3)
  await revoke()
  expect(view(rig, id).requeue).toMatchObject({ attempt: 1, phase: 'backing-off' })
})

test('one that is removed is forgotten', async () => {
  const { rig, id, agent, revoke } = await lent(requeue)
  await rig.created({ kinds: ['revocable'] })
  await revoke()
  await rig.created({ kinds: ['revocable'] })
  await rig.run(5000)
  expect(rig.framework.summary().waiting).toBe(1)
  agent.endpoint.remove(id)
  await rig.run(100)
  expect(rig.framework.summary().waiting).toBe(0)
  expect(rig.framework.state.requeues.size).toBe(0)
})

test('a container that its user never started does not start because of a revocation', async () => {
  const { rig } = await lent({})
  const id = await rig.created({ kinds: ['revocable'], body: { Labels: requeue } })
  rig.mesos.status(newest(rig), 'TASK_GONE', { ...revocation, labels: undefined })
  await rig.run(600_000)
  expect(launched(rig)).toHaveLength(2)
  expect(view(rig, id).requeue).toBeUndefined()
})

test('the same revocation said again counts once', async () => {
  const { rig, id, revoke } = await lent(requeue)
  const task = newest(rig)
  await revoke(task)
  await revoke(task)
  expect(view(rig, id).requeue).toMatchObject({ attempt: 1 })
})

test('a start that the engine refuses is tried again and counts', async () => {
  const { rig, id, agent, revoke } = await lent({ ...requeue, 'shoal.revocation.max': '2' })
  agent.endpoint.refuseStart = () => 'no bridge'
  await revoke()
  await rig.run(1100)
  expect(view(rig, id).requeue).toMatchObject({ attempt: 2, cause: 'no bridge' })
  agent.endpoint.refuseStart = () => undefined
  await rig.run(2100)
  expect(view(rig, id).inspect['State']).toMatchObject({ Status: 'running' })
  expect(launched(rig)).toHaveLength(2)
})

test('a --rm container that is given up, or that its user stops, is removed', async () => {
  const end = async (act: (rig: Awaited<ReturnType<typeof lent>>) => Promise<unknown>) => {
    const made = await lent(
      { ...requeue, 'shoal.revocation.max': '1' },
      { host: { AutoRemove: true } },
    )
    await made.revoke()
    expect(made.agent.endpoint.containers.has(made.id)).toBe(true)
    await act(made)
    await made.rig.run(1000)
    expect(made.agent.endpoint.containers.has(made.id)).toBe(false)
  }
  await end(async ({ rig, id }) => rig.framework.endRequeue(view(rig, id)))
  await end(async ({ rig, revoke }) => {
    await rig.run(1100)
    await revoke()
  })
})

test('a restart of the frontend remembers what waits, and what its user has stopped', async () => {
  const { rig, id, revoke } = await lent(requeue)
  await revoke()
  await rig.restart()
  await rig.run(200)
  expect(view(rig, id).requeue).toMatchObject({ phase: 'backing-off', attempt: 1, cause })
  await rig.run(3000)
  expect(launched(rig)).toHaveLength(2)
  expect(view(rig, id).requeue).toBeUndefined()

  await revoke()
  expect(view(rig, id).requeue).toMatchObject({ attempt: 2 })
  rig.framework.endRequeue(view(rig, id))
  await rig.run(10)
  await rig.restart()
  await rig.run(600_000)
  expect(launched(rig)).toHaveLength(2)
})

test('a revocation while the frontend was down is acted on when the agent has shown the container', async () => {
  const { rig, agent, id } = await lent(requeue)
  const task = newest(rig)
  await rig.framework.close()
  agent.endpoint.setState(id, 'exited', agent.endpoint.startedAt())
  rig.mesos.status(task, 'TASK_GONE', revocation)
  await rig.restart()
  await rig.run(15_000)
  expect(launched(rig)).toHaveLength(2)
  expect(view(rig, id).inspect['State']).toMatchObject({ Status: 'running' })
})

test('a revocation is acknowledged when its requeue is on disk, not before', async () => {
  const { rig, agent, id } = await lent(requeue)
  const before = rig.mesos.of('ACKNOWLEDGE').length
  agent.endpoint.setState(id, 'exited', agent.endpoint.startedAt())
  const append = rig.log.append.bind(rig.log)
  let write: () => void = () => {}
  rig.log.append = (record) =>
    new Promise((resolve) => {
      write = () => void append(record).then(resolve)
    })
  rig.mesos.status(newest(rig), 'TASK_GONE', revocation)
  await rig.run(900)
  expect(rig.mesos.of('ACKNOWLEDGE')).toHaveLength(before)
  write()
  rig.log.append = append
  await rig.run(10)
  expect(rig.mesos.of('ACKNOWLEDGE')).toHaveLength(before + 1)
})
