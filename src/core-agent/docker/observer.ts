import {
  agentLabels,
  type DockerEvent,
  type ImageFacts,
  type Inspect,
} from '../../mesos/engine-endpoint.ts'
import { backoffMs } from '../../runtime/backoff.ts'
import type { Cancel } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import type { Inspected } from '../message.ts'
import { type EngineDetails, EngineUnavailableError } from './engine.ts'
import { record, text } from './inspect.ts'
import { Looks, type LooksPorts } from './looks.ts'

export interface ObserverPorts extends LooksPorts {
  readonly random: Random
}

/** What the observer asks of the agent, and tells it. */
export interface ObserverAgent {
  agentId(): string | undefined
  /** Engine ids of the containers that the journal knows. */
  containers(): readonly string[]
  owns(container: string): boolean
  onEngine(details: EngineDetails): void
  onImages(images: readonly ImageFacts[]): void
  onInspected(look: Inspected): void
  /** False: the container is being removed, so that it needs no look. */
  onDied(container: string, code: number): boolean
  onSurveyed(strangers: readonly Inspect[]): void
  onEvent(event: DockerEvent, container: string | undefined): void
}

const pingIntervalMs = 5000
const mostMissed = 3
/** After the first try, which comes at once. */
const reconnect = { baseMs: 500, capMs: 5000 }
/** Containers whose events came before their create was answered. */
const maxEarly = 1000

/**
 * Watches the engine for the agent: whether it answers, what images it has, and each own container after each event
 * that changed it. After a gap everything is looked at again. An event stream that ends says nothing of the engine's
 * health: it is unhealthy where nobody listens, or three pings in a row went unanswered (core-agent §3.7).
 */
export class EngineObserver {
  readonly #agent: ObserverAgent
  readonly #ports: ObserverPorts
  readonly #looks: Looks
  readonly #early = new Map<string, DockerEvent[]>()
  #details: EngineDetails | undefined
  #events: { close(): void } | undefined
  #lastNano = 0
  /** Since a ping was answered. */
  #attempt = 0
  /** Counts connections, so that what belongs to an earlier one is seen to be late. */
  #life = 0
  #connecting = false
  #images: 'idle' | 'reading' | 'again' = 'idle'
  #cancelPing: Cancel = () => {}
  #cancelRetry: Cancel = () => {}
  #closed = false

  constructor(agent: ObserverAgent, ports: ObserverPorts) {
    this.#agent = agent
    this.#ports = ports
    this.#looks = new Looks(ports, {
      tell: (look) => agent.onInspected(look),
      died: (container, code) => agent.onDied(container, code),
    })
  }

  /** Resolves after the first try to reach the engine; tries go on until `close`. */
  async start(): Promise<void> {
    this.#pingLater(0, pingIntervalMs)
    await this.#try()
  }

  close(): void {
    this.#closed = true
    this.#cancelPing()
    this.#cancelRetry()
    this.#events?.close()
    this.#looks.close()
  }

  /** Looks at a container; resolves when a look that began after this call was told. */
  look(container: string): Promise<void> {
    return this.#looks.look(container)
  }

  /** The container is known now: events that came before go out. */
  known(container: string): void {
    const events = this.#early.get(container) ?? []
    this.#early.delete(container)
    for (const event of events) this.#tell(container, event)
  }

  #isOver(life: number): boolean {
    return this.#closed || life !== this.#life
  }

  async #try(): Promise<void> {
    this.#life += 1
    const life = this.#life
    this.#connecting = true
    try {
      await this.#connect(life)
    } catch (error) {
      this.#broken(life, error)
    }
    if (life === this.#life) this.#connecting = false
  }

  /** Events are listened to before anything is looked at, so nothing falls between. */
  async #connect(life: number): Promise<void> {
    const { engine, clock } = this.#ports
    const since = this.#lastNano > 0 ? this.#lastNano / 1e9 : clock.now() / 1000
    const details = await engine.facts()
    const images = await engine.images()
    if (this.#isOver(life)) return
    this.#details = details
    this.#listen(life, Math.floor(since))
    this.#agent.onEngine(details)
    this.#agent.onImages(images)
    await this.#survey(life)
    if (this.#isOver(life) || this.#details.healthy) return
    this.#details = details // It hung in between.
    this.#agent.onEngine(details)
  }

  async #survey(life: number): Promise<void> {
    const { engine } = this.#ports
    await Promise.all(this.#agent.containers().map((container) => this.look(container)))
    const agentId = this.#agent.agentId()
    const label = [`${agentLabels.agentId}=${agentId}`]
    const listed = agentId === undefined ? [] : await engine.list({ all: true, filters: { label } })
    const strangers = await Promise.all(
      listed.filter(({ Id }) => !this.#agent.owns(Id)).map(({ Id }) => engine.inspect(Id)),
    )
    if (!this.#isOver(life)) this.#agent.onSurveyed(strangers.filter((one) => one !== undefined))
  }

  #listen(life: number, sinceSeconds: number): void {
    const seenNano = this.#lastNano
    this.#events?.close()
    this.#events = this.#ports.engine.events(sinceSeconds, {
      onEvent: (event) => {
        const nano = Number(event['timeNano'] ?? 0)
        if (nano <= seenNano) return // Told before the gap.
        this.#lastNano = Math.max(this.#lastNano, nano)
        this.#event(event)
      },
      onEnd: (error) => this.#broken(life, error ?? new Error('its event stream ended')),
    })
  }

  #event(event: DockerEvent): void {
    const actor = record(event['Actor'])
    const attributes = record(actor['Attributes'])
    const container = text(actor['ID'])
    if (event['Type'] !== 'container') {
      this.#agent.onEvent(event, undefined)
      if (event['Type'] === 'image') this.#readImages()
      const member = text(attributes['container'])
      if (event['Type'] === 'network' && this.#agent.owns(member)) void this.look(member)
    } else if (this.#agent.owns(container)) this.#tell(container, event)
    else if (attributes[agentLabels.agentId] === this.#agent.agentId()) this.#hold(container, event)
  }

  #tell(container: string, event: DockerEvent): void {
    if (!this.#looks.take(container, event)) this.#agent.onEvent(event, container)
  }

  /** The create of this container may not be answered yet; if it is none of ours, it is forgotten in time. */
  #hold(container: string, event: DockerEvent): void {
    const [oldest] = this.#early.keys()
    if (this.#early.size >= maxEarly && oldest !== undefined) this.#early.delete(oldest)
    this.#early.set(container, [...(this.#early.get(container) ?? []), event])
  }

  #readImages(): void {
    if (this.#images !== 'idle') {
      this.#images = 'again'
      return
    }
    this.#images = 'reading'
    this.#ports.engine
      .images()
      .then((images) => {
        if (!this.#closed) this.#agent.onImages(images)
      })
      .catch((error: unknown) => {
        this.#ports.logger.warn({ error: String(error) }, 'images cannot be listed')
      })
      .finally(() => {
        const again = this.#images === 'again'
        this.#images = 'idle'
        if (again) this.#readImages()
      })
  }

  /** Goes on whatever the connection does; `missed` went unanswered so far. */
  #pingLater(missed: number, delayMs: number): void {
    const { clock, engine } = this.#ports
    this.#cancelPing = clock.after(delayMs, () => {
      const askedAtMs = clock.monotonicMs()
      const next = (count: number) => {
        const tookMs = clock.monotonicMs() - askedAtMs
        if (!this.#closed) this.#pingLater(count, Math.max(0, pingIntervalMs - tookMs))
      }
      engine.ping().then(
        () => {
          next(0)
          this.#answered()
        },
        (error: unknown) => {
          next(missed + 1)
          if (isRefusal(error)) this.#sick(String(error))
          else if (missed + 1 >= mostMissed) this.#sick(`${missed + 1} pings went unanswered`)
        },
      )
    })
  }

  #answered(): void {
    this.#attempt = 0
    if (!this.#closed && this.#details?.healthy === false && !this.#connecting) this.#again(0)
  }

  /** The connection, or the try to have one, has ended; the next one begins at once, later ones after a while. */
  #broken(life: number, error: unknown): void {
    if (this.#isOver(life)) return
    const why = error instanceof Error ? error.message : String(error)
    this.#ports.logger.warn({ why }, 'the connection to the Docker engine ended')
    if (isRefusal(error)) this.#sick(why)
    const { random } = this.#ports
    this.#again(this.#attempt === 0 ? 0 : backoffMs(this.#attempt - 1, reconnect, random))
    this.#attempt += 1
  }

  #again(delayMs: number): void {
    this.#life += 1
    this.#connecting = true
    this.#events?.close()
    this.#events = undefined
    this.#cancelRetry()
    this.#cancelRetry = this.#ports.clock.after(delayMs, () => void this.#try())
  }

  #sick(why: string): void {
    if (this.#closed || this.#details?.healthy !== true) return
    this.#ports.logger.error({ why }, 'the Docker engine does not answer')
    this.#details = { ...this.#details, healthy: false }
    this.#agent.onEngine(this.#details)
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof EngineUnavailableError && error.refused
