import { expect, test } from 'vitest'
import type { WatchRecord } from '../../../src/mesos/engine-endpoint.ts'
import { AgentRig, stockFramework } from '../../support/agent-rig.ts'

const typesOf = (records: readonly WatchRecord[]) =>
  records.map((record) =>
    record.type === 'EVENT' ? `${String(record.event['Action'])}!` : record.type,
  )

test('a container is only its framework’s: all others get Docker’s 404 (docker-frontend §2.5)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  for (const reference of [container, container.slice(0, 12), 'web']) {
    const path = `/engine/containers/${reference}/json`
    expect((await rig.ask('GET', path)).status).toBe(200)
    expect(await rig.ask('GET', path, { framework: 'f2' })).toEqual({
      status: 404,
      json: { message: `No such container: ${reference}` },
    })
  }
  const stop = `/engine/containers/${container}/stop`
  expect((await rig.ask('POST', stop, { framework: 'f2' })).status).toBe(404)
  expect(rig.engine.containers.get(container)?.status).toBe('running')
})

test('labels alone make nobody the owner (docker-frontend D62)', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  const labels = rig.engine.containers.get(rig.container('web'))?.body['Labels']
  const made = rig.engine.create({
    name: 'committed',
    platform: '',
    body: { Image: 'busybox:latest', Labels: labels },
  })
  await rig.clock.advance(100)
  const { id } = await made
  expect((await rig.ask('GET', `/engine/containers/${id}/json`)).status).toBe(404)
  rig.engine.crash()
  rig.engine.recover()
  await rig.clock.advance(10_000)
  expect(rig.engine.containers.has(id)).toBe(true)
})

test.each([
  { method: 'POST', path: '/containers/create', status: 403 },
  { method: 'GET', path: '/swarm', status: 403 },
  { method: 'POST', path: '/services/create', status: 403 },
  { method: 'GET', path: '/nonsense', status: 404 },
  { method: 'GET', path: '/containers/nosuch/json', status: 404 },
  { method: 'POST', path: '/containers/nosuch/start', status: 404 },
])('$method $path is refused with $status', async ({ method, path, status }) => {
  const rig = await new AgentRig().up()
  expect((await rig.ask(method, `/engine${path}`)).status).toBe(status)
})

test('a request without a framework is refused', async () => {
  const rig = await new AgentRig().up()
  expect(await rig.ask('GET', '/engine/containers/json', { framework: '' })).toEqual({
    status: 400,
    json: { message: 'the header shoal-framework-id must name the calling framework' },
  })
})

test('the list has the owner’s containers of this agent only', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const { json } = await rig.ask('GET', '/engine/v1.41/containers/json?all=1')
  expect((json as { Id: string }[]).map(({ Id }) => Id)).toEqual([container])
  const other = await rig.ask('GET', '/engine/containers/json?all=1', { framework: 'f2' })
  expect(other.json).toEqual([])
})

test.each([
  {
    name: 'within what the task holds',
    body: { Memory: 64 * 1024 ** 2, CpuShares: 1 },
    status: 200,
  },
  { name: 'what is not accounted', body: { RestartPolicy: { Name: 'always' } }, status: 200 },
  { name: 'more memory than the task holds', body: { Memory: 65 * 1024 ** 2 }, status: 409 },
  { name: 'more shares than the task has cpus', body: { CpuShares: 2 }, status: 409 },
  { name: 'more cpus than the task holds', body: { NanoCpus: 1_500_000_000 }, status: 409 },
])('update: $name → $status (docker-frontend §2.2)', async ({ body, status }) => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const answer = await rig.ask('POST', `/engine/containers/${container}/update`, { body })
  expect(answer.status).toBe(status)
  if (status === 409)
    expect(answer.json).toMatchObject({
      message: expect.stringMatching(/holds .* is wanted/) as string,
    })
  else {
    const { json } = await rig.ask('GET', `/engine/containers/${container}/json`)
    expect(json).toMatchObject({ HostConfig: body })
    expect(rig.engine.containers.get(container)?.host['CpuShares']).toBe(1024)
  }
})

test('rename renames on the engine, and the new name finds it', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  expect((await rig.ask('POST', `/engine/containers/${container}/rename?name=www`)).status).toBe(
    204,
  )
  expect(rig.engine.containers.get(container)?.name).toBe('www')
  expect((await rig.ask('GET', '/engine/containers/www/json')).status).toBe(200)
})

test('a working directory that leaks a descriptor of the host is refused, at create and at exec (CVE-2024-21626)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  const body = { Cmd: ['true'], WorkingDir: '/proc/self/fd/8' }
  expect((await rig.ask('POST', `/engine/containers/${container}/exec`, { body })).status).toBe(400)
  const good = { Cmd: ['true'] }
  const { status, json } = await rig.ask('POST', `/engine/containers/${container}/exec`, {
    body: good,
  })
  expect(status).toBe(201)
  expect(json).toHaveProperty('Id')
})

test('the watch: a snapshot, then each container before the event that changed it', async () => {
  const rig = await new AgentRig().up()
  await rig.run('old', ['serve'])
  const records = await rig.watch()
  expect(records[0]).toMatchObject({
    type: 'SNAPSHOT',
    engine: { healthy: true, apiVersion: '1.41' },
    containers: [{ Name: '/old', State: { Running: true } }],
    images: [{ tags: ['busybox:latest'] }],
  })
  const container = await rig.run('web', ['sh', '-c', 'exit 1'])
  await rig.clock.advance(100)
  await rig.ask('DELETE', `/engine/containers/${container}`)
  await rig.clock.advance(100)
  const told = typesOf(records.slice(1))
  expect(told.filter((type) => type.endsWith('!'))).toEqual([
    'create!',
    'start!',
    'die!',
    'destroy!',
  ])
  expect(told.indexOf('CONTAINER')).toBeLessThan(told.indexOf('create!'))
  expect(told.indexOf('REMOVED')).toBeLessThan(told.indexOf('destroy!'))
  const made = records.find((record) => record.type === 'CONTAINER')
  expect(made).toMatchObject({ container: { State: { Status: 'created' } }, warnings: [] })
  const died = told.indexOf('die!')
  const shown = records.slice(1, died + 1).filter((record) => record.type === 'CONTAINER')
  expect(shown.at(-1)).toMatchObject({ container: { State: { Running: false, ExitCode: 1 } } })
})

test('the watch tells nothing of other frameworks’ containers, and of images to all', async () => {
  const rig = await new AgentRig().up()
  const records = await rig.watch(stockFramework.id?.value)
  await rig.run('web', ['true'])
  rig.engine.registry.add('tool:latest')
  void rig.engine.pull('tool:latest')
  await rig.clock.advance(100)
  expect(typesOf(records)).toEqual(['SNAPSHOT', 'pull!', 'IMAGES'])
})

test('after a gap in the engine’s events none is told twice, and none is missing', async () => {
  const rig = await new AgentRig().up()
  const records = await rig.watch()
  const container = await rig.run('web', ['serve'])
  rig.engine.crash()
  rig.engine.exit(container, 0)
  rig.engine.recover()
  await rig.clock.advance(10_000)
  const told = typesOf(records).filter((type) => type.endsWith('!'))
  expect(told).toEqual(['create!', 'start!', 'die!'])
})

test('an idle watch has a heartbeat every 15 s', async () => {
  const rig = await new AgentRig().up()
  const records = await rig.watch()
  await rig.clock.advance(31_000)
  expect(typesOf(records)).toEqual(['SNAPSHOT', 'HEARTBEAT', 'HEARTBEAT'])
})

test('the engine’s health is told as it changes', async () => {
  const rig = await new AgentRig().up()
  const records = await rig.watch()
  rig.engine.crash()
  await rig.clock.advance(100)
  rig.engine.recover()
  await rig.clock.advance(20_000)
  const health = records.flatMap((record) =>
    record.type === 'ENGINE' ? [record.engine.healthy] : [],
  )
  expect(health).toEqual([false, true])
})

test.each([
  '/health',
  '/version',
  '/state',
  '/flags',
  '/metrics/snapshot',
  '/containers',
  '/monitor/statistics',
  '/oversubscription',
])('%s answers, also below /slave(1)', async (path) => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  expect((await rig.ask('GET', path)).status).toBe(200)
  expect((await rig.ask('GET', `/slave(1)${path}`)).status).toBe(200)
  expect((await rig.ask('POST', path)).status).toBe(405)
})
