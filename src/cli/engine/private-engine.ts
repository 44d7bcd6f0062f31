import { spawn } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { shortName } from '../short-name.ts'
import { until } from '../until.ts'
import { EngineError } from './engine-error.ts'
import { ping } from './engine-request.ts'
import { processes, runningPid, sharesOurNetwork, stopProcess } from './process.ts'

export interface PrivateEngineOptions {
  /** Holds images, containers, key and log; made when missing. The same folder finds the same engine again. */
  readonly folder: string
  /** False: containers have no network, and start quicker. */
  readonly bridge: boolean
  /** Containers go on when the engine is stopped, and the next start finds them. */
  readonly liveRestore: boolean
}

export interface PrivateEngine {
  readonly socket: string
  readonly pid: number
  /** It has a network namespace of its own, out of which nothing leads. */
  readonly isolated: boolean
  /** Answers when dockerd and its containerd are gone. */
  stop(): Promise<void>
}

export interface EnginePaths {
  readonly data: string
  readonly log: string
  readonly config: string
  /** Sockets and pid files: below /run, which is emptied at boot, and short (a socket's path ends at 108 bytes). */
  readonly run: string
  readonly socket: string
  readonly pidFile: string
  readonly containerdPidFile: string
  /** Parent cgroup of containers that name none, and the prefix of containerd's namespaces. */
  readonly name: string
}

const startDeadlineMs = 60_000
const stopGraceMs = 30_000
const logTailLines = 12

export const enginePaths = (folder: string): EnginePaths => {
  mkdirSync(folder, { recursive: true })
  const real = realpathSync(folder)
  const name = shortName(real)
  const run = join('/run', name)
  return {
    data: join(real, 'data'),
    log: join(real, 'dockerd.log'),
    config: join(real, 'dockerd.json'),
    run,
    socket: join(run, 'docker.sock'),
    pidFile: join(run, 'dockerd.pid'),
    containerdPidFile: join(run, 'exec/containerd/containerd.pid'),
    name,
  }
}

/**
 * Starts a dockerd that shares nothing with another one on this machine, or finds the one that an earlier run of ours
 * left behind. Throws EngineError with the end of dockerd's log.
 */
export const startPrivateEngine = async (options: PrivateEngineOptions): Promise<PrivateEngine> => {
  const paths = enginePaths(options.folder)
  const stop = () => stopPrivateEngine(options.folder)
  const answer = (pid: number) => ({
    socket: paths.socket,
    pid,
    isolated: !sharesOurNetwork(pid),
    stop,
  })
  const left = runningPid(paths.pidFile, paths.config)
  if (left !== undefined && (await ping(paths.socket)) !== undefined) return answer(left)

  await stop() // What hangs, or a containerd whose dockerd was killed.
  mkdirSync(paths.run, { recursive: true, mode: 0o700 })
  writeFileSync(paths.config, JSON.stringify(configuration(paths, options)))
  const { pid, hasEnded } = launch(paths, options)
  const settled = async () => hasEnded() || (await ping(paths.socket)) !== undefined
  if ((await until(settled, startDeadlineMs)) && !hasEnded()) return answer(pid)
  await stopProcess(pid, paths.config, stopGraceMs)
  await stop()
  throw new EngineError(
    `dockerd did not start; the end of its log ${paths.log}:\n${tail(paths.log)}`,
  )
}

const configuration = (paths: EnginePaths, { liveRestore, bridge }: PrivateEngineOptions) => ({
  hosts: [`unix://${paths.socket}`],
  pidfile: paths.pidFile,
  'data-root': paths.data,
  'exec-root': join(paths.run, 'exec'),
  'deprecated-key-path': join(paths.data, 'key.json'), // Else /etc/docker/key.json; ignored since 23.0.
  'cgroup-parent': `/${paths.name}`,
  'live-restore': liveRestore,
  ...(bridge ? {} : { bridge: 'none', iptables: false }),
})

/** Whether it has ended is asked of the child: while `unshare` becomes dockerd, /proc shows no command line. */
const launch = (paths: EnginePaths, { bridge }: PrivateEngineOptions) => {
  // A containerd that the machine runs already is used by every dockerd: in namespaces of our own then.
  const namespaces = [
    `--containerd-namespace=${paths.name}`,
    `--containerd-plugins-namespace=${paths.name}-plugins`,
  ]
  const command = ['dockerd', `--config-file=${paths.config}`, ...namespaces]
  // dockerd without a bridge deletes docker0, and one with iptables clears Docker's chains, whosever they are.
  if (!bridge || anotherEngineRuns()) command.unshift('unshare', '--net')
  const [program = '', ...args] = command
  const log = openSync(paths.log, 'w')
  try {
    const child = spawn(program, args, {
      detached: true, // Ctrl-C on the terminal is for us; we stop the engine last.
      stdio: ['ignore', log, log],
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` },
    })
    child.on('error', () => {}) // No pid then.
    child.unref()
    if (child.pid === undefined) throw new EngineError(`${program} cannot be run`)
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    return { pid: child.pid, hasEnded }
  } finally {
    closeSync(log)
  }
}

const anotherEngineRuns = (): boolean => processes('dockerd').some((pid) => sharesOurNetwork(pid))

/** Stops the engine of a folder, whoever started it; containers go on where it was told so. */
export const stopPrivateEngine = async (folder: string): Promise<void> => {
  const paths = enginePaths(folder)
  const dockerd = runningPid(paths.pidFile, paths.config)
  if (dockerd !== undefined) await stopProcess(dockerd, paths.config, stopGraceMs)
  const containerd = runningPid(paths.containerdPidFile, paths.run)
  if (containerd !== undefined) await stopProcess(containerd, paths.run, stopGraceMs)
  // A number in a stale file may belong to another process by now, and dockerd would not start.
  for (const file of [paths.pidFile, paths.containerdPidFile]) rmSync(file, { force: true })
}

const tail = (file: string): string =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n')
