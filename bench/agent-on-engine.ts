import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmptyCgroups } from '../src/cli/cgroups.ts'
import { installEngine } from '../src/cli/engine/provide.ts'
import { terminalSteps } from '../src/cli/steps.ts'
import { type AgentConfig, parseAgentConfig } from '../src/core-agent/config.ts'
import { CloseStack } from '../src/runtime/close-stack.ts'
import { createServer, listen, mount } from '../src/runtime/http-server.ts'
import { bodyTask, ScriptedMaster } from '../test/support/agent-rig.ts'
import { startTestEngine, type TestEngine } from '../test/support/engine-setup.ts'
import { waitFor } from './wait.ts'

/** Containers that are asked for at the same time; the agent itself bounds what the engine is asked. */
const atOnce = 8
const registerDeadlineMs = 60_000
const createDeadlineMs = 60_000

/** A real dockerd and a scripted master, for an agent that a bench starts between them. */
export interface Ground {
  readonly engine: TestEngine
  readonly master: ScriptedMaster
  readonly cgroupsRoot: string
  /** Gone with the rest. */
  readonly folder: string
  /** Flags of the agent; the engine is reached at `socket`. */
  readonly flags: (socket: string) => Readonly<Record<string, string>>
}

/** Of an agent in the process of the bench. */
export const configOf = ({ engine, flags }: Ground): AgentConfig =>
  parseAgentConfig(
    Object.fromEntries(Object.entries(flags(engine.socket)).map(([name, one]) => [name, [one]])),
    {},
  )

/** What is left of it afterwards is removed, whatever `use` came to. */
export const onGround = async <T>(use: (ground: Ground) => Promise<T>): Promise<T> => {
  await installEngine(terminalSteps(process.stderr))
  const stack = new CloseStack()
  try {
    const cgroupsRoot = `/shoal-bench-${process.pid}`
    stack.push(() => removeEmptyCgroups(cgroupsRoot))
    const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    stack.push(() => rmSync(folder, { recursive: true, force: true }))
    const engine = await startTestEngine()
    stack.push(() => engine.close())
    const master = new ScriptedMaster()
    const app = createServer()
    mount(app, master.application, { bodyLimitBytes: 16 * 1024 ** 2 })
    stack.push(() => app.close())
    const { port } = await listen(app, { host: '127.0.0.1', port: 0 })
    const flags = (socket: string) => ({
      master: `127.0.0.1:${port}`,
      port: '0',
      work_dir: join(folder, 'agent'),
      docker: `unix://${socket}`,
      resources: 'cpus:1000;mem:100000;disk:1000;ports:[31000-31001]',
      cgroups_root: cgroupsRoot,
      registration_backoff_factor: '1ms',
    })
    return await use({ engine, master, cgroupsRoot, folder, flags })
  } finally {
    await stack.close()
  }
}

/** Has so many containers that sleep created by the agent, and resolves to their engine ids. */
export const createContainers = async (
  master: ScriptedMaster,
  count: number,
): Promise<readonly string[]> => {
  const registered = () => master.ofType('SUBSCRIBE').length > 0
  await waitFor('the agent to register', registered, registerDeadlineMs)
  const names = Array.from({ length: count }, (_, i) => `bench${i}`)
  for (let from = 0; from < count; from += atOnce) {
    const batch = names.slice(from, from + atOnce)
    for (const name of batch) {
      const body = { HostConfig: { NetworkMode: 'none' } }
      master.launch(bodyTask(name, ['sleep', '100000'], { cpus: 0.1, memory: 32, body }))
    }
    const told = () => batch.every((name) => master.states(name).length > 0)
    await waitFor(`a status of each of ${batch.join()}`, told, createDeadlineMs)
    const failed = batch.filter((name) => master.states(name)[0] !== 'STARTING')
    if (failed.length > 0) throw new Error(`not created: ${failed.join()}`)
  }
  return names.map((name) => {
    const [status] = master.statuses(name)
    const [inspect] = JSON.parse(Buffer.from(status?.data ?? []).toString()) as { Id: string }[]
    return inspect?.Id ?? ''
  })
}
