import { expect, test } from 'vitest'
import { parsePolicy } from '../../../../src/core-agent/docker/policy.ts'
import { HookDriver, maxWaitingCalls } from '../../../../src/core-agent/modules/hook-driver.ts'
import { hookDeadlineMs } from '../../../../src/core-agent/modules/hooks.ts'
import { emptyState } from '../../../../src/core-agent/state.ts'
import type { AgentLinkCall, TaskStatus } from '../../../../src/mesos/wire.ts'
import { silent } from '../../../../src/runtime/logger.ts'
import { hooksOf } from '../../../support/modules.ts'
import { SimClock } from '../../../support/sim-clock.ts'

const labels = { labels: [{ key: 'a' }] }

const rig = (taskStatusDecorator: () => unknown) => {
  const clock = new SimClock()
  const sent: Omit<AgentLinkCall, 'agent_id' | 'session_id'>[] = []
  const { hooks } = hooksOf({ methods: { taskStatusDecorator } })({ clock, logger: silent })
  const driver = new HookDriver({
    hooks,
    state: emptyState(),
    policy: parsePolicy('all'),
    tell: () => {},
    send: (call) => void sent.push(call),
  })
  return { clock, driver, sent }
}

const status = (task: string) => {
  const status: TaskStatus = { task_id: { value: task }, state: 'TASK_RUNNING' }
  const update = { framework_id: { value: 'f1' }, status, latest_state: status.state }
  return { type: 'STATUS_UPDATE', status_update: update } as const
}
const lent = { type: 'OVERSUBSCRIBED' } as const

test('what is sent after a status goes out after it, however long its hook takes', async () => {
  let calls = 0
  const { clock, driver, sent } = rig(() => {
    calls += 1
    return calls === 1 ? new Promise(() => {}) : { labels }
  })
  driver.send(status('t1'))
  driver.send(lent)
  driver.send(status('t2'))
  await clock.advance(hookDeadlineMs - 1)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect(sent).toMatchObject([status('t1'), lent, status('t2')])
  expect(sent.map(({ status_update: update }) => update?.status.labels)).toEqual([
    undefined,
    undefined,
    labels,
  ])
})

test('hooks are not asked while too much waits for them already', async () => {
  let calls = 0
  const { clock, driver, sent } = rig(() => {
    calls += 1
    return { labels }
  })
  for (let n = 0; n < maxWaitingCalls + 10; n += 1) driver.send(status(`t${n}`))
  await clock.advance(1)
  expect(calls).toBe(maxWaitingCalls)
  expect(sent).toHaveLength(maxWaitingCalls + 10)
  driver.send(status('last'))
  await clock.advance(1)
  expect(calls).toBe(maxWaitingCalls + 1)
})
