import { expect, test } from 'vitest'
import type { Master } from '../../../src/core-master/master.ts'
import { toWire } from '../../../src/mesos/resources.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { masterProblems } from '../../support/master-invariants.ts'
import { AgentPeer, SchedulerPeer } from '../../support/master-peers.ts'
import { amounts } from '../../support/master-scenario.ts'
import { settle } from '../../support/sim-clock.ts'

const start = async (agents: number, flags: Parameters<typeof startSimMaster>[0] = {}) => {
  const { master, clock } = startSimMaster(flags)
  const resources = toWire(amounts('cpus:2;mem:200'), { format: 'stacks' })
  const addFramework = async (role: string) => {
    const info = { user: 'u', name: role, role }
    const peer = new SchedulerPeer(master.application, { subscribe: { framework_info: info } })
    await settle()
    return peer
  }
  const holder = await addFramework('holder')
  for (let n = 0; n < agents; n++) {
    const peer = new AgentPeer(
      master.application,
      { agent_info: { hostname: `a${n}`, resources } },
      `10.0.1.${n}`,
    )
    await settle()
    if (peer.stream.ended) throw new Error('the agent is refused')
  }
  return { master, clock, holder, addFramework }
}

const shares = ({ state }: Master) =>
  ['holder', 'hungry'].map(
    (role) => [...state.offers.values()].filter((one) => one.role === role).length,
  )

test('offers that lie unanswered are shared with a framework that has none, once patience ends', async () => {
  const { master, clock, addFramework } = await start(4)
  await addFramework('hungry')
  await clock.advance(9000)
  expect(shares(master)).toEqual([4, 0])
  await clock.advance(2000)
  expect(shares(master)).toEqual([2, 2])
  await clock.advance(60_000)
  expect(shares(master)).toEqual([2, 2])
  expect(master.state.counters.get('offers_reclaimed')).toBe(2)
  expect(masterProblems(master.state)).toEqual([])
  master.close()
})

test('a single agent goes from one to the other', async () => {
  const { master, clock, addFramework } = await start(1)
  await addFramework('hungry')
  const seen = new Set<string>()
  for (let second = 0; second < 60; second++) {
    await clock.advance(1000)
    seen.add(shares(master).join())
  }
  expect([...seen].sort((a, b) => a.localeCompare(b))).toEqual(['0,1', '1,0'])
  master.close()
})

test('who declines what it waited for waits twice as long the next time; who launches does not', async () => {
  const { master, clock, addFramework } = await start(1)
  const hungry = await addFramework('hungry')
  const waits: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    let seconds = 0
    while (shares(master)[1] === 0 && seconds < 120) {
      await clock.advance(1000)
      seconds += 1
    }
    waits.push(seconds)
    const [offer] = master.state.offers.keys()
    hungry.call({
      type: 'DECLINE',
      decline: { offer_ids: [{ value: offer ?? '' }], filters: { refuse_seconds: 2 } },
    })
    await settle()
  }
  expect(waits[1]).toBeGreaterThanOrEqual((waits[0] ?? 0) + 8)
  expect(waits[2]).toBeGreaterThanOrEqual((waits[1] ?? 0) + 16)
  master.close()
})

test.each([
  { name: 'a suppressed framework', suppress: true, flags: {} },
  {
    name: 'anybody where patience never ends',
    suppress: false,
    flags: { offer_patience: 'never' },
  },
])('nothing is taken back for $name', async ({ suppress, flags }) => {
  const { master, clock, addFramework } = await start(2, flags)
  const hungry = await addFramework('hungry')
  if (suppress) hungry.call({ type: 'SUPPRESS' })
  await clock.advance(60_000)
  expect(shares(master)).toEqual([2, 0])
  master.close()
})

test('nothing is taken back from the only framework', async () => {
  const { master, clock } = await start(2)
  await clock.advance(60_000)
  expect(shares(master)).toEqual([2, 0])
  expect(master.state.counters.get('offers_reclaimed')).toBeUndefined()
  master.close()
})
