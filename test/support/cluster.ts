import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DockerCli } from './docker-cli.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** What `shoal up --ready-file` writes. */
export interface Ready {
  readonly dockerHost: string
  readonly master: string
  readonly agents: readonly { readonly address: string }[]
}

export interface TestCluster {
  readonly ready: Ready
  readonly docker: DockerCli
  readonly workDir: string
  /** What it printed so far, for a failing test's message. */
  output(): string
  /** Ctrl-C, then waits for the end. Containers stay. */
  stop(): Promise<void>
  /** Removes every container, stops, and removes the work directory. */
  dispose(): Promise<void>
}

/** `shoal up` as a user starts it, on free ports, against a given engine; resolves when it says it is ready. */
export const startCluster = async (options: {
  readonly engine: string
  readonly workDir?: string
  readonly args?: readonly string[]
}): Promise<TestCluster> => {
  const workDir = options.workDir ?? mkdtempSync(join(tmpdir(), 'shoal-e2e-'))
  const readyFile = join(workDir, 'ready.json')
  rmSync(readyFile, { force: true })
  const child = spawn(
    process.execPath,
    [main, 'up', ...fixedArgs(options.engine, workDir, readyFile), ...(options.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await readyOrEnded(child, workDir, readyFile, () => output)
  const ready = JSON.parse(readFileSync(readyFile, 'utf8')) as Ready
  const docker = new DockerCli(ready.dockerHost)
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGINT')
    await once(child, 'close')
  }
  return {
    ready,
    docker,
    workDir,
    output: () => output,
    stop,
    dispose: async () => {
      if (child.exitCode === null) await removeAll(docker)
      await stop()
      rmSync(workDir, { recursive: true, force: true })
    },
  }
}

const fixedArgs = (engine: string, workDir: string, readyFile: string) => [
  '--engine',
  engine,
  '--work-dir',
  workDir,
  '--ready-file',
  readyFile,
  '-H',
  'tcp://127.0.0.1:0',
  '--master-address',
  '127.0.0.1:0',
]

export const removeAll = async (docker: DockerCli): Promise<void> => {
  const ids = (await docker.ok('ps', '-aq')).split('\n').filter((id) => id !== '')
  if (ids.length > 0) await docker.run(['rm', '-f', ...ids])
}

const readyOrEnded = (
  child: ChildProcess,
  workDir: string,
  readyFile: string,
  output: () => string,
) =>
  new Promise<void>((resolve, reject) => {
    const watcher = watch(workDir, () => check())
    const done = (act: () => void) => {
      watcher.close()
      child.off('close', onClose)
      act()
    }
    const check = () => existsSync(readyFile) && done(resolve)
    const onClose = (code: number | null) =>
      done(() => reject(new Error(`shoal up ended with ${code}:\n${output()}`)))
    child.on('close', onClose)
    check()
  })
