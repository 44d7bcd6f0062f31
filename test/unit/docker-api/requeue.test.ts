import { expect, test } from 'vitest'
import type { RequeueView } from '../../../src/mesos-framework/cluster.ts'
import { container, endpoint, hexId, nowMs } from './fake-cluster.ts'

const requeue = (given: Partial<RequeueView> = {}): RequeueView => ({
  phase: 'backing-off',
  attempt: 2,
  max: 100,
  on: 'revocable',
  cause: 'Container preempted by QoS correction: load_5min 9 above 8',
  nextTryMs: nowMs + 2000,
  lacks: undefined,
  ...given,
})

const revoked = (given: Partial<RequeueView> = {}) => {
  const it = endpoint()
  const State = {
    Status: 'exited',
    Running: false,
    ExitCode: 137,
    Error: '',
    StartedAt: '2025-06-01T11:59:00Z',
    FinishedAt: '2025-06-01T11:59:55Z',
  }
  it.cluster.containerViews = [
    container('web', { id: hexId('b'), requeue: requeue(given), inspect: { State } }),
  ]
  it.engines.answer = () => ({ status: 200, body: { Id: hexId('b'), State } })
  return it
}

test.each([
  {
    phase: 'backing-off',
    status: 'Exited (137) 5 seconds ago (requeued, attempt 2 of 100)',
    error: 'requeued, attempt 2 of 100, next try 2025-06-01T12:00:02.000Z',
  },
  {
    phase: 'waiting',
    status: 'Exited (137) 5 seconds ago (requeued, attempt 2 of 100)',
    error: 'requeued, attempt 2 of 100, waiting for revocable resources of node1',
  },
  {
    phase: 'waiting',
    on: 'regular',
    attempt: 2,
    max: 1,
    lacks: 'cpus 2 wanted, 0.5 offered',
    status: 'Exited (137) 5 seconds ago (to be promoted, attempt 2)',
    error:
      'to be promoted, attempt 2, waiting for regular resources of node1: cpus 2 wanted, 0.5 offered',
  },
  {
    phase: 'given-up',
    status: 'Exited (137) 5 seconds ago (requeued 100 times)',
    error: 'not requeued any more: it was 100 times, and shoal.revocation.max allows no more',
  },
] as const)('ps -a and inspect say what comes: $error', async ({ status, error, ...given }) => {
  const it = revoked(given)
  const rows = (await it.app.inject('/containers/json?all=1')).json()
  expect(rows).toMatchObject([{ State: 'exited', Status: status }])
  const inspect = (await it.app.inject('/containers/web/json')).json()
  expect(inspect.State).toMatchObject({
    Status: 'exited',
    ExitCode: 137,
    Error: `Container preempted by QoS correction: load_5min 9 above 8; ${error}`,
  })
})

test.each(['/stop', '/stop?t=5', '/kill', '/kill?signal=HUP'])(
  '%s of one that is to run again: it is not, and there is nothing to ask the engine',
  async (verb) => {
    const it = revoked()
    const response = await it.app.inject({ method: 'POST', url: `/containers/web${verb}` })
    expect(response.statusCode).toBe(204)
    expect(it.cluster.calls).toEqual(['end requeue web'])
    expect(it.engines.asked).toEqual([])
  },
)

test.each([
  { verb: '/stop', status: 304 },
  { verb: '/kill', status: 409 },
])('$verb of one that was given up is the answer of its engine', async ({ verb, status }) => {
  const it = revoked({ phase: 'given-up' })
  it.engines.answer = () => ({ status, body: { message: 'is not running' } })
  const response = await it.app.inject({ method: 'POST', url: `/containers/web${verb}` })
  expect(response.statusCode).toBe(status)
})
