import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { findEngine } from '../../src/cli/engine/find.ts'
import { enginePaths } from '../../src/cli/engine/private-engine.ts'
import { runningPid } from '../../src/cli/engine/process.ts'
import { startCluster } from '../support/cluster.ts'
import { removeTestEngine } from '../support/engine-setup.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-up-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The command as a user types it; whatever it prints, until it ends. */
const shoal = async (...args: readonly string[]) => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (printed.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (printed.stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...printed }
}

const up = (...args: readonly string[]) =>
  shoal(
    'up',
    '--work-dir',
    folder,
    '--engine',
    inject('engineHost'),
    '-H',
    'tcp://127.0.0.1:0',
    ...args,
  )

test('an unknown flag is an error with a suggestion', async () => {
  expect(await shoal('agent', '--work-dri=/x')).toEqual({
    code: 1,
    stdout: '',
    stderr: "error: unknown option '--work-dri'\n(Did you mean --work_dir?)\n",
  })
})

test('every mistake is told at once, one a line, and nothing is started', async () => {
  const { code, stderr } = await up('--strategy=best', '--cluster-opt=mesos.offertimout=1s')
  expect(code).toBe(1)
  expect(stderr.split('\n')).toEqual([
    '--strategy: strategy not supported',
    '--cluster-opt mesos.offertimout: no such option; did you mean mesos.offertimeout?',
    '',
  ])
  expect(existsSync(join(folder, 'shoal.log'))).toBe(false)
})

test('a port in use is named with its flag and the remedy', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  const { code, stderr } = await up(`--master-address=127.0.0.1:${port}`)
  holder.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`--master-address: 127.0.0.1:${port} is in use`)
})

test('an engine that does not answer is named with its flag', async () => {
  const { code, stderr } = await up('--engine=unix:///nowhere.sock')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      '--engine: no Docker engine answers at unix:///nowhere.sock; start it, or leave --engine out\n',
  })
})

test('an address that other machines can reach is refused', async () => {
  const { code, stderr } = await up('-H', '0.0.0.0:0')
  expect(code).toBe(1)
  expect(stderr).toContain('--host: 0.0.0.0:0 can be reached from other machines')
})

const engineRuns = (await findEngine({})) !== undefined // It would be used then.

test.skipIf(engineRuns)(
  'without an engine shoal starts one of its own, which goes with it while containers stay',
  async () => {
    const engine = join(folder, 'engine')
    try {
      const first = await startCluster({ engine: 'auto', workDir: folder })
      expect(first.output()).toContain('starting a Docker engine of our own')
      const twin = await shoal('up', '--work-dir', folder, '--master-address=127.0.0.1:0')
      expect(twin.code).toBe(1)
      expect(twin.stderr).toContain(folder)
      const id = await first.docker.ok('run', '-d', 'busybox', 'sleep', '1000')
      await first.stop()
      expect(runningPid(enginePaths(engine).pidFile, 'dockerd')).toBeUndefined()

      const second = await startCluster({ engine: 'auto', workDir: folder })
      expect(await second.docker.ok('ps', '-q', '--no-trunc')).toBe(id)
      expect(await second.docker.ok('inspect', '-f', '{{.RestartCount}}', id)).toBe('0')
      await second.docker.ok('rm', '-f', id)
      await second.stop()
    } finally {
      await removeTestEngine(engine)
    }
  },
)
