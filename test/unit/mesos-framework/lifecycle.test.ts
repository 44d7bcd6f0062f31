import { expect, test } from 'vitest'
import { type AgentId, id, type TaskId } from '../../../src/mesos/ids.ts'
import { isOver, judgeLaunch, type Status } from '../../../src/mesos-framework/tasks/lifecycle.ts'

const inspect = { Id: 'f'.repeat(64) }

const status = (given: Partial<Status>): Status => ({
  task: id<TaskId>('t1'),
  agent: id<AgentId>('a1'),
  state: 'TASK_STAGING',
  reason: undefined,
  message: '',
  inspect: undefined,
  warnings: [],
  hasRun: false,
  engineStatus: undefined,
  uuid: undefined,
  ...given,
})

const reconciled = { reason: 'REASON_RECONCILIATION' } as const

test.each<{ name: string; given: Partial<Status>; want: object }>([
  { name: 'STAGING waits (D1)', given: { state: 'TASK_STAGING' }, want: { type: 'keep' } },
  {
    name: 'STARTING without data waits (D1)',
    given: { state: 'TASK_STARTING' },
    want: { type: 'keep' },
  },
  { name: 'RUNNING without data waits', given: { state: 'TASK_RUNNING' }, want: { type: 'keep' } },
  { name: 'KILLING waits', given: { state: 'TASK_KILLING' }, want: { type: 'keep' } },
  {
    name: 'STARTING with data: created',
    given: { state: 'TASK_STARTING', inspect },
    want: { type: 'created', inspect, warnings: [] },
  },
  {
    name: 'RUNNING with data: created, should STARTING have been lost',
    given: { state: 'TASK_RUNNING', inspect },
    want: { type: 'created', inspect, warnings: [] },
  },
  {
    name: 'DROPPED: never started',
    given: { state: 'TASK_DROPPED' },
    want: { type: 'never-started', message: expect.stringMatching(/^task t1 TASK_/) },
  },
  {
    name: 'LOST for invalid offers: never started',
    given: { state: 'TASK_LOST', reason: 'REASON_INVALID_OFFERS' },
    want: { type: 'never-started', message: expect.stringMatching(/^task t1 TASK_/) },
  },
  {
    name: 'GONE as an answer to reconciliation: never started',
    given: { state: 'TASK_GONE', ...reconciled },
    want: { type: 'never-started', message: expect.stringMatching(/^task t1 TASK_/) },
  },
  {
    name: 'UNKNOWN as an answer to reconciliation: never started',
    given: { state: 'TASK_UNKNOWN', ...reconciled },
    want: { type: 'never-started', message: expect.stringMatching(/^task t1 TASK_/) },
  },
  {
    name: 'LOST otherwise: it may have started',
    given: { state: 'TASK_LOST', reason: 'REASON_AGENT_REMOVED', message: 'agent removed' },
    want: { type: 'failed', message: 'task t1 TASK_LOST: agent removed' },
  },
  {
    name: 'GONE otherwise',
    given: { state: 'TASK_GONE', message: 'preempted' },
    want: { type: 'failed', message: 'task t1 TASK_GONE: preempted' },
  },
  {
    name: 'UNREACHABLE',
    given: { state: 'TASK_UNREACHABLE', message: 'no pong' },
    want: { type: 'failed', message: 'task t1 TASK_UNREACHABLE: no pong' },
  },
  {
    name: 'ERROR',
    given: { state: 'TASK_ERROR', message: 'Task uses no resources' },
    want: { type: 'failed', message: 'task t1 TASK_ERROR: Task uses no resources' },
  },
  {
    name: 'FAILED with a status of the engine',
    given: { state: 'TASK_FAILED', message: 'No such image: x', engineStatus: 404 },
    want: { type: 'refused', status: 404, message: 'No such image: x' },
  },
  {
    name: 'FAILED otherwise: the message of Mesos',
    given: { state: 'TASK_FAILED', message: 'Container destroyed' },
    want: { type: 'failed', message: 'Container destroyed' },
  },
  {
    name: 'FAILED for the wrong user: with the hint',
    given: { state: 'TASK_FAILED', message: 'Abnormal executor termination' },
    want: {
      type: 'failed',
      message:
        'Abnormal executor termination : please verify your SWARM_MESOS_USER is correctly set',
    },
  },
])('launching: $name', ({ given, want }) => {
  expect(judgeLaunch(status(given))).toEqual(want)
})

test.each<{ state: Status['state']; want: boolean }>([
  { state: 'TASK_STAGING', want: false },
  { state: 'TASK_STARTING', want: false },
  { state: 'TASK_RUNNING', want: false },
  { state: 'TASK_KILLING', want: false },
  { state: 'TASK_UNREACHABLE', want: false },
  { state: 'TASK_FINISHED', want: true },
  { state: 'TASK_FAILED', want: true },
  { state: 'TASK_KILLED', want: true },
  { state: 'TASK_ERROR', want: true },
  { state: 'TASK_LOST', want: true },
  { state: 'TASK_DROPPED', want: true },
  { state: 'TASK_GONE', want: true },
  { state: 'TASK_GONE_BY_OPERATOR', want: true },
  { state: 'TASK_UNKNOWN', want: true },
])('over: $state is $want', ({ state, want }) => {
  expect(isOver(status({ state }))).toBe(want)
})
