import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { removeAll, startCluster, type TestCluster } from '../support/cluster.ts'
import type { DockerCli } from '../support/docker-cli.ts'

/** The scenario of the Swarm-on-Mesos article: two agents with two regular and four lent cpus each. */
let cluster: TestCluster
let docker: DockerCli
beforeAll(async () => {
  cluster = await startCluster({
    engine: inject('engineHost'),
    args: [
      '--resources',
      'cpus:2;mem:2048;disk:1024;ports:[31000-32000]',
      '--revocable-resources',
      'cpus:4',
      '--cluster-opt',
      'mesos.tasktimeout=10s',
      '--cluster-opt',
      'mesos.offertimeout=10m',
    ],
  })
  docker = cluster.docker
})
afterEach(() => removeAll(docker))
afterAll(() => cluster.dispose())

const launch = (resType: string) =>
  docker.run([
    'run',
    '-d',
    '-e',
    `constraint:res-type${resType}`,
    '--cpu-shares',
    '2',
    'busybox',
    'sleep',
    '100',
  ])

const typeOf = (id: string) =>
  docker.ok(
    'inspect',
    '-f',
    '{{index .Config.Labels "com.docker.swarm.mesos.resourceType"}}',
    id.trim(),
  )

/** What each of `count` runs in a row got, or the error text. */
const sequence = async (resType: string, count: number) => {
  const got: string[] = []
  for (let i = 0; i < count; i++) {
    const { code, stdout, stderr } = await launch(resType)
    got.push(code === 0 ? await typeOf(stdout) : stderr.trim())
  }
  return got
}

test('three ==regular: the third fails after 10 s and names each node and what was missing', async () => {
  const got = await sequence('==regular', 3)
  expect(got.slice(0, 2)).toEqual(['Regular', 'Regular'])
  expect(got[2]).toContain(
    'container failed to start after 10s: no resources available to schedule container',
  )
  expect(got[2]).toMatch(/node1: cpus 2 wanted, (0|no) offered/)
  expect(got[2]).toMatch(/node2: cpus 2 wanted, (0|no) offered/)
})

test('three ==~regular: the third is Revocable', async () => {
  expect(await sequence('==~regular', 3)).toEqual(['Regular', 'Regular', 'Revocable'])
})

test('five ==revocable: the fifth fails', async () => {
  const got = await sequence('==revocable', 5)
  expect(got.slice(0, 4)).toEqual(['Revocable', 'Revocable', 'Revocable', 'Revocable'])
  expect(got[4]).toContain(
    'container failed to start after 10s: no resources available to schedule container',
  )
  expect(got[4]).toMatch(/node1: cpus\(Revocable\) 2 wanted/)
})

test('five ==~revocable: the fifth is Regular', async () => {
  expect(await sequence('==~revocable', 5)).toEqual([
    'Revocable',
    'Revocable',
    'Revocable',
    'Revocable',
    'Regular',
  ])
})

test('==* takes regular first', async () => {
  expect(await sequence('==*', 3)).toEqual(['Regular', 'Regular', 'Revocable'])
})

test('the labels say what a container got, exactly as the article shows them', async () => {
  const { stdout } = await launch('==revocable')
  const labels = JSON.parse(
    await docker.ok('inspect', '--format', '{{json .Config.Labels}}', stdout.trim()),
  )
  expect(labels).toMatchObject({
    'com.docker.swarm.constraints': '["res-type==revocable"]',
    'com.docker.swarm.mesos.detach': 'true',
    'com.docker.swarm.mesos.name': '',
    'com.docker.swarm.mesos.resourceType': 'Revocable',
  })
  expect(labels['com.docker.swarm.mesos.task']).toMatch(/^[0-9a-f]{12}$/)
})

test('docker info shows every offer with both kinds, and res-type as it changes', async () => {
  const before = await docker.ok('info')
  expect(before).toMatch(/Offers: 2\n/)
  expect(before).toMatch(/ {2}Offer: \S+-S\d+>>\S+-O\d+/)
  expect(before).toContain('   └ cpus: 2\n')
  expect(before).toContain('   └ mem: 2 GiB\n')
  expect(before).toContain('   └ disk: 1 GiB\n')
  expect(before).toContain('   └ ports: 31000-32000\n')
  expect(before).toContain('   └ cpus(Revocable): 4\n')
  expect(before.match(/res-type=any/g)?.length).toBeGreaterThanOrEqual(2)
  expect(before).toMatch(/CPUs: 12\n/)

  await launch('==regular')
  await launch('==regular')
  const regularUsed = await docker.ok('info')
  expect(regularUsed).toContain('res-type=revocable')
  expect(regularUsed).not.toContain('res-type=any')
  for (let i = 0; i < 4; i++) await launch('==revocable')
  expect(await docker.ok('info')).toContain('res-type=unknown')
  await removeAll(docker)
})

test('revocable containers live under the revocable tier, regular ones under the regular', async () => {
  const { readFileSync } = await import('node:fs')
  const revocable = (await launch('==revocable')).stdout.trim()
  const regular = (await launch('==regular')).stdout.trim()
  const engine = new (await import('../support/docker-cli.ts')).DockerCli(inject('engineHost'))
  const cgroup = async (id: string) =>
    readFileSync(`/proc/${await engine.ok('inspect', '-f', '{{.State.Pid}}', id)}/cgroup`, 'utf8')
  expect(await cgroup(revocable)).toMatch(/\/revocable\//)
  expect(await cgroup(regular)).toMatch(/\/regular\//)
})
