import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { codecs } from '../../../src/mesos/codec.ts'
import { messageType } from '../../../src/mesos/proto.ts'
import type { AgentCall, AgentResponse } from '../../../src/mesos/wire.ts'
import type { HttpRequest, HttpResponse } from '../../../src/runtime/transport.ts'
import { AgentRig, commandTask, frontend } from '../../support/agent-rig.ts'

const calls = codecs<AgentCall>('mesos.v1.agent.Call')
const answers = codecs<AgentResponse>('mesos.v1.agent.Response')
const jsonType = { 'content-type': 'application/json' }

const root = mkdtempSync(join(tmpdir(), 'shoal-operator-'))
afterAll(() => rmSync(root, { recursive: true }))
const logFile = join(root, 'agent.log')
writeFileSync(logFile, 'one\ntwo\n')

const send = async (
  rig: AgentRig,
  request: Partial<HttpRequest> & { readonly body: Uint8Array },
): Promise<HttpResponse & { readonly text: string }> => {
  const whole = { method: 'POST', path: '/api/v1', headers: jsonType, ...request }
  const state = { waiting: true }
  const asked = rig.network
    .transport('operator')
    .request('agent:5051', whole, { timeoutMs: 60_000 })
    .finally(() => (state.waiting = false))
  while (state.waiting) {
    await new Promise((resolve) => setImmediate(resolve)) // Files are read from a real disk.
    await rig.clock.advance(1)
  }
  const answer = await asked
  return { ...answer, text: Buffer.from(answer.body).toString() }
}

const call = async (rig: AgentRig, body: AgentCall): Promise<AgentResponse> => {
  const { status, body: bytes } = await send(rig, {
    body: calls['application/json'].encode(body),
  })
  expect(status).toBe(200)
  return bytes.byteLength === 0 ? {} : answers['application/json'].decode(bytes)
}

const rigWithLog = () => new AgentRig({ flags: { external_log_file: logFile } }).up()

describe('what is refused, in Mesos’ words', () => {
  const cases: readonly {
    readonly name: string
    readonly request: Partial<HttpRequest>
    readonly body?: string
    readonly status: number
    readonly text: string
  }[] = [
    {
      name: 'another method',
      request: { method: 'PUT' },
      status: 405,
      text: "405 Method Not Allowed. Expecting one of { 'POST' }, but received 'PUT'.",
    },
    {
      name: 'no content type',
      request: { headers: {} },
      status: 400,
      text: "Expecting 'Content-Type' to be present",
    },
    {
      name: 'another content type',
      request: { headers: { 'content-type': 'text/plain' } },
      status: 415,
      text: "Expecting 'Content-Type' of application/json or application/x-protobuf",
    },
    {
      name: 'an answer in another type',
      request: { headers: { ...jsonType, accept: 'text/html' } },
      body: '{"type":"GET_HEALTH"}',
      status: 406,
      text: "Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    },
    {
      name: 'no protobuf where it says so',
      request: { headers: { 'content-type': 'application/x-protobuf' } },
      body: 'junk',
      status: 400,
      text: 'Failed to parse body into Call protobuf',
    },
    {
      name: 'no type',
      request: {},
      status: 400,
      text: "Failed to validate agent::Call: Expecting 'type' to be present",
    },
    {
      name: 'a type that nobody knows',
      request: {},
      body: '{"type":"BOGUS"}',
      status: 400,
      text: "Failed to validate agent::Call: Expecting 'type' to be present",
    },
    {
      name: 'a call without its body',
      request: {},
      body: '{"type":"READ_FILE"}',
      status: 400,
      text: "Failed to validate agent::Call: Expecting 'read_file' to be present",
    },
    {
      name: 'a body that lacks a field',
      request: {},
      body: '{"type":"READ_FILE","read_file":{"path":"/slave/log"}}',
      status: 400,
      text: 'Failed to convert JSON into Call protobuf: Missing required fields: read_file.offset',
    },
    {
      name: 'a level for a time below zero',
      request: {},
      body: '{"type":"SET_LOGGING_LEVEL","set_logging_level":{"level":1,"duration":{"nanoseconds":-1}}}',
      status: 400,
      text: "Failed to validate agent::Call: 'set_logging_level.duration.nanoseconds' must be from 0 to 2073600000000000",
    },
    {
      name: 'a call of unknown type',
      request: {},
      body: '{"type":"UNKNOWN"}',
      status: 501,
      text: '501 Not Implemented.',
    },
    {
      name: 'a call that this agent has no use for',
      request: {},
      body: '{"type":"MARK_RESOURCE_PROVIDER_GONE"}',
      status: 501,
      text: 'MARK_RESOURCE_PROVIDER_GONE is not implemented',
    },
    {
      name: 'a file that is not shown',
      request: {},
      body: '{"type":"READ_FILE","read_file":{"path":"/etc/passwd","offset":0}}',
      status: 404,
      text: '',
    },
  ]
  test.each(cases)('$name: $status', async ({ request, body = '{}', status, text }) => {
    const rig = await rigWithLog()
    const answer = await send(rig, { ...request, body: Buffer.from(body) })
    expect([answer.status, answer.text]).toEqual([status, text])
  })
})

test('every call has an answer of its own, also in protobuf and below /slave(1)', async () => {
  const rig = await rigWithLog()
  await rig.run('web', ['serve'])
  const looks = (messageType('mesos.v1.agent.Response').lookupEnum('Type').valuesById ??
    {}) as Record<number, NonNullable<AgentCall['type']> & AgentResponse['type']>
  const extra: AgentCall = {
    get_metrics: {},
    list_files: { path: '/slave/log' },
    read_file: { path: '/slave/log', offset: 0 },
  }
  for (const type of Object.values(looks)) {
    if (type === 'UNKNOWN' || type.startsWith('WAIT_')) continue
    const [a, b] = [
      await send(rig, { body: calls['application/json'].encode({ ...extra, type }) }),
      await send(rig, {
        path: '/slave(1)/api/v1',
        headers: { 'content-type': 'application/x-protobuf', accept: 'application/x-protobuf' },
        body: calls['application/x-protobuf'].encode({ ...extra, type }),
      }),
    ]
    expect([a.status, b.status], type).toEqual([200, 200])
    expect(b.headers['content-type']).toBe('application/x-protobuf')
    const json = answers['application/json'].decode(a.body)
    const protobuf = answers['application/x-protobuf'].decode(b.body)
    expect(json.type).toBe(type)
    expect(protobuf.type).toBe(type)
  }
})

test('tasks, executors, frameworks and containers are those of the legacy endpoints', async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'], { cpus: 1.5, memory: 128 })
  rig.master.launch(commandTask('job', 'sleep 1'), frontend)
  await rig.clock.advance(100)
  const { get_tasks: tasks } = await call(rig, { type: 'GET_TASKS' })
  const { get_state: state } = await call(rig, { type: 'GET_STATE' })
  expect(state?.get_tasks).toEqual(tasks)
  expect(
    tasks?.launched_tasks?.map(({ task_id, state, resources }) => [
      task_id.value,
      state,
      resources?.map(({ name, scalar }) => [name, scalar?.value]),
    ]),
  ).toEqual([
    [
      'web',
      'TASK_RUNNING',
      [
        ['cpus', 1.5],
        ['mem', 128],
      ],
    ],
    [
      'job',
      'TASK_RUNNING',
      [
        ['cpus', 1],
        ['mem', 64],
      ],
    ],
  ])
  const legacy = (await rig.ask('GET', '/state')).json as {
    frameworks: readonly { id: string; executors: readonly { id: string; container: string }[] }[]
  }
  const shown = legacy.frameworks.flatMap(({ id, executors }) =>
    executors.map((executor) => [id, executor.id]),
  )
  expect(shown).toEqual([
    ['f1', 'web'],
    ['f1', 'job'],
  ])
  const { get_executors: executors } = await call(rig, { type: 'GET_EXECUTORS' })
  expect(
    executors?.executors?.map(({ executor_info: info }) => [
      info.framework_id?.value,
      info.executor_id.value,
    ]),
  ).toEqual(shown)
  const { get_containers } = await call(rig, { type: 'GET_CONTAINERS' })
  const containers = (await rig.ask('GET', '/containers')).json as readonly {
    container_id: string
  }[]
  expect(get_containers?.containers?.map(({ container_id }) => container_id.value)).toEqual(
    containers.map(({ container_id }) => container_id),
  )
  expect(get_containers?.containers?.[0]?.resource_statistics).toMatchObject({
    cpus_limit: 1.5,
    mem_limit_bytes: 128 * 1024 ** 2,
  })
  const { get_frameworks } = await call(rig, { type: 'GET_FRAMEWORKS' })
  expect(get_frameworks?.frameworks?.map(({ framework_info: { id } }) => id?.value)).toEqual(['f1'])
})

test('a task that has ended is terminated until its update is acknowledged', async () => {
  const rig = await new AgentRig().up()
  const container = await rig.run('web', ['serve'])
  rig.master.acknowledges = false
  rig.engine.exit(container, 3)
  await rig.clock.advance(100)
  const { get_tasks: tasks } = await call(rig, { type: 'GET_TASKS' })
  expect(tasks?.launched_tasks).toEqual([])
  expect(tasks?.terminated_tasks?.map(({ state, statuses }) => [state, statuses?.length])).toEqual([
    ['TASK_FAILED', 1],
  ])
})

test('JSON has the empty lists that clients of Mesos count on', async () => {
  const rig = await new AgentRig().up()
  const text = async (type: string) =>
    (await send(rig, { body: Buffer.from(JSON.stringify({ type })) })).text
  expect(await text('GET_EXECUTORS')).toBe(
    '{"type":"GET_EXECUTORS","get_executors":{"executors":[],"completed_executors":[]}}',
  )
  expect(await text('GET_OPERATIONS')).toBe('{"type":"GET_OPERATIONS","get_operations":{}}')
  expect(await text('GET_HEALTH')).toBe('{"type":"GET_HEALTH","get_health":{"healthy":true}}')
})

test('flags and metrics are those of the legacy endpoints, sorted', async () => {
  const rig = await new AgentRig({ flags: { attributes: 'rack:a' } }).up()
  await rig.run('web', ['serve'])
  const { get_flags } = await call(rig, { type: 'GET_FLAGS' })
  const pairs = get_flags?.flags?.map(({ name, value }) => [name, value] as const) ?? []
  const byText = (a: string, b: string) => (a < b ? -1 : 1)
  expect(Object.fromEntries(pairs)).toEqual(
    ((await rig.ask('GET', '/flags')).json as { flags: unknown }).flags,
  )
  expect(pairs.map(([name]) => name)).toEqual(pairs.map(([name]) => name).sort(byText))
  expect(pairs).toContainEqual(['attributes', 'rack:a'])
  const { get_metrics } = await call(rig, { type: 'GET_METRICS', get_metrics: {} })
  const metrics = Object.fromEntries(
    get_metrics?.metrics?.map(({ name, value }) => [name, value]) ?? [],
  )
  expect(Object.keys(metrics)).toEqual(Object.keys(metrics).sort(byText))
  expect(metrics).toMatchObject({
    'slave/cpus_total': 4,
    'slave/cpus_used': 1,
    'slave/cpus_percent': 0.25,
    'slave/cpus_revocable_total': 0,
    'slave/gpus_total': 0,
    'slave/executors_running': 1,
    'slave/executors_preempted': 0,
    'slave/executors_registering': 0,
    'slave/container_launch_errors': 0,
    'slave/recovery_errors': 0,
    'slave/tasks_running': 1,
  })
})

test('GET_AGENT is what the master was told', async () => {
  const rig = await new AgentRig({ flags: { attributes: 'rack:a' } }).up()
  const { get_agent } = await call(rig, { type: 'GET_AGENT' })
  expect(get_agent?.agent_info).toMatchObject({
    hostname: 'host-1',
    port: 5051,
    id: { value: rig.agent.state.agentId },
    attributes: expect.arrayContaining([expect.objectContaining({ name: 'rack' })]) as unknown,
  })
})

describe('the logging level', () => {
  const set = (level: number, seconds: number): AgentCall => ({
    type: 'SET_LOGGING_LEVEL',
    set_logging_level: { level, duration: { nanoseconds: seconds * 1e9 } },
  })
  const levelOf = async (rig: AgentRig) =>
    (await call(rig, { type: 'GET_LOGGING_LEVEL' })).get_logging_level?.level

  test('has effect, and is as before once its time is over', async () => {
    const rig = await new AgentRig().up()
    const before = rig.logger.level
    expect(await levelOf(rig)).toBe(0)
    expect(await call(rig, set(2, 60))).toEqual({})
    expect(await levelOf(rig)).toBe(2)
    expect(rig.logger.level).toBe('debug')
    await rig.clock.advance(60_000)
    expect(await levelOf(rig)).toBe(0)
    expect(rig.logger.level).toBe(before)
  })

  test('is what was set last, for the time that came with it', async () => {
    const rig = await new AgentRig().up()
    await call(rig, set(1, 10))
    await call(rig, set(3, 60))
    await rig.clock.advance(20_000)
    expect(await levelOf(rig)).toBe(3)
    await rig.clock.advance(40_000)
    expect(await levelOf(rig)).toBe(0)
  })

  test('is as before when the agent has gone', async () => {
    const rig = await new AgentRig().up()
    const before = rig.logger.level
    await call(rig, set(1, 3600))
    rig.die()
    expect(rig.logger.level).toBe(before)
  })
})

describe('files', () => {
  test('are listed with numbers where the legacy endpoint has text', async () => {
    const folder = join(root, 'slaves/a/frameworks/f/executors/e/runs/c')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'stdout'), 'hello', { mode: 0o640 })
    const rig = await new AgentRig({ flags: { work_dir: root } }).up()
    const listing = await send(rig, {
      body: Buffer.from(JSON.stringify({ type: 'LIST_FILES', list_files: { path: folder } })),
    })
    // Nanoseconds of today are beyond what a number of JavaScript holds to the last digit.
    const [row] = (
      JSON.parse(listing.text) as {
        list_files: { file_infos: readonly { mtime: { nanoseconds: number } }[] }
      }
    ).list_files.file_infos
    expect(row).toMatchObject({ path: `${folder}/stdout`, size: 5, mode: 0o100640, nlink: 1 })
    expect(row?.mtime.nanoseconds).toBeGreaterThan(1e18)
  })

  test.each([
    { offset: 0, length: undefined, want: 'one\ntwo\n' },
    { offset: 4, length: 3, want: 'two' },
    { offset: 8, length: undefined, want: '' },
  ])('are read from $offset, $length bytes', async ({ offset, length, want }) => {
    const rig = await rigWithLog()
    const { read_file } = await call(rig, {
      type: 'READ_FILE',
      read_file: { path: '/slave/log', offset, length },
    })
    expect(read_file?.size).toBe(8)
    expect(Buffer.from(read_file?.data ?? []).toString()).toBe(want)
  })
})
