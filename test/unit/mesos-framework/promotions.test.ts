import { expect, test } from 'vitest'
import type { DockerEvent, Inspect } from '../../../src/mesos/engine-endpoint.ts'
import { statusLabels } from '../../../src/mesos/engine-endpoint.ts'
import { object } from '../../../src/mesos-framework/inspect.ts'
import { promotionJob } from '../../../src/mesos-framework/promotions.ts'
import { tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig } from '../../support/framework-rig.ts'

const revocation = {
  reason: 'REASON_CONTAINER_PREEMPTED',
  message: 'Container preempted by QoS correction: load_5min 9 above 8',
  labels: { labels: [{ key: statusLabels.exitCode, value: '137' }] },
} as const

/** A running container on lent resources of the one agent, whose revocations promote it. */
const lent = async (labels: Readonly<Record<string, string>> = {}) => {
  const rig = new FrameworkRig()
  const agent = rig.addAgent('node1', 'cpus:4;mem:4096', 'cpus:4;mem:4096')
  agent.endpoint.startedAt = () => new Date(rig.clock.now()).toISOString()
  /** Ids in the order of their starts. */
  const starts: string[] = []
  const { onChange } = agent.endpoint
  agent.endpoint.onChange = (change, container) => {
    if (change === 'started') starts.push(container.Id)
    onChange(change, container)
  }
  await rig.open()
  const events: DockerEvent[] = []
  void (async () => {
    for await (const { event } of rig.framework.events(new AbortController().signal))
      events.push(event)
  })()
  const body = { Labels: { 'shoal.revocation': 'promote', ...labels } }
  const id = await rig.created({ kinds: ['revocable'], name: 'batch', body })
  void rig.framework.start(view(rig, id), new AbortController().signal)
  await rig.run(100)
  const revoke = async () => {
    agent.endpoint.setState(id, 'exited', agent.endpoint.startedAt())
    rig.mesos.status(rig.framework.state.containers.get(id)?.task ?? '', 'TASK_GONE', revocation)
    await rig.run(100)
  }
  return { rig, agent, id, starts, events, revoke }
}

/** The same, and all regular resources are taken. */
const busy = async () => {
  const it = await lent()
  const own = await it.rig.created({ kinds: ['regular'], name: 'own', cpus: 4 })
  const free = () => {
    it.rig.mesos.status(it.rig.framework.state.containers.get(own)?.task ?? '', 'TASK_FINISHED')
    it.agent.endpoint.remove(own)
  }
  return { ...it, own, free }
}

const view = (rig: FrameworkRig, id: string) => {
  const found = rig.framework.find(id)
  if (found.kind !== 'found') throw new Error(`${id}: ${found.kind}`)
  return found.container
}

const launched = (rig: FrameworkRig) => rig.mesos.of('ACCEPT').flatMap(tasksOf)

const isRevocable = (rig: FrameworkRig, at: number) =>
  launched(rig)
    .at(at)
    ?.resources?.some(({ revocable }) => revocable !== undefined)

/** One container is left, under the name, running, once started, and the old id leads to it. */
const expectPromoted = ({ rig, agent, id, starts }: Awaited<ReturnType<typeof lent>>, at = '') => {
  const all = [...agent.endpoint.containers.values()]
  expect(
    all.map(({ Name }) => Name),
    at,
  ).toEqual(['/batch'])
  const [only] = all
  expect(only?.Id, at).not.toBe(id)
  expect(object(only?.['State'])['Status'], at).toBe('running')
  expect(view(rig, id).id, at).toBe(only?.Id)
  expect(view(rig, id.slice(0, 12)).name, at).toBe('batch')
  expect(
    starts.filter((one) => one === only?.Id),
    at,
  ).toHaveLength(1)
  return only as Inspect
}

test('promote: after its revocation another container on regular resources takes its place, name and id', async () => {
  const it = await lent()
  await it.revoke()
  expect(view(it.rig, it.id).requeue).toMatchObject({ phase: 'backing-off', on: 'regular', max: 1 })
  await it.rig.run(2000)
  const only = expectPromoted(it)
  expect(object(object(only['Config'])['Labels'])).toMatchObject({
    'io.shoal.promoted-from': it.id,
    'com.docker.swarm.mesos.resourceType': 'Regular',
    'com.docker.swarm.mesos.name': 'batch',
  })
  expect([isRevocable(it.rig, 0), isRevocable(it.rig, 1)]).toEqual([true, false])
  expect(launched(it.rig)).toHaveLength(2)
  const told = it.events.filter(({ Action }) => Action === 'requeue' || Action === 'promote')
  expect(told).toMatchObject([
    { Action: 'requeue', Actor: { ID: it.id, Attributes: { resources: 'regular' } } },
    { Action: 'promote', Actor: { ID: only.Id, Attributes: { from: it.id, name: 'batch' } } },
  ])
})

test('.max says which revocation is the last one on lent resources', async () => {
  const it = await lent({ 'shoal.revocation.max': '3' })
  for (let run = 1; run < 3; run += 1) {
    await it.revoke()
    await it.rig.run(10_000)
    expect(object(view(it.rig, it.id).inspect['State'])['Status']).toBe('running')
    expect(view(it.rig, it.id).id).toBe(it.id)
  }
  await it.revoke()
  await it.rig.run(20_000)
  expectPromoted(it)
})

test('without regular resources it waits, as long as it takes, and says so; when they come it runs', async () => {
  const it = await busy()
  await it.revoke()
  await it.rig.run(600_000)
  expect(view(it.rig, it.id).requeue).toMatchObject({ phase: 'waiting', on: 'regular' })
  expect(view(it.rig, it.id).id).toBe(it.id)
  it.free()
  await it.rig.run(2000)
  expectPromoted(it)
})

test('its user may end it while it waits: nothing is launched, it stays where it is', async () => {
  const it = await busy()
  await it.revoke()
  await it.rig.run(5000)
  expect(it.rig.framework.endRequeue(view(it.rig, it.id))).toBe(true)
  it.free()
  await it.rig.run(5000)
  expect([...it.agent.endpoint.containers.keys()]).toEqual([it.id])
  expect(launched(it.rig)).toHaveLength(2)
})

test('a death of the process at any moment leaves one container, started once, under its name', async () => {
  for (let afterMs = 0; afterMs < 120; afterMs += 3) {
    const it = await lent()
    await it.revoke()
    await it.rig.run(880 + afterMs)
    await it.rig.restart()
    await it.rig.run(30_000)
    expectPromoted(it, `after ${afterMs} ms`)
  }
})

test('a start that the engine refuses takes the new container away, and is tried again', async () => {
  const it = await lent()
  let refusals = 2
  it.agent.endpoint.refuseStart = () => (refusals-- > 0 ? 'port is in use' : undefined)
  await it.revoke()
  await it.rig.run(60_000)
  expectPromoted(it)
})

test('the new container is made as the old one was, without what its engine made up', () => {
  const id = 'ab'.repeat(32)
  const volume = 'cd'.repeat(32)
  const { request } = promotionJob({
    agent: 'a1' as never,
    hostname: 'node1',
    id,
    name: 'batch',
    createdSeconds: 0,
    unreachableSinceMs: undefined,
    requeue: undefined,
    inspect: {
      Id: id,
      Name: '/batch',
      Config: { Hostname: id.slice(0, 12), Image: 'busybox', Cmd: ['work'], Labels: {} },
      HostConfig: {
        NetworkMode: 'front',
        Binds: ['/srv:/srv'],
        Memory: 0,
        MemorySwap: 128,
        MaskedPaths: ['/proc/kcore'],
        ReadonlyPaths: [],
      },
      Mounts: [
        { Type: 'volume', Name: volume, Destination: '/data', RW: true },
        { Type: 'volume', Name: 'own', Destination: '/own', RW: true },
      ],
      NetworkSettings: {
        Networks: { front: { Aliases: ['web', id.slice(0, 12)], IPAddress: '10.0.0.2' } },
      },
    },
  })
  expect(request.name).toBe('batch.promoting')
  expect(request.body).toEqual({
    Image: 'busybox',
    Cmd: ['work'],
    Labels: {},
    HostConfig: {
      NetworkMode: 'front',
      Memory: 0,
      ReadonlyPaths: [],
      Binds: ['/srv:/srv', `${volume}:/data`],
    },
    NetworkingConfig: {
      EndpointsConfig: {
        front: { IPAMConfig: null, Links: null, Aliases: ['web'], DriverOpts: null },
      },
    },
  })
  expect(request.placement).toMatchObject({ kinds: ['regular'], pinnedTo: 'a1' })
})
