import type { Cancel, Clock } from '../runtime/clock.ts'
import type { Ids, Random } from '../runtime/random.ts'
import { type FrameworkConfig, policyOf } from './config.ts'
import { nextTickMs } from './deadlines.ts'
import { handle } from './handlers.ts'
import type { Effect, Message } from './messages.ts'
import { type Context, emptyState, type FrameworkState } from './state.ts'

/** How each effect is performed. None of them throws; what one brings back is dispatched as a message. */
export type Performers = {
  readonly [T in Effect['type']]: (effect: Extract<Effect, { type: T }>) => void
}

/**
 * Runs the handlers: one message at a time to its end, its effects in their order, then the next. After each batch of
 * messages comes one TURN, which places what waits, and one timer is set for the next deadline.
 */
export class Machine {
  readonly state: FrameworkState = emptyState()
  readonly #ports: { readonly clock: Clock; readonly random: Random; readonly ids: Ids }
  readonly #config: FrameworkConfig
  readonly #policy: Context['policy']
  readonly #performers: Performers
  readonly #afterTurn: () => void
  readonly #inbox: Message[] = []
  #isHandling = false
  #isTurnDue = false
  #isClosed = false
  #cancelTick: Cancel = () => {}

  /** Throws ConfigError for an unknown strategy or filter. */
  constructor(
    config: FrameworkConfig,
    ports: { readonly clock: Clock; readonly random: Random; readonly ids: Ids },
    performers: Performers,
    afterTurn: () => void = () => {},
  ) {
    this.#config = config
    this.#ports = ports
    this.#policy = policyOf(config, ports.random)
    this.#performers = performers
    this.#afterTurn = afterTurn
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Handles the message before it returns, unless another one is being handled: then right after that one. */
  dispatch(message: Message): void {
    if (this.#isClosed) return
    this.#inbox.push(message)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        this.perform(handle(this.state, this.context(), next))
        if (next.type !== 'TURN') this.#scheduleTurn()
      }
    } finally {
      this.#isHandling = false
    }
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#performOne(effect)
  }

  /** What a decision made now may know beside the state. */
  context(): Context {
    const { clock, random, ids } = this.#ports
    return {
      config: this.#config,
      policy: this.#policy,
      nowMs: clock.now(),
      monotonicMs: clock.monotonicMs(),
      random,
      ids,
    }
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTick()
  }

  #performOne<T extends Effect['type']>(effect: Extract<Effect, { type: T }>): void {
    const perform: Performers[T] = this.#performers[effect.type as T]
    perform(effect)
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue) return
    this.#isTurnDue = true
    queueMicrotask(() => {
      this.#isTurnDue = false
      this.dispatch({ type: 'TURN' })
      this.#afterTurn()
      this.#armTick()
    })
  }

  #armTick(): void {
    this.#cancelTick()
    if (this.#isClosed) return
    const monotonicMs = this.#ports.clock.monotonicMs()
    const delayMs = nextTickMs(this.state, monotonicMs) - monotonicMs
    if (delayMs === Infinity) return
    this.#cancelTick = this.#ports.clock.after(Math.max(0, delayMs), () =>
      this.dispatch({ type: 'TICK' }),
    )
  }
}
