import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { request as startRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { frameworkHeader } from '../src/mesos/engine-endpoint.ts'
import type { ScriptedMaster } from '../test/support/agent-rig.ts'
import { createContainers, type Ground, onGround } from './agent-on-engine.ts'
import { type EngineProxy, startEngineProxy } from './engine-proxy.ts'
import { median } from './measure.ts'
import type { Bench, Row } from './row.ts'
import { waitFor } from './wait.ts'

const containers = 200
/** A7 of core-agent §12: percent of one core. */
const limitPercent = 0.5
const windows = 4
const windowMs = 15_000
/** Between the last start and the first window: looks after events, the first samples, the optimising compiler. */
const settleMs = 20_000
const quietMs = 5000
const settleDeadlineMs = 120_000
const runningDeadlineMs = 30_000

/** Calls that A7 allows: they tell whether the engine lives, and what happens in it. */
const allowed = /\/(_ping|events)$/

/**
 * A7: what an agent costs that measures each second while 200 containers on a real dockerd sleep, and what it asks the
 * engine meanwhile. The agent is a process of its own; its calls pass a proxy.
 */
export const idleAgent: Bench = {
  ids: ['A7'],
  run: () =>
    onGround(async (ground) => {
      const socket = join(ground.folder, 'engine.sock')
      const proxy = await startEngineProxy(socket, ground.engine.socket)
      const agent = startAgentProcess(ground, socket)
      try {
        await startContainers(ground.master)
        await settle(proxy)
        return await measure(agent, proxy)
      } finally {
        const ended = once(agent, 'exit')
        if (agent.kill('SIGTERM')) await ended
        proxy.close()
      }
    }),
}

const measures = { resource_estimator: 'usage', qos_controller: 'graded' }

const startAgentProcess = ({ flags }: Ground, socket: string): ChildProcess => {
  const given = Object.entries({ ...flags(socket), ...measures })
  return spawn(
    process.execPath,
    ['dist/cli/main.js', 'agent', ...given.map(([name, value]) => `--${name}=${value}`)],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
}

/** One after another, as many as the engine bears. */
const startContainers = async (master: ScriptedMaster): Promise<void> => {
  const ids = await createContainers(master, containers)
  const { port = 0 } = master.ofType('SUBSCRIBE')[0]?.subscribe?.agent_info ?? {}
  for (const id of ids) await post(port, `/engine/containers/${id}/start`)
  const running = () => ids.every((_, i) => master.states(`bench${i}`).at(-1) === 'RUNNING')
  await waitFor('all containers to run', running, runningDeadlineMs)
}

const post = (port: number, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { [frameworkHeader]: 'f1' }
    const sent = startRequest({ port, path, method: 'POST', headers }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 204
          ? resolve()
          : reject(new Error(`${path}: ${answer.statusCode ?? 'no status'}`)),
      )
    })
    sent.on('error', reject)
    sent.end()
  })

/** Until the engine has been left alone for some seconds. */
const settle = async (proxy: EngineProxy): Promise<void> => {
  let [seen, sinceMs] = [proxy.calls.length, performance.now()]
  const isQuiet = () => {
    if (others(proxy.calls.slice(seen)).length > 0) sinceMs = performance.now()
    seen = proxy.calls.length
    return performance.now() - sinceMs >= quietMs
  }
  await waitFor('the agent to leave the engine alone', isQuiet, settleDeadlineMs)
  await sleep(settleMs)
}

const others = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => !allowed.test(call))

const measure = async ({ pid = 0 }: ChildProcess, proxy: EngineProxy): Promise<readonly Row[]> => {
  const before = proxy.calls.length
  const runs: number[] = []
  for (let window = 0; window < windows; window += 1) {
    const [startedMs, startedNanos] = [performance.now(), cpuNanos(pid)]
    await sleep(windowMs)
    const usedMs = (cpuNanos(pid) - startedNanos) / 1e6
    runs.push((100 * usedMs) / (performance.now() - startedMs))
  }
  const asked = others(proxy.calls.slice(before))
  if (asked.length > 0) process.stderr.write(`A7: asked ${[...new Set(asked)].join(', ')}\n`)
  const ours = median(runs)
  const seconds = (windows * windowMs) / 1000
  return [
    {
      id: 'A7',
      work: `an agent that measures ${containers} idle containers, percent of a core; its limit`,
      ours,
      peer: limitPercent,
      ratio: ours / limitPercent,
      unit: '%',
      runs: runs.map((run) => run / limitPercent),
    },
    {
      id: 'A7',
      work: `its calls of the engine in ${seconds} s, besides ping and events; none are allowed`,
      ours: asked.length,
      peer: 0,
      ratio: null,
      unit: 'calls',
      runs: [asked.length],
    },
  ]
}

/** CPU time of every thread of a process. */
const cpuNanos = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, thread) =>
      sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]),
    0,
  )
