import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { removeAll, startCluster, type TestCluster } from '../support/cluster.ts'
import { type DockerCli, printed } from '../support/docker-cli.ts'

let cluster: TestCluster
let docker: DockerCli
beforeAll(async () => {
  cluster = await startCluster({ engine: inject('engineHost') })
  docker = cluster.docker
})
afterEach(() => removeAll(docker))
afterAll(() => cluster.dispose())

const state = (name: string, field: string) =>
  docker.ok('inspect', '--format', `{{.State.${field}}}`, name)

test('ps shows what runs, ps -a also what ended, each under its node', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  await docker.ok('run', '--name', 'done', 'busybox', 'true')
  expect(await docker.ok('ps', '--format', '{{.Names}}')).toMatch(/^node\d\/web$/)
  const all = await docker.ok('ps', '-a', '--format', '{{.Names}} {{.Status}}')
  expect(all).toMatch(/node\d\/web Up /)
  expect(all).toMatch(/node\d\/done Exited \(0\) /)
  expect(
    await docker.ok('ps', '-aq', '--filter', 'status=exited', '--filter', 'name=done'),
  ).toMatch(/^[0-9a-f]{12}$/)
})

test("inspect names the node, the user's name and the labels", async () => {
  const id = await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  const [seen] = JSON.parse(await docker.ok('inspect', 'web'))
  expect(seen.Id).toBe(id)
  expect(seen.Name).toBe('/web')
  expect(seen.Node.Name).toMatch(/^node\d$/)
  expect(seen.HostConfig.AutoRemove).toBe(false)
  expect(seen.Config.Labels).toMatchObject({
    'com.docker.swarm.mesos.name': 'web',
    'com.docker.swarm.mesos.detach': 'true',
    'com.docker.swarm.mesos.resourceType': 'Regular',
    'io.shoal.node': seen.Node.Name,
  })
  expect(await docker.ok('inspect', '-f', '{{.Id}}', `${seen.Node.Name}/web`)).toBe(id)
  expect(await docker.ok('inspect', '-f', '{{.Id}}', id.slice(0, 5))).toBe(id)
})

test('logs, logs --tail and logs -f, which follows to the end', async () => {
  await docker.ok(
    'run',
    '-d',
    '--name',
    'talker',
    'busybox',
    'sh',
    '-c',
    'echo one; echo two; until [ -e /go ]; do sleep 0.05; done; echo three',
  )
  const following = docker.spawn(['logs', '-f', 'talker'])
  await printed(following.stdout, /one\ntwo\n/)
  expect(await docker.ok('logs', '--tail', '1', 'talker')).toBe('two')
  const rest = printed(following.stdout, /three\n/)
  await docker.ok('exec', 'talker', 'touch', '/go')
  await rest
  const code = await new Promise((resolve) => following.on('close', resolve))
  expect(code).toBe(0)
})

test('exec: output, exit status, stdin, a terminal', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  expect(await docker.ok('exec', 'web', 'echo', 'inside')).toBe('inside')
  expect((await docker.run(['exec', 'web', 'sh', '-c', 'exit 5'])).code).toBe(5)
  expect((await docker.run(['exec', '-i', 'web', 'cat'], { input: 'abc' })).stdout).toBe('abc')
  await printed(
    docker.terminal('docker exec -it web sh -c "echo in $(tty)"').stdout,
    /in \/dev\/pts\/\d/,
  )
})

test('top shows the processes', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '123')
  expect(await docker.ok('top', 'web')).toContain('sleep 123')
})

test('stop, start again, restart: the same container, a true exit code', async () => {
  const id = await docker.ok(
    'run',
    '-d',
    '--name',
    'web',
    'busybox',
    'sh',
    '-c',
    'trap "exit 4" TERM; echo up; while true; do sleep 0.05; done',
  )
  await printed(docker.spawn(['logs', '-f', 'web']).stdout, /up/)
  await docker.ok('stop', 'web')
  expect(await state('web', 'ExitCode')).toBe('4')
  const task = await docker.ok(
    'inspect',
    '-f',
    '{{index .Config.Labels "com.docker.swarm.mesos.task"}}',
    'web',
  )
  expect(task).toMatch(/^web\.[0-9a-f]{12}$/)
  await docker.ok('start', 'web')
  expect(await state('web', 'Running')).toBe('true')
  expect(await docker.ok('inspect', '-f', '{{.Id}}', 'web')).toBe(id)
  const before = await state('web', 'StartedAt')
  await docker.ok('restart', '-t', '1', 'web')
  expect(await state('web', 'Running')).toBe('true')
  expect(await state('web', 'StartedAt')).not.toBe(before)
})

test('stop --signal sends that signal, whatever the engine’s own API knows (docker-frontend §1.2)', async () => {
  const script = 'trap "exit 7" USR1; echo ready; while :; do sleep 0.05; done'
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sh', '-c', script)
  const logs = docker.spawn(['logs', '-f', 'web'])
  await printed(logs.stdout, /ready/)
  await docker.ok('stop', '--signal', 'USR1', '-t', '60', 'web')
  expect(await state('web', 'ExitCode')).toBe('7')
})

test('what an engine cannot do as asked is a warning of the create', async () => {
  const { stderr } = await docker.run(['create', '--annotation', 'a=b', '--name', 'web', 'busybox'])
  expect(stderr).toMatch(/WARNING: HostConfig.Annotations are left out: the engine of this node/)
})

test('restart of a stopped container starts it', async () => {
  await docker.ok('run', '--name', 'once', 'busybox', 'true')
  await docker.ok('restart', 'once')
  await docker.ok('wait', 'once')
  expect(await state('once', 'ExitCode')).toBe('0')
})

test('kill ends it with 137, and again is refused as dockerd refuses', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  const waiting = docker.ok('wait', 'web')
  await docker.ok('kill', 'web')
  expect(await waiting).toBe('137')
  expect(await docker.refused('kill', 'web')).toMatch(/is not running/)
})

test('a signal that does not end it leaves it running', async () => {
  await docker.ok(
    'run',
    '-d',
    '--name',
    'web',
    'busybox',
    'sh',
    '-c',
    'trap "echo got" USR1; echo up; while true; do sleep 0.05; done',
  )
  await printed(docker.spawn(['logs', '-f', 'web']).stdout, /up/)
  const got = printed(docker.spawn(['logs', '-f', 'web']).stdout, /got/)
  await docker.ok('kill', '-s', 'USR1', 'web')
  await got
  expect(await state('web', 'Running')).toBe('true')
})

test('rename frees the old name and takes the new one', async () => {
  await docker.ok('run', '-d', '--name', 'old', 'busybox', 'sleep', '100')
  await docker.ok('rename', 'old', 'new')
  expect(await docker.ok('inspect', '-f', '{{.Name}}', 'new')).toBe('/new')
  expect(await docker.refused('inspect', 'old')).toMatch(/No such object: old/)
  await docker.ok('run', '-d', '--name', 'old', 'busybox', 'sleep', '100')
  expect(await docker.refused('rename', 'old', 'new')).toMatch(
    /Conflict\. The container name "\/new" is already in use by container/,
  )
})

test('rm refuses a running container, rm -f takes it away', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  expect(await docker.refused('rm', 'web')).toMatch(/cannot remove/i)
  await docker.ok('rm', '-f', 'web')
  expect(await docker.ok('ps', '-aq')).toBe('')
})

test('create, then start with what it printed', async () => {
  await docker.ok('create', '--name', 'later', 'busybox', 'echo', 'late')
  expect(await docker.ok('ps', '-a', '--format', '{{.Status}}')).toBe('Created')
  expect(await docker.ok('start', '-a', 'later')).toBe('late')
})

test('pause and unpause', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  await docker.ok('pause', 'web')
  expect(await docker.ok('ps', '--format', '{{.Status}}')).toMatch(/\(Paused\)$/)
  await docker.ok('unpause', 'web')
  expect(await state('web', 'Paused')).toBe('false')
})

test('images, image inspect, version and info', async () => {
  expect(await docker.ok('images', '--format', '{{.Repository}}:{{.Tag}}')).toContain(
    'busybox:latest',
  )
  expect(await docker.ok('image', 'inspect', '-f', '{{.Os}}', 'busybox')).toBe('linux')
  expect(
    await docker.ok('version', '--format', '{{.Server.APIVersion}} {{.Server.MinAPIVersion}}'),
  ).toBe('1.44 1.24')
  const info = await docker.ok('info')
  expect(info).toMatch(/Strategy: spread/)
  expect(info).toMatch(/Nodes: 2/)
})

test('networks and volumes of compose walks', async () => {
  const names = (await docker.ok('network', 'ls', '--format', '{{.Name}}')).split('\n')
  expect(names.filter((name) => name === 'host')).toHaveLength(1)
  await docker.ok('volume', 'create', 'v1')
  expect(await docker.ok('volume', 'ls', '-q')).toContain('v1')
  await docker.ok('volume', 'rm', 'v1')
})

test('events: one a line, live and replayed, with the node', async () => {
  const live = docker.spawn(['events', '--format', '{{json .}}'])
  const seen = printed(live.stdout, /"status":"die"/)
  await docker.ok('run', '--name', 'short', 'busybox', 'true')
  const lines = (await seen)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  live.kill()
  const actions = lines.filter(({ Type }) => Type === 'container').map(({ Action }) => Action)
  expect(actions).toEqual(expect.arrayContaining(['create', 'start', 'die']))
  expect(lines[0].Actor.Attributes['node.name']).toMatch(/^node\d$/)
  const replayed = await docker.ok(
    'events',
    '--since',
    '10m',
    '--until',
    String(Math.ceil(Date.now() / 1000)),
    '--filter',
    'container=short',
    '--filter',
    'event=die',
    '--format',
    '{{.Action}} {{.Actor.Attributes.exitCode}}',
  )
  expect(replayed).toBe('die 0')
})

test('events of volumes and of removed containers are told live and replayed, each once', async () => {
  const format = '{{.Type}} {{.Action}}'
  const live = docker.spawn(['events', '--format', format])
  const destroyed = printed(live.stdout, /volume destroy/)
  await docker.ok('run', '-d', '--name', 'gone', 'busybox', 'sleep', '100')
  await docker.ok('rm', '-f', 'gone')
  await docker.ok('volume', 'create', 'noted')
  await docker.ok('volume', 'rm', 'noted')
  const told = (await destroyed).trim().split('\n')
  live.kill()
  const want = ['container create', 'container destroy', 'volume create', 'volume destroy']
  expect(told.filter((line) => want.includes(line))).toEqual(want)
  const until = String(Math.ceil(Date.now() / 1000))
  const span = ['--since', '10m', '--until', until]
  const only = ['--filter', 'volume=noted', '--format', format]
  const replayed = await docker.ok('events', ...span, ...only)
  expect(replayed.split('\n')).toEqual(['volume create', 'volume destroy'])
})

test('cp both ways keeps the bytes', async () => {
  await docker.ok('run', '-d', '--name', 'web', 'busybox', 'sleep', '100')
  await docker.ok('cp', '/etc/hostname', 'web:/copied')
  expect(await docker.ok('exec', 'web', 'cat', '/copied')).toBe(
    (await import('node:fs')).readFileSync('/etc/hostname', 'utf8').trim(),
  )
})

test('compose-like: wait on a removed container, --rm leaves nothing', async () => {
  const id = await docker.ok('run', '-d', '--rm', 'busybox', 'sleep', '0.3')
  expect((await docker.run(['wait', id])).code).toBe(0)
  const gone = docker.spawn([
    'events',
    '--since',
    '1m',
    '--filter',
    `container=${id}`,
    '--format',
    '{{.Action}}',
  ])
  await printed(gone.stdout, /destroy/)
  gone.kill()
  expect(await docker.ok('ps', '-aq')).toBe('')
})
