import { ConfigError } from '../../runtime/flags.ts'
import {
  type Bounds,
  type CommandContainers,
  CommandError,
  type CommandExit,
  type CommandListener,
  type CommandSpec,
  type CommandUsage,
  type RunCommand,
} from '../command/containers.ts'
import { nothing } from './answers.ts'
import { isObject } from './manifest.ts'
import { type Plugin, PluginError } from './plugin.ts'

/** How long a module may take to launch one container. */
export const launchDeadlineMs = 600_000
/** How long it may take to find what an earlier life of the agent left. */
const recoverDeadlineMs = 60_000

/** A module that runs commands in the place of shoal's own containerizer `mesos`. */
export class ModuleContainers implements CommandContainers {
  readonly #plugin: Plugin

  constructor(plugin: Plugin) {
    this.#plugin = plugin
  }

  async recover(listener: CommandListener): Promise<readonly string[]> {
    this.#now('watch', [
      (containerId: unknown, exit: unknown) => listener.onExit(String(containerId), exitOf(exit)),
    ])
    if (!this.#plugin.has('recover')) return []
    try {
      return await this.#plugin.call(
        'recover',
        {},
        { deadlineMs: recoverDeadlineMs, decode: idsOf },
      )
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      throw new ConfigError([`--containerizers: ${error.message}`])
    }
  }

  async launch(spec: CommandSpec): Promise<void> {
    const { uris: _, ...given } = spec // They are in its sandbox.
    const plain = { ...given, environment: Object.fromEntries(spec.environment) }
    try {
      await this.#plugin.call('launch', plain, { deadlineMs: launchDeadlineMs, decode: nothing })
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      // It may come late all the same.
      this.signal(spec.containerId, 'SIGKILL')
      this.remove(spec.containerId)
      throw new CommandError(error.message, { cause: error })
    }
  }

  update(containerId: string, bounds: Bounds): void {
    this.#now('update', [containerId, bounds])
  }

  signal(containerId: string, signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#now('signal', [containerId, signal])
  }

  async run(containerId: string, command: RunCommand, signal: AbortSignal): Promise<number> {
    const { name } = this.#plugin.facts
    if (!this.#plugin.has('run'))
      throw new CommandError(`The containerizer ${name} runs no commands in its containers`)
    const environment = Object.fromEntries(command.environment)
    const input = { containerId, command: { ...command, environment } }
    const stopped = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new CommandError('given up')), { once: true })
    })
    const options = { deadlineMs: launchDeadlineMs, decode: statusOf }
    const ran = this.#plugin.call('run', input, options).catch((error: unknown) => {
      if (!(error instanceof PluginError)) throw error
      throw new CommandError(error.message, { cause: error })
    })
    return Promise.race([ran, stopped])
  }

  remove(containerId: string): void {
    this.#now('remove', [containerId])
  }

  usage(containerId: string): CommandUsage | undefined {
    const usage = this.#now('usage', [containerId])
    return isObject(usage) ? usage : undefined
  }

  close(): void {
    this.#now('close', [])
  }

  /** A failure is counted and logged; what was to be done is asked again where it matters, as a kill is. */
  #now(method: string, args: readonly unknown[]): unknown {
    if (!this.#plugin.has(method)) return undefined
    try {
      return this.#plugin.now(method, args, (answer) => answer)
    } catch (error) {
      if (!(error instanceof PluginError)) throw error
      return undefined
    }
  }
}

const statusOf = (answer: unknown): number => {
  if (!Number.isSafeInteger(answer)) throw new Error('wanted the exit status as a number')
  return Number(answer)
}

const idsOf = (answer: unknown): readonly string[] => {
  if (answer === undefined) return []
  if (!Array.isArray(answer)) throw new Error('wanted a list of container ids')
  return answer.map(String)
}

const exitOf = (exit: unknown): CommandExit => {
  const { status } = isObject(exit) ? exit : {}
  return { status: Number.isSafeInteger(status) ? Number(status) : undefined }
}
