import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmptyCgroups } from '../src/cli/cgroups.ts'
import { installEngine } from '../src/cli/engine/provide.ts'
import { terminalSteps } from '../src/cli/steps.ts'
import { fileCgroups } from '../src/core-agent/cgroup-files.ts'
import type { Cgroups } from '../src/core-agent/cgroups.ts'
import { parseAgentConfig } from '../src/core-agent/config.ts'
import { DockerodeEngine } from '../src/core-agent/docker/dockerode-engine.ts'
import { record } from '../src/core-agent/docker/inspect.ts'
import { startAgent } from '../src/core-agent/main.ts'
import { parseMasterConfig } from '../src/core-master/config.ts'
import { startMaster } from '../src/core-master/main.ts'
import type { Offer, Resource, SchedulerEvent, TaskState } from '../src/mesos/wire.ts'
import { type Cancel, type Clock, systemClock } from '../src/runtime/clock.ts'
import { CloseStack } from '../src/runtime/close-stack.ts'
import { startTestEngine } from '../test/support/engine-setup.ts'
import { SchedulerClient } from '../test/support/scheduler-client.ts'
import { waitFor } from './wait.ts'

const offerDeadlineMs = 60_000
const runningDeadlineMs = 60_000

export const machineCpus = availableParallelism()

export interface Task {
  readonly id: string
  readonly pid: number
  /** Control group of its container. */
  readonly group: string
}

/**
 * A whole cluster in the process of the bench: a dockerd, a master, an agent that has the machine and lends `lent`, and
 * a framework that takes what it is offered.
 */
export interface LentMachine {
  readonly cgroups: Cgroups
  /** A container that runs a line of shell, once it runs. */
  launch(line: string, cpus: number, options?: { readonly lent?: boolean }): Promise<Task>
  /** The last state that the framework was told of; undefined: none yet. */
  stateOf(task: Task): TaskState | undefined
  /** cpus that all lent containers together may use; undefined: no bound. */
  quota(): number | undefined
  /** How many tasks it was told of that were revoked. */
  revoked(): number
  /** Puts the agent's clock forward, past what a controller waits for. */
  skip(ms: number): void
}

export const onLentMachine = async <T>(
  lent: string,
  flags: Readonly<Record<string, string>>,
  use: (machine: LentMachine) => Promise<T>,
): Promise<T> => {
  await installEngine(terminalSteps(process.stderr))
  const stack = new CloseStack()
  try {
    const cgroupsRoot = `/shoal-bench-${process.pid}`
    stack.push(() => removeEmptyCgroups(cgroupsRoot))
    const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    stack.push(() => rmSync(folder, { recursive: true, force: true }))
    const testEngine = await startTestEngine()
    const { socket } = testEngine
    stack.push(() => testEngine.close())
    const masterConfig = parseMasterConfig({ port: ['0'], allocation_interval: ['100ms'] }, {})
    const master = await startMaster(masterConfig)
    stack.push(() => master.close())
    const clock = new SkippingClock()
    const given = {
      master: `127.0.0.1:${master.port}`,
      port: '0',
      work_dir: join(folder, 'agent'),
      docker: `unix://${socket}`,
      resources: `cpus:${machineCpus};mem:1024;disk:1000;ports:[31000-31001]`,
      cgroups_root: cgroupsRoot,
      registration_backoff_factor: '1ms',
      resource_estimator: 'fixed',
      oversubscribed_resources: lent,
      oversubscribed_resources_interval: '500ms',
      qos_controller: 'graded',
      ...flags,
    }
    const config = parseAgentConfig(
      Object.fromEntries(Object.entries(given).map(([name, value]) => [name, [value]])),
      {},
    )
    const cgroups = fileCgroups(cgroupsRoot)
    const bounds = new Map<string, number | undefined>()
    const agent = await startAgent(config, { clock, cgroups: noting(cgroups, bounds) })
    stack.push(() => agent.close())
    const framework = new Framework(`127.0.0.1:${master.port}`)
    stack.push(() => framework.close())
    await framework.subscribe()
    const engine = new DockerodeEngine({ socketPath: socket, clock: systemClock })
    return await use({
      cgroups,
      launch: async (line, cpus, { lent: isLent = false } = {}) => {
        const { id, container } = await framework.launch(line, cpus, isLent)
        const pid = Number(record((await engine.inspect(container))?.['State'])['Pid'])
        return { id, pid, group: cgroups.groupOf(pid) ?? '' }
      },
      stateOf: ({ id }) => framework.states.get(id),
      revoked: () => [...framework.states.values()].filter((state) => state === 'TASK_GONE').length,
      quota: () => bounds.get(`${cgroupsRoot}/revocable`),
      skip: (ms) => clock.skip(ms),
    })
  } finally {
    await stack.close()
  }
}

/** The same groups; what they are bound to is kept in `bounds`. */
const noting = (cgroups: Cgroups, bounds: Map<string, number | undefined>): Cgroups => {
  const bound = cgroups.bound.bind(cgroups)
  cgroups.bound = (group, cpus) => {
    bound(group, cpus)
    bounds.set(group, cpus)
  }
  return cgroups
}

/** The system's, which can be put forward. */
class SkippingClock implements Clock {
  #skippedMs = 0

  now(): number {
    return systemClock.now()
  }

  after(delayMs: number, callback: () => void): Cancel {
    return systemClock.after(delayMs, callback)
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#skippedMs
  }

  skip(ms: number): void {
    this.#skippedMs += ms
  }
}

/** Holds every offer until it is used or rescinded, and acknowledges what it is told. */
class Framework {
  readonly states = new Map<string, TaskState>()
  readonly messages = new Map<string, string>()
  readonly #containers = new Map<string, string>()
  readonly #client: SchedulerClient
  readonly #offers = new Map<string, Offer>()
  #launched = 0

  constructor(master: string) {
    this.#client = new SchedulerClient(master, 'application/x-protobuf')
    this.#client.onEvent = (event) => this.#hear(event)
  }

  subscribe(): Promise<void> {
    const capabilities = [
      { type: 'REVOCABLE_RESOURCES' as const },
      { type: 'PARTITION_AWARE' as const },
    ]
    return this.#client.subscribe({ user: 'root', name: 'bench', capabilities })
  }

  async launch(line: string, cpus: number, isLent: boolean) {
    this.#launched += 1
    const id = `task${this.#launched}`
    const what = `an offer of ${cpus} ${isLent ? 'lent' : 'regular'} cpus`
    await waitFor(what, () => this.#find(cpus, isLent) !== undefined, offerDeadlineMs)
    const offer = this.#find(cpus, isLent)
    if (offer === undefined) throw new Error(`no ${what}`)
    this.#offers.delete(offer.id.value)
    const task = {
      name: id,
      task_id: { value: id },
      agent_id: offer.agent_id,
      resources: [scalar('cpus', cpus, isLent), scalar('mem', 64, isLent)],
      command: { shell: true, value: line },
      container: {
        type: 'DOCKER' as const,
        docker: { image: 'busybox', network: 'NONE' as const },
      },
    }
    await this.#client.call({
      type: 'ACCEPT',
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: 'LAUNCH', launch: { task_infos: [task] } }],
        filters: { refuse_seconds: 0 },
      },
    })
    const runs = () => this.states.get(id) === 'TASK_RUNNING' || isOver(this.states.get(id))
    await waitFor(`${id} to run`, runs, runningDeadlineMs)
    const state = this.states.get(id)
    if (state !== 'TASK_RUNNING')
      throw new Error(`${id} does not run: ${state ?? 'nothing'} ${this.messages.get(id) ?? ''}`)
    return { id, container: this.#containers.get(id) ?? '' }
  }

  close(): void {
    this.#client.close()
  }

  #find(cpus: number, isLent: boolean): Offer | undefined {
    return [...this.#offers.values()].find(
      ({ resources = [] }) =>
        resources.some((one) => one.revocable !== undefined) === isLent &&
        resources.some(
          ({ name, scalar: amount }) => name === 'cpus' && (amount?.value ?? 0) >= cpus,
        ),
    )
  }

  #hear({ type, offers, rescind, update }: SchedulerEvent): void {
    for (const offer of offers?.offers ?? []) this.#offers.set(offer.id.value, offer)
    if (rescind?.offer_id !== undefined) this.#offers.delete(rescind.offer_id.value)
    if (type !== 'UPDATE' || update === undefined) return
    const { task_id, agent_id, uuid, state, data } = update.status
    this.states.set(task_id.value, state)
    this.messages.set(task_id.value, update.status.message ?? '')
    if (state === 'TASK_RUNNING' && data !== undefined) {
      const [inspect] = JSON.parse(Buffer.from(data).toString()) as { Id: string }[]
      this.#containers.set(task_id.value, inspect?.Id ?? '')
    }
    if (uuid !== undefined && agent_id !== undefined)
      void this.#client.call({ type: 'ACKNOWLEDGE', acknowledge: { task_id, agent_id, uuid } })
  }
}

const isOver = (state: TaskState | undefined): boolean =>
  /GONE|LOST|FAILED|ERROR|DROPPED|KILLED|FINISHED/.test(state ?? '')

const scalar = (name: string, value: number, isLent: boolean): Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...(isLent ? { revocable: {} } : {}),
})
