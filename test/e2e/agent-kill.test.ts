import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { removeEmptyCgroups } from '../../src/cli/cgroups.ts'
import { parseMasterConfig } from '../../src/core-master/config.ts'
import { startMaster } from '../../src/core-master/main.ts'
import { toWire } from '../../src/mesos/resources.ts'
import type { Offer, SchedulerEvent, TaskStatus } from '../../src/mesos/wire.ts'
import { parseResources } from '../../src/resources/parse.ts'
import { statusLabel } from '../support/agent-rig.ts'
import { send } from '../support/real-agent.ts'
import { SchedulerClient } from '../support/scheduler-client.ts'
import { simRandom } from '../support/sim-random.ts'

const kills = 30
const longestLifeMs = 500
const tasksAtOnce = 5

const dist = fileURLToPath(new URL('../../dist/core-agent', import.meta.url))
/** An agent as `shoal agent` starts it, without the rest of the command line: 31 starts are to be quick. */
const main = `
import { parseAgentConfig } from '${dist}/config.js'
import { startAgent } from '${dist}/main.js'
await startAgent(parseAgentConfig(JSON.parse(process.argv[1]), {}))`
const cgroupsRoot = `/shoal-kill-${process.pid}`
const workDir = mkdtempSync(join(tmpdir(), 'shoal-kill-'))
const random = simRandom(20_260)

let master: Awaited<ReturnType<typeof startMaster>>
let agent: ChildProcess | undefined

beforeAll(async () => {
  const settings = parseMasterConfig(
    { ip: ['127.0.0.1'], port: ['0'], allocation_interval: ['50ms'] },
    {},
  )
  master = await startMaster(settings)
})

afterAll(async () => {
  agent?.kill('SIGKILL')
  await master.close()
  rmSync(workDir, { recursive: true, force: true })
  removeEmptyCgroups(cgroupsRoot)
})

const startAgentProcess = (): ChildProcess => {
  const flags = {
    master: `127.0.0.1:${master.port}`,
    port: '0',
    hostname: 'killed',
    work_dir: workDir,
    docker: `unix://${inject('engine').socket}`,
    resources: 'cpus:4;mem:1024;disk:1024;ports:[31000-31010]',
    cgroups_root: cgroupsRoot,
    registration_backoff_factor: '1ms',
    docker_remove_delay: '500ms',
  }
  const given = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, [value]]))
  return spawn(process.execPath, ['--input-type=module', '--eval', main, JSON.stringify(given)], {
    stdio: 'ignore',
  })
}

const killAgent = async (): Promise<void> => {
  const dying = agent
  if (dying === undefined) return
  const gone = once(dying, 'close')
  dying.kill('SIGKILL')
  await gone
}

/** A framework that keeps a few containers going: some end by themselves, some are killed. */
class Load {
  readonly client: SchedulerClient
  /** The exit code that each task was told to end with; undefined: it is killed. */
  readonly planned = new Map<string, number | undefined>()
  readonly ends = new Map<string, TaskStatus[]>()
  launches = true
  isOver = false
  #seen = 0
  #killAll = false

  constructor(client: SchedulerClient) {
    this.client = client
  }

  live(): readonly string[] {
    return [...this.planned.keys()].filter((task) => !this.ends.has(task))
  }

  endAll(): void {
    this.launches = false
    this.#killAll = true
  }

  /** Handles what has come since the last time, and kills something now and then. */
  async turn(): Promise<void> {
    const events = this.client.events.slice(this.#seen)
    this.#seen += events.length
    for (const event of events) await this.#handle(event)
    for (const task of this.live())
      if (this.#killAll || (this.planned.get(task) === undefined && random.next() < 0.05))
        await this.client.call({ type: 'KILL', kill: { task_id: { value: task } } })
  }

  async #handle({ type, offers, update }: SchedulerEvent): Promise<void> {
    if (type === 'OFFERS') for (const offer of offers?.offers ?? []) await this.#use(offer)
    if (update === undefined) return
    const { status } = update
    const task = status.task_id.value
    if (!/STAGING|STARTING|RUNNING|KILLING/.test(status.state))
      this.ends.set(task, [...(this.ends.get(task) ?? []), status])
    if (status.uuid === undefined || status.agent_id === undefined) return
    const { task_id, agent_id, uuid } = status
    await this.client.call({ type: 'ACKNOWLEDGE', acknowledge: { task_id, agent_id, uuid } })
  }

  async #use({ id, agent_id }: Offer): Promise<void> {
    const filters = { refuse_seconds: 0.1 }
    if (!this.launches || this.live().length >= tasksAtOnce)
      return void (await this.client.call({
        type: 'DECLINE',
        decline: { offer_ids: [id], filters },
      }))
    const task = `t${this.planned.size}`
    const code = random.next() < 0.6 ? Math.floor(random.next() * 5) : undefined
    this.planned.set(task, code)
    const value = code === undefined ? 'sleep 1000' : `exit ${code}`
    const info = {
      name: task,
      task_id: { value: task },
      agent_id,
      resources: toWire(parseResources('cpus:0.1;mem:32').resources, { format: 'stacks' }),
      command: { shell: true, value },
      kill_policy: { grace_period: { nanoseconds: 0 } },
      container: { type: 'DOCKER', docker: { image: 'busybox', network: 'NONE' } },
    } as const
    await this.client.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [id],
        operations: [{ type: 'LAUNCH', launch: { task_infos: [info] } }],
        filters,
      },
    })
  }
}

const ask = async (path: string): Promise<unknown> => {
  const { body } = await send({ socketPath: inject('engine').socket }, 'GET', path)
  return JSON.parse(body)
}

const untilRegistered = () =>
  vi.waitFor(
    async () => {
      const { body } = await send({ port: master.port }, 'GET', '/slaves')
      const { slaves } = JSON.parse(body) as { readonly slaves: readonly { active: boolean }[] }
      expect(slaves.map(({ active }) => active)).toEqual([true])
    },
    { timeout: 20_000, interval: 20 },
  )

const containersOf = async (framework: string) => {
  const filters = JSON.stringify({ label: [`org.mesos.framework_id=${framework}`] })
  const query = `all=1&filters=${encodeURIComponent(filters)}`
  return (await ask(`/containers/json?${query}`)) as readonly unknown[]
}

/** Task ids of every event of a kind that the engine had about containers of a framework, in order. */
const eventsOf = async (framework: string, event: string, since: number) => {
  const filters = {
    type: ['container'],
    event: [event],
    label: [`org.mesos.framework_id=${framework}`],
  }
  const until = Math.ceil(Date.now() / 1000) // The engine's log of events, not a measure of time.
  const query = `since=${since}&until=${until}&filters=${encodeURIComponent(JSON.stringify(filters))}`
  const { body } = await send({ socketPath: inject('engine').socket }, 'GET', `/events?${query}`)
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map(
      (line) =>
        (JSON.parse(line) as { Actor: { Attributes: Record<string, string> } }).Actor.Attributes[
          'org.mesos.task_id'
        ],
    )
}

test(`kill -9 of the agent, ${kills} times at any moment: nothing lost, doubled or left (I3, I4, I6, I7)`, async () => {
  const since = Math.floor(Date.now() / 1000)
  const client = new SchedulerClient(`127.0.0.1:${master.port}`, 'application/x-protobuf')
  await client.subscribe({
    user: 'root',
    name: 'load',
    checkpoint: true,
    failover_timeout: 1e6,
    capabilities: [{ type: 'PARTITION_AWARE' }],
  })
  const load = new Load(client)
  const drive = async (): Promise<void> => {
    await load.turn()
    await sleep(10)
    if (!load.isOver) await drive()
  }
  const driven = drive()

  for (let kill = 0; kill < kills; kill += 1) {
    agent = startAgentProcess()
    // Every other one dies while it starts or recovers, the others at work.
    if (kill % 2 === 0) await untilRegistered()
    await sleep(random.next() * longestLifeMs)
    await killAgent()
  }
  agent = startAgentProcess()
  load.endAll()
  await vi.waitFor(() => expect(load.live()).toEqual([]), { timeout: 60_000, interval: 50 })
  const framework = client.frameworkId?.value ?? ''
  await vi.waitFor(async () => expect(await containersOf(framework)).toEqual([]), {
    timeout: 60_000,
    interval: 100,
  })
  load.isOver = true
  await driven

  const outcomes = new Map<string, number>()
  for (const [task, code] of load.planned) {
    const told = load.ends.get(task) ?? []
    // The master repeats what an agent tells, and itself drops what was launched on an offer that was just rescinded.
    const own = told.filter(({ source }) => source !== 'SOURCE_MASTER')
    const ends = new Map((own.length > 0 ? own : told).map((end) => [String(end.uuid), end]))
    expect(
      [...ends.values()].map(({ state }) => state),
      task,
    ).toHaveLength(1)
    const [end] = ends.values()
    const state = end?.state ?? 'TASK_UNKNOWN'
    outcomes.set(state, (outcomes.get(state) ?? 0) + 1)
    if (state === 'TASK_FINISHED' || state === 'TASK_FAILED')
      expect([task, statusLabel(end, 'exitCode')]).toEqual([task, String(code)])
    else expect(state, `${task}: ${end?.message}`).toMatch(/KILLED|DROPPED/)
  }
  for (const event of ['create', 'start']) {
    const tasks = await eventsOf(framework, event, since)
    expect(tasks, event).toEqual([...new Set(tasks)])
  }
  expect(outcomes.get('TASK_FAILED') ?? 0, [...outcomes].join()).toBeGreaterThan(0)
  expect(outcomes.get('TASK_KILLED') ?? 0, [...outcomes].join()).toBeGreaterThan(0)
  client.close()
})
