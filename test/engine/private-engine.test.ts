import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { hasBusyboxImage, importBusyboxImage } from '../../src/cli/engine/busybox.ts'
import { EngineError } from '../../src/cli/engine/engine-error.ts'
import { ping } from '../../src/cli/engine/engine-request.ts'
import { enginePaths, startPrivateEngine } from '../../src/cli/engine/private-engine.ts'
import { isRunning, runningPid } from '../../src/cli/engine/process.ts'
import { provideEngine } from '../../src/cli/engine/provide.ts'
import { silentSteps } from '../../src/cli/steps.ts'
import { until } from '../../src/cli/until.ts'
import { removeTestEngine } from '../support/engine-setup.ts'

let base: string
let folder: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'shoal-private-'))
  folder = join(base, 'engine')
})
afterEach(async () => {
  await removeTestEngine(folder)
  rmSync(base, { recursive: true })
})

const start = (liveRestore = false) => startPrivateEngine({ folder, bridge: false, liveRestore })
const docker = (socket: string, ...args: string[]) =>
  execFileSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' }).trim()

test('it answers, shares no network with the machine, and stop leaves no process of it', async () => {
  const engine = await start()
  expect(await ping(engine.socket)).toMatch(/^Docker\//)
  expect(engine.isolated).toBe(true)
  const containerd = runningPid(enginePaths(folder).containerdPidFile, 'containerd')
  expect(containerd).toBeDefined()
  await engine.stop()
  expect(isRunning(engine.pid, 'dockerd')).toBe(false)
  expect(isRunning(containerd ?? 0, 'containerd')).toBe(false)
  expect(await ping(engine.socket)).toBeUndefined()
})

test('an engine that an earlier run left behind is found again', async () => {
  const first = await start()
  const second = await start()
  expect(second.pid).toBe(first.pid)
})

test('containers outlive the engine and its death, and the next start finds them', async () => {
  const first = await start(true)
  await importBusyboxImage(first.socket)
  const id = docker(first.socket, 'run', '-d', 'busybox', 'sleep', '1000')
  await first.stop()
  const second = await start(true)
  expect(docker(second.socket, 'ps', '-q', '--no-trunc')).toBe(id)
  process.kill(second.pid, 'SIGKILL')
  await until(() => !isRunning(second.pid, 'dockerd'), 5_000)
  const third = await start(true)
  expect(third.pid).not.toBe(second.pid)
  expect(docker(third.socket, 'ps', '-q', '--no-trunc')).toBe(id)
})

test('pid files whose numbers other processes have by now are no hindrance', async () => {
  const { run, pidFile, containerdPidFile } = enginePaths(folder)
  mkdirSync(join(run, 'exec/containerd'), { recursive: true })
  writeFileSync(pidFile, `${process.pid}`)
  writeFileSync(containerdPidFile, `${process.pid}`)
  const engine = await start()
  expect(await ping(engine.socket)).toBeDefined()
})

test('a folder deeper than a socket path can be is no hindrance', async () => {
  folder = join(base, 'd'.repeat(120))
  const engine = await start()
  expect(await ping(engine.socket)).toBeDefined()
})

test('an engine that does not start is an error with its log and the log’s end', async () => {
  writeFileSync(enginePaths(folder).data, 'a file where the folder should be')
  const failure = await start().catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(EngineError)
  expect(String(failure)).toContain(join(folder, 'dockerd.log'))
  expect(String(failure)).toContain('canonical path points to a file')
})

test('busybox:latest made here runs a shell by default and has its applets', async () => {
  const { socket } = inject('engine')
  expect(await hasBusyboxImage(socket)).toBe(true)
  expect(docker(socket, 'run', '--rm', 'busybox', 'sh', '-c', 'echo hi | tr a-z A-Z')).toBe('HI')
  expect(docker(socket, 'run', '--rm', 'busybox', '/usr/bin/env', 'true')).toBe('')
  expect(docker(socket, 'inspect', '--format', '{{json .Config.Cmd}}', 'busybox')).toBe('["sh"]')
})

test('--engine names an engine that runs, and it is left alone', async () => {
  const { socket } = inject('engine')
  const options = { workDir: folder, env: {}, steps: silentSteps }
  const engine = await provideEngine({ ...options, choice: `unix://${socket}` })
  await engine.close()
  expect(await ping(socket)).toBeDefined()
  await expect(provideEngine({ ...options, choice: 'unix:///nowhere' })).rejects.toThrow(
    '--engine: no Docker engine answers at unix:///nowhere',
  )
})

test('--engine auto takes the one of DOCKER_HOST before it starts one of its own', async () => {
  const { socket } = inject('engine')
  const env = { DOCKER_HOST: `unix://${socket}` }
  const engine = await provideEngine({
    choice: 'auto',
    workDir: folder,
    env,
    steps: silentSteps,
  })
  expect(engine.socket).toBe(socket)
})
