import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { importBusyboxImage } from '../../src/cli/engine/busybox.ts'
import { type PrivateEngine, startPrivateEngine } from '../../src/cli/engine/private-engine.ts'
import { statusLabel } from '../support/agent-rig.ts'
import { removeTestEngine } from '../support/engine-setup.ts'
import { realAgents, send, until } from '../support/real-agent.ts'

/** A dockerd that these tests may ill-treat, as the others' may not be. */
const folder = mkdtempSync(join(tmpdir(), 'shoal-trouble-'))
let engine: PrivateEngine
const startEngine = () => startPrivateEngine({ folder, bridge: false, liveRestore: false })

beforeAll(async () => {
  engine = await startEngine()
  await importBusyboxImage(engine.socket)
})
afterAll(() => removeTestEngine(folder))

// Before that of the agents, which ask the engine to remove what is left.
const { create, start, unique } = realAgents(() => engine.socket)
afterEach(() => process.kill(engine.pid, 'SIGCONT'))

interface State {
  readonly Pid: number
  readonly Status: string
}

const stateOf = async (container: string): Promise<State | undefined> => {
  const { socket: socketPath } = engine
  const { status, body } = await send({ socketPath }, 'GET', `/containers/${container}/json`)
  return status === 200 ? (JSON.parse(body) as { State: State }).State : undefined
}

const isRunning = (pid: number) => existsSync(`/proc/${pid}`)

const ignoresTerm = ['sh', '-c', 'trap "" TERM; while :; do sleep 1000; done']

test.each([{ revocable: false }, { revocable: true }])(
  'dockerd stands still: a kill ends the container and its task, once (revocable: $revocable, A5)',
  async ({ revocable }) => {
    const rig = await start()
    const name = unique('stuck')
    const body = { HostConfig: { AutoRemove: true } }
    const container = await create(rig, name, ignoresTerm, { revocable, body })
    await send({ port: rig.port }, 'POST', `/engine/containers/${container}/start`)
    await until(() => rig.master.states(name).at(-1) === 'RUNNING')
    const { Pid } = (await stateOf(container)) ?? { Pid: 0 }
    process.kill(engine.pid, 'SIGSTOP')
    rig.master.kill(name, 200)
    await until(() => !isRunning(Pid))
    await until(() => rig.master.states(name).at(-1) === 'KILLED')
    expect(statusLabel(rig.master.statuses(name).at(-1), 'exitCode')).toBe('137')

    process.kill(engine.pid, 'SIGCONT')
    await expect.poll(() => stateOf(container), { timeout: 60_000 }).toBeUndefined()
    expect(rig.master.states(name)).toEqual(['STARTING', 'RUNNING', 'KILLED'])
  },
)

/** Ends with 7 when dockerd, or anybody, stops it; with 5 at the test's own word. */
const tells = ['sh', '-c', 'trap "exit 7" TERM; trap "exit 5" USR1; while :; do sleep 0.1; done']

test('dockerd is killed and starts again without live-restore: each container’s own exit code is told', async () => {
  const rig = await start()
  const started = async (name: string) => {
    const container = await create(rig, name, tells)
    await send({ port: rig.port }, 'POST', `/engine/containers/${container}/start`)
    await until(() => rig.master.states(name).at(-1) === 'RUNNING')
    return (await stateOf(container))?.Pid ?? 0
  }
  const [early, late] = [unique('early'), unique('late')]
  const [earlyPid] = [await started(early), await started(late)]
  const { pid } = engine
  process.kill(pid, 'SIGKILL')
  await until(() => !isRunning(pid))
  process.kill(earlyPid, 'SIGUSR1')
  await until(() => !isRunning(earlyPid))
  engine = await startEngine()
  const ended = (name: string) => rig.master.states(name).at(-1) === 'FAILED'
  await vi.waitFor(() => expect([early, late].map(ended)).toEqual([true, true]), {
    timeout: 60_000,
  })
  const codes = [early, late].map((name) =>
    statusLabel(rig.master.statuses(name).at(-1), 'exitCode'),
  )
  expect(codes).toEqual(['5', '7'])
  for (const name of [early, late])
    expect(rig.master.states(name)).toEqual(['STARTING', 'RUNNING', 'FAILED'])
})

test('dockerd is killed and comes back: the agent sees it, without a word of its containers in between', async () => {
  const rig = await start()
  const healthy = async () => {
    const { body } = await send({ port: rig.port }, 'GET', '/metrics/snapshot')
    return (JSON.parse(body) as Record<string, number>)['slave/engine_healthy']
  }
  expect(await healthy()).toBe(1)
  const { pid } = engine
  process.kill(pid, 'SIGKILL')
  await expect.poll(healthy, { timeout: 20_000 }).toBe(0)
  engine = await startEngine()
  await expect.poll(healthy, { timeout: 20_000 }).toBe(1)
})

test('an agent that starts while dockerd is dead registers, keeps its tasks, and tells their ends when dockerd is back', async () => {
  const rig = await start()
  const name = unique('kept')
  const container = await create(rig, name, tells)
  await send({ port: rig.port }, 'POST', `/engine/containers/${container}/start`)
  await until(() => rig.master.states(name).at(-1) === 'RUNNING')
  const { Pid } = (await stateOf(container)) ?? { Pid: 0 }
  const { pid } = engine
  process.kill(pid, 'SIGKILL')
  await until(() => !isRunning(pid))
  const again = await rig.restart()
  const { subscribe } = again.master.ofType('SUBSCRIBE').at(-1) ?? {}
  expect(subscribe?.tasks?.map(({ task_id }) => task_id.value)).toEqual([name])
  expect(isRunning(Pid)).toBe(true)
  expect(again.master.states(name)).toEqual(['STARTING', 'RUNNING'])
  process.kill(Pid, 'SIGUSR1')
  await until(() => !isRunning(Pid))
  engine = await startEngine()
  await vi.waitFor(() => expect(again.master.states(name).at(-1)).toBe('FAILED'), {
    timeout: 60_000,
  })
  expect(statusLabel(again.master.statuses(name).at(-1), 'exitCode')).toBe('5')
  expect(again.master.states(name)).toEqual(['STARTING', 'RUNNING', 'FAILED'])
})
