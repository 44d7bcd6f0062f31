import { describe, expect, test } from 'vitest'
import { engineAttribute, type Inspect } from '../../../src/mesos/engine-endpoint.ts'
import { type AgentId, type FrameworkId, id, type OfferId } from '../../../src/mesos/ids.ts'
import type { SchedulerCall } from '../../../src/mesos/wire.ts'
import { policyOf } from '../../../src/mesos-framework/config.ts'
import { handle } from '../../../src/mesos-framework/handlers.ts'
import type { Effect, Message } from '../../../src/mesos-framework/messages.ts'
import { emptyState } from '../../../src/mesos-framework/state.ts'
import type { Status } from '../../../src/mesos-framework/tasks/lifecycle.ts'
import { parseResources } from '../../../src/resources/parse.ts'
import { engineFacts } from '../../support/fake-engine-endpoint.ts'
import { tasksOf } from '../../support/fake-mesos.ts'
import { createRequest, frameworkConfig } from '../../support/framework-rig.ts'
import { simIds, simRandom } from '../../support/sim-random.ts'

const framework = id<FrameworkId>('M-0000')

/** The decisions alone: messages in, effects out, time moved by hand. */
class Decider {
  readonly state = emptyState()
  monotonicMs = 0
  readonly #random = simRandom(1)
  readonly #ids = simIds(1)
  #offers = 0

  say(message: Message): readonly Effect[] {
    const config = frameworkConfig()
    return handle(
      this.state,
      {
        config,
        policy: policyOf(config, this.#random),
        nowMs: this.monotonicMs,
        monotonicMs: this.monotonicMs,
        random: this.#random,
        ids: this.#ids,
      },
      message,
    )
  }

  /** Subscribed, with a durable id. */
  subscribed(): this {
    this.say({ type: 'SUBSCRIBED', framework, master: 'master:5050' })
    this.say({ type: 'LOGGED', record: { type: 'FRAMEWORK', id: framework } })
    return this
  }

  offer(agent: string, resources = 'cpus:4;mem:4096'): this {
    const number = Number(agent.replace(/\D/g, ''))
    this.say({
      type: 'OFFERS',
      offers: [
        {
          id: id<OfferId>(`o${this.#offers++}`),
          agent: id<AgentId>(agent),
          hostname: agent,
          ip: `10.0.0.${number}`,
          port: 5051,
          attributes: new Map([[engineAttribute, '/engine']]),
          resources: parseResources(resources).resources,
        },
      ],
    })
    return this
  }

  snapshot(agent: string, containers: readonly Inspect[] = []): readonly Effect[] {
    const record = { type: 'SNAPSHOT', engine: engineFacts, images: [], containers } as const
    return this.say({ type: 'WATCH', agent: id<AgentId>(agent), record })
  }

  submit(key = 1, given: Parameters<typeof createRequest>[0] = {}): this {
    const request = createRequest(given)
    this.say({
      type: 'SUBMIT',
      key,
      job: { type: 'create', request },
      placement: request.placement,
      isRequeue: false,
    })
    return this
  }

  /** The ACCEPT of a turn, if it makes one. */
  turn(): SchedulerCall | undefined {
    return callsIn(this.say({ type: 'TURN' })).find((call) => call.type === 'ACCEPT')
  }

  tick(atMs: number): readonly Effect[] {
    this.monotonicMs = atMs
    return this.say({ type: 'TICK' })
  }

  update(given: Partial<Status>): readonly Effect[] {
    const [task] = this.state.tasks.keys()
    return this.say({
      type: 'UPDATE',
      status: {
        task: task ?? given.task ?? id('none'),
        agent: id<AgentId>('a1'),
        state: 'TASK_STARTING',
        reason: undefined,
        message: '',
        inspect: undefined,
        warnings: [],
        hasRun: false,
        engineStatus: undefined,
        uuid: undefined,
        ...given,
      },
    })
  }
}

const callsIn = (effects: readonly Effect[]): readonly SchedulerCall[] =>
  effects.flatMap((effect) => (effect.type === 'call' ? [effect.call] : []))

const typesIn = (effects: readonly Effect[]) => effects.map((effect) => effect.type)

const callTypesIn = (effects: readonly Effect[]) => callsIn(effects).map((call) => call.type)

const ready = () => {
  const decider = new Decider().subscribed().offer('a1')
  decider.snapshot('a1')
  return decider
}

const launching = () => {
  const decider = ready().submit()
  const accept = decider.turn()
  if (accept === undefined) throw new Error('not launched')
  return { decider, accept }
}

const inspect = (task: string | undefined, status = 'created'): Inspect => ({
  Id: 'c'.repeat(64),
  Name: '/web',
  Created: '2026-01-01T00:00:00Z',
  State: { Status: status },
  Config: { Labels: { 'com.docker.swarm.mesos.task': task } },
})

test('nothing is launched before the framework id is durable (D10)', () => {
  const decider = new Decider()
  decider.say({ type: 'SUBSCRIBED', framework, master: 'master:5050' })
  decider.offer('a1').snapshot('a1')
  expect(decider.submit().turn()).toBeUndefined()
  decider.say({ type: 'LOGGED', record: { type: 'FRAMEWORK', id: framework } })
  expect(decider.turn()).toBeDefined()
})

test('what one turn places never exceeds the offers (I1)', () => {
  const accept = ready().submit(1, { cpus: 3 }).submit(2, { cpus: 3 }).submit(3, { cpus: 1 }).turn()
  expect(tasksOf(accept ?? {})).toHaveLength(2)
})

test('an unchanged state is not tried again', () => {
  const decider = ready().submit(1, { cpus: 8 })
  expect(decider.turn()).toBeUndefined()
  const [waiting] = decider.state.queue.inOrder()
  const tried = new Map(waiting?.tried)
  decider.turn()
  expect(waiting?.tried).toEqual(tried)
  decider.offer('a2', 'cpus:8;mem:4096').snapshot('a2')
  expect(decider.turn()).toBeDefined()
})

describe('a launch that the master has not confirmed', () => {
  test('is not asked about, for it would be unknown; nor killed, for the kill would be lost', () => {
    const { decider, accept } = launching()
    expect(decider.tick(10_000)).toEqual([])
    expect(callTypesIn(decider.say({ type: 'CANCEL', key: 1 }))).toEqual([])
    expect(callTypesIn(decider.say({ type: 'CALL_TAKEN', call: accept }))).toEqual(['KILL'])
  })

  test('is asked about after the next subscription, when the call cannot act any more', () => {
    const { decider } = launching()
    decider.say({ type: 'DISCONNECTED' })
    const effects = decider.say({ type: 'SUBSCRIBED', framework, master: 'master:5050' })
    expect(callTypesIn(effects)).toEqual(['RECONCILE'])
  })
})

test('an abandoned task is killed again until the master says that it is over', () => {
  const { decider, accept } = launching()
  decider.say({ type: 'CALL_TAKEN', call: accept })
  decider.say({ type: 'CANCEL', key: 1 })
  expect(callTypesIn(decider.tick(10_000))).toEqual(['KILL', 'RECONCILE'])
  expect(callTypesIn(decider.tick(20_000))).toEqual(['KILL', 'RECONCILE'])
  decider.update({ state: 'TASK_KILLED' })
  expect(callTypesIn(decider.tick(30_000))).toEqual([])
})

test('a task that was given up as lost and lives after all is killed (D14, I4)', () => {
  const { decider } = launching()
  const [lost] = decider.state.tasks.keys()
  decider.update({ state: 'TASK_GONE', reason: 'REASON_RECONCILIATION' })
  expect(decider.state.queue.size).toBe(1)
  const late = decider.update({ task: lost ?? id('none'), inspect: inspect(lost) })
  expect(typesIn(late)).toEqual(['remove-container', 'call'])
  expect(callTypesIn(late)).toEqual(['KILL'])
  expect(decider.state.containers.size).toBe(0)
})

test('a launch that failed leaves no container, should the watch have shown one before the status came', () => {
  const { decider } = launching()
  const [task] = decider.state.tasks.keys()
  decider.snapshot('a1', [inspect(task)])
  expect(decider.state.containers.size).toBe(1)
  const effects = decider.update({ state: 'TASK_UNREACHABLE', message: 'no pong' })
  expect(typesIn(effects)).toEqual(['remove-container', 'answer'])
  expect(decider.state.containers.size).toBe(0)
})

test('bodies beyond the bound of one ACCEPT wait for the next turn', () => {
  const decider = ready().offer('a1')
  const body = { Image: 'busybox', Env: ['x'.repeat(1_000_000)] }
  for (let key = 1; key <= 5; key++) decider.submit(key, { cpus: 1, body })
  expect(tasksOf(decider.turn() ?? {})).toHaveLength(4)
  expect(tasksOf(decider.offer('a1').turn() ?? {})).toHaveLength(1)
})

test('a create body beyond its bound is refused at once', () => {
  const body = { Image: 'busybox', Env: ['x'.repeat(1_048_576)] }
  const request = createRequest({ body })
  const effects = new Decider().say({
    type: 'SUBMIT',
    key: 1,
    job: { type: 'create', request },
    placement: request.placement,
    isRequeue: false,
  })
  expect(effects).toEqual([
    {
      type: 'answer',
      key: 1,
      outcome: expect.objectContaining({ kind: 'engine', status: 413 }) as object,
    },
  ])
})

describe('a container that the watch has not shown yet', () => {
  const created = () => {
    const { decider } = launching()
    const [task] = decider.state.tasks.keys()
    decider.update({ inspect: inspect(task) })
    return decider
  }

  test('outlives a snapshot that was taken before it', () => {
    const decider = created()
    decider.snapshot('a1')
    expect(decider.state.containers.size).toBe(1)
  })

  test('is read again when its task ends', () => {
    expect(typesIn(created().update({ state: 'TASK_KILLED' }))).toEqual(['inspect'])
  })

  test('whose task ended holds nothing, whatever the watch shows of it later', () => {
    const decider = created()
    const [task] = decider.state.tasks.keys()
    decider.update({ state: 'TASK_KILLED' })
    decider.snapshot('a1', [inspect(task)])
    expect(decider.state.tasks.size).toBe(0)
  })
})

test('containers found on an agent hold what their label says, and the master is asked whether they still do', () => {
  const decider = new Decider().offer('a1')
  const container = inspect('t1', 'running')
  const Labels = {
    'com.docker.swarm.mesos.task': 't1',
    'com.docker.swarm.mesos.resourceType': 'Revocable',
    'io.shoal.resources': '{"regular":"mem:64","revocable":"cpus:2"}',
  }
  decider.snapshot('a1', [{ ...container, Config: { Labels } }])
  const [task] = decider.state.tasks.values()
  expect(task).toMatchObject({ id: 't1', kind: 'revocable', phase: 'live' })
  expect(task?.resources).toHaveLength(2)
  const effects = decider.say({ type: 'SUBSCRIBED', framework, master: 'master:5050' })
  expect(callTypesIn(effects)).toEqual(['RECONCILE'])
  decider.update({ state: 'TASK_GONE', reason: 'REASON_RECONCILIATION' })
  expect(decider.state.tasks.size).toBe(0)
})

describe('a name that a container of somebody else has on an agent', () => {
  const refusal = {
    state: 'TASK_FAILED',
    message: 'Conflict. The container name "/web" is already in use by container "f".',
    engineStatus: 409,
  } as const

  test('is not tried there again, though it has room', () => {
    const decider = ready().offer('a2')
    decider.snapshot('a2')
    const first = decider.submit(1, { name: 'web' }).turn()
    const refusedBy = tasksOf(first ?? {})[0]?.agent_id.value ?? ''
    for (const offer of decider.state.book.all()) decider.say({ type: 'RESCIND', offer: offer.id })
    decider.update(refusal)
    expect(decider.offer(refusedBy).turn()).toBeUndefined()
    const second = decider.offer(refusedBy === 'a1' ? 'a2' : 'a1').turn()
    expect(tasksOf(second ?? {})[0]?.agent_id.value).not.toBe(refusedBy)
  })

  test('is the answer at once when there is no other agent', () => {
    const decider = ready().submit(1, { name: 'web' })
    decider.turn()
    expect(decider.update(refusal)).toEqual([
      {
        type: 'answer',
        key: 1,
        outcome: { kind: 'engine', status: 409, message: refusal.message },
      },
    ])
  })
})

test('a decline names every expired offer in one call, with the refusal of the options', () => {
  const decider = ready().offer('a2')
  expect(callsIn(decider.tick(30_000))).toEqual([
    {
      type: 'DECLINE',
      decline: {
        offer_ids: [{ value: 'o0' }, { value: 'o1' }],
        filters: { refuse_seconds: 5 },
      },
    },
  ])
})

test('after the master is gone the time-out says so', () => {
  const decider = ready().submit(1, { cpus: 8 })
  decider.say({ type: 'DISCONNECTED' })
  expect(decider.tick(5000)).toContainEqual({
    type: 'answer',
    key: 1,
    outcome: {
      kind: 'failed',
      message: 'container failed to start after 5s: no connection to the master master:5050',
    },
  })
})
