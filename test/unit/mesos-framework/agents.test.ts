import { expect, test } from 'vitest'
import type { ClusterEvent } from '../../../src/mesos-framework/cluster.ts'
import { engineFacts } from '../../support/fake-engine-endpoint.ts'
import { FrameworkRig } from '../../support/framework-rig.ts'

const oneAgent = async (options: readonly string[] = []) => {
  const rig = new FrameworkRig(options)
  const agent = rig.addAgent('node1', 'cpus:4;mem:4096;ports:[31000-31009]', 'cpus:4', [
    { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
    { name: 'num', type: 'SCALAR', scalar: { value: 3.5 } },
  ])
  await rig.open()
  return { rig, agent }
}

const collect = (rig: FrameworkRig): ClusterEvent[] => {
  const seen: ClusterEvent[] = []
  void (async () => {
    for await (const event of rig.framework.events(new AbortController().signal)) seen.push(event)
  })()
  return seen
}

const resType = (rig: FrameworkRig) => rig.framework.nodes()[0]?.labels.get('res-type')

test('a node has the labels of its engine, its attributes and res-type; our own attributes are none', async () => {
  const { rig } = await oneAgent()
  expect(Object.fromEntries(rig.framework.nodes()[0]?.labels ?? [])).toEqual({
    rack: 'r1',
    num: '3.5',
    storagedriver: 'overlay2',
    kernelversion: '6.1.0',
    operatingsystem: 'Debian GNU/Linux 12',
    ostype: 'linux',
    architecture: 'x86_64',
    'res-type': 'any',
  })
})

test('res-type follows the offers held, cpus decide (docker-frontend §8.1)', async () => {
  const { rig } = await oneAgent()
  await rig.created({ cpus: 4, kinds: ['revocable'] })
  expect(resType(rig)).toBe('regular')
  await rig.created({ cpus: 4 })
  expect(resType(rig)).toBe('unknown')
})

test('new engine labels change nothing else that is known of the node (D23)', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const labels = ['zone=west', 'bare', 'res-type=any', 'ostype=windows']
  agent.endpoint.tell({ type: 'ENGINE', engine: { ...engineFacts, labels } })
  await rig.run(100)
  const [node] = rig.framework.nodes()
  expect(node?.labels.get('zone')).toBe('west')
  expect(node?.labels.get('ostype')).toBe('linux')
  expect(resType(rig)).toBe('any')
  expect(rig.framework.containers().map((one) => one.id)).toEqual([id])
  expect(rig.lines.said).toEqual(
    expect.arrayContaining([
      'engine label "bare" has no "=": it is ignored',
      'engine label "res-type=any": the key res-type is reserved, it is ignored',
    ]),
  )
})

test('nodes and containers stay when offers expire (D5)', async () => {
  const { rig } = await oneAgent(['mesos.offerrefusetimeout=1h'])
  const id = await rig.created()
  const events = collect(rig)
  await rig.run(40_000)
  expect(rig.framework.offers()).toEqual([])
  expect(rig.framework.nodes()).toHaveLength(1)
  expect(rig.framework.find(id).kind).toBe('found')
  expect(events).toEqual([])
})

test('an offer is declined when its time is over, though its agent does not answer (D7)', async () => {
  const rig = new FrameworkRig()
  const agent = rig.addAgent('node1', 'cpus:4;mem:4096')
  rig.network.crash(`${agent.ip}:5051`)
  await rig.open()
  const create = rig.create()
  await rig.run(30_000)
  expect(create.value).toMatchObject({
    message:
      'container failed to start after 5s: No healthy node available in the cluster\nnode1: not healthy',
  })
  expect(rig.mesos.of('DECLINE')).toHaveLength(1)
  expect(rig.framework.nodes()[0]?.status).toBe('Unreachable')
})

test('RESCIND takes the offer it names, and no other (D31)', async () => {
  const { rig } = await oneAgent()
  const revocable = rig.framework.offers().find((offer) => offer.resources[0]?.revocable)
  rig.mesos.rescind(revocable?.id ?? '')
  await rig.run(100)
  expect(rig.framework.offers()).toHaveLength(1)
  expect(resType(rig)).toBe('regular')
})

test('offers of agents without an engine endpoint are declined for long, and that is said once', async () => {
  const rig = new FrameworkRig()
  const stock = rig.mesos.addAgent('stock', 'cpus:4;mem:4096')
  Object.assign(stock, { attributes: [] })
  await rig.open()
  rig.mesos.addAgent('stock2', 'cpus:4;mem:4096')
  Object.assign(rig.mesos.agents.get('M-S1') ?? {}, { attributes: [] })
  rig.mesos.offer()
  await rig.run(100)
  expect(rig.mesos.of('DECLINE')[0]?.decline?.filters).toEqual({ refuse_seconds: 3600 })
  expect(rig.framework.nodes().map((node) => node.hostname)).not.toContain('stock')
  expect(rig.lines.said.filter((line) => line.includes('without an engine endpoint'))).toHaveLength(
    1,
  )
})

test('an agent is unreachable when a second try fails too, and says so once; its containers stay, marked', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const events = collect(rig)
  rig.network.crash(`${agent.ip}:5051`)
  await rig.run(20_000)
  expect(rig.framework.nodes()[0]).toMatchObject({ status: 'Unreachable' })
  const found = rig.framework.find(id)
  const sinceMs = found.kind === 'found' ? found.container.unreachableSinceMs : undefined
  expect(sinceMs).toBeCloseTo(Date.UTC(2026, 0, 1) + 1100, -1)
  rig.network.listen(`${agent.ip}:5051`, agent.endpoint.application)
  await rig.run(20_000)
  expect(rig.framework.nodes()[0]).toMatchObject({ status: 'Healthy' })
  expect(events.map(({ event }) => [event['Action'], event['from']])).toEqual([
    ['engine_disconnect', 'swarm node:node1'],
    ['engine_reconnect', 'swarm node:node1'],
  ])
})

test('engine events go to every reader with their agent; what an agent does not list any more is gone', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const events = collect(rig)
  agent.endpoint.tell({ type: 'EVENT', event: { Type: 'image', Action: 'pull' } })
  await rig.run(100)
  expect(events).toEqual([{ agent: agent.id, event: { Type: 'image', Action: 'pull' } }])
  rig.network.crash(`${agent.ip}:5051`)
  agent.endpoint.containers.clear()
  rig.network.listen(`${agent.ip}:5051`, agent.endpoint.application)
  await rig.run(1000)
  expect(rig.framework.find(id)).toEqual({ kind: 'none' })
})

test('a container read as gone does not come back with what the watch still has under way', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const found = rig.framework.find(id)
  const container = agent.endpoint.containers.get(id)
  if (found.kind !== 'found' || container === undefined) throw new Error('not created')
  agent.endpoint.containers.delete(id)
  await Promise.all([rig.framework.refresh(found.container), rig.run(100)])
  agent.endpoint.tell({ type: 'CONTAINER', container })
  await rig.run(100)
  expect(rig.framework.find(id)).toEqual({ kind: 'none' })
})

test('an older inspect does not take back a newer one', async () => {
  const { rig, agent } = await oneAgent()
  const id = await rig.created()
  const created = agent.endpoint.containers.get(id)
  agent.endpoint.setState(id, 'running', '2026-01-01T00:00:02.1Z')
  agent.endpoint.setState(id, 'exited', '2026-01-01T00:00:02.12Z')
  if (created !== undefined) agent.endpoint.tell({ type: 'CONTAINER', container: created })
  await rig.run(100)
  expect(rig.framework.containers()[0]?.inspect['State']).toMatchObject({ Status: 'exited' })
})

test('an agent that comes back under a new id at its old address replaces the old one', async () => {
  const { rig, agent } = await oneAgent()
  await rig.created()
  rig.mesos.agents.delete(agent.id)
  rig.mesos.offers.clear()
  const successor = rig.mesos.addAgent('node1', 'cpus:4;mem:4096')
  Object.assign(successor, { id: 'M-S9', endpoint: agent.endpoint })
  rig.mesos.offers.clear()
  rig.mesos.offer()
  await rig.run(1000)
  expect(rig.framework.nodes().map(({ id }) => id)).toEqual(['M-S9'])
  expect(agent.endpoint.watchers).toBe(1)
})

test('named networks and volumes of a machine are known, and read again when one is made', async () => {
  const { rig, agent } = await oneAgent()
  const [known] = rig.framework.state.agents.values()
  expect([...(known?.networks ?? [])]).toEqual(['backend'])
  expect([...(known?.volumes ?? [])]).toEqual(['data'])
  const before = agent.endpoint.requests.length
  agent.endpoint.tell({ type: 'EVENT', event: { Type: 'network', Action: 'connect' } })
  agent.endpoint.tell({ type: 'EVENT', event: { Type: 'network', Action: 'create' } })
  await rig.run(100)
  expect(agent.endpoint.requests.slice(before).sort()).toEqual(['GET /networks', 'GET /volumes'])
})

test.each([
  { reference: (id: string) => id, want: 'found' },
  { reference: (id: string) => id.slice(0, 12), want: 'ambiguous' },
  { reference: (id: string) => id.slice(0, 63), want: 'ambiguous' },
  { reference: () => 'web', want: 'found' },
  { reference: () => '/web', want: 'found' },
  { reference: () => 'node1/web', want: 'found' },
  { reference: () => 'M-S0/web', want: 'found' },
  { reference: () => 'node2/web', want: 'none' },
  { reference: () => 'nosuch', want: 'none' },
])('find: case $# is $want (docker-frontend §1.4)', async ({ reference, want }) => {
  const { rig } = await oneAgent()
  const id = await rig.created({ name: 'web', cpus: 1 })
  await rig.created({ name: 'db', cpus: 1 })
  expect(rig.framework.find(reference(id)).kind).toBe(want)
})
