import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { removeAll, startCluster, type TestCluster } from '../support/cluster.ts'
import { type DockerCli, printed } from '../support/docker-cli.ts'

/** Machines whose owners want what they lend back every three seconds. */
let cluster: TestCluster
let docker: DockerCli
beforeAll(async () => {
  cluster = await startCluster({
    engine: inject('engineHost'),
    args: [
      '--resources',
      'cpus:2;mem:1024',
      '--resource-estimator=fixed',
      '--qos-controller',
      'load',
      '--load-threshold-5min',
      '0.000001',
      '--qos-correction-interval-min',
      '3secs',
    ],
  })
  docker = cluster.docker
})
afterAll(() => cluster.dispose())

const lent = (labels: readonly string[], ...command: readonly string[]) =>
  docker.ok(...[runLent, labels.map((label) => `--label=${label}`), 'busybox', command].flat())

const runLent = ['run', '-d', '-e', 'constraint:res-type==revocable', '--cpus=0.1']

/** Asks again until the answer matches: what is asked for comes and goes with each revocation. */
const until = async (wanted: RegExp, ...command: readonly string[]): Promise<void> => {
  while (!wanted.test(await docker.ok(...command)));
}

const actions = ['--format', '{{.Action}} {{.Actor.ID}} {{json .Actor.Attributes}}']

test('requeue: revoked, and run again as the same container; what it says and shows', async () => {
  const events = docker.spawn(['events', '--filter', 'type=container', ...actions])
  const id = await lent(
    ['shoal.revocation=requeue', 'shoal.revocation.grace=1s'],
    'sh',
    '-c',
    'trap "echo asked to go; exit 0" TERM; echo here; sleep 100 & wait',
  )
  const seen = await printed(
    events.stdout,
    new RegExp(`revoke ${id}[^]*requeue ${id}[^]*start ${id}`),
  )
  const asked = /^requeue \S+ (\{.*\})$/m.exec(seen)?.[1] ?? '{}'
  expect(JSON.parse(asked)).toMatchObject({
    attempt: '1',
    max: '100',
    backoff: '1s',
    cause: expect.stringMatching(/^Container preempted by QoS correction: load_5min /),
    'node.name': expect.stringMatching(/^node[12]$/),
  })
  events.kill()
  await until(/^here\nasked to go\nhere/, 'logs', id)
  await until(
    /^Container preempted by QoS correction: .*; requeued, attempt \d+ of 100, next try \d{4}-/,
    'inspect',
    '-f',
    '{{.State.Error}}',
    id,
  )
  await until(
    /^Exited \(0\) .* \(requeued, attempt \d+ of 100\)$/,
    'ps',
    '-a',
    '--filter',
    `id=${id}`,
    '--format',
    '{{.Status}}',
  )
  expect(await docker.ok('stop', id)).toBe(id)
  expect(await docker.ok('inspect', '-f', '{{.State.Running}} {{.State.Error}}', id)).not.toMatch(
    /true|requeued/,
  )
  await docker.ok('rm', id)
})

test('no label: it stays down and says why', async () => {
  const id = await lent([], 'sleep', '100')
  expect(await docker.ok('wait', id)).toBe('137')
  expect(await docker.ok('inspect', '-f', '{{.State.Status}} {{.State.Error}}', id)).toMatch(
    /^exited Container preempted by QoS correction: load_5min [^;]*$/,
  )
  await removeAll(docker)
})

test('a label that is wrong is refused, with what is allowed', async () => {
  expect(await docker.refused('create', '--label', 'shoal.revocation=again', 'busybox')).toMatch(
    /label shoal\.revocation: wanted stop, requeue or promote, got "again"/,
  )
})

test('promote: after its revocation it runs on regular resources, found by its name and by its old id', async () => {
  const events = docker.spawn(['events', '--filter', 'type=container', ...actions])
  const labels = ['shoal.revocation=promote', 'owner=me']
  const command = ['sh', '-c', 'echo $HOSTNAME; exec sleep 1000']
  const id = await docker.ok(
    ...[
      runLent,
      '--name',
      'climber',
      '-v',
      '/data',
      labels.map((label) => `--label=${label}`),
    ].flat(),
    'busybox',
    ...command,
  )
  await printed(events.stdout, /^promote \S+ \{.*"from":"\w+".*\}$/m)
  events.kill()
  const fields = '{{.Id}} {{.Name}} {{.State.Running}}'
  const type = '{{index .Config.Labels "com.docker.swarm.mesos.resourceType"}}'
  const owner = '{{index .Config.Labels "owner"}}'
  const inspect = (reference: string) =>
    docker.ok('inspect', '-f', `${fields} ${type} ${owner}`, reference)
  const [now = ''] = (await inspect('climber')).split(' ')
  expect(now).not.toBe(id)
  expect(await inspect('climber')).toBe(`${now} /climber true Regular me`)
  expect(await inspect(id)).toBe(await inspect('climber'))
  expect(await docker.ok('ps', '-a', '--format', '{{.Names}}')).toMatch(/^node[12]\/climber$/)
  expect(await docker.ok('inspect', '-f', '{{(index .Mounts 0).Destination}}', now)).toBe('/data')
  await removeAll(docker)
})

/** Ends with 7 in its second run, known by what the first one left on its volume. */
const secondRun =
  '[ -e /data/ran ] && sleep 2 && exit 7; touch /data/ran; echo first; sleep 1000 & wait'
const promoted = ['--label=shoal.revocation=promote', '-v', '/data']

test('promote: docker run and docker wait see one end, that of the run that ends by itself', async () => {
  const since = String(Date.now() / 1000)
  const lentTo = (name: string, ...options: readonly string[]) =>
    [...options, '--name', name, '-e', 'constraint:res-type==revocable', '--cpus=0.1'].concat(
      promoted,
      'busybox',
      'sh',
      '-c',
      secondRun,
    )
  const attached = docker.run(['run', ...lentTo('attached')])
  const passing = docker.run(['run', ...lentTo('passing', '--rm')])
  const id = await docker.ok('run', ...lentTo('detached', '-d'))
  expect(await docker.ok('wait', 'detached')).toBe('7')
  expect(await docker.ok('wait', id)).toBe('7')
  expect(await attached).toMatchObject({ code: 7, stdout: 'first\n' })
  expect(await passing).toMatchObject({ code: 7, stdout: 'first\n' })
  expect(await docker.ok('ps', '-a', '--format', '{{.Names}}')).not.toMatch('passing')
  const past = (filter: string) =>
    docker.ok(
      'events',
      `--since=${since}`,
      `--until=${Date.now() / 1000 + 1}`,
      `--filter=${filter}`,
      '--format={{.Action}}',
    )
  expect(await past('container=detached')).toMatch(/revoke[^]*requeue[^]*promote/)
  expect(await past('label=shoal.revocation=promote')).toMatch(/revoke/)
  await removeAll(docker)
})

test('promote: without regular resources it waits, and says what is lacking', async () => {
  const events = docker.spawn(['events', '--filter', 'container=climber', ...actions])
  for (const node of ['node1', 'node2'])
    await docker.ok(
      'run',
      '-d',
      `--name=own-${node}`,
      '--cpus=2',
      `--env=constraint:node==${node}`,
      'busybox',
      'sleep',
      '1000',
    )
  const label = '--label=shoal.revocation=promote'
  const id = await docker.ok(
    ...[runLent, '--name=climber', label, 'busybox', 'sleep', '1000'].flat(),
  )
  const told = await printed(events.stdout, /^promote-waiting \S+ \{.*\}$/m)
  expect(told).toMatch(/"lacks":"cpus\S* 0\.1 wanted/)
  const lacks = /climber: waiting for regular resources of node[12]: cpus\S* 0\.1 wanted/
  expect(await docker.ok('info')).toMatch(lacks)
  expect(await docker.ok('inspect', '-f', '{{.State.Error}}', 'climber')).toMatch(
    /waiting for regular resources of node[12]: cpus/,
  )
  await docker.ok('rm', '-f', 'own-node1', 'own-node2')
  await printed(events.stdout, /^promote \S+ \{.*"from":"\w+".*\}$/m)
  events.kill()
  expect(await docker.ok('inspect', '-f', '{{.State.Running}} {{.Name}}', id)).toBe('true /climber')
  await removeAll(docker)
})
