import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isTerminal, states } from '../../../src/core-master/tasks/states.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import type { TaskState } from '../../../src/mesos/wire.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

test('M16: which states are over', () => {
  const over = (Object.keys(states) as TaskState[]).filter(isTerminal)
  expect(over.sort()).toEqual(
    [
      'TASK_FINISHED',
      'TASK_FAILED',
      'TASK_KILLED',
      'TASK_ERROR',
      'TASK_LOST',
      'TASK_DROPPED',
      'TASK_GONE',
      'TASK_GONE_BY_OPERATOR',
    ].sort(),
  )
})

const start = async () => {
  const { master } = startSimMaster()
  const resources = toWire(amounts('cpus:1;mem:64'), { format: 'stacks' })
  const agent = new AgentPeer(master.application, { agent_info: { hostname: 'a1', resources } })
  const framework = new SchedulerPeer(master.application, {
    subscribe: { framework_info: { user: 'u', name: 'f', checkpoint: true } },
  })
  await settle()
  const [offer] = master.state.offers.keys()
  const task = {
    name: 't',
    task_id: { value: 't' },
    agent_id: { value: agent.agentId },
    command: { value: 'true' },
    resources,
  }
  framework.call({
    type: 'ACCEPT',
    accept: {
      offer_ids: [{ value: offer ?? '' }],
      operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }],
    },
  })
  let updates = 0
  const update = (state: TaskState, frameworkId = framework.frameworkId) => {
    updates += 1
    agent.call({
      type: 'STATUS_UPDATE',
      status_update: {
        framework_id: { value: frameworkId },
        status: {
          task_id: { value: 't' },
          state,
          timestamp: updates,
          uuid: Uint8Array.from({ length: 16 }, () => updates),
          data: Buffer.from('data'),
        },
        latest_state: state,
      },
    })
  }
  const view = (path: string) => JSON.parse(ask(master.application, 'GET', path).body) as unknown
  return { framework, update, view }
}

test('M18: statuses of one state in a row are one in the history, the newest, and without data', async () => {
  const { framework, update, view } = await start()
  framework.stream.take()
  for (const state of ['TASK_STARTING', 'TASK_RUNNING', 'TASK_RUNNING'] as const) update(state)
  expect(framework.stream.take().map(({ update: one }) => one?.status.data)).toEqual(
    Array.from({ length: 3 }, () => Buffer.from('data').toString('base64')),
  )
  const { tasks } = view('/tasks') as { tasks: { statuses: Record<string, unknown>[] }[] }
  expect(tasks[0]?.statuses.map(({ state, timestamp }) => [state, timestamp])).toEqual([
    ['TASK_STARTING', 1],
    ['TASK_RUNNING', 3],
  ])
  expect(JSON.stringify(tasks)).not.toContain('data')
})

test('M18: what has ended stays as it ended, and what nobody knows counts as invalid', async () => {
  const { framework, update, view } = await start()
  update('TASK_FINISHED')
  update('TASK_RUNNING')
  update('TASK_FAILED')
  const { tasks } = view('/tasks') as { tasks: { state: string }[] }
  expect(tasks[0]?.state).toBe('TASK_FINISHED')
  update('TASK_RUNNING', 'nobody')
  expect(view('/metrics/snapshot')).toMatchObject({ 'master/invalid_status_updates': 2 })
  expect(
    framework.stream.take().some(({ update: one }) => one?.status.state === 'TASK_RUNNING'),
  ).toBe(false)
})

/** Those that a Mesos master gives itself. */
const masterReasons = new Set(
  [
    'INVALID_OFFERS',
    'AGENT_REMOVED',
    'AGENT_DISCONNECTED',
    'TASK_INVALID',
    'TASK_GROUP_INVALID',
    'TASK_UNAUTHORIZED',
    'TASK_GROUP_UNAUTHORIZED',
    'RECONCILIATION',
    'FRAMEWORK_REMOVED',
    'AGENT_REREGISTERED',
    'AGENT_REMOVED_BY_OPERATOR',
  ].map((reason) => `REASON_${reason}`),
)

test('M19: in no story has a status of the master a reason that a master does not give', () => {
  const folder = 'test/scenarios'
  const reasons = readdirSync(folder)
    .filter((name) => /^master-.*\.txt$/.test(name))
    .flatMap((name) => [
      ...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/, from master, (REASON_\w+)/g),
    ])
    .map(([, reason = '']) => reason)
  expect(reasons.length).toBeGreaterThan(20)
  expect([...new Set(reasons)].filter((reason) => !masterReasons.has(reason))).toEqual([])
})
