import { expect, test } from 'vitest'
import { openFileRegistry } from '../../../src/core-master/registry/file-registry.ts'
import type { Registry } from '../../../src/core-master/registry/registry.ts'
import { startSimMaster } from '../../support/master-fixture.ts'
import { AgentPeer, ask, SchedulerPeer } from '../../support/master-peers.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { SimClock, settle } from '../../support/sim-clock.ts'

const diskMs = 100

/** A master whose registry is on a disk that takes its time. */
const start = async (flags: Parameters<typeof startSimMaster>[0] = {}) => {
  const clock = new SimClock(Date.UTC(2026, 0, 1))
  const log = new MemoryLog({ clock, delayMs: () => diskMs })
  const registry: Registry = await openFileRegistry(log, clock)
  const failures: string[] = []
  const failed = ({ message }: Error) => void failures.push(message)
  const { master } = startSimMaster({ work_dir: '/sim', ...flags }, { clock, registry, failed })
  await clock.advance(diskMs)
  return { master, clock, log, failures }
}

const subscribe = (application: ConstructorParameters<typeof AgentPeer>[0], host = 'a1') =>
  new AgentPeer(application, {
    agent_info: {
      hostname: host,
      resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
    },
    capabilities: [{ type: 'MULTI_ROLE' }],
  })

const framework = (application: ConstructorParameters<typeof AgentPeer>[0]) =>
  new SchedulerPeer(application, { subscribe: { framework_info: { user: 'u', name: 'f' } } })

const typesOf = (peer: { readonly stream: AgentPeer['stream'] | SchedulerPeer['stream'] }) =>
  peer.stream.take().map(({ type }) => type)

test('M1: an agent is on disk before it is acknowledged, and before anybody is offered it', async () => {
  const { master, clock, log } = await start()
  const f = framework(master.application)
  expect(typesOf(f)).toEqual(['SUBSCRIBED', 'HEARTBEAT'])
  const agent = subscribe(master.application)
  await settle()
  await clock.advance(diskMs - 1)
  expect([typesOf(agent), typesOf(f)]).toEqual([[], []])
  expect(log.content().records).toHaveLength(1)
  await clock.advance(1)
  expect([typesOf(agent), typesOf(f)]).toEqual([['SUBSCRIBED', 'HEARTBEAT'], ['OFFERS']])
  expect(log.content().records).toHaveLength(2)
})

test('agents that come together share a write, and each hears in its turn', async () => {
  const { master, clock, log } = await start()
  let writes = 0
  log.onCommit = () => (writes += 1)
  const agents = Array.from({ length: 20 }, (_, n) => subscribe(master.application, `a${n}`))
  await clock.advance(diskMs)
  expect(writes).toBe(20)
  expect(agents.map((agent) => typesOf(agent)[0])).toEqual(agents.map(() => 'SUBSCRIBED'))
})

test('an operator is answered once the decision lasts', async () => {
  const { master, clock } = await start()
  const agent = subscribe(master.application)
  await clock.advance(diskMs)
  let status = 0
  const { subscribed } = agent.stream.events[0] ?? {}
  const call = { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: subscribed?.agent_id } }
  master.application(
    {
      method: 'POST',
      path: '/api/v1',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(call)),
    },
    {
      peer: '10.0.0.9:1',
      reply: (code) => void (status = code),
      open: () => {
        throw new Error('a stream')
      },
    },
  )
  await clock.advance(diskMs - 1)
  expect(status).toBe(0)
  await clock.advance(1)
  expect(status).toBe(200)
})

test('a registry that cannot be written ends the master, and nobody hears of what was not written', async () => {
  const { master, clock, log, failures } = await start()
  log.failure = new Error('ENOSPC: no space left on device')
  const agent = subscribe(master.application)
  await clock.advance(diskMs)
  expect(failures).toEqual(['the registry cannot be written: ENOSPC: no space left on device'])
  expect(agent.stream.events).toEqual([])
  expect(agent.stream.ended).toBe(true)
})

test('so does one that takes longer than --registry_store_timeout', async () => {
  const { master, clock, failures } = await start({ registry_store_timeout: '500ms' })
  await clock.advance(1_000)
  expect(failures).toEqual([])
  const slow = await start({ registry_store_timeout: '50ms' })
  subscribe(slow.master.application)
  expect(slow.failures).toEqual(['the registry took longer than 50 ms to write'])
  master.close()
})

test('a master that closes leaves no deadline behind, and hears of its last write no more', async () => {
  const { master, clock, failures } = await start()
  subscribe(master.application)
  master.close()
  expect(clock.pending).toBe(0)
  await clock.advance(60_000)
  expect(failures).toEqual([])
})

test('registrar metrics tell how large the registry is and how long its writes took', async () => {
  const { master, clock } = await start()
  subscribe(master.application)
  const metrics = () =>
    JSON.parse(ask(master.application, 'GET', '/metrics/snapshot').body) as Record<string, number>
  expect(metrics()).toMatchObject({
    'registrar/queued_operations': 1,
    'registrar/state_store_ms': diskMs,
    'registrar/state_store_ms/count': 1,
  })
  await clock.advance(diskMs)
  expect(metrics()).toMatchObject({
    'registrar/queued_operations': 0,
    'registrar/state_fetch_ms': 0,
    'registrar/state_store_ms/count': 2,
    'registrar/state_store_ms/p99': diskMs,
  })
  expect(metrics()['registrar/registry_size_bytes']).toBeGreaterThan(100)
})
