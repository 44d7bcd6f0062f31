import { expect, test, vi } from 'vitest'
import type { FrameworkInfo, TaskInfo } from '../../src/mesos/wire.ts'
import { dockerTask, statusLabel, stockFramework } from '../support/agent-rig.ts'
import { type RealAgent, realAgents, send, until } from '../support/real-agent.ts'

const { containersOf, engineSocket, start, unique } = realAgents()

const launch = async (
  rig: RealAgent,
  task: TaskInfo,
  awaited: string,
  framework: FrameworkInfo = stockFramework,
) => {
  rig.master.launch({ ...task, agent_id: { value: rig.id } }, framework)
  await until(() => rig.master.states(task.name).includes(awaited))
  const status = rig.master.statuses(task.name).at(-1)
  const [inspect] = JSON.parse(Buffer.from(status?.data ?? '[{}]').toString()) as [Shown]
  return { status, inspect }
}

interface Shown {
  readonly Id: string
  readonly HostConfig: Readonly<Record<string, unknown>>
}

const mib = 1024 ** 2

test('limits reach the engine: quota, memory, reservation, and who is killed first', async () => {
  const rig = await start()
  const task = dockerTask(unique('limits'), 'sleep 100', { cpus: 1, memory: 64 })
  const limits = { cpus: { value: 1.5 }, mem: { value: 128 } }
  const { inspect } = await launch(rig, { ...task, limits }, 'RUNNING')
  expect(inspect.HostConfig).toMatchObject({
    CpuShares: 1024,
    CpuPeriod: 100_000,
    CpuQuota: 150_000,
    Memory: 128 * mib,
    MemoryReservation: 64 * mib,
  })
  expect(inspect.HostConfig['OomScoreAdj']).toBeGreaterThan(900)
})

test('with infinite limits a task takes more memory than it holds, and lives', async () => {
  const rig = await start()
  const script = 'x=$(head -c 60000000 /dev/zero | tr "\\0" a); echo ${#x}; sleep 100'
  const task = dockerTask(unique('infinite'), script, { memory: 32 })
  const limits = { cpus: { value: Infinity }, mem: { value: Infinity } }
  const { inspect } = await launch(rig, { ...task, limits }, 'RUNNING')
  expect(inspect.HostConfig).toMatchObject({ CpuQuota: 0, Memory: 0 })
  const path = `/containers/${inspect.Id}/logs?stdout=1&stderr=1`
  await vi.waitFor(
    async () => {
      const { body } = await send({ socketPath: engineSocket() }, 'GET', path)
      expect(body).toContain('60000000')
    },
    { timeout: 20_000 },
  )
  expect(rig.master.states(task.name).at(-1)).toBe('RUNNING')
})

test('beyond its limit a task fails for want of memory, with the limitation', async () => {
  const rig = await start()
  const script = 'x=a; while :; do x=$x$x$x$x; done'
  const task = dockerTask(unique('oom'), script, { memory: 32 })
  const { status } = await launch(rig, { ...task, limits: { mem: { value: 40 } } }, 'FAILED')
  expect(status).toMatchObject({
    reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
    message: 'Container exited with status 137: out of memory, its limit is 40 MiB',
    limitation: { resources: [{ name: 'mem', scalar: { value: 32 } }] },
  })
  expect(statusLabel(status, 'exitCode')).toBe('137')
})

test('addresses: of a user’s network its own, of host and none the agent’s', async () => {
  const rig = await start()
  const network = unique('net')
  const where = { socketPath: engineSocket() }
  const IPAM = { Config: [{ Subnet: '10.213.77.0/24' }] }
  const made = await send(where, 'POST', '/networks/create', { Name: network, IPAM })
  expect(made.status).toBe(201)
  const base = dockerTask(unique('user'), 'sleep 100')
  const on = (kind: 'USER' | 'NONE') => ({
    ...base,
    name: unique(kind),
    task_id: { value: unique(kind) },
    container: {
      type: 'DOCKER' as const,
      docker: { image: 'busybox', network: kind },
      ...(kind === 'USER' ? { network_infos: [{ name: network }] } : {}),
    },
  })
  const user = await launch(rig, on('USER'), 'RUNNING')
  expect(user.status?.container_status?.network_infos).toEqual([
    {
      name: network,
      ip_addresses: [
        { protocol: 'IPv4', ip_address: expect.stringMatching(/^10\.213\.77\.\d+$/) as string },
      ],
    },
  ])
  for (const task of [on('NONE'), base]) {
    const { status } = await launch(rig, task, 'RUNNING')
    expect(status?.container_status?.network_infos).toEqual([
      { ip_addresses: [{ protocol: 'IPv4', ip_address: '127.0.0.1' }] },
    ])
  }
  for (const { Id } of await containersOf(rig.id))
    await send(where, 'DELETE', `/containers/${Id}?force=1`)
  await send(where, 'DELETE', `/networks/${network}`)
})

test('options of docker run, rlimits, capabilities and a user, as the process in the container sees them', async () => {
  const rig = await start()
  const script =
    'test "$(ulimit -n)" = 77 && test "$(id -u)" = 65534 && test "$A" = b && test -w /scratch && ' +
    'grep -q "^CapBnd:.*0000000000001000$" /proc/self/status && test "$(stat -f -c %T /scratch)" = tmpfs'
  const task = dockerTask(unique('options'), script)
  const { status } = await launch(
    rig,
    {
      ...task,
      command: { shell: true, value: script, user: 'nobody' },
      container: {
        type: 'DOCKER',
        docker: {
          image: 'busybox',
          parameters: [
            { key: 'env', value: 'A=b' },
            { key: 'tmpfs', value: '/scratch:mode=777' },
            { key: 'rm', value: 'true' },
          ],
        },
        rlimit_info: { rlimits: [{ type: 'RLMT_NOFILE', soft: 77, hard: 77 }] },
        linux_info: { effective_capabilities: { capabilities: ['NET_ADMIN'] } },
      },
    },
    'FINISHED',
  )
  expect(statusLabel(status, 'exitCode')).toBe('0')
})

test('a mount that the policy is against leaves nothing on the engine', async () => {
  const rig = await start({ docker_policy: 'host-network,/srv' })
  const task = dockerTask(unique('mount'), 'true')
  const volumes = [{ mode: 'RO' as const, container_path: '/host', host_path: '/etc' }]
  const container = { ...task.container, type: 'DOCKER' as const, volumes }
  const { status } = await launch(rig, { ...task, container }, 'FAILED')
  expect(status?.message).toMatch(/^HostConfig\.Binds: the --docker_policy .* \/etc/)
  expect(await containersOf(rig.id)).toEqual([])
})

test('a task whose time is over is gone from the engine’s processes', async () => {
  const rig = await start()
  const task = dockerTask(unique('late'), 'trap "" TERM; while :; do sleep 0.1; done')
  const max_completion_time = { nanoseconds: 3e8 }
  const { status } = await launch(rig, { ...task, max_completion_time }, 'FAILED')
  expect(status?.reason).toBe('REASON_MAX_COMPLETION_TIME_REACHED')
  expect(statusLabel(status, 'exitCode')).toBe('137')
})

const quick = {
  delay_seconds: 0,
  interval_seconds: 0.1,
  timeout_seconds: 5,
  grace_period_seconds: 0,
}

test('a container whose check by command fails is killed as unhealthy', async () => {
  const rig = await start()
  const task = dockerTask(unique('ill'), 'touch /well; sleep 0.5; rm /well; sleep 1000')
  const health_check = {
    ...quick,
    grace_period_seconds: 5,
    type: 'COMMAND',
    command: { value: 'test -e /well' },
    consecutive_failures: 2,
  } as const
  const kill_policy = { grace_period: { nanoseconds: 0 } }
  const { status } = await launch(rig, { ...task, health_check, kill_policy }, 'KILLED')
  expect(status).toMatchObject({
    healthy: false,
    message:
      'Container exited with status 137: Health check failed 2 times in a row: the command exited with 1',
  })
  const told = rig.master.statuses(task.name).map(({ healthy }) => healthy)
  expect(told.filter((one) => one === true)).toHaveLength(1)
})

test('a check by command runs as the user that it names', async () => {
  const rig = await start()
  const command = { value: 'test "$(id -u):$(id -g)" = 1234:50', user: '1234:50' }
  const health_check = { ...quick, type: 'COMMAND', command } as const
  const task = dockerTask(unique('user'), 'sleep 1000')
  await launch(rig, { ...task, health_check }, 'RUNNING')
  await until(() => rig.master.statuses(task.name).at(-1)?.healthy !== undefined)
  expect(rig.master.statuses(task.name).at(-1)?.healthy).toBe(true)
})

test('a check by command that is late ends with all that it started', async () => {
  const rig = await start()
  const check = {
    ...quick,
    type: 'COMMAND',
    command: { command: { value: 'echo >>/begun; sleep 1000; true' } },
    timeout_seconds: 0.5,
  } as const
  // Healthy once four have begun, and beside the sleep of the container's own shell at most that of one is there.
  const value = 'test $(wc -l </begun) -ge 4 && test $(cat /proc/[0-9]*/comm | grep -c sleep) -le 2'
  const health_check = {
    ...quick,
    grace_period_seconds: 60,
    type: 'COMMAND',
    command: { value },
  } as const
  const task = dockerTask(unique('late'), 'while :; do sleep 0.1; done')
  await launch(rig, { ...task, check, health_check }, 'RUNNING')
  await until(() => rig.master.statuses(task.name).at(-1)?.healthy === true)
  expect(rig.master.statuses(task.name).at(-1)?.check_status).toEqual({
    type: 'COMMAND',
    command: {},
  })
})

test.each(['HOST', 'USER'] as const)(
  'a server on network %s is seen by HTTP and TCP, and seen to be gone',
  async (kind) => {
    const rig = await start()
    const network = unique('net')
    const where = { socketPath: engineSocket() }
    if (kind === 'USER') await send(where, 'POST', '/networks/create', { Name: network })
    const port = 18_000 + (process.pid % 1000)
    const script = `mkdir /w; echo hi >/w/up; httpd -p ${port} -h /w; until [ -e /stop ]; do sleep 0.1; done; killall httpd; sleep 1000`
    const task = dockerTask(unique('web'), script)
    const container = {
      type: 'DOCKER',
      docker: { image: 'busybox', network: kind },
      ...(kind === 'USER' ? { network_infos: [{ name: network }] } : {}),
    } as const
    const health_check = {
      ...quick,
      type: 'TCP',
      tcp: { port },
      consecutive_failures: 1000,
    } as const
    const check = { ...quick, type: 'HTTP', http: { port, path: '/up' } } as const
    const { inspect } = await launch(rig, { ...task, container, health_check, check }, 'RUNNING')
    const last = () => rig.master.statuses(task.name).at(-1)
    await until(() => last()?.healthy === true && last()?.check_status?.http?.status_code === 200)
    const exec = { Cmd: ['touch', '/stop'] }
    const made = await send(where, 'POST', `/containers/${inspect.Id}/exec`, exec)
    const { Id } = JSON.parse(made.body) as { Id: string }
    await send(where, 'POST', `/exec/${Id}/start`, { Detach: true })
    await until(() => last()?.healthy === false && last()?.check_status?.http !== undefined)
    await until(() => last()?.check_status?.http?.status_code === undefined)
  },
)
