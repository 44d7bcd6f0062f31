import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  checkStatus,
  type Health,
  judgeHealth,
  type ProbeResult,
} from '../../../src/core-agent/checks/judge.ts'
import { plansOf, unreachableProblem } from '../../../src/core-agent/checks/plan.ts'
import type { FrameworkInfo, TaskInfo } from '../../../src/mesos/wire.ts'
import { AgentRig, commandTask, dockerTask, stockFramework } from '../../support/agent-rig.ts'

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

const well: ProbeResult = { type: 'COMMAND', exitCode: 0 }
const ill: ProbeResult = { type: 'COMMAND', exitCode: 3 }
const patience = { graceMs: 10_000, maxFailures: 3 }
const fresh: Health = { sinceMs: 0, wasHealthy: false, failures: 0 }
const healthy: Health = { ...fresh, wasHealthy: true }

test.each([
  { name: 'a first success is told', health: fresh, result: well, want: { healthy: true } },
  { name: 'a further success is no news', health: healthy, result: well, want: {} },
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
])('health: $name', ({ health, result, atMs = 60_000, want }) => {
  const { health: after, ...verdict } = judgeHealth(patience, health, result, atMs)
  const { failures, ...told } = { failures: 0, ...want }
  expect(after.failures).toBe(failures)
  expect({ healthy: verdict.healthy, isOver: verdict.isOver ?? false }).toEqual({
    healthy: undefined,
    isOver: false,
    ...told,
  })
})

test.each<{ result: ProbeResult; failure: string | undefined }>([
  { result: { type: 'HTTP', statusCode: 199 }, failure: 'HTTP status 199' },
  { result: { type: 'HTTP', statusCode: 200 }, failure: undefined },
  { result: { type: 'HTTP', statusCode: 399 }, failure: undefined },
  { result: { type: 'HTTP', statusCode: 400 }, failure: 'HTTP status 400' },
  { result: { type: 'TCP', succeeded: true }, failure: undefined },
  { result: { type: 'TCP', succeeded: false }, failure: 'no connection' },
  { result: { type: 'COMMAND', exitCode: 1 }, failure: 'the command exited with 1' },
  { result: { type: 'problem', message: 'no answer within 1s' }, failure: 'no answer within 1s' },
])('$result is healthy unless: $failure', ({ result, failure }) => {
  const { message } = judgeHealth(patience, healthy, result, 0)
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
          const verdict = judgeHealth({ graceMs: 0, maxFailures }, health, isWell ? well : ill, 1)
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
