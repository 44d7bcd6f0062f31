import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { printed } from '../support/docker-cli.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({ engine: inject('engineHost') })
})
afterAll(async () => {
  await cluster.dispose()
})

test('run prints what the command printed and exits 0', async () => {
  const { code, stdout } = await cluster.docker.run(['run', '--rm', 'busybox', 'echo', 'hi'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'hi\n' })
})

test.each([
  { name: 'the exit status of the command', command: ['sh', '-c', 'exit 7'], want: 7 },
  { name: '127 for a command that is not there', command: ['/no/such/thing'], want: 127 },
  { name: '126 for one that cannot be run', command: ['/etc'], want: 126 },
])('run exits with $name', async ({ command, want }) => {
  const { code } = await cluster.docker.run(['run', '--rm', 'busybox', ...command])
  expect(code).toBe(want)
})

test('stdin reaches the command and its end ends it (half-close)', async () => {
  const { stdout, code } = await cluster.docker.run(['run', '-i', '--rm', 'busybox', 'cat'], {
    input: 'abc\n',
  })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'abc\n' })
})

test('stderr stays apart from stdout', async () => {
  const command = ['sh', '-c', 'echo out; echo err >&2']
  const { stdout, stderr } = await cluster.docker.run(['run', '--rm', 'busybox', ...command])
  expect({ stdout, stderr }).toEqual({ stdout: 'out\n', stderr: 'err\n' })
})

test('20 MB of output arrive whole, though the container ends before they are read', async () => {
  const command = 'dd if=/dev/zero bs=1048576 count=20 2>/dev/null'
  const { stdout, code } = await cluster.docker.run(['run', '--rm', 'busybox', 'sh', '-c', command])
  expect({ code, bytes: stdout.length }).toEqual({ code: 0, bytes: 20 * 1024 * 1024 })
})

test('ten runs at once each get their own output', async () => {
  const runs = Array.from({ length: 10 }, (_, i) =>
    cluster.docker.run(['run', '--rm', '--cpus', '0.05', 'busybox', 'echo', String(i)]),
  )
  const outputs = (await Promise.all(runs)).map(({ stdout, stderr }) => stdout + stderr)
  expect(outputs).toEqual(Array.from({ length: 10 }, (_, i) => `${i}\n`))
})

test('the command runs exactly once, in the foreground and detached (D2)', async () => {
  const { docker } = cluster
  await docker.ok('volume', 'create', 'ran')
  const note = ['-v', 'ran:/ran', 'busybox', 'sh', '-c', 'echo x >> /ran/log; cat /ran/log']
  expect(await docker.ok('run', '--rm', ...note)).toBe('x')
  const id = await docker.ok('run', '-d', ...note)
  await docker.ok('wait', id)
  expect(await docker.ok('logs', id)).toBe('x\nx')
  await docker.ok('rm', id)
  await docker.ok('volume', 'rm', 'ran')
})

/** The client sets the size after the start: until then the terminal has none. */
const showSize = 'until stty size 2>/dev/null | grep .; do sleep 0.05; done'

test('a terminal: -it runs in one, of the size of the window', async () => {
  const shell = cluster.docker.terminal(
    `stty rows 31 cols 91; docker run --rm -it busybox sh -c "tty; ${showSize}"`,
  )
  expect(await printed(shell.stdout, /31 91/)).toMatch(/\/dev\/pts\/0/)
  const code = await new Promise((resolve) => shell.on('close', resolve))
  expect(code).toBe(0)
})

test('a window that changes its size while the command runs is followed (resize)', async () => {
  const { docker } = cluster
  const shell = docker.terminal(
    `stty rows 24 cols 80; docker run --rm -it --name resized busybox sh -c "trap 'stty size' WINCH; ${showSize}; while true; do sleep 0.05; done"`,
  )
  const [tty = ''] = (await printed(shell.stdout, /24 80/)).split('\r\n')
  const resized = printed(shell.stdout, /40 100/)
  await promisify(execFile)('stty', ['-F', tty, 'rows', '40', 'cols', '100'])
  await resized
  await docker.ok('rm', '-f', 'resized')
})

test('what is typed into a terminal arrives, and Ctrl-D ends it', async () => {
  const shell = cluster.docker.terminal(
    'docker run --rm -it busybox sh -c "echo ready; cat; echo end"',
  )
  await printed(shell.stdout, /ready/)
  const typed = printed(shell.stdout, /typed\r\ntyped\r\nend/)
  shell.stdin.write('typed\n')
  shell.stdin.write('\u0004')
  await typed
})

test('an interrupted run in the foreground ends the container', async () => {
  const { docker } = cluster
  const child = docker.spawn([
    'run',
    '--rm',
    '--name',
    'interrupted',
    'busybox',
    'sh',
    '-c',
    'trap "exit 3" INT; echo up; while true; do sleep 0.05; done',
  ])
  await printed(child.stdout, /up/)
  child.kill('SIGINT')
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(code).toBe(3)
  expect(await docker.ok('ps', '-aq', '--filter', 'name=interrupted')).toBe('')
})
