import { existsSync, readFileSync } from 'node:fs'
import { request as startRequest } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { frameworkHeader } from '../../src/mesos/engine-endpoint.ts'
import type { FrameworkInfo } from '../../src/mesos/wire.ts'
import {
  bodyTask,
  dockerTask,
  frontend,
  statusLabel,
  stockFramework,
} from '../support/agent-rig.ts'
import { realAgents, send, until } from '../support/real-agent.ts'

const { cgroupsRoot, create, start, unique } = realAgents()

/** The raw stream of an upgraded request, or the status with which it was refused. */
const upgrade = (port: number, path: string, framework = 'f1', json?: unknown) =>
  new Promise<Socket | number>((resolve, reject) => {
    const body = json === undefined ? '' : JSON.stringify(json)
    const sent = startRequest({
      port,
      method: 'POST',
      path,
      headers: {
        [frameworkHeader]: framework,
        connection: 'Upgrade',
        upgrade: 'tcp',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    sent.on('upgrade', (_response, socket: Socket, head) => {
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    sent.on('response', (response) => resolve(response.statusCode ?? 0))
    sent.on('error', reject)
    sent.end(body)
  })

const readAll = async (socket: Socket | number): Promise<Buffer> => {
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

test('the way of `docker run --rm`: attach before start, all output, the exit code, and nothing left', async () => {
  const rig = await start()
  const name = unique('run')
  const body = { Tty: true, HostConfig: { AutoRemove: true } }
  const container = await create(rig, name, ['sh', '-c', 'seq 1 200000; exit 7'], { body })
  const path = `/engine/v1.41/containers/${container}`
  const attached = await upgrade(rig.port, `${path}/attach?stream=1&stdout=1&stderr=1`)
  const waited = send({ port: rig.port }, 'POST', `${path}/wait?condition=removed`)
  expect((await send({ port: rig.port }, 'POST', `${path}/start`)).status).toBe(204)
  const output = (await readAll(attached)).toString().trim().split('\r\n')
  expect([output.length, output.at(-1)]).toEqual([200_000, '200000'])
  expect(await waited).toMatchObject({
    status: 200,
    body: expect.stringContaining('"StatusCode":7') as string,
  })
  await until(() => rig.master.states(name).at(-1) === 'FAILED')
  // RUNNING is between them where a look at the container came before its end.
  expect(rig.master.states(name).filter((state) => state !== 'RUNNING')).toEqual([
    'STARTING',
    'FAILED',
  ])
  expect(statusLabel(rig.master.statuses(name).at(-1), 'exitCode')).toBe('7')
  expect((await send({ port: rig.port }, 'GET', `${path}/json`)).status).toBe(404)
})

const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers')

test.skipIf(isUnified)(
  'tiers: regular by its CPUs, revocable on idle CPUs only (design decision 5)',
  async () => {
    const rig = await start()
    const [own, lent] = [unique('own'), unique('lent')]
    const containers = [
      await create(rig, own, ['sleep', '100'], { cpus: 2 }),
      await create(rig, lent, ['sleep', '100'], { cpus: 2, revocable: true }),
    ]
    for (const container of containers)
      await send({ port: rig.port }, 'POST', `/engine/containers/${container}/start`)
    const cpu = (path: string) =>
      readFileSync(`/sys/fs/cgroup/cpu${cgroupsRoot}/${path}`, 'utf8').trim()
    expect(cpu('revocable/cpu.idle')).toBe('1')
    expect(cpu(`regular/${containers[0]}/cpu.shares`)).toBe('2048')
    expect(cpu(`revocable/${containers[1]}/cpu.shares`)).toBe('2048')
    const { body } = await send(
      { port: rig.port },
      'GET',
      `/engine/containers/${containers[1]}/json`,
    )
    expect(JSON.parse(body)).toMatchObject({
      HostConfig: { CpuShares: 0, Memory: 0, CgroupParent: '' },
    })
    const memory = `/sys/fs/cgroup/memory${cgroupsRoot}/revocable/${containers[1]}/memory.limit_in_bytes`
    expect(readFileSync(memory, 'utf8').trim()).toBe(String(64 * 1024 ** 2))
    const statistics = await send({ port: rig.port }, 'GET', '/monitor/statistics')
    expect(JSON.parse(statistics.body)).toHaveLength(2)
  },
)

test('exec, logs and cp are relayed to the owner, and to nobody else', async () => {
  const rig = await start()
  const name = unique('exec')
  const container = await create(rig, name, ['sh', '-c', 'echo out; sleep 100'])
  const path = `/engine/v1.44/containers/${container}`
  await send({ port: rig.port }, 'POST', `${path}/start`)
  const where = { port: rig.port }
  const command = { Cmd: ['cat'], AttachStdin: true, AttachStdout: true, Tty: false }
  const { status, body } = await send(where, 'POST', `${path}/exec`, command)
  expect(status).toBe(201)
  const { Id } = JSON.parse(body) as { Id: string }
  const startBody = { Detach: false, Tty: false }
  expect(await upgrade(rig.port, `/engine/exec/${Id}/start`, 'f2', startBody)).toBe(404)
  const stream = await upgrade(rig.port, `/engine/exec/${Id}/start`, 'f1', startBody)
  if (typeof stream === 'number') throw new Error(`refused with ${stream}`)
  stream.end('through and through')
  expect((await readAll(stream)).subarray(8).toString()).toBe('through and through')
  await vi.waitFor(async () => {
    const logs = await send(where, 'GET', `${path}/logs?stdout=1`)
    expect(logs.body.slice(8)).toBe('out\n')
  })
  expect((await send(where, 'HEAD', `${path}/archive?path=/etc`)).status).toBe(200)
  expect((await send(where, 'GET', `${path}/logs?stdout=1`, undefined, 'f2')).status).toBe(404)
  expect(await upgrade(rig.port, `${path}/attach?stream=1`, 'f2')).toBe(404)
  expect(await upgrade(rig.port, `${path}/start`)).toBe(400)
})

test('an image that nobody has is refused at once with Docker’s status', async () => {
  const rig = await start()
  const task = bodyTask(unique('image'), ['true'], { body: { Image: 'localhost:1/nosuch' } })
  rig.master.launch({ ...task, agent_id: { value: rig.id } })
  await until(() => rig.master.states(task.name).length > 0)
  const [failed] = rig.master.statuses(task.name)
  expect(statusLabel(failed, 'engineStatus')).toBe('404')
  expect(failed?.message).toMatch(/^No such image: localhost:1\/nosuch:latest: /)
})

test('a task of another framework: stop signal, grace, SIGKILL, TASK_KILLED', async () => {
  const rig = await start()
  const [quick, deaf] = [unique('quick'), unique('deaf')]
  const framework: FrameworkInfo = stockFramework
  const task = (id: string, script: string) => ({
    ...dockerTask(id, script),
    agent_id: { value: rig.id },
  })
  rig.master.launch(task(quick, 'trap "exit 9" TERM; while :; do sleep 0.1; done'), framework)
  rig.master.launch(task(deaf, 'trap "" TERM; while :; do sleep 0.1; done'), framework)
  await until(() => [quick, deaf].every((id) => rig.master.states(id).includes('RUNNING')))
  rig.master.kill(quick, 20_000, 'f2')
  rig.master.kill(deaf, 1000, 'f2')
  await until(() => [quick, deaf].every((id) => rig.master.states(id).includes('KILLED')))
  expect(statusLabel(rig.master.statuses(deaf).at(-1), 'exitCode')).toBe('137')
  expect(statusLabel(rig.master.statuses(quick).at(-1), 'exitCode')).toBe('9')
})

test('out of memory is the engine’s truth (reliability I6)', async () => {
  const rig = await start()
  const name = unique('oom')
  const script = 'x=a; while :; do x=$x$x$x$x; done'
  rig.master.launch({ ...dockerTask(name, script), agent_id: { value: rig.id } }, stockFramework)
  await until(() => rig.master.states(name).includes('FAILED'))
  expect(rig.master.statuses(name).at(-1)?.reason).toBe('REASON_CONTAINER_LIMITATION_MEMORY')
})

test('two agents on one engine have nothing to do with each other', async () => {
  const [one, two] = [await start(), await start()]
  const container = await create(one, unique('mine'), ['sleep', '100'])
  const path = `/engine/containers/${container}/json`
  expect((await send({ port: one.port }, 'GET', path)).status).toBe(200)
  expect((await send({ port: two.port }, 'GET', path)).status).toBe(404)
  const { body } = await send({ port: two.port }, 'GET', '/engine/containers/json?all=1')
  expect(JSON.parse(body)).toEqual([])
})

test('stopped and started again: containers went on, and an end in between is told', async () => {
  const first = await start()
  const [stays, ends] = [unique('stays'), unique('ends')]
  const staying = await create(first, stays, ['sleep', '1000'])
  const ending = await create(first, ends, ['sh', '-c', 'sleep 1; exit 4'])
  for (const container of [staying, ending])
    await send({ port: first.port }, 'POST', `/engine/containers/${container}/start`)
  await until(() => [stays, ends].every((id) => first.master.states(id).includes('RUNNING')))
  const again = first.restart()
  const second = await again
  await until(() => second.master.states(ends).includes('FAILED'))
  expect(statusLabel(second.master.statuses(ends).at(-1), 'exitCode')).toBe('4')
  const { status, body } = await send(
    { port: second.port },
    'GET',
    `/engine/containers/${staying}/json`,
  )
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({ State: { Running: true } })
  expect(second.master.ofType('SUBSCRIBE').at(-1)?.subscribe?.frameworks).toMatchObject([
    { name: frontend.name },
  ])
})
