import { afterAll, expect, inject, test } from 'vitest'
import { startCluster, type TestCluster } from '../support/cluster.ts'

let cluster: TestCluster
afterAll(() => cluster.dispose())

test('Ctrl-C stops in order and containers stay; the next start finds them again', async () => {
  const engine = inject('engineHost')
  const args = ['--resources', 'cpus:1;mem:512', '--resource-estimator=fixed']
  cluster = await startCluster({ engine, args })
  const { docker, workDir } = cluster
  const running = await docker.ok(
    'run',
    '-d',
    '--name',
    'stays',
    '--cpus',
    '1',
    'busybox',
    'sleep',
    '1000',
  )
  const other = await docker.ok(
    'run',
    '-d',
    '--name',
    'fills',
    '--cpus',
    '1',
    'busybox',
    'sleep',
    '1000',
  )
  const lent = ['-e', 'constraint:res-type==revocable']
  await docker.run(['run', '--name', 'ended', ...lent, 'busybox', 'sh', '-c', 'exit 3'])
  const started = await docker.ok('inspect', '-f', '{{.State.StartedAt}}', 'stays')
  await cluster.stop()
  expect(cluster.output()).toMatch(/keep running/)

  cluster = await startCluster({ engine, workDir, args })
  const again = cluster.docker
  // Both agents are full: nothing but what was remembered can show them (D9).
  expect((await again.ok('ps', '-q', '--no-trunc')).split('\n').sort()).toEqual(
    [running, other].sort(),
  )
  expect(await again.ok('inspect', '-f', '{{.State.StartedAt}}', 'stays')).toBe(started)
  expect(await again.ok('inspect', '-f', '{{.State.ExitCode}}', 'ended')).toBe('3')
  expect(await again.refused('run', '-d', '--name', 'stays', 'busybox', 'true')).toMatch(/Conflict/)
  await again.ok('exec', 'stays', 'true')
  await again.ok('rm', '-f', 'fills')
  expect(await again.ok('start', '-a', 'ended').catch((error: Error) => error.message)).toMatch(
    /exited 3/,
  )
})
