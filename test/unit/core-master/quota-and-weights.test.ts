import { expect, test } from 'vitest'
import { scalarsOf } from '../../../src/core-master/allocator/quantities.ts'
import { parseMasterConfig } from '../../../src/core-master/config.ts'
import type { Effect } from '../../../src/core-master/effects.ts'
import { knownRoles } from '../../../src/core-master/known-roles.ts'
import type { Master } from '../../../src/core-master/master.ts'
import { explain } from '../../../src/core-master/offers/explain.ts'
import { setQuotas } from '../../../src/core-master/operator/quota.ts'
import type { Turn } from '../../../src/core-master/turn.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import { format, plus } from '../../../src/resources/resources.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

const turnOf = (master: Master): Turn => ({
  state: master.state,
  config: { ...parseMasterConfig({}, {}), version: '', address: { ip: '', port: 0 } },
  nowMs: 0,
  monotonicMs: 0,
  freshId: () => 'x',
  random: () => 0,
  effects: [] as Effect[],
})

const addAgent = async (master: Master, hostname: string, resources: string) => {
  const wire = toWire(amounts(resources), { format: 'stacks' })
  const info = { hostname, resources: wire }
  const peer = new AgentPeer(
    master.application,
    { agent_info: info },
    `10.0.1.${hostname.slice(1)}`,
  )
  await settle()
  return peer
}

const addFramework = async (master: Master, role: string) => {
  const info = { user: 'u', name: role, role }
  const peer = new SchedulerPeer(master.application, { subscribe: { framework_info: info } })
  await settle()
  return peer
}

const offered = ({ state }: Master): readonly string[] =>
  [...state.offers.values()].map(
    ({ role, agent, resources }) => `${role} ${agent.info.hostname} ${format(resources)}`,
  )

const both = (text: string) => {
  const quantities = scalarsOf(amounts(text))
  return { guarantees: quantities, limits: quantities }
}

test('a limit takes back what is offered beyond it, a guarantee what it lacks, and both hold from then on', async () => {
  const { master, clock } = startSimMaster()
  await addFramework(master, 'r1')
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  await addAgent(master, 'a2', 'cpus:2;mem:200')
  expect(offered(master)).toEqual(['r1 a1 cpus:2; mem:200', 'r1 a2 cpus:2; mem:200'])
  await addFramework(master, 'r2')
  setQuotas(turnOf(master), new Map([['r2', both('cpus:1;mem:100')]]))
  expect(offered(master)).toEqual(['r1 a1 cpus:2; mem:200'])
  await clock.advance(1000)
  expect(offered(master)).toContain('r2 a2 cpus:1; mem:100')
  setQuotas(turnOf(master), new Map([['r1', both('cpus:1')]]))
  expect(offered(master)).not.toContain('r1 a1 cpus:2; mem:200')
  await clock.advance(1000)
  const cpus = [...master.state.offers.values()]
    .filter(({ role }) => role === 'r1')
    .map(({ resources }) => resources)
  expect(format(plus(...cpus))).toMatch(/^cpus:1; mem:/)
  setQuotas(turnOf(master), new Map([['r1', { guarantees: new Map(), limits: new Map() }]]))
  expect([...master.state.quotas.keys()]).toEqual(['r2'])
  expect(masterProblems(master.state)).toEqual([])
  master.close()
})

test('S20: a role exists while a framework, a reservation, a weight or a quota keeps it or one below it', async () => {
  const { master } = startSimMaster({ weights: 'w/x=2' })
  const roles = () => knownRoles(master.state).join(' ')
  expect(roles()).toBe('w w/x')
  await addAgent(master, 'a1', 'cpus(s/t):1;mem:64')
  const framework = await addFramework(master, 'f/g/h')
  setQuotas(turnOf(master), new Map([['q', both('cpus:1')]]))
  expect(roles()).toBe('f f/g f/g/h q s s/t w w/x')
  framework.call({ type: 'TEARDOWN' })
  setQuotas(turnOf(master), new Map([['q', { guarantees: new Map(), limits: new Map() }]]))
  expect(roles()).toBe('s s/t w w/x')
  master.close()
})

test('whoever asks why a framework gets nothing of an agent hears the reason', async () => {
  const { master, clock } = startSimMaster()
  const peer = await addFramework(master, 'r1')
  await addAgent(master, 'a1', 'cpus:2;mem:200;gpus:1')
  const { state } = master
  const [agent] = state.agents.values()
  const [framework] = state.frameworks.values()
  if (agent === undefined || framework === undefined) throw new Error('both are there')
  const why = (role = 'r1') => explain(state, agent, framework, role)
  expect(why()).toBe('gpus')
  expect(why('r2')).toBe('not subscribed')
  peer.call({ type: 'SUPPRESS' })
  expect(why()).toBe('suppressed')
  peer.call({ type: 'REVIVE' })
  agent.standing = { ...agent.standing, deactivated: true }
  expect(why()).toBe('agent deactivated')
  agent.standing = { ...agent.standing, deactivated: false }
  master.setWhitelist(new Set())
  expect(why()).toBe('whitelist')
  master.setWhitelist(undefined)
  await addAgent(master, 'a2', 'cpus:2;mem:200')
  await clock.advance(1000)
  const [, second] = state.agents.values()
  expect(second && explain(state, second, framework, 'r1')).toBe('offered')
  const [offer] = state.offers.keys()
  peer.call({ type: 'DECLINE', decline: { offer_ids: [{ value: offer ?? '' }] } })
  await clock.advance(1000)
  expect(second && explain(state, second, framework, 'r1')).toBe('filter')
  peer.stream.close()
  expect(why()).toBe('framework disconnected')
  agent.session = undefined
  expect(why()).toBe('agent disconnected')
  master.close()
})

test('A28: who is not on the whitelist is offered from the periodic run after it is', async () => {
  const { master, clock } = startSimMaster()
  master.setWhitelist(new Set(['a2']))
  await addFramework(master, 'r1')
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  await clock.advance(1000)
  expect(offered(master)).toEqual([])
  master.setWhitelist(new Set(['a1']))
  expect(offered(master)).toEqual([])
  await clock.advance(1000)
  expect(offered(master)).toEqual(['r1 a1 cpus:2; mem:200'])
  master.close()
})

test('A11: what was declined and is revived is offered at once, although nothing of the agent changed', async () => {
  const { master, clock } = startSimMaster()
  const framework = await addFramework(master, 'r1')
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  const [offer] = master.state.offers.keys()
  framework.call({
    type: 'DECLINE',
    decline: { offer_ids: [{ value: offer ?? '' }], filters: { refuse_seconds: 1000 } },
  })
  await clock.advance(5000)
  expect(offered(master)).toEqual([])
  framework.call({ type: 'REVIVE' })
  await settle()
  expect(offered(master)).toHaveLength(1)
  master.close()
})

test('A12: a suppressed role is left alone, a revived one is served, twice does no harm', async () => {
  const { master, clock } = startSimMaster()
  const framework = await addFramework(master, 'r1')
  framework.call({ type: 'SUPPRESS' })
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  await clock.advance(3000)
  expect(offered(master)).toEqual([])
  framework.call({ type: 'REVIVE' })
  framework.call({ type: 'REVIVE' })
  await settle()
  expect(offered(master)).toHaveLength(1)
  master.close()
})

test('A9: a filter that ends is noticed, although nothing else of the agent changed', async () => {
  const { master, clock } = startSimMaster()
  const framework = await addFramework(master, 'r1')
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  const [offer] = master.state.offers.keys()
  framework.call({
    type: 'DECLINE',
    decline: { offer_ids: [{ value: offer ?? '' }], filters: { refuse_seconds: 3 } },
  })
  await clock.advance(2000)
  expect(offered(master)).toEqual([])
  await clock.advance(2000)
  expect(offered(master)).toHaveLength(1)
  master.close()
})

test('what nobody took is looked at again once a framework comes that may want it', async () => {
  const { master, clock } = startSimMaster()
  await addAgent(master, 'a1', 'cpus:2;mem:200')
  await clock.advance(3000)
  expect(offered(master)).toEqual([])
  await addFramework(master, 'r1')
  expect(offered(master)).toHaveLength(1)
  master.close()
})
