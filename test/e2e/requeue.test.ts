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
