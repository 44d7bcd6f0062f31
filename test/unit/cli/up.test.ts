import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseUpConfig } from '../../../src/cli/up/config.ts'
import { agentArguments, manageArguments, shareOf } from '../../../src/cli/up/parts.ts'
import { type Addresses, isReady, writeReadyFile } from '../../../src/cli/up/ready.ts'
import type { AgentId } from '../../../src/mesos/ids.ts'
import { id } from '../../../src/mesos/ids.ts'
import type { NodeView, OfferView } from '../../../src/mesos-framework/cluster.ts'
import { none, resources, scalar } from '../../../src/resources/resources.ts'

const gib = 1024 ** 3
const machine = { cpus: 4, memoryBytes: 16 * gib, diskBytes: 100 * gib }

test.each([
  {
    name: 'nothing asked: an equal share of everything',
    asked: '',
    want: 'cpus:2;mem:8192;disk:51200;ports:[31500-31999]',
  },
  {
    name: 'what is asked stands, the rest is shared',
    asked: 'cpus:2;mem:1024',
    want: 'cpus:2;mem:1024;disk:51200;ports:[31500-31999]',
  },
  {
    name: 'a role does not hide a name',
    asked: 'ports(web):[80-90]',
    want: 'ports(web):[80-90];cpus:2;mem:8192;disk:51200',
  },
  { name: 'JSON says all itself', asked: '[{"name":"cpus"}]', want: '[{"name":"cpus"}]' },
])('share of the second of two agents, $name', ({ asked, want }) => {
  expect(shareOf(machine, asked, 1, 2)).toBe(want)
})

test('no two agents of one machine offer the same port', () => {
  const ranges = [0, 1, 2].map((index) => shareOf(machine, '', index, 3).split('ports:')[1])
  expect(ranges).toEqual(['[31000-31332]', '[31333-31665]', '[31666-31998]'])
})

const known = {
  master: '127.0.0.1:5050',
  engineSocket: '/run/docker.sock',
  machine,
  cgroup: '/shoal-x',
}

test('an agent is told what it would be told on a machine of its own', () => {
  const config = parseUpConfig({ 'work-dir': ['/w'], attributes: ['rack:a'] }, {})
  expect(agentArguments(config, 1, known)).toEqual({
    master: ['127.0.0.1:5050'],
    ip: ['127.0.0.1'],
    insecure_bind: ['false'],
    port: ['5052'],
    hostname: ['node2'],
    work_dir: ['/w/node2'],
    resources: ['cpus:2;mem:8192;disk:51200;ports:[31500-31999]'],
    attributes: ['rack:a'],
    reconfiguration_policy: ['any'],
    resource_estimator: ['usage'],
    qos_controller: ['graded'],
    qos_reclaim: ['throttle'],
    docker: ['unix:///run/docker.sock'],
    registration_backoff_factor: ['10ms'],
    cgroups_root: ['/shoal-x/node2'],
  })
})

test.each([
  {
    name: 'an amount means fixed',
    given: { 'revocable-resources': ['cpus:3'] },
    want: ['fixed', 'cpus:3'],
  },
  {
    name: 'fixed has an amount',
    given: { 'resource-estimator': ['fixed'] },
    want: ['fixed', 'cpus:4'],
  },
  { name: 'else it is measured', given: {}, want: ['usage', undefined] },
  { name: 'or nothing', given: { 'resource-estimator': ['noop'] }, want: ['noop', undefined] },
])('what agents lend: $name', ({ given, want }) => {
  const told = agentArguments(parseUpConfig(given, {}), 0, known)
  expect([told['resource_estimator']?.[0], told['oversubscribed_resources']?.[0]]).toEqual(want)
})

test('modules, and what names them, are handed to the agents, who check them', () => {
  const modules = '{"libraries":[{"file":"/a.mjs","modules":[{"name":"mine"}]}]}'
  const given = { modules: [modules], hooks: ['mine'], 'resource-estimator': ['mine'] }
  const told = agentArguments(parseUpConfig(given, {}), 0, known)
  expect(told).toMatchObject({ modules: [modules], hooks: ['mine'], resource_estimator: ['mine'] })
  const folder = agentArguments(parseUpConfig({ 'modules-dir': ['/m'] }, {}), 0, known)
  expect(folder['modules_dir']).toEqual(['/m'])
})

test('with any port for the master, the agents take any port', () => {
  const config = parseUpConfig({ 'master-address': ['127.0.0.1:0'] }, {})
  expect(agentArguments(config, 1, known)['port']).toEqual(['0'])
})

test('revocable offers are on unless an option says otherwise', () => {
  const options = (...texts: string[]) => manageArguments({ 'cluster-opt': texts })['cluster-opt']
  expect(options('mesos.tasktimeout=10s')).toEqual([
    'mesos.tasktimeout=10s',
    'mesos.enablerevocable=true',
  ])
  expect(options('mesos.enablerevocable=false')).toEqual(['mesos.enablerevocable=false'])
})

test('every mistake is told at once, with its flag', () => {
  const given = { agents: ['0'], 'revocable-resources': ['x'], 'master-address': ['localhost'] }
  expect(() => parseUpConfig(given, {})).toThrow(
    [
      '--master-address: wanted ip:port such as 127.0.0.1:5050, got "localhost"',
      '--agents: wanted a number from 1 to 64, got "0"',
      '--revocable-resources: "x": expected name:value or name(role):value',
    ].join('\n'),
  )
})

const node = (name: string, healthy: boolean | undefined, held = none) =>
  ({
    id: id<AgentId>(name),
    engine: healthy === undefined ? undefined : { healthy },
    held,
  }) as NodeView
const offer = (agent: string, kind: 'regular' | 'revocable') =>
  ({ agent: id<AgentId>(agent), resources: resources([scalar('cpus', 1, kind)]) }) as OfferView

const both = (agent: string) => [offer(agent, 'regular'), offer(agent, 'revocable')]

test.each([
  {
    name: 'all there',
    nodes: [node('a', true), node('b', true)],
    offers: [...both('a'), ...both('b')],
    want: true,
  },
  {
    name: 'one agent has not offered',
    nodes: [node('a', true), node('b', true)],
    offers: both('a'),
    want: false,
  },
  {
    name: 'one engine has not answered',
    nodes: [node('a', true), node('b', undefined)],
    offers: [...both('a'), ...both('b')],
    want: false,
  },
  {
    name: 'one engine is ill',
    nodes: [node('a', true), node('b', false)],
    offers: [...both('a'), ...both('b')],
    want: false,
  },
  {
    name: 'nothing lent yet',
    nodes: [node('a', true), node('b', true)],
    offers: [...both('a'), offer('b', 'regular')],
    want: false,
  },
])('ready: $name: $want', ({ nodes, offers, want }) => {
  const cluster = { nodes: () => nodes, offers: () => offers }
  expect(isReady(cluster, { agents: 2, revocable: true })).toBe(want)
})

test('an agent that containers of an earlier run fill is ready without an offer', () => {
  const full = resources([scalar('cpus', 2), scalar('cpus', 4, 'revocable')])
  const cluster = { nodes: () => [node('a', true, full)], offers: () => [] }
  expect(isReady(cluster, { agents: 1, revocable: true })).toBe(true)
})

test('where nothing is lent, nobody waits for it', () => {
  const cluster = { nodes: () => [node('a', true)], offers: () => [offer('a', 'regular')] }
  expect(isReady(cluster, { agents: 1, revocable: false })).toBe(true)
})

test('the ready file is whole, and alone in its folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-ready-'))
  const addresses: Addresses = {
    dockerHost: 'tcp://127.0.0.1:4375',
    master: '127.0.0.1:5050',
    agents: [{ id: 'S0', hostname: 'node1', address: '127.0.0.1:5051' }],
    engine: 'unix:///run/docker.sock',
    pid: 42,
  }
  writeReadyFile(join(folder, 'ready.json'), addresses)
  expect(readdirSync(folder)).toEqual(['ready.json'])
  expect(JSON.parse(readFileSync(join(folder, 'ready.json'), 'utf8'))).toEqual(addresses)
  rmSync(folder, { recursive: true })
})
