import { expect, test } from 'vitest'
import { startsContainerLabel } from '../../../src/mesos/engine-endpoint.ts'
import { AgentRig, bodyTask } from '../../support/agent-rig.ts'

const watching = {
  resource_estimator: 'fixed',
  oversubscribed_resources: 'cpus:4',
  qos_controller: 'load',
  load_threshold_5min: '8',
}

const withLabels = (labels: Readonly<Record<string, string>>, host: object = {}) => ({
  revocable: true,
  body: { Labels: labels, HostConfig: host },
})

/** One second in which the load is too high: enough for one correction. */
const revoke = async (rig: AgentRig) => {
  rig.load = [0, 9, 0]
  await rig.clock.advance(1000)
  rig.load = [0, 0, 0]
  await rig.clock.advance(7000)
}

test.each([
  { name: 'no label: killed at once', labels: {}, seconds: 0 },
  { name: 'a grace', labels: { 'shoal.revocation.grace': '3s' }, seconds: 3 },
  { name: 'the longest grace', labels: { 'shoal.revocation.grace': '5s' }, seconds: 5 },
  { name: 'one that an image brought', labels: { 'shoal.revocation.grace': '1h' }, seconds: 0 },
])('before a kill for the sake of CPUs the label is obeyed: $name', async ({ labels, seconds }) => {
  const rig = await new AgentRig({ flags: watching }).up()
  await rig.run('lent', ['serve'], withLabels(labels))
  const asked: unknown[] = []
  const change = rig.engine.change.bind(rig.engine)
  rig.engine.change = (container, one) => {
    asked.push(one)
    return change(container, one)
  }
  await revoke(rig)
  expect(asked).toContainEqual({ type: 'stop', timeoutSeconds: seconds })
  expect(rig.master.states('lent').at(-1)).toBe('GONE')
})

test.each([
  { policy: 'stop', code: 137, stays: false },
  { policy: 'stop', code: 0, stays: false },
  { policy: 'requeue', code: 137, stays: true },
  { policy: 'requeue', code: 0, stays: true },
  { policy: 'requeue', code: 143, stays: true },
])(
  'a revoked --rm container with policy $policy that ends with $code stays: $stays',
  async ({ policy, code, stays }) => {
    const rig = await new AgentRig({ flags: watching }).up()
    const labels = { 'shoal.revocation': policy, 'shoal.revocation.grace': '5s' }
    const container = await rig.run('lent', ['serve'], withLabels(labels, { AutoRemove: true }))
    const change = rig.engine.change.bind(rig.engine)
    rig.engine.change = (id, one) => {
      if (one.type !== 'stop') return change(id, one)
      rig.engine.exit(id, code)
      return Promise.resolve({ changed: true })
    }
    await revoke(rig)
    expect(rig.master.states('lent').at(-1)).toBe('GONE')
    expect(rig.engine.containers.has(container)).toBe(stays)
    if (!stays) return

    rig.master.launch(
      bodyTask('again', [], { revocable: true, labels: { [startsContainerLabel]: container } }),
    )
    await rig.clock.advance(100)
    await rig.ask('POST', `/engine/containers/${container}/start`)
    await rig.clock.advance(100)
    expect(rig.master.states('again')).toEqual(['STARTING', 'RUNNING'])
    rig.engine.exit(container, code)
    await rig.clock.advance(1000)
    expect(rig.engine.containers.has(container)).toBe(false)
  },
)
