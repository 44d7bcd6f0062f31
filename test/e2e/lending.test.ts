import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { printed } from '../support/docker-cli.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({
    engine: inject('engineHost'),
    args: [
      '--agents=1',
      '--resources=cpus:2;mem:1024',
      '--resource-estimator=fixed',
      '--revocable-resources=cpus:2',
      '--qos-controller=graded',
    ],
  })
})
afterAll(() => cluster.dispose())

const busy = ['busybox', 'sh', '-c', 'while :; do :; done']

test('a lender that becomes busy slows down what was lent, and docker events says so with the numbers', async () => {
  const { docker } = cluster
  const lent = await docker.ok(
    'run',
    '-d',
    '-e',
    'constraint:res-type==revocable',
    '-c',
    '2',
    ...busy,
  )
  const events = docker.spawn(['events', '--filter', 'event=throttle', '--format', '{{json .}}'])
  await docker.ok('run', '-d', '-c', '2', ...busy)
  const text = await printed(events.stdout, /\n/)
  events.kill()
  const event = JSON.parse(text.split('\n')[0] ?? '') as {
    readonly id: string
    readonly Actor: { readonly Attributes: Readonly<Record<string, string>> }
  }
  expect(event.id).toBe(lent)
  expect(event.Actor.Attributes).toMatchObject({ signal: 'busy_share', threshold: '0.88' })
  expect(Number(event.Actor.Attributes['quota'])).toBeLessThan(2)
  expect(await docker.ok('inspect', '-f', '{{.State.Running}}', lent)).toBe('true')
})
