import { FetchError, type Fetcher } from '../fetch/fetcher.ts'
import type { Sandboxes } from '../sandboxes/sandboxes.ts'
import { type CommandContainers, CommandError, type CommandSpec } from './containers.ts'
import type { CommandAct, CommandMessage } from './message.ts'

export interface CommandDriverOptions {
  readonly containers: CommandContainers
  readonly fetcher: Fetcher
  /** What hooks do to a launch before its files are fetched, and what they do after. Both reject with CommandError. */
  readonly hooks: {
    forCommand(spec: CommandSpec): Promise<CommandSpec>
    afterFetch(spec: CommandSpec): Promise<void>
  }
  readonly tell: (message: CommandMessage) => void
  readonly sandboxes: Pick<Sandboxes, 'makeForCommand' | 'discard'>
}

/** Does what handlers ask of the command containerizer; results come back as messages. */
export class CommandDriver {
  readonly #options: CommandDriverOptions
  /** Launches whose files are on their way, by container. */
  readonly #fetches = new Map<string, AbortController>()

  constructor(options: CommandDriverOptions) {
    this.#options = options
  }

  perform(act: CommandAct): void {
    const { containers } = this.#options
    if (act.type === 'stop-fetching') return this.#fetches.get(act.container)?.abort()
    if (act.type === 'update') return containers.update(act.container, act.bounds)
    if (act.type === 'remove') return containers.remove(act.container)
    if (act.type === 'launch') return this.#launch(act.spec)
    this.#fetches.get(act.container)?.abort()
    containers.signal(act.container, act.signal)
  }

  /** What is not launched yet never is. */
  close(): void {
    for (const fetch of this.#fetches.values()) fetch.abort()
  }

  #launch(asked: CommandSpec): void {
    const { containers, hooks, tell } = this.#options
    const container = asked.containerId
    hooks
      .forCommand(asked)
      .then(async (spec) => {
        if (spec.uris.length > 0) await this.#fetch(spec)
        return containers.launch(spec)
      })
      .then(
        () => tell({ type: 'COMMAND_STARTED', container }),
        (error: unknown) => {
          const isFetch = error instanceof FetchError
          if (!isFetch && !(error instanceof CommandError)) throw error
          const phase = isFetch ? ('fetch' as const) : undefined
          tell({ type: 'COMMAND_FAILED', container, message: error.message, phase })
        },
      )
  }

  async #fetch(spec: CommandSpec): Promise<void> {
    const { fetcher, hooks, sandboxes } = this.#options
    const { containerId, sandbox, uris } = spec
    const controller = new AbortController()
    this.#fetches.set(containerId, controller)
    try {
      const owner = await sandboxes.makeForCommand(sandbox, spec.user)
      await fetcher.fetch({ sandbox, uris, user: spec.user ?? '', owner }, controller.signal)
      if (controller.signal.aborted) throw new FetchError('it was given up')
      await hooks.afterFetch(spec)
    } catch (error) {
      await sandboxes.discard(sandbox)
      throw error
    } finally {
      this.#fetches.delete(containerId)
    }
  }
}
