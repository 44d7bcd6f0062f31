import { describe, expect, test } from 'vitest'
import type { DockerEvent, Inspect } from '../../../src/mesos/engine-endpoint.ts'
import { statusLabels } from '../../../src/mesos/engine-endpoint.ts'
import { object } from '../../../src/mesos-framework/inspect.ts'
import { promotionJob } from '../../../src/mesos-framework/promotions.ts'
import { dataOf, tasksOf } from '../../support/fake-mesos.ts'
import { FrameworkRig, observe } from '../../support/framework-rig.ts'

const revocation = {
  reason: 'REASON_CONTAINER_PREEMPTED',
  message: 'Container preempted by QoS correction: load_5min 9 above 8',
  labels: { labels: [{ key: statusLabels.exitCode, value: '137' }] },
} as const

/** A running container on lent resources of the one agent, whose revocations promote it. */
const lent = async (
  labels: Readonly<Record<string, string>> = {},
  { rig = new FrameworkRig(), HostConfig = {} } = {},
) => {
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
  const body = { Labels: { 'shoal.revocation': 'promote', ...labels }, HostConfig }
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
    {
      Action: 'promote',
      Actor: {
        ID: only.Id,
        Attributes: {
          from: it.id,
          to: only.Id,
          revocations: '1',
          name: 'batch',
          image: 'busybox',
          'shoal.revocation': 'promote',
        },
      },
    },
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
  expect(view(it.rig, it.id).requeue).toMatchObject({
    phase: 'waiting',
    on: 'regular',
    lacks: expect.stringMatching(/cpus.* 2 wanted/),
  })
  expect(view(it.rig, it.id).id).toBe(it.id)
  expect(it.events.filter(({ Action }) => Action === 'promote-waiting')).toMatchObject([
    {
      Actor: {
        ID: it.id,
        Attributes: {
          name: 'batch',
          lacks: expect.stringMatching(/cpus.* 2 wanted/),
          revocations: '1',
        },
      },
    },
  ])
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

test('a launch that outlives the process is found, though its name kept the next try out', async () => {
  const it = await lent()
  it.rig.addAgent('node2', 'cpus:4;mem:4096')
  const held: Parameters<typeof it.rig.mesos.created>[0][] = []
  it.rig.mesos.onLaunch = (task) => void held.push(task)
  await it.revoke()
  await it.rig.run(2000)
  expect(held).toHaveLength(1)
  await it.rig.restart()
  await it.rig.run(10_000)
  expect(held).toHaveLength(2)
  const [first, second] = held
  it.rig.mesos.onLaunch = (task) => it.rig.mesos.created(task)
  if (first !== undefined) it.rig.mesos.created(first)
  it.rig.mesos.status(second?.info.task_id.value ?? '', 'TASK_FAILED', {
    message: 'the name "/batch.promoting" is already in use by container "f"',
    labels: { labels: [{ key: statusLabels.engineStatus, value: '409' }] },
  })
  await it.rig.run(10_000)
  expectPromoted(it)
})

test.each(['stops it', 'starts it'] as const)(
  'its user %s while the new container is being started: that goes again',
  async (act) => {
    const it = await lent()
    it.agent.endpoint.refuseStart = ({ Id }) => {
      if (Id === it.id) return undefined
      it.agent.endpoint.refuseStart = () => undefined
      if (act === 'stops it') it.rig.framework.endRequeue(view(it.rig, it.id))
      else void it.rig.framework.start(view(it.rig, it.id), new AbortController().signal)
      return undefined
    }
    await it.revoke()
    await it.rig.run(10_000)
    const [only, ...more] = it.agent.endpoint.containers.values()
    expect(more).toEqual([])
    expect(only).toMatchObject({ Id: it.id, Name: '/batch' })
    expect(object(only?.['State'])['Status']).toBe(act === 'stops it' ? 'exited' : 'running')
  },
)

test('one that its user wanted down while the process was dead goes at the next start', async () => {
  const it = await lent()
  let make = () => {}
  it.rig.mesos.onLaunch = ({ info }) => {
    make = () => void it.agent.endpoint.create(dataOf(info), info.task_id.value)
  }
  await it.revoke()
  await it.rig.run(2000)
  it.rig.framework.endRequeue(view(it.rig, it.id))
  await it.rig.run(10)
  await it.rig.framework.close()
  make()
  expect(it.agent.endpoint.containers.size).toBe(2)
  await it.rig.restart()
  await it.rig.run(1000)
  expect([...it.agent.endpoint.containers.keys()]).toEqual([it.id])
})

test('an image that was committed of a promoted container leads nobody to another one', async () => {
  const it = await lent()
  await it.revoke()
  await it.rig.run(2000)
  const only = expectPromoted(it)
  const Labels = object(object(only['Config'])['Labels'])
  await it.rig.created({ kinds: ['regular'], name: 'copy', body: { Labels } })
  it.agent.endpoint.remove(only.Id)
  await it.rig.run(100)
  expect(it.rig.framework.find(it.id)).toEqual({ kind: 'none' })
})

test.each(['DELETE', '/rename'])(
  'while the name changes hands nobody else gets it: %s takes its time',
  async (slow) => {
    const it = await lent()
    let proceed = () => {}
    const { application } = it.agent.endpoint
    it.rig.network.listen(`${it.agent.ip}:5051`, (request, exchange) => {
      if (request.method !== slow && !request.path.includes(slow))
        return application(request, exchange)
      if (slow === 'DELETE') it.agent.endpoint.remove(it.id)
      proceed = () => (slow === 'DELETE' ? exchange.reply(204, {}) : application(request, exchange))
    })
    await it.revoke()
    await it.rig.run(2000)
    expect(view(it.rig, 'batch').name).toBe('batch.promoting')
    const other = it.rig.create({ name: 'batch' })
    await it.rig.run(100)
    expect(other.value).toMatchObject({ kind: 'name-in-use' })
    proceed()
    await it.rig.run(100)
    expectPromoted(it)
  },
)

test('a name that an engine refuses is asked for again', async () => {
  const it = await lent()
  const { application } = it.agent.endpoint
  let refusals = 2
  it.rig.network.listen(`${it.agent.ip}:5051`, (request, exchange) => {
    if (!request.path.includes('/rename') || refusals-- <= 0) return application(request, exchange)
    exchange.reply(500, {}, JSON.stringify({ message: 'busy' }))
  })
  await it.revoke()
  await it.rig.run(20_000)
  expectPromoted(it)
  expect(it.events.filter(({ Action }) => Action === 'promote')).toHaveLength(1)
})

test('its own published ports do not stand in its way, though a restart policy keeps them', async () => {
  const rig = new FrameworkRig()
  const HostConfig = {
    RestartPolicy: { Name: 'always' },
    PortBindings: { '80/tcp': [{ HostPort: '8080' }] },
  }
  const it = await lent({}, { rig, HostConfig })
  await it.revoke()
  await it.rig.run(2000)
  expectPromoted(it)
})

describe('who waits for the end of a container', () => {
  const end = (it: Awaited<ReturnType<typeof lent>>, id = it.id) =>
    observe<string | undefined>(
      it.rig.framework
        .nextRun(view(it.rig, id), new AbortController().signal)
        .then((next) => next?.id),
    )
  const settled = (found: { value: string | undefined }) => found.value

  test('is told that it goes on as another one, once that runs', async () => {
    const it = await busy()
    await it.revoke()
    const next = end(it)
    await it.rig.run(60_000)
    expect(settled(next)).toBeUndefined()
    it.free()
    await it.rig.run(2000)
    expect(settled(next)).toBe(expectPromoted(it).Id)
    await it.rig.run(100)
  })

  test('waits from the moment of the kill on, before the status of the task has come', async () => {
    const it = await lent()
    it.agent.endpoint.setState(it.id, 'exited', it.agent.endpoint.startedAt())
    it.agent.endpoint.setError(it.id, revocation.message)
    await it.rig.run(10)
    const next = end(it)
    await it.revoke()
    await it.rig.run(5000)
    expect(settled(next)).toBe(expectPromoted(it).Id)
  })

  test('is told that it runs again where its last revocation is yet to come', async () => {
    const it = await lent({ 'shoal.revocation.max': '2' })
    await it.revoke()
    const next = end(it)
    await it.rig.run(5000)
    expect(settled(next)).toBe(it.id)
  })

  test.each([
    {
      name: 'its user wants it down',
      act: (it: Awaited<ReturnType<typeof lent>>) =>
        it.rig.framework.endRequeue(view(it.rig, it.id)),
    },
    {
      name: 'it is removed',
      act: (it: Awaited<ReturnType<typeof lent>>) => it.agent.endpoint.remove(it.id),
    },
    {
      name: 'the endpoint stops',
      act: (it: Awaited<ReturnType<typeof lent>>) => void it.rig.framework.close(),
    },
  ])('is told that this was the end: $name', async ({ act }) => {
    const it = await busy()
    await it.revoke()
    let isTold = false
    void it.rig.framework
      .nextRun(view(it.rig, it.id), new AbortController().signal)
      .then((next) => {
        expect(next).toBeUndefined()
        isTold = true
      })
    await it.rig.run(5000)
    expect(isTold).toBe(false)
    act(it)
    await it.rig.run(10)
    expect(isTold).toBe(true)
  })

  test.each(['requeue', 'stop'])(
    'of one with the policy %s is told each end at once',
    async (policy) => {
      const it = await lent({ 'shoal.revocation': policy })
      await it.revoke()
      let isTold = false
      void it.rig.framework.nextRun(view(it.rig, it.id), new AbortController().signal).then(() => {
        isTold = true
      })
      await it.rig.run(10)
      expect(isTold).toBe(true)
    },
  )
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
