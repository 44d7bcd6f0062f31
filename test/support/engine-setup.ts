import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { removeEmptyCgroups } from '../../src/cli/cgroups.ts'
import { importBusyboxImage } from '../../src/cli/engine/busybox.ts'
import { engineRequest, ping } from '../../src/cli/engine/engine-request.ts'
import {
  type EnginePaths,
  enginePaths,
  startPrivateEngine,
  stopPrivateEngine,
} from '../../src/cli/engine/private-engine.ts'
import { installEngine } from '../../src/cli/engine/provide.ts'
import { terminalSteps } from '../../src/cli/steps.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a dockerd of the run's own, with busybox:latest: its socket, and the same as DOCKER_HOST wants it. */
    engine: { readonly socket: string }
    engineHost: string
  }
}

/** One private dockerd for all tests of the run; afterwards nothing of it is left. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const steps = terminalSteps(process.stderr)
  await installEngine(steps)
  const engine = await steps.step('starting a Docker engine for the tests', startTestEngine)
  project.provide('engine', { socket: engine.socket })
  project.provide('engineHost', `unix://${engine.socket}`)
  // A run that Ctrl-C ends tears nothing down; dockerd takes its containers with it.
  const abandon = () => process.kill(engine.pid, 'SIGTERM')
  process.once('exit', abandon)
  return async () => {
    process.off('exit', abandon)
    await engine.close()
  }
}

/** A dockerd in a network namespace of its own, without bridge, holding busybox:latest and nothing else. */
export const startTestEngine = async (): Promise<TestEngine> => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-engine-'))
  const engine = await startPrivateEngine({ folder, bridge: false, liveRestore: false })
  await importBusyboxImage(engine.socket)
  return { socket: engine.socket, pid: engine.pid, close: () => removeTestEngine(folder) }
}

export interface TestEngine {
  readonly socket: string
  readonly pid: number
  close(): Promise<void>
}

/** Ends a private engine whatever its state, with its containers, and removes its files, mounts and cgroups. */
export const removeTestEngine = async (folder: string): Promise<void> => {
  const paths = enginePaths(folder)
  if ((await ping(paths.socket)) !== undefined) await removeContainers(paths.socket)
  await stopPrivateEngine(folder)
  removeTraces(folder, paths)
}

const removeDeadlineMs = 60_000

const removeContainers = async (socket: string): Promise<void> => {
  const ask = (method: string, path: string) =>
    engineRequest(socket, { method, path }, { timeoutMs: removeDeadlineMs })
  const { body } = await ask('GET', '/containers/json?all=1')
  for (const { Id } of JSON.parse(body) as { Id: string }[])
    await ask('DELETE', `/containers/${Id}?force=1&v=1`)
}

const removeTraces = (folder: string, paths: EnginePaths): void => {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((target) => target.startsWith(`${folder}/`) || target.startsWith(`${paths.run}/`))
  for (const target of mounts.reverse()) execFileSync('umount', ['--lazy', target])
  rmSync(paths.run, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  removeEmptyCgroups(paths.name)
}
