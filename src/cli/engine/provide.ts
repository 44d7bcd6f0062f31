import { join } from 'node:path'
import type { Steps } from '../steps.ts'
import {
  hasBusyboxImage,
  hasStaticBusybox,
  importBusyboxImage,
  pullBusyboxImage,
} from './busybox.ts'
import { EngineError } from './engine-error.ts'
import { findEngine, isEngine, socketOf } from './find.ts'
import { canInstall, installPackages, isInstalled } from './install.ts'
import { startPrivateEngine } from './private-engine.ts'

export interface ProvidedEngine {
  readonly socket: string
  /** Stops an engine that was started for us, and leaves every other one alone. */
  close(): Promise<void>
}

export interface ProvideOptions {
  /** `auto`, or `unix:///path` of an engine that runs. */
  readonly choice: string
  /** A private engine keeps its data below. */
  readonly workDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly steps: Steps
}

/**
 * An engine that answers: the one that is named, one that runs already, or one of our own, for which packages are
 * installed where that can be done. Throws EngineError that says what to do.
 */
export const provideEngine = async (options: ProvideOptions): Promise<ProvidedEngine> => {
  const { choice, env, steps } = options
  if (choice !== 'auto') return leftAlone(await namedEngine(choice))
  const found = await findEngine(env)
  if (found !== undefined) {
    steps.line(`using the Docker engine at unix://${found}`)
    return leftAlone(found)
  }
  await installEngine(steps)
  const installed = await findEngine(env) // A package of a system with services starts its own.
  if (installed !== undefined) return leftAlone(installed)
  const folder = join(options.workDir, 'engine')
  const engine = await steps.step(`starting a Docker engine of our own in ${folder}`, () =>
    startPrivateEngine({ folder, bridge: true, liveRestore: true }),
  )
  if (engine.isolated)
    steps.line('another dockerd runs here: this one has a network of its own, which leads nowhere')
  return { socket: engine.socket, close: () => engine.stop() }
}

/** Sees to it that the first `docker run busybox` finds its image. */
export const provideBusybox = async (socket: string, steps: Steps): Promise<void> => {
  if (await hasBusyboxImage(socket)) return
  if (await steps.step('asking the registry for busybox:latest', () => pullBusyboxImage(socket)))
    return
  if (!hasStaticBusybox() && canInstall()) await installPackages(['busybox-static'], steps)
  if (!hasStaticBusybox()) {
    steps.line(
      'no registry answers and this machine has no static busybox: `docker run` needs an image that you load',
    )
    return
  }
  await steps.step('no registry answers, making busybox:latest', () => importBusyboxImage(socket))
}

const leftAlone = (socket: string): ProvidedEngine => ({ socket, close: () => Promise.resolve() })

const namedEngine = async (address: string): Promise<string> => {
  const socket = socketOf(address)
  if (socket !== undefined && (await isEngine(socket))) return socket
  throw new EngineError(
    `--engine: no Docker engine answers at ${address}; start it, or leave --engine out`,
  )
}

/** Installs what a private engine lacks. Throws EngineError where it cannot be had. */
export const installEngine = async (steps: Steps): Promise<void> => {
  const wanted = [
    { program: 'dockerd', package: 'docker.io' },
    { program: 'iptables', package: 'iptables' },
    { program: 'busybox', package: 'busybox-static' },
  ]
  const missing = wanted.filter(({ program }) => !isInstalled(program))
  if (missing.length > 0 && canInstall())
    await installPackages(
      missing.map((row) => row.package),
      steps,
    )
  if (process.getuid?.() === 0 && isInstalled('dockerd')) return
  throw new EngineError(
    [
      'no Docker engine answers at DOCKER_HOST or /var/run/docker.sock, and none can be started here:',
      process.getuid?.() === 0
        ? '  dockerd is not installed, and this is not Debian, where shoal would install it.'
        : '  that needs root.',
      'Do one of these:',
      '  install and start Docker: https://docs.docker.com/engine/install/',
      '  run the same command as root on Debian: shoal installs docker.io and starts an engine of its own',
      '  name an engine that runs: --engine unix:///path/docker.sock',
    ].join('\n'),
  )
}
