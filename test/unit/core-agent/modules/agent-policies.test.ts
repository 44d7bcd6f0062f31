import { describe, expect, onTestFinished, test } from 'vitest'
import { Hooks } from '../../../../src/core-agent/modules/hooks.ts'
import { inWorker } from '../../../../src/core-agent/modules/instance.ts'
import type { Modules } from '../../../../src/core-agent/modules/load.ts'
import { breakerFailures, Plugin } from '../../../../src/core-agent/modules/plugin.ts'
import { correctionsOf, estimateOf } from '../../../../src/core-agent/modules/policy-answers.ts'
import { policyDeadlineMs } from '../../../../src/core-agent/modules/policy-driver.ts'
import { maxRecent } from '../../../../src/core-agent/tasks/correct.ts'
import { fromWire } from '../../../../src/mesos/resources.ts'
import { format } from '../../../../src/resources/resources.ts'
import { AgentRig } from '../../../support/agent-rig.ts'
import { moduleFolder, policiesOf, policyFlags } from '../../../support/modules.ts'

const fails = (): unknown => {
  throw new Error('oh')
}
const hangs = (): unknown => new Promise(() => {})
const intervalMs = 15_000

const up = (
  policies: Parameters<typeof policiesOf>[0],
  flags: Readonly<Record<string, string>> = {},
) => {
  const ours = {
    ...policyFlags,
    ...(policies.estimator ? {} : { resource_estimator: 'noop' }),
    ...(policies.controller ? {} : { qos_controller: 'noop' }),
  }
  return new AgentRig({ flags: { ...ours, ...flags }, modules: policiesOf(policies) }).up()
}

/** What the master was told that is lent, one text a message. */
const published = (rig: AgentRig) =>
  rig.master
    .ofType('OVERSUBSCRIBED')
    .map(({ oversubscribed }) => format(fromWire(oversubscribed?.total)))

describe('an estimator', () => {
  test('says what can be lent besides what is: the total is published when it changes', async () => {
    let lends = 'cpus:2'
    const rig = await up({ estimator: async () => lends })
    expect(published(rig).at(-1)).toBe('cpus{REV}:2')
    await rig.run('lent', ['serve'], { cpus: 1, revocable: true })
    // It was asked before the launch: what was launched since is a part of what it said.
    expect(published(rig).at(-1)).toBe('cpus{REV}:2')
    lends = 'cpus:3'
    await rig.clock.advance(intervalMs)
    expect(published(rig).at(-1)).toBe('cpus{REV}:4')
    const before = published(rig).length
    await rig.clock.advance(4 * intervalMs)
    expect(published(rig)).toHaveLength(before)
  })

  test('is shown what is lent, the last minute of the machine, and who runs on what is his own', async () => {
    const questions: {
      readonly allocatedRevocable: readonly object[]
      readonly node: { readonly cpus: number } | null
      readonly history: readonly object[]
      readonly regular: readonly { readonly id: string; readonly requestCpus: number }[]
    }[] = []
    const rig = await up({ estimator: (question) => void questions.push(question) })
    await rig.run('own', ['serve'], { cpus: 2 })
    await rig.run('lent', ['serve'], { cpus: 1, revocable: true })
    await rig.clock.advance(6 * intervalMs)
    expect(questions[0]).toMatchObject({ allocatedRevocable: [], node: null, history: [] })
    const last = questions.at(-1)
    expect(last).toMatchObject({
      allocatedRevocable: [{ name: 'cpus', scalar: { value: 1 } }],
      node: { cpus: 4 },
      regular: [{ id: 'f1/own', requestCpus: 2 }],
    })
    expect(last?.history).toHaveLength(maxRecent)
    expect(last?.history.at(-1)).toEqual(last?.node)
  })

  test.each([
    ['throws', fails],
    ['hangs', hangs],
    [
      'lends what is reserved',
      () => [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, role: 'a' }],
    ],
  ])('that %s keeps what it said, and after three times lends nothing new', async (_, bad) => {
    let calls = 0
    const rig = await up({
      estimator: () => {
        calls += 1
        return calls === 1 ? 'cpus:2' : bad()
      },
    })
    await rig.run('lent', ['serve'], { cpus: 1, revocable: true })
    await rig.clock.advance(2 * intervalMs + policyDeadlineMs)
    expect(published(rig).at(-1)).toBe('cpus{REV}:2')
    await rig.clock.advance(intervalMs)
    expect(calls).toBe(4)
    expect(published(rig).at(-1)).toBe('cpus{REV}:1')
  })

  test('that is well again is believed again', async () => {
    let calls = 0
    const rig = await up({
      estimator: () => {
        calls += 1
        return calls <= 3 ? fails() : 'cpus:2'
      },
    })
    await rig.clock.advance(3 * intervalMs)
    expect(published(rig).at(-1)).toBe('cpus{REV}:2')
  })

  test('that fails five times in a minute is disabled: nothing new is lent, and it is shown', async () => {
    let calls = 0
    const rig = await up({
      estimator: () => {
        calls += 1
        return calls === 1 ? 'cpus:2' : fails()
      },
    })
    await rig.clock.advance((breakerFailures + 3) * intervalMs)
    expect(calls).toBe(1 + breakerFailures)
    expect(published(rig).at(-1)).toBe('')
    const { json } = await rig.ask('GET', '/state')
    expect(json).toMatchObject({ modules: [{ name: 'lender', state: 'disabled' }] })
    const metrics = await rig.ask('GET', '/metrics/snapshot')
    expect(metrics.json).toMatchObject({ 'slave/modules_disabled': 1 })
    const { json: lending } = await rig.ask('GET', '/oversubscription')
    expect(lending).toMatchObject({ estimator: 'lender' })
    const told = rig.logged.filter(({ level }) => level === 'error')
    expect(told).toMatchObject([
      { message: expect.stringMatching(/^module lender failed 5 times/) },
    ])
  })

  test('is asked one question at a time', async () => {
    let calls = 0
    const flags = { oversubscribed_resources_interval: '1secs' }
    const estimator = () => {
      calls += 1
      return hangs()
    }
    const rig = await up({ estimator }, flags)
    await rig.clock.advance(policyDeadlineMs - 3500)
    expect(calls).toBe(1)
  })
})

describe('an estimator in a worker that spins for ever', () => {
  const files = moduleFolder()
  const path = files.write(
    'spins.mjs',
    `export const lender = { name: 'lender', create: () => ({ oversubscribable() { for (;;); } }) }`,
  )

  test('delays no kill, and is ended at its deadline', async () => {
    const context = { name: 'lender', workDir: '/w', hostname: 'h' }
    const source = { url: `file://${path}`, name: 'lender', parameters: {}, context }
    const instance = await inWorker({ ...source, methods: ['oversubscribable'] }, () => {})
    const facts = { name: 'lender', kind: 'ResourceEstimator', description: '' } as const
    const policy = { isWorker: true, failurePolicy: 'fail-open' } as const
    const modules = (ports: ConstructorParameters<typeof Plugin>[2]): Modules => {
      const estimator = new Plugin({ ...facts, ...policy }, instance, ports)
      const close = () => estimator.close()
      return { hooks: new Hooks([]), estimator, view: () => [estimator.view()], close }
    }
    const flags = { ...policyFlags, qos_controller: 'noop' }
    const rig = await new AgentRig({ flags, modules }).up()
    onTestFinished(() => rig.agent.close())
    await rig.run('own', ['serve'])
    rig.master.kill('own', 0)
    await rig.clock.advance(100)
    // It was asked at the start and has not answered: the kill did not wait for it.
    expect(rig.master.states('own').at(-1)).toBe('KILLED')
    expect(rig.agent.state.lending.estimatorFailures).toBe(0)
    await rig.clock.advance(policyDeadlineMs)
    expect(rig.agent.state.lending.estimatorFailures).toBe(1)
  })
})

describe('a controller', () => {
  const lent = async (controller: (question: never) => unknown, flags = {}) => {
    const rig = await up({ controller }, flags)
    rig.cgroups.readings.clear()
    const container = await rig.run('lent', ['serve'], { cpus: 1, revocable: true })
    await rig.run('own', ['serve'])
    return { rig, container }
  }

  test('throttles, freezes and lets go, and watchers hear why', async () => {
    let answer: unknown = []
    const { rig } = await lent(() => answer)
    answer = [{ type: 'throttle', cpus: 0.5, signal: 'heat', value: 80, threshold: 75 }]
    await rig.clock.advance(2000)
    expect(rig.cgroups.bounds.get('/shoal/revocable')).toBe(0.5)
    answer = [{ type: 'freeze' }, { type: 'throttle', cpus: 1 }]
    await rig.clock.advance(2000)
    const { json } = await rig.ask('GET', '/oversubscription')
    expect(json).toMatchObject({
      qos_controller: 'taker',
      level: 'freeze',
      frozen: true,
      quota_cpus: 1,
      actions: [
        { action: 'throttle', signal: 'heat', value: 80 },
        { action: 'freeze', signal: 'taker' },
      ],
    })
    answer = undefined
    await rig.clock.advance(2000)
    expect(rig.cgroups.bounds.get('/shoal/revocable')).toBeUndefined()
  })

  test('kills what is lent, and nothing else', async () => {
    const kill = (task: string) => ({ type: 'kill', task, resource: 'mem', signal: 'heat' })
    const { rig } = await lent(({ revocable }: { readonly revocable: readonly object[] }) =>
      revocable.length > 0 ? ['f1/own', 'f1/lent', 'f1/nobody'].map(kill) : [],
    )
    await rig.clock.advance(3000)
    expect(rig.master.states('lent').at(-1)).toBe('GONE')
    expect(rig.master.statuses('lent').at(-1)).toMatchObject({
      reason: 'REASON_CONTAINER_PREEMPTED',
    })
    expect(rig.master.states('own')).toEqual(['STARTING', 'RUNNING'])
    expect(rig.logged.map(({ message }) => message)).toContain(
      'the QoS controller wants a task killed that runs on nothing lent: it stays',
    )
  })

  test('closes lending', async () => {
    const controller = () => [{ type: 'close', seconds: 3600 }]
    const rig = await up({ estimator: () => 'cpus:2', controller })
    await rig.clock.advance(intervalMs)
    expect(published(rig).at(-1)).toBe('')
  })

  test('is asked no more often than the flag says', async () => {
    let calls = 0
    const { rig } = await lent(() => void (calls += 1), { qos_correction_interval_min: '10secs' })
    const before = calls
    await rig.clock.advance(30_000)
    expect(calls - before).toBe(3)
  })

  test.each([
    ['throws', fails],
    ['hangs', hangs],
    ['answers nonsense', () => [{ type: 'kick' }]],
  ])(
    'that %s leaves things as they are twice, then lets go and lends nothing new',
    async (_, bad) => {
      let isBad = false
      const controller = () => (isBad ? bad() : [{ type: 'freeze' }])
      const rig = await up({ estimator: () => 'cpus:2', controller })
      await rig.run('lent', ['serve'], { cpus: 1, revocable: true })
      await rig.clock.advance(2000)
      expect(rig.agent.state.lending.frozen).toBe(true)
      isBad = true
      await rig.clock.advance(1100)
      expect(rig.agent.state.lending.frozen).toBe(true)
      await rig.clock.advance(10 * policyDeadlineMs)
      expect(rig.agent.state.lending.frozen).toBe(false)
      expect(published(rig).at(-1)).toBe('cpus{REV}:1')
      // For good: it is disabled by now.
      await rig.clock.advance(10 * intervalMs)
      expect(published(rig).at(-1)).toBe('cpus{REV}:1')
    },
  )
})

describe('what they answer', () => {
  test.each([
    ['cpus:2', 'cpus{REV}:2'],
    ['cpus:0', ''],
    [undefined, ''],
    [[{ name: 'mem', type: 'SCALAR', scalar: { value: 64 } }], 'mem{REV}:64'],
  ])('an estimate %j is %s', (answer, lent) => {
    expect(format(estimateOf(answer))).toBe(lent)
  })

  test.each([
    [{}, 'wanted a list of corrections'],
    [[1], 'correction 1: wanted an object'],
    [[{ type: 'kick' }], 'correction 1: type: wanted kill, freeze, throttle, close'],
    [[{ type: 'freeze' }, { type: 'kill' }], 'correction 2: task: wanted the id of a task'],
    [[{ type: 'kill', task: 'a', resource: 'disk' }], 'correction 1: resource: wanted cpus or mem'],
    [[{ type: 'throttle' }], 'correction 1: cpus: wanted a number from 0.01'],
    [[{ type: 'throttle', cpus: Number.NaN }], 'correction 1: cpus: wanted a number'],
    [[{ type: 'close', seconds: 1e9 }], 'correction 1: seconds: wanted a number from 0 to 86400'],
    [[{ type: 'freeze', value: 'hot' }], 'correction 1: value: wanted a number'],
    [[{ type: 'freeze', signal: 1 }], 'correction 1: signal: wanted a text'],
    [Array.from({ length: 10_001 }, () => ({ type: 'freeze' })), 'at most 10000 corrections'],
  ])('%j is no answer', (answer, problem) => {
    expect(() => correctionsOf('mine')(answer)).toThrow(problem)
  })
})
