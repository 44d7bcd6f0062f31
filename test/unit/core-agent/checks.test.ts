import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maxWaitingUpdates } from '../../../src/core-agent/checks/handlers.ts'
import {
  checkStatus,
  type Health,
  judgeHealth,
  type Taken,
} from '../../../src/core-agent/checks/judge.ts'
import {
  leastIntervalMs,
  plansOf,
  unreachableProblem,
} from '../../../src/core-agent/checks/plan.ts'
import type { FrameworkInfo, TaskInfo } from '../../../src/mesos/wire.ts'
import {
  AgentRig,
  commandTask,
  dockerTask,
  frontend,
  stockFramework,
  type TaskOptions,
} from '../../support/agent-rig.ts'

const task = (checks: Pick<TaskInfo, 'check' | 'health_check'>): TaskInfo => ({
  ...dockerTask('t1', 'sleep 1000'),
  ...checks,
})

test('what a check leaves out has the defaults of mesos.proto', () => {
  const command = { value: 'true' }
  const plans = plansOf(
    task({
      health_check: { type: 'COMMAND', command },
      check: { type: 'HTTP', http: { port: 80 } },
    }),
  )
  expect(plans).toEqual([
    {
      kind: 'health',
      probe: { type: 'COMMAND', command },
      delayMs: 15_000,
      intervalMs: 10_000,
      timeoutMs: 20_000,
      graceMs: 10_000,
      maxFailures: 3,
    },
    {
      kind: 'check',
      probe: { type: 'HTTP', scheme: 'http', port: 80, path: '/', protocol: 'IPv4' },
      delayMs: 15_000,
      intervalMs: 10_000,
      timeoutMs: 20_000,
      graceMs: 0,
      maxFailures: Infinity,
    },
  ])
})

test('a timeout of zero is none', () => {
  const tcp = { port: 80 }
  const [plan] = plansOf(task({ check: { type: 'TCP', tcp, timeout_seconds: 0 } }))
  expect(plan?.timeoutMs).toBe(Infinity)
})

test('looks without an interval are not all that the agent does', () => {
  const tcp = { port: 80 }
  const [plan] = plansOf(task({ check: { type: 'TCP', tcp, interval_seconds: 0 } }))
  expect(plan?.intervalMs).toBe(leastIntervalMs)
})

const well: Taken = { type: 'COMMAND', exitCode: 0 }
const ill: Taken = { type: 'COMMAND', exitCode: 3 }
const patience = { graceMs: 10_000, maxFailures: 3 }
const fresh: Health = { sinceMs: 0, wasHealthy: false, failures: 0 }
const healthy: Health = { ...fresh, wasHealthy: true }

test.each([
  { name: 'a first success is told', health: fresh, result: well, want: { healthy: true } },
  { name: 'a further success is no news', health: healthy, told: true, result: well, want: {} },
  {
    name: 'a success that found no room is told with the next',
    health: healthy,
    told: false,
    result: well,
    want: { healthy: true },
  },
  {
    name: 'a success after failures is told',
    health: { ...healthy, failures: 2 },
    result: well,
    want: { healthy: true },
  },
  {
    name: 'a failure within the grace is passed over',
    health: fresh,
    result: ill,
    atMs: 10_000,
    want: {},
  },
  {
    name: 'a failure after the grace counts',
    health: fresh,
    result: ill,
    atMs: 10_001,
    want: { healthy: false, failures: 1 },
  },
  {
    name: 'there is no grace for what was healthy once',
    health: healthy,
    result: ill,
    atMs: 1,
    want: { healthy: false, failures: 1 },
  },
  {
    name: 'every failure is told',
    health: { ...healthy, failures: 1 },
    result: ill,
    want: { healthy: false, failures: 2 },
  },
  {
    name: 'the last failure that is borne ends the task',
    health: { ...healthy, failures: 2 },
    result: ill,
    want: { healthy: false, failures: 3, isOver: true },
  },
])('health: $name', ({ health, result, told, atMs: monotonicMs = 60_000, want }) => {
  const { health: after, ...verdict } = judgeHealth(patience, health, result, { monotonicMs, told })
  const { failures, ...rest } = { failures: 0, ...want }
  expect(after.failures).toBe(failures)
  expect({ healthy: verdict.healthy, isOver: verdict.isOver ?? false }).toEqual({
    healthy: undefined,
    isOver: false,
    ...rest,
  })
})

test.each<{ result: Taken; failure: string | undefined }>([
  { result: { type: 'HTTP', statusCode: 199 }, failure: 'HTTP status 199' },
  { result: { type: 'HTTP', statusCode: 200 }, failure: undefined },
  { result: { type: 'HTTP', statusCode: 399 }, failure: undefined },
  { result: { type: 'HTTP', statusCode: 400 }, failure: 'HTTP status 400' },
  { result: { type: 'TCP', succeeded: true }, failure: undefined },
  { result: { type: 'TCP', succeeded: false }, failure: 'no connection' },
  { result: { type: 'COMMAND', exitCode: 1 }, failure: 'the command exited with 1' },
  { result: { type: 'problem', message: 'no answer within 1s' }, failure: 'no answer within 1s' },
])('$result is healthy unless: $failure', ({ result, failure }) => {
  const { message } = judgeHealth(patience, healthy, result, { monotonicMs: 0, told: true })
  expect(message).toBe(failure && `Health check failed 1 time: ${failure}`)
})

test('a task ends after exactly as many failures in a row as it bears, and never before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (results, maxFailures) => {
        let health: Health = fresh
        let row = 0
        for (const isWell of results) {
          const verdict = judgeHealth({ graceMs: 0, maxFailures }, health, isWell ? well : ill, {
            monotonicMs: 1,
            told: undefined,
          })
          row = isWell ? 0 : row + 1
          health = verdict.health
          expect(verdict.isOver === true).toBe(row >= maxFailures)
        }
      },
    ),
  )
})

test.each([
  { type: 'COMMAND', result: ill, want: { type: 'COMMAND', command: { exit_code: 3 } } },
  {
    type: 'HTTP',
    result: { type: 'HTTP', statusCode: 404 },
    want: { type: 'HTTP', http: { status_code: 404 } },
  },
  {
    type: 'TCP',
    result: { type: 'TCP', succeeded: false },
    want: { type: 'TCP', tcp: { succeeded: false } },
  },
  {
    type: 'TCP',
    result: { type: 'problem', message: 'late' },
    want: { type: 'TCP', tcp: {} },
  },
  { type: 'COMMAND', result: undefined, want: { type: 'COMMAND', command: {} } },
] as const)('the status of a $type check after $result is $want', ({ type, result, want }) => {
  expect(checkStatus(type, result)).toEqual(want)
})

test('what has no network is not looked at by network', () => {
  const health_check = { type: 'TCP', tcp: { port: 80 } } as const
  const container = { type: 'DOCKER', docker: { image: 'busybox', network: 'NONE' } } as const
  expect(unreachableProblem({ ...task({ health_check }), container })).toMatch(
    /^TaskInfo\.health_check: .* check by COMMAND/,
  )
  const byCommand = { type: 'COMMAND', command: { value: 'true' } } as const
  expect(unreachableProblem({ ...task({ health_check: byCommand }), container })).toBeUndefined()
})

const quick = { delay_seconds: 1, interval_seconds: 1, timeout_seconds: 1, grace_period_seconds: 0 }

/** States with what the checks told, and why. */
const told = (rig: AgentRig, id = 't1') =>
  rig.master
    .statuses(id)
    .map(({ state, reason, healthy }) => [
      state.replace('TASK_', ''),
      ...(reason === undefined ? [] : [reason]),
      ...(healthy === undefined ? [] : [healthy]),
    ])

const updated = 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'

test.each([
  { given: { user: '1000:50' }, user: '1000:50' },
  { given: {}, user: undefined },
  { given: { user: '' }, user: undefined },
])('a check by command in a container runs as $given', async ({ given, user }) => {
  const rig = await new AgentRig().up()
  const command = { value: 'true', ...given }
  rig.master.launch(task({ health_check: { ...quick, type: 'COMMAND', command } }), stockFramework)
  await rig.clock.advance(20_000)
  expect(rig.engine.commandsRun.length).toBeGreaterThan(0)
  for (const one of rig.engine.commandsRun) expect(one.user).toBe(user)
})

test('a container whose command fails too often is killed, and its last status says that it is not healthy', async () => {
  const rig = await new AgentRig().up()
  const command = { value: 'exit 3' }
  rig.master.launch(
    task({ health_check: { ...quick, type: 'COMMAND', command, consecutive_failures: 2 } }),
    stockFramework,
  )
  await rig.clock.advance(20_000)
  expect(told(rig)).toEqual([
    ['STARTING'],
    ['RUNNING'],
    ['RUNNING', updated, false],
    ['RUNNING', updated, false],
    ['KILLED', false],
  ])
  expect(rig.master.statuses('t1').at(-1)?.message).toMatch(
    /: Health check failed 2 times in a row: the command exited with 3$/,
  )
  expect(rig.master.statuses('t1')[2]?.message).toBe(
    'Health check failed 1 time: the command exited with 3',
  )
})

test('a look that takes too long is a failure, and is not repeated while it is under way', async () => {
  const rig = await new AgentRig().up()
  rig.probes.answer = undefined
  const health_check = {
    ...quick,
    type: 'TCP',
    tcp: { port: 80 },
    consecutive_failures: 2,
  } as const
  rig.master.launch(task({ health_check }), stockFramework)
  await rig.clock.advance(1900)
  expect(rig.probes.looks).toHaveLength(1)
  await rig.clock.advance(20_000)
  expect(rig.probes.looks).toHaveLength(2)
  expect(rig.master.statuses('t1')[2]?.message).toMatch(/no answer within 1s$/)
  expect(rig.master.states('t1').at(-1)).toBe('KILLED')
})

test('a healthy task says so once; later statuses carry it', async () => {
  const rig = await new AgentRig().up()
  const health_check = { ...quick, type: 'TCP', tcp: { port: 80 } } as const
  rig.master.launch(task({ health_check }), stockFramework)
  await rig.clock.advance(10_000)
  expect(rig.probes.looks.length).toBeGreaterThan(5)
  expect(told(rig)).toEqual([['STARTING'], ['RUNNING'], ['RUNNING', updated, true]])
  rig.master.kill('t1', 0, 'f2')
  await rig.clock.advance(5000)
  expect(told(rig).at(-1)).toEqual(['KILLED', true])
  const looks = rig.probes.looks.length
  await rig.clock.advance(5000)
  expect(rig.probes.looks).toHaveLength(looks)
})

test('a general check tells what it finds when that changes, and never ends its task', async () => {
  const rig = await new AgentRig().up()
  rig.probes.answer = { type: 'HTTP', statusCode: 500 }
  rig.master.launch(
    task({ check: { ...quick, type: 'HTTP', http: { port: 80, path: '/up' } } }),
    stockFramework,
  )
  await rig.clock.advance(6000)
  rig.probes.answer = { type: 'HTTP', statusCode: 200 }
  await rig.clock.advance(6000)
  const statuses = rig.master
    .statuses('t1')
    .map(({ reason, check_status }) => [reason, check_status?.http?.status_code])
  expect(statuses).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    ['REASON_TASK_CHECK_STATUS_UPDATED', 500],
    ['REASON_TASK_CHECK_STATUS_UPDATED', 200],
  ])
  expect(rig.master.statuses('t1')[1]?.check_status).toEqual({ type: 'HTTP', http: {} })
  expect(rig.probes.looks[0]).toMatchObject({ type: 'HTTP', port: 80, path: '/up' })
})

test('a command is checked by a command in its own container, with its environment and the check’s', async () => {
  const rig = await new AgentRig().up()
  const command = { value: 'exit 4', environment: { variables: [{ name: 'A', value: 'b' }] } }
  rig.master.launch(
    {
      ...commandTask('t1', 'sleep 1000'),
      check: { ...quick, type: 'COMMAND', command: { command } },
    },
    stockFramework,
  )
  await rig.clock.advance(5000)
  expect(rig.master.statuses('t1').at(-1)?.check_status).toEqual({
    type: 'COMMAND',
    command: { exit_code: 4 },
  })
})

test('checks go on after a restart, and what was told stands until they say otherwise', async () => {
  const rig = await new AgentRig().up()
  const health_check = {
    ...quick,
    grace_period_seconds: 60,
    type: 'TCP',
    tcp: { port: 80 },
  } as const
  rig.master.launch(task({ health_check }), stockFramework)
  await rig.clock.advance(5000)
  rig.probes.answer = { type: 'TCP', succeeded: false }
  rig.probes.looks.length = 0
  await rig.crash()
  await rig.clock.advance(20_000)
  expect(rig.probes.looks.length).toBeGreaterThanOrEqual(3)
  expect(rig.master.states('t1').at(-1)).toBe('KILLED') // No grace: it was healthy once.
})

test('an executor of a framework checks its own tasks', async () => {
  const rig = await new AgentRig().up()
  const framework: FrameworkInfo = stockFramework
  rig.master.launch(
    {
      ...commandTask('t1', 'sleep 1000'),
      health_check: { ...quick, type: 'TCP', tcp: { port: 80 } },
      command: undefined,
      executor: {
        type: 'CUSTOM',
        executor_id: { value: 'e1' },
        framework_id: { value: 'f2' },
        command: { value: 'sleep 1000' },
      },
    },
    framework,
  )
  await rig.clock.advance(10_000)
  expect(rig.probes.looks).toEqual([])
})

const byCommand = (value: string) =>
  ({ ...quick, type: 'COMMAND', command: { value } }) as const satisfies TaskInfo['health_check']

/** A task whose first look went well. */
const seenWell = async (checks: Parameters<typeof task>[0], options: TaskOptions = {}) => {
  const rig = await new AgentRig().up()
  rig.master.launch({ ...dockerTask('t1', 'sleep 1000', options), ...checks }, frontend)
  await rig.clock.advance(3000)
  expect(told(rig).at(-1)).toEqual(['RUNNING', updated, true])
  return rig
}

const stillRuns = (rig: AgentRig) => expect(told(rig).at(-1)).toEqual(['RUNNING', updated, true])

test('a task is not blamed for an engine that refuses, hangs or is gone', async () => {
  const rig = await seenWell({ health_check: byCommand('true') })
  for (const fault of ['refuse', 'hang', 'hang', 'hang', 'hang'] as const)
    rig.engine.fault('exec', { kind: fault, status: 409, message: 'it is paused' })
  await rig.clock.advance(20_000)
  stillRuns(rig)
  rig.engine.crash()
  await rig.clock.advance(20_000)
  rig.engine.recover()
  await rig.clock.advance(20_000)
  stillRuns(rig)
})

const refused = { type: 'TCP', succeeded: false } as const
const tcp = { ...quick, type: 'TCP', tcp: { port: 80 } } as const

test('nor for standing still while its tier is frozen', async () => {
  const rig = await seenWell({ health_check: tcp }, { revocable: true })
  rig.agent.state.lending.frozen = true
  rig.probes.answer = refused
  const looks = rig.probes.looks.length
  await rig.clock.advance(60_000)
  expect(rig.probes.looks).toHaveLength(looks)
  rig.agent.state.lending.frozen = false
  await rig.clock.advance(60_000)
  expect(told(rig).at(-1)).toEqual(['KILLED', false])
})

test('nor for being paused', async () => {
  const rig = await seenWell({ health_check: tcp })
  const [container] = rig.agent.state.containers.values()
  const inspect = container?.inspect
  if (container === undefined || inspect === undefined) throw new Error('no container')
  const running = inspect['State'] as Readonly<Record<string, unknown>>
  container.inspect = { ...inspect, State: { ...running, Status: 'paused' } }
  rig.probes.answer = refused
  await rig.clock.advance(60_000)
  stillRuns(rig)
})

test('nor while it is being killed, however it takes that', async () => {
  const rig = await seenWell({ health_check: tcp })
  rig.engine.fault('stop', { kind: 'hang' })
  rig.probes.answer = refused
  const looks = rig.probes.looks.length
  rig.master.kill('t1', 20_000)
  await rig.clock.advance(15_000)
  expect(rig.probes.looks).toHaveLength(looks)
  stillRuns(rig)
})

test('looks go on where a client’s stop comes to nothing', async () => {
  const rig = await seenWell({ health_check: tcp })
  const [container] = rig.agent.state.containers.keys()
  rig.engine.fault('stop', { kind: 'hang' })
  rig.probes.answer = refused
  rig.tell('POST', `/engine/containers/${container}/stop?t=5`)
  await rig.clock.advance(10_000) // Looks fall due meanwhile.
  stillRuns(rig)
  await rig.clock.advance(60_000)
  expect(told(rig).at(-1)).toEqual(['KILLED', false])
})

test('failures that were told count over a restart, and end grace', async () => {
  const rig = await new AgentRig().up()
  rig.probes.answer = refused
  rig.master.launch(
    task({
      health_check: { ...tcp, delay_seconds: 0.5, grace_period_seconds: 1, interval_seconds: 3 },
    }),
    stockFramework,
  )
  await rig.clock.advance(7500)
  expect(told(rig).slice(2)).toEqual([
    ['RUNNING', updated, false],
    ['RUNNING', updated, false],
  ])
  await rig.crash({ kept: 1 }) // And three seconds on: one look, within what would be a new grace.
  expect(told(rig).slice(-2)).toEqual([
    ['RUNNING', updated, false],
    ['KILLED', false],
  ])
})

test('how often it failed is in a snapshot', async () => {
  const rig = await seenWell({ health_check: { ...tcp, interval_seconds: 100 } })
  rig.probes.answer = refused
  await rig.clock.advance(100_000)
  for (let i = 0; i < 350; i += 1) {
    rig.master.launch(dockerTask(`other-${i}`, 'true'), stockFramework)
    await rig.clock.advance(100)
  }
  const { snapshot } = await rig.log.read()
  const kept = (snapshot as readonly { readonly failures?: number }[]).filter(
    ({ failures }) => failures !== undefined,
  )
  expect(kept).toMatchObject([{ type: 'LAUNCH', healthy: false, failures: 1 }])
})

test(`while ${maxWaitingUpdates} updates wait results are kept back, and what holds is told later`, async () => {
  const rig = await new AgentRig().up()
  rig.probes.answer = { type: 'HTTP', statusCode: 0 }
  rig.master.launch(task({ check: { ...quick, type: 'HTTP', http: { port: 80 } } }), stockFramework)
  await rig.clock.advance(3000)
  rig.master.acknowledges = false
  for (let statusCode = 1; statusCode < maxWaitingUpdates + 50; statusCode += 1) {
    rig.probes.answer = { type: 'HTTP', statusCode }
    await rig.clock.advance(1100)
  }
  expect([...rig.agent.state.tasks.values()][0]?.updates).toHaveLength(maxWaitingUpdates)
  rig.master.acknowledges = true
  await rig.clock.advance(700_000)
  expect(rig.master.statuses('t1').at(-1)?.check_status?.http?.status_code).toBe(
    maxWaitingUpdates + 49,
  )
})

test('what a check tells has the addresses of the task, and /state shows it', async () => {
  const rig = await seenWell({ health_check: tcp })
  expect(rig.master.statuses('t1').at(-1)?.container_status?.network_infos).toEqual(
    rig.master.statuses('t1')[1]?.container_status?.network_infos,
  )
  const { json } = await rig.ask('GET', '/state')
  expect(json).toMatchObject({ frameworks: [{ executors: [{ tasks: [{ healthy: true }] }] }] })
})
