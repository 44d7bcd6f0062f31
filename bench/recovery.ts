import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeEmptyCgroups } from '../src/cli/cgroups.ts'
import { installEngine } from '../src/cli/engine/provide.ts'
import { terminalSteps } from '../src/cli/steps.ts'
import { until } from '../src/cli/until.ts'
import { parseAgentConfig } from '../src/core-agent/config.ts'
import { startAgent } from '../src/core-agent/main.ts'
import { createServer, listen, mount } from '../src/runtime/http-server.ts'
import { bodyTask, ScriptedMaster } from '../test/support/agent-rig.ts'
import { startTestEngine } from '../test/support/engine-setup.ts'
import { median } from './measure.ts'
import type { Bench } from './row.ts'

const containers = 200
/** Containers that are asked for at the same time; the agent itself bounds what the engine is asked. */
const atOnce = 8
const restarts = 5
/** A3 of core-agent §12. */
const limitMs = 3000

/**
 * A3: an agent starts anew with 200 containers on a real dockerd, created and not started, and has subscribed with the
 * tasks of them all. Held against the time that A3 allows.
 */
export const recovery: Bench = {
  ids: ['A3'],
  run: async () => {
    await installEngine(terminalSteps(process.stderr))
    const engine = await startTestEngine()
    const workDir = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    const cgroupsRoot = `/shoal-bench-${process.pid}`
    const master = new ScriptedMaster()
    const app = createServer()
    mount(app, master.application, { bodyLimitBytes: 16 * 1024 ** 2 })
    try {
      const { port } = await listen(app, { host: '127.0.0.1', port: 0 })
      const start = () => startAgent(configOf(port, engine.socket, workDir, cgroupsRoot))
      const first = await start()
      await createAll(master)
      await first.close()
      const runs: number[] = []
      for (let restart = 0; restart < restarts; restart += 1) {
        const startedMs = performance.now()
        const agent = await start()
        await until(() => told(master) === restart + 2)
        runs.push(performance.now() - startedMs)
        await agent.close()
      }
      const work = `an agent starts anew with ${containers} containers, created, and subscribes; its limit`
      const ours = median(runs)
      return [{ id: 'A3', work, ours, peer: limitMs, ratio: ours / limitMs, unit: 'ms', runs }]
    } finally {
      await app.close()
      await engine.close()
      rmSync(workDir, { recursive: true, force: true })
      removeEmptyCgroups(cgroupsRoot)
    }
  },
}

const configOf = (port: number, socket: string, workDir: string, cgroupsRoot: string) =>
  parseAgentConfig(
    {
      master: [`127.0.0.1:${port}`],
      port: ['0'],
      work_dir: [workDir],
      docker: [`unix://${socket}`],
      resources: ['cpus:1000;mem:100000;disk:1000;ports:[31000-31001]'],
      cgroups_root: [cgroupsRoot],
      registration_backoff_factor: ['1ms'],
    },
    {},
  )

const createAll = async (master: ScriptedMaster): Promise<void> => {
  await until(() => master.ofType('SUBSCRIBE').length === 1)
  for (let made = 0; made < containers; made += atOnce) {
    const names = Array.from({ length: atOnce }, (_, i) => `bench${made + i}`)
    for (const name of names) {
      const body = { HostConfig: { NetworkMode: 'none' } }
      master.launch(bodyTask(name, ['sleep', '1000'], { cpus: 0.1, memory: 32, body }))
    }
    await until(() => names.every((name) => master.states(name).length > 0))
    const failed = names.filter((name) => master.states(name)[0] !== 'STARTING')
    if (failed.length > 0) throw new Error(`not created: ${failed.join()}`)
  }
}

/** Subscriptions so far, the last of which must tell of every task. */
const told = (master: ScriptedMaster): number => {
  const subscriptions = master.ofType('SUBSCRIBE')
  const listed = subscriptions.at(-1)?.subscribe?.tasks?.length ?? 0
  return subscriptions.length > 1 && listed !== containers ? Number.NaN : subscriptions.length
}
