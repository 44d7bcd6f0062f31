import { expect, test } from 'vitest'
import {
  AgentRig,
  agentId,
  commandTask,
  dockerTask,
  statusLabel,
  stockFramework,
} from '../../support/agent-rig.ts'
import { settle } from '../../support/sim-clock.ts'

const endStates: ReadonlySet<string> = new Set([
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_KILLED',
])

const launched = async (line: string, options = {}): Promise<AgentRig> => {
  const rig = await new AgentRig(options).up()
  rig.master.launch(commandTask('t1', line), stockFramework)
  await rig.clock.advance(100)
  return rig
}

test.each([
  {
    line: 'true',
    states: ['STARTING', 'RUNNING', 'FINISHED'],
    message: 'Command exited with status 0',
  },
  {
    line: 'exit 7',
    states: ['STARTING', 'RUNNING', 'FAILED'],
    message: 'Command exited with status 7',
  },
  {
    line: 'exit 139',
    states: ['STARTING', 'RUNNING', 'FAILED'],
    message: 'Command terminated with signal Segmentation fault',
  },
  {
    line: 'exit 255',
    states: ['STARTING', 'RUNNING', 'FAILED'],
    message: 'Command exited with status 255',
  },
])('a command task: `$line` goes $states', async ({ line, states, message }) => {
  const rig = await launched(line)
  expect(rig.master.states('t1')).toEqual(states)
  expect(rig.master.statuses('t1').at(-1)?.message).toBe(message)
  expect(rig.commands.containers).toEqual([])
  expect(rig.agent.state.tasks.size).toBe(0)
  expect(rig.engine.creates).toEqual([])
})

test('the command gets the sandbox of Mesos’ layout, the framework’s user and what it must know (core-agent §3.9, §8)', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(commandTask('t1', 'true', { cpus: 0.5, memory: 48 }), stockFramework)
  await rig.clock.advance(50)
  const [spec] = rig.commands.launches
  const run = `/var/lib/shoal/slaves/${agentId}/frameworks/f2/executors/t1/runs/${spec?.containerId}`
  expect(spec).toMatchObject({
    sandbox: run,
    user: 'root',
    tier: 'regular',
    argv: ['/bin/sh', '-c', 'true'],
    bounds: { cpusMilli: 500, cpuQuotaMicros: 0, memoryBytes: 48 * 1024 ** 2 },
  })
  expect(Object.fromEntries(spec?.environment ?? [])).toMatchObject({
    MESOS_SANDBOX: run,
    MESOS_TASK_ID: 't1',
    MESOS_EXECUTOR_ID: 't1',
    MESOS_FRAMEWORK_ID: 'f2',
    MESOS_SLAVE_ID: agentId,
    MESOS_AGENT_ENDPOINT: '127.0.0.1:5051',
  })
})

test('what the framework gives wins: user, variables; without a shell the first argument is the name', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch({
    ...commandTask('t1', ''),
    command: {
      shell: false,
      value: '/bin/echo',
      arguments: ['echo', 'a b'],
      user: 'daemon',
      environment: { variables: [{ name: 'PATH', value: '/opt' }] },
    },
  })
  await rig.clock.advance(50)
  const [spec] = rig.commands.launches
  expect(spec).toMatchObject({ user: 'daemon', argv: ['/bin/echo', 'a b'] })
  expect(spec?.environment.get('PATH')).toBe('/opt')
})

test('a revocable command runs in the revocable tier', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(commandTask('t1', 'sleep 10', { revocable: true }))
  await rig.clock.advance(50)
  expect(rig.commands.launches[0]?.tier).toBe('revocable')
})

test('a kill: SIGTERM, after the grace SIGKILL, and no end before the process has gone (core-agent §3.4)', async () => {
  const rig = await launched("trap '' TERM; sleep 1000")
  rig.master.kill('t1', 2000, 'f2')
  await rig.clock.advance(1900)
  expect(rig.commands.signals).toHaveLength(1)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  await rig.clock.advance(200)
  expect(rig.commands.signals.map((one) => one.split(' ')[0])).toEqual(['SIGTERM', 'SIGKILL'])
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_KILLED',
    message: 'Command terminated with signal Killed',
  })
})

test('a kill that comes while the container is made ends it as soon as it runs', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(commandTask('t1', 'sleep 1000'))
  await rig.clock.advance(3)
  rig.master.kill('t1')
  await rig.clock.advance(100)
  expect(rig.master.states('t1').at(-1)).toBe('KILLED')
  expect(rig.commands.containers).toEqual([])
})

test('too much memory: TASK_FAILED, REASON_CONTAINER_LIMITATION_MEMORY and the limit (core-agent §4)', async () => {
  const rig = await launched('tail /dev/zero')
  const failed = rig.master.statuses('t1').at(-1)
  expect(failed).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: 'Memory limit exceeded: Requested: 64MB Maximum Used: 64MB',
    limitation: { resources: [{ name: 'mem', scalar: { value: 64 } }] },
  })
  expect(statusLabel(failed, 'exitCode')).toBe('137')
})

test('a container that cannot be made fails its task, and the text is the framework’s', async () => {
  const rig = await new AgentRig().up()
  rig.commands.problem = 'EROFS'
  rig.master.launch(commandTask('t1', 'true'), stockFramework)
  await rig.clock.advance(50)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_CONTAINER_LAUNCH_FAILED',
    message: 'The container cannot be made: EROFS',
  })
})

test.each([
  {
    name: 'an image for type MESOS',
    task: {
      container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'x' } } } },
    },
    message: /^ContainerInfo\.mesos\.image: .* type DOCKER/,
  },
  {
    name: 'no command line',
    task: { command: { shell: true } },
    message: /^CommandInfo\.value is required/,
  },
  {
    name: 'a volume',
    task: {
      container: { type: 'MESOS', volumes: [{ mode: 'RW', container_path: 'a', host_path: '/b' }] },
    },
    message: /^ContainerInfo\.volumes: /,
  },
  {
    name: 'a secret',
    task: {
      command: { value: 'true', environment: { variables: [{ name: 'S', type: 'SECRET' }] } },
    },
    message: /^CommandInfo\.environment: .*give S a value/,
  },
  {
    name: 'a zero byte',
    task: { command: { value: 'a\0b' } },
    message: /zero byte/,
  },
] as const)('a task that cannot be is in error: $name', async ({ task, message }) => {
  const rig = await new AgentRig().up()
  rig.master.launch({ ...commandTask('t1', 'true'), ...task } as ReturnType<typeof commandTask>)
  await rig.clock.advance(50)
  expect(rig.master.states('t1')).toEqual(['ERROR'])
  expect(rig.master.statuses('t1')[0]?.message).toMatch(message)
})

test('an agent without the docker containerizer needs no engine, and says so of docker tasks (core-agent §4)', async () => {
  const rig = await new AgentRig({ flags: { containerizers: 'mesos' } }).up()
  rig.master.launch(dockerTask('t1', 'true'))
  rig.master.launch(commandTask('t2', 'true'))
  await rig.clock.advance(100)
  expect(rig.master.statuses('t1')[0]?.message).toMatch(/^This agent runs no docker containers/)
  expect(rig.master.states('t2')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('a command task outlives the agent; what ended meanwhile ends with its own exit status (core-agent §4, §8)', async () => {
  const rig = await new AgentRig().up()
  rig.master.launch(commandTask('long', 'sleep 100'))
  rig.master.launch(commandTask('short', 'sleep 1; exit 9'))
  await rig.clock.advance(100)
  await rig.agent.close()
  await rig.clock.advance(2000)
  await rig.crash()
  expect(rig.master.states('short')).toEqual(['STARTING', 'RUNNING', 'FAILED'])
  expect(rig.master.statuses('short').at(-1)?.message).toBe('Command exited with status 9')
  expect(rig.master.states('long')).toEqual(['STARTING', 'RUNNING'])
  await rig.clock.advance(100_000)
  expect(rig.master.states('long')).toEqual(['STARTING', 'RUNNING', 'FINISHED'])
})

test('a kill goes on after a restart', async () => {
  const rig = await launched("trap '' TERM; sleep 1000")
  rig.master.kill('t1', 60_000, 'f2')
  await rig.clock.advance(100)
  await rig.restart()
  await rig.clock.advance(50_000)
  expect(rig.master.states('t1').at(-1)).toBe('RUNNING')
  await rig.clock.advance(10_000)
  expect(rig.master.states('t1').at(-1)).toBe('KILLED')
})

test('after a reboot nothing is there: the task is over, its exit status unknown', async () => {
  const rig = await launched('sleep 1000')
  rig.commands.vanish()
  await rig.restart()
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_FAILED',
    reason: 'REASON_EXECUTOR_TERMINATED',
  })
})

test('when its framework is shut down the command goes at once, and nobody is told', async () => {
  const rig = await launched('sleep 1000')
  rig.master.send({
    type: 'SHUTDOWN_FRAMEWORK',
    shutdown_framework: { framework_id: { value: 'f2' } },
  })
  await rig.clock.advance(100)
  expect(rig.master.states('t1')).toEqual(['STARTING', 'RUNNING'])
  expect(rig.commands.containers).toEqual([])
  expect(rig.agent.state.tasks.size).toBe(0)
})

test('a revoked command is gone for the reason that was recorded before the signal (core-agent §6)', async () => {
  const rig = await new AgentRig({
    flags: { qos_controller: 'load', load_threshold_5min: '4' },
  }).up()
  rig.master.launch(commandTask('t1', 'sleep 1000', { revocable: true }))
  await rig.clock.advance(100)
  rig.load = [9, 9, 9]
  await rig.clock.advance(1100)
  expect(rig.master.statuses('t1').at(-1)).toMatchObject({
    state: 'TASK_GONE',
    reason: 'REASON_CONTAINER_PREEMPTED',
  })
})

test('a crash after each number of steps of a whole run converges: launched once, ended once, nothing left', async () => {
  for (let steps = 0; steps < 80; steps += 1) {
    const rig = await new AgentRig().up()
    rig.master.launch(commandTask('t1', 'exit 7'), stockFramework)
    for (let step = 0; step < steps && rig.clock.nextDueMs !== undefined; step += 1) {
      rig.clock.step()
      await settle()
    }
    await rig.crash()
    await rig.clock.advance(60_000)
    const ends = rig.master.statuses('t1').filter(({ state }) => endStates.has(state))
    const uuids = new Set(ends.map(({ uuid }) => Buffer.from(uuid ?? []).toString('hex')))
    expect([steps, uuids.size <= 1, rig.commands.launches.length <= 1]).toEqual([steps, true, true])
    expect([steps, rig.commands.containers, rig.agent.state.tasks.size]).toEqual([steps, [], 0])
    if (rig.commands.launches.length > 0) expect([steps, ends.length > 0]).toEqual([steps, true])
  }
})
