import { DockerodeEngine } from '../src/core-agent/docker/dockerode-engine.ts'
import { record } from '../src/core-agent/docker/inspect.ts'
import { startAgent } from '../src/core-agent/main.ts'
import type { TaskInfo, TaskState, TaskStatus } from '../src/mesos/wire.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { dockerTask, type ScriptedMaster, stockFramework } from '../test/support/agent-rig.ts'
import { configOf, onGround } from './agent-on-engine.ts'
import { median, quantile } from './measure.ts'
import type { Bench, Row } from './row.ts'
import { waitFor } from './wait.ts'

const rounds = 100
const warmUps = 10
const registerDeadlineMs = 60_000
/** Rows A4 and A6 of core-agent §12: half of all launches, and all but one in a hundred; ends. */
const limitsMs = { launchMedian: 20, launchWorst: 100, end: 100 }

/**
 * A4: from a launch at the agent to TASK_RUNNING at its master, less the create and start of the same container by the
 * engine alone. A6: from the end of a container's process to its last status. One after the other on a real dockerd.
 */
export const agentLatency: Bench = {
  ids: ['A4', 'A6'],
  run: () =>
    onGround(async (ground) => {
      const { master } = ground
      const agent = await startAgent(configOf(ground))
      try {
        await waitFor(
          'the agent to register',
          () => master.ofType('SUBSCRIBE').length === 1,
          registerDeadlineMs,
        )
        const engine = new DockerodeEngine({
          socketPath: ground.engine.socket,
          clock: systemClock,
        })
        const timed = new Timed(master)
        const measured: Measured[] = []
        for (let round = -warmUps; round < rounds; round += 1) {
          const one = await measure(timed, engine, `bench${round + warmUps}`)
          if (round >= 0) measured.push(one)
        }
        return rowsOf(measured)
      } finally {
        await agent.close()
      }
    }),
}

interface Measured {
  readonly launchMs: number
  readonly bareMs: number
  readonly endMs: number
}

/** Notes when each status comes to a master. */
class Timed {
  readonly master: ScriptedMaster
  readonly #waiting = new Map<string, (told: { status: TaskStatus; atMs: number }) => void>()

  constructor(master: ScriptedMaster) {
    this.master = master
    master.onCall = ({ status_update: update }) => {
      if (update === undefined) return
      const key = keyOf(update.status.task_id.value, update.status.state)
      this.#waiting.get(key)?.({ status: update.status, atMs: performance.now() })
    }
  }

  when(task: string, state: TaskState): Promise<{ status: TaskStatus; atMs: number }> {
    return new Promise((resolve) => this.#waiting.set(keyOf(task, state), resolve))
  }
}

const keyOf = (task: string, state: TaskState): string => `${task} ${state}`

const command = 'sleep 1000'

const measure = async (timed: Timed, engine: DockerodeEngine, name: string): Promise<Measured> => {
  const running = timed.when(name, 'TASK_RUNNING')
  const failed = timed.when(name, 'TASK_FAILED')
  const launchedMs = performance.now()
  timed.master.launch(taskOf(name), stockFramework)
  const { status, atMs } = await running
  const [inspect] = JSON.parse(Buffer.from(status.data ?? []).toString()) as [
    Readonly<Record<string, unknown>>,
  ]
  const bareMs = await bareRun(engine, inspect)
  const killedMs = performance.now()
  process.kill(Number(record(inspect['State'])['Pid']), 'SIGKILL')
  const { atMs: endedMs } = await failed
  return { launchMs: atMs - launchedMs, bareMs, endMs: endedMs - killedMs }
}

const taskOf = (name: string): TaskInfo => ({
  ...dockerTask(name, command, { cpus: 0.1, memory: 32 }),
  container: { type: 'DOCKER', docker: { image: 'busybox', network: 'NONE' } },
})

/** The engine's own create and start of the same container. */
const bareRun = async (
  engine: DockerodeEngine,
  { Config, HostConfig }: Readonly<Record<string, unknown>>,
): Promise<number> => {
  const { Image, Entrypoint, Cmd, Env } = record(Config)
  const body = { Image, Entrypoint, Cmd, Env, HostConfig: record(HostConfig) }
  const startedMs = performance.now()
  const { id } = await engine.create({ name: '', platform: '', body })
  await engine.change(id, { type: 'start' })
  const tookMs = performance.now() - startedMs
  await engine.change(id, { type: 'remove', force: true, volumes: true, link: false })
  return tookMs
}

const rowsOf = (measured: readonly Measured[]): readonly Row[] => {
  const overheads = measured.map(({ launchMs, bareMs }) => launchMs - bareMs)
  const ends = measured.map(({ endMs }) => endMs)
  const row = (id: string, work: string, ours: number, peer: number, runs: readonly number[]) => ({
    id,
    work,
    ours,
    peer,
    ratio: ours / peer,
    unit: 'ms',
    runs,
  })
  const launch = 'a launch to TASK_RUNNING, beyond create and start of the engine alone'
  const worst = quantile(overheads, 0.99)
  const end = 'the end of a process to its last status, 99 of 100 within; its limit'
  return [
    row('A4', `${launch}, median; its limit`, median(overheads), limitsMs.launchMedian, overheads),
    row('A4', `${launch}, 99 of 100 within; its limit`, worst, limitsMs.launchWorst, overheads),
    row('A6', end, quantile(ends, 0.99), limitsMs.end, ends),
  ]
}
