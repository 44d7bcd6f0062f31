import type { DockerEvent, Inspect } from '../../mesos/engine-endpoint.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Inspected } from '../message.ts'
import type { Engine } from './engine.ts'
import { record, text } from './inspect.ts'

export interface LooksPorts {
  readonly clock: Clock
  readonly engine: Engine
  readonly logger: Logger
}

const lookAgainMs = 1000

/** Actions after which a container is not as it was. A `create` is ours and answered, so it needs no look. */
const changing: ReadonlySet<string> = new Set([
  'start',
  'restart',
  'stop',
  'kill',
  'die',
  'oom',
  'pause',
  'unpause',
  'rename',
  'update',
  'destroy',
  'health_status',
])

/** What the next look at a container will tell. */
interface Batch {
  readonly events: DockerEvent[]
  diedWith: number | undefined
  /** Something in it wants the look; without, it waits for what comes next. */
  isWanted: boolean
  /** The engine said that the container is gone: there is nothing to look at. */
  isGone: boolean
  readonly done: (() => void)[]
}

/**
 * Looks at containers: one look at a time each, whatever happens during it waits for the next, so what is told of a
 * container never goes back, and its events come after the look that shows their effect.
 */
export class Looks {
  readonly #ports: LooksPorts
  readonly #tell: (look: Inspected) => void
  readonly #died: (container: string, code: number) => boolean
  readonly #waiting = new Map<string, Batch>()
  readonly #looking = new Set<string>()
  #closed = false

  constructor(
    ports: LooksPorts,
    listener: {
      tell(look: Inspected): void
      /** At once, before any look. False: its removal is under way already, and the look after that is enough. */
      died(container: string, code: number): boolean
    },
  ) {
    this.#ports = ports
    this.#tell = (look) => listener.tell(look)
    this.#died = (container, code) => listener.died(container, code)
  }

  /** Resolves when a look that began after this call was told. */
  look(container: string): Promise<void> {
    const batch = this.#batch(container)
    const told = new Promise<void>((resolve) => batch.done.push(resolve))
    this.#want(container, batch)
    return told
  }

  /** Takes an event of the container, unless it leaves everything as it was and nothing waits before it. */
  take(container: string, event: DockerEvent): boolean {
    const [action = ''] = text(event['Action']).split(':')
    if (!changing.has(action) && !this.#waiting.has(container)) return false
    const batch = this.#batch(container)
    batch.events.push(event)
    if (action === 'destroy') batch.isGone = true
    if (action !== 'die' || this.#needsLook(container, batch, event)) this.#want(container, batch)
    return true
  }

  close(): void {
    this.#closed = true
  }

  #batch(container: string): Batch {
    const waiting = this.#waiting.get(container)
    if (waiting !== undefined) return waiting
    const batch: Batch = {
      events: [],
      diedWith: undefined,
      isWanted: false,
      isGone: false,
      done: [],
    }
    this.#waiting.set(container, batch)
    return batch
  }

  #needsLook(container: string, batch: Batch, event: DockerEvent): boolean {
    batch.diedWith = Number(record(record(event['Actor'])['Attributes'])['exitCode'] ?? 0)
    return this.#died(container, batch.diedWith)
  }

  #want(container: string, batch: Batch): void {
    batch.isWanted = true
    if (this.#looking.has(container)) return
    this.#looking.add(container)
    queueMicrotask(() => void this.#run(container))
  }

  async #run(container: string): Promise<void> {
    for (let batch = this.#next(container); batch !== undefined; batch = this.#next(container)) {
      const inspect = batch.isGone ? undefined : await this.#inspect(container)
      if (this.#closed) break
      const { events, diedWith, done } = batch
      this.#tell({ container, inspect, diedWith, events })
      for (const resolve of done) resolve()
    }
    this.#looking.delete(container)
  }

  #next(container: string): Batch | undefined {
    const batch = this.#waiting.get(container)
    if (batch?.isWanted !== true) return undefined
    this.#waiting.delete(container)
    return batch
  }

  /** Until the engine answers: a container's end must not go unseen because dockerd was busy. */
  async #inspect(container: string): Promise<Inspect | undefined> {
    for (;;) {
      try {
        return await this.#ports.engine.inspect(container)
      } catch (error) {
        this.#ports.logger.warn({ container, error: String(error) }, 'inspect failed')
        if (this.#closed) return undefined
        await new Promise<void>((resolve) => this.#ports.clock.after(lookAgainMs, resolve))
      }
    }
  }
}
