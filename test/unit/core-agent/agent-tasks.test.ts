import { expect, test } from 'vitest'
import {
  AgentRig,
  agentId,
  bodyTask,
  dockerTask,
  frontend,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'

test('a task of our frontend: created, started by the endpoint, ended with its exit code (docker-frontend §6.8)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['sh', '-c', 'exit 7'])
  expect(rig.master.states('web')).toEqual(['STARTING'])
  const [starting] = rig.master.statuses('web')
  const [inspect] = JSON.parse(Buffer.from(starting?.data ?? []).toString()) as { Id: string }[]
  expect(inspect?.Id).toBe(container)
  expect(rig.engine.starts).toEqual([])

  expect(await rig.ask('POST', `/engine/containers/${container}/start`)).toEqual({ status: 204 })
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  const failed = rig.master.statuses('web').at(-1)
  expect(failed?.message).toBe('Container exited with status 7')
  expect(statusLabel(failed, 'exitCode')).toBe('7')
  expect(rig.agent.state.tasks.size).toBe(0)
  expect(rig.engine.containers.has(container)).toBe(true)
})

test('a task of another framework starts at once and its container goes after docker_remove_delay (core-agent §3.1, §3.8)', async () => {
  const rig = await new AgentRig({ flags: { docker_remove_delay: '1mins' } }).up()
  rig.master.launch(dockerTask('t1', 'sleep 10'), stockFramework)
  await rig.clock.advance(1000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  const running = rig.master.statuses('t1')[1]
  expect(JSON.parse(Buffer.from(running?.data ?? []).toString())).toMatchObject([
    { State: { Running: true }, Config: { Labels: { 'org.mesos.task_id': 't1' } } },
  ])
  expect(running?.container_status?.network_infos).toEqual([
    { ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] },
  ])
  await rig.clock.advance(10_000)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  expect(rig.engine.containers.size).toBe(1)
  await rig.clock.advance(61_000)
  expect(rig.engine.containers.size).toBe(0)
  expect(rig.agent.state.containers.size).toBe(0)
})

test('the next status waits for the acknowledgement; repeats come after 10 s, 20 s, 40 s (core-agent §2.1)', async () => {
  const rig = await new AgentRig().up()
  rig.master.acknowledges = false
  await rig.run('web', ['true'])
  expect(rig.master.states('web')).toEqual(['STARTING'])
  await rig.clock.advance(10_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'STARTING'])
  await rig.clock.advance(20_000)
  expect(rig.master.states('web')).toHaveLength(3)
  await rig.clock.advance(40_000)
  expect(rig.master.states('web')).toHaveLength(4)
  expect(rig.master.ofType('STATUS_UPDATE').at(-1)?.status_update?.latest_state).toBe(
    'TASK_FINISHED',
  )
  rig.master.acknowledges = true
  await rig.clock.advance(80_000)
  expect(rig.master.states('web').slice(4)).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('a framework that comes back hears at once what it missed', async () => {
  const rig = await new AgentRig().up()
  rig.master.acknowledges = false
  await rig.run('web', ['true'])
  rig.master.acknowledges = true
  rig.master.send({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: frontend } })
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['STARTING', 'STARTING', 'RUNNING', 'FINISHED'])
})

test('a launch that comes twice, and a task id that is known, do nothing (I4)', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(bodyTask('web', ['sleep', '100']), undefined, 'launch-a')
  rig.master.launch(bodyTask('web', ['sleep', '100']), undefined, 'launch-a')
  rig.master.launch(bodyTask('web', ['sleep', '100']), undefined, 'launch-b')
  await rig.clock.advance(100)
  rig.master.kill('web')
  await rig.clock.advance(100)
  rig.master.launch(bodyTask('web', ['sleep', '100']), undefined, 'launch-a')
  await rig.clock.advance(100)
  expect(rig.engine.creates).toHaveLength(1)
  expect(rig.master.states('web')).toEqual(['STARTING', 'KILLED'])
})

test('a launch for an earlier life of the agent is dropped silently (core-agent §2.2)', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch({ ...bodyTask('web', ['true']), agent_id: { value: 'm0-S9' } })
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual([])
  expect(rig.engine.creates).toEqual([])
})

test.each([
  {
    name: 'an image that no registry has',
    task: bodyTask('web', ['true'], { body: { Image: 'nosuch' } }),
    status: '404',
    message: /^No such image|^pull access denied/,
  },
  {
    name: 'a name that a foreign container has',
    task: bodyTask('taken', ['true']),
    status: '409',
    message: /^Conflict\. The container name "\/taken" is already in use by container/,
  },
])(
  'the engine’s status and words reach the framework: $name',
  async ({ task, status, message }) => {
    const rig = await new AgentRig().up()
    void rig.engine.create({ name: 'taken', platform: '', body: { Image: 'busybox:latest' } })
    rig.master.launch(task)
    await rig.clock.advance(200)
    const id = task.task_id.value
    expect(rig.master.states(id)).toEqual(['FAILED'])
    const [failed] = rig.master.statuses(id)
    expect(failed).toMatchObject({
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      source: 'SOURCE_AGENT',
    })
    expect(failed?.message).toMatch(message)
    expect(statusLabel(failed, 'engineStatus')).toBe(status)
  },
)

test('a missing image is pulled once for all who wait for it', async () => {
  const rig = await new AgentRig().up()
  rig.engine.registry.add('tool:latest')
  for (const id of ['a', 'b', 'c'])
    rig.master.launch(bodyTask(id, ['true'], { body: { Image: 'tool:latest' } }))
  await rig.clock.advance(100)
  expect(rig.engine.pulls).toEqual(['tool:latest'])
  for (const id of ['a', 'b', 'c']) expect(rig.master.states(id)).toEqual(['STARTING'])
})

test('a task that the agent cannot run is in error, naming field and remedy', async () => {
  const rig = await new AgentRig({ flags: { containerizers: 'docker' } }).up()
  const { container: _, ...task } = dockerTask('t1', 'true')
  rig.master.launch(task, stockFramework)
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1')).toMatchObject([
    {
      state: 'TASK_ERROR',
      reason: 'REASON_TASK_INVALID',
      message:
        'This agent runs docker containers only: give the task a ContainerInfo of type DOCKER',
    },
  ])
})

test('a container never started for its time: resources free, container kept, start refused (docker-frontend §6.8)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['true'], {
    labels: { 'io.shoal.start_timeout_ms': '60000' },
  })
  await rig.clock.advance(60_000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'KILLED'])
  expect(rig.engine.containers.has(container)).toBe(true)
  const { status } = await rig.ask('POST', `/engine/containers/${container}/start`)
  expect(status).toBe(409)
})

test('a stopped container starts again as a new task: STARTING before it starts (docker-frontend §6.8)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['true'])
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  const { data: _, ...again } = bodyTask('web2', [], {
    labels: { 'io.shoal.container': container },
  })
  rig.master.launch(again)
  await rig.clock.advance(100)
  expect(rig.master.states('web2')).toEqual(['STARTING'])
  expect(rig.engine.starts).toHaveLength(1)
  expect((await rig.ask('POST', `/engine/containers/${container}/start`)).status).toBe(204)
  await rig.clock.advance(100)
  expect(rig.master.states('web2')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
  expect(rig.engine.starts).toHaveLength(2)
  expect(rig.engine.creates).toHaveLength(1)
})

test('starting again what has a task, or what is not there, fails with the engine’s status', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['sleep', '100'])
  for (const [id, target] of [
    ['again', container],
    ['ghost', 'f'.repeat(64)],
  ] as const)
    rig.master.launch(bodyTask(id, [], { labels: { 'io.shoal.container': target } }))
  await rig.clock.advance(100)
  expect(statusLabel(rig.master.statuses('again')[0], 'engineStatus')).toBe('409')
  expect(statusLabel(rig.master.statuses('ghost')[0], 'engineStatus')).toBe('404')
})

test('--rm: removed by the agent once the exit is on disk, with the user’s own values shown before (docker-frontend §6.4, §4.4)', async () => {
  const rig = await new AgentRig().up()
  const host = { AutoRemove: true, CpuShares: 2 }
  const container = await rig.create('web', ['true'], { cpus: 2, body: { HostConfig: host } })
  expect(rig.engine.containers.get(container)?.host).toMatchObject({
    AutoRemove: false,
    CpuShares: 2048,
    CgroupParent: '/shoal/regular',
  })
  const { json } = await rig.ask('GET', `/engine/v1.41/containers/${container}/json`)
  expect(json).toMatchObject({ HostConfig: { ...host, CgroupParent: '' } })
  await rig.ask('POST', `/engine/containers/${container}/start`)
  await rig.clock.advance(100)
  expect(rig.engine.containers.size).toBe(0)
  expect(rig.agent.state.containers.size).toBe(0)
  // Nobody saw it running.
  expect(rig.master.states('web')).toEqual(['STARTING', 'FINISHED'])
})

test('a start that the engine refuses ends the task; the container stays created', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.create('web', ['no-such-command'])
  const { status, json } = await rig.ask('POST', `/engine/containers/${container}/start`)
  expect(status).toBe(400)
  expect(json).toMatchObject({
    message: expect.stringContaining('executable file not found') as string,
  })
  expect(rig.master.states('web')).toEqual(['STARTING', 'FAILED'])
  expect(rig.engine.containers.has(container)).toBe(true)
})

test('out of memory is told as such, with what the task held (core-agent §3.3)', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.engine.exit(container, 137, { oom: true })
  await rig.clock.advance(100)
  expect(rig.master.statuses('web').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: 'Container exited with status 137: out of memory, it holds 64 MiB',
    limitation: { resources: [{ name: 'mem', scalar: { value: 64 } }] },
  })
})

test('a task with a restart policy lives until the engine gives up (docker-frontend §6.4)', async () => {
  const rig = await new AgentRig().up()
  const HostConfig = { RestartPolicy: { Name: 'on-failure' } }
  const container = await rig.run('web', ['serve'], { body: { HostConfig } })
  rig.engine.exit(container, 1)
  await rig.clock.advance(1000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING'])
  rig.engine.exit(container, 0)
  await rig.clock.advance(1000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test.each([
  { delivery: 'lost', name: 'are lost' },
  { delivery: 'twice', name: 'come twice' },
] as const)('a run is told in full though the engine’s events $name', async ({ delivery }) => {
  const rig = await new AgentRig().up()
  rig.engine.delivery = delivery
  await rig.run('web', ['true'])
  await rig.clock.advance(2000)
  expect(rig.master.states('web')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('the answer to a create is lost: the container is found by its label, nothing is created twice', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', { kind: 'lose-answer' })
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(31_000)
  expect(rig.master.states('web')).toEqual(['STARTING'])
  expect(rig.engine.creates).toHaveLength(1)
})

test('what the engine could not do as asked is told with the container', async () => {
  const rig = await new AgentRig().up()
  rig.engine.warnings = ['no swap limit']
  await rig.create('web', ['serve'])
  expect(rig.master.statuses('web')[0]).toMatchObject({
    state: 'TASK_STARTING',
    labels: { labels: [{ key: 'io.shoal.warnings', value: '["no swap limit"]' }] },
  })
})

test('a look by network at a task without one is refused, and nothing is left behind', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch({
    ...dockerTask('web', 'true'),
    container: { type: 'DOCKER', docker: { image: 'busybox', network: 'NONE' } },
    health_check: { type: 'TCP', tcp: { port: 80 } },
  })
  await rig.clock.advance(100)
  expect(rig.master.statuses('web')).toMatchObject([
    {
      state: 'TASK_ERROR',
      message: expect.stringContaining('TaskInfo.health_check: ') as string,
    },
  ])
  expect(rig.engine.containers.size).toBe(0)
})

test('a create that hangs fails the task', async () => {
  const rig = await new AgentRig().up()
  rig.engine.fault('create', { kind: 'hang' })
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(31_000)
  expect(rig.master.states('web')).toEqual(['FAILED'])
  expect(rig.agent.state.abandoned.size).toBe(1)
})

test('while the engine does not answer, launches are dropped (core-agent §3.7)', async () => {
  const rig = await new AgentRig().up()
  rig.engine.crash()
  await rig.clock.advance(100)
  rig.master.launch(bodyTask('web', ['true']))
  await rig.clock.advance(100)
  expect(rig.master.states('web')).toEqual(['DROPPED'])
})

test('the agent tells its id, its resources and its endpoint', async () => {
  const rig = await new AgentRig({ flags: { attributes: 'rack:a' } }).up()
  expect(rig.agent.state.agentId).toBe(agentId)
  const info = rig.master.ofType('SUBSCRIBE')[0]?.subscribe?.agent_info
  expect(info).toMatchObject({ hostname: 'host-1', port: 5051 })
  expect(info?.attributes?.map(({ name, text }) => `${name}=${text?.value}`)).toEqual([
    'rack=a',
    'shoal_engine=/engine',
    'shoal_ip=127.0.0.1',
  ])
  expect(info?.resources?.map(({ name }) => name)).toEqual(['cpus', 'disk', 'mem', 'ports'])
})
