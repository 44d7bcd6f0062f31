import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startCluster, type TestCluster } from '../support/cluster.ts'
import { printed } from '../support/docker-cli.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startCluster({
    engine: inject('engineHost'),
    // The Docker endpoint gives back what it does not need sooner than it would by default.
    args: ['--cluster-opt', 'mesos.offertimeout=1s'],
  })
})
afterAll(() => cluster.dispose())

interface StateJson {
  readonly frameworks: readonly { readonly name: string }[]
  readonly completed_frameworks: readonly {
    readonly name: string
    readonly completed_tasks: readonly { readonly state: string }[]
  }[]
}

const masterState = async (): Promise<StateJson> =>
  (await fetch(`http://${cluster.ready.master}/state`)).json() as Promise<StateJson>

test('the npm package mesos-framework, unmodified: subscribes, launches two docker tasks, hears of them, tears down', async () => {
  const [host = '', port = ''] = cluster.ready.master.split(':')
  const script = fileURLToPath(new URL('clients/mesos-framework.cjs', import.meta.url))
  const child = spawn(process.execPath, ['--no-deprecation', script, host, port], {
    cwd: temporaryFolder('foreign'),
  })
  const text = await printed(child.stdout, /"teardown":true/)
  const lines = text
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{')) // Its own log goes to stdout, too.
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  child.kill()

  expect(lines.filter((line) => 'error' in line)).toEqual([])
  expect(lines[0]).toHaveProperty('subscribed')
  expect(lines.some((line) => Number(line['offers']) > 0)).toBe(true)
  const tasks = new Map<unknown, unknown[]>()
  for (const { task, state } of lines)
    if (task !== undefined) tasks.set(task, [...(tasks.get(task) ?? []), state])
  expect([...tasks.values()]).toEqual([
    ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'],
    ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'],
  ])

  const { frameworks, completed_frameworks: completed } = await masterState()
  expect(frameworks.map(({ name }) => name)).not.toContain('foreign')
  const gone = completed.find(({ name }) => name === 'foreign')
  expect(gone?.completed_tasks.map(({ state }) => state)).toEqual([
    'TASK_FINISHED',
    'TASK_FINISHED',
  ])
})

test('its containers are never seen through the Docker endpoint', async () => {
  expect(await cluster.docker.ok('ps', '-aq')).toBe('')
})
