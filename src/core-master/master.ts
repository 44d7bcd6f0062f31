import { type Answer, accepted, notFound, text } from '../mesos/answers.ts'
import type { Codec } from '../mesos/codec.ts'
import { encodeRecord } from '../mesos/recordio.ts'
import type { AgentLinkEvent, SchedulerEvent } from '../mesos/wire.ts'
import type { Cancel, Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Ids, Random } from '../runtime/random.ts'
import type { Application, Exchange, HttpRequest, Outflow } from '../runtime/transport.ts'
import { AllocatorActor } from './allocator/allocator-actor.ts'
import type { MasterConfig } from './config.ts'
import type { Effect } from './effects.ts'
import { handle } from './handlers.ts'
import { agentLinkPath, checkAgentRequest } from './http/agent-link-api.ts'
import { legacyCall } from './http/legacy-calls.ts'
import { checkOperatorRequest, operatorPath } from './http/operator-api.ts'
import { checkSchedulerRequest, schedulerPath, streamIdHeader } from './http/scheduler-api.ts'
import type { ViewContext } from './http/views/context.ts'
import { view } from './http/views/views.ts'
import type { Message } from './messages.ts'
import { readFor } from './operator/reads.ts'
import { Registrar } from './registry/registrar.ts'
import type { Registry } from './registry/registry.ts'
import { allowed } from './security/acls.ts'
import { forbidden, mayView } from './security/authorize.ts'
import { RateLimiter } from './security/rate-limits.ts'
import { identify } from './security/realms.ts'
import { visibleTo } from './security/visible.ts'
import { type MasterState, newState } from './state.ts'

/** Events a peer has not yet taken; beyond it the peer is too slow, its stream is ended and it subscribes again. */
const maxBufferedBytes = 16 * 1024 * 1024

export interface MasterPorts {
  readonly clock: Clock
  readonly random: Random
  readonly ids: Ids
  readonly logger: Logger
  readonly registry: Registry
  /** Told when the master cannot go on; it has closed itself. */
  failed(error: Error): void
}

/** One open event stream, of a framework or of an agent. */
interface Stream {
  readonly outflow: Outflow
  encode(event: SchedulerEvent | AgentLinkEvent): Uint8Array
}

/**
 * The master as a server: checks requests, has `handle` decide, and performs what it says, in this order: the answer
 * to the call first, then each effect as it was produced; what leaves the master waits until the registry has what was
 * stored before. Only the registry may call back from within a call.
 */
export class Master {
  readonly state: MasterState
  readonly #config: MasterConfig
  readonly #ports: MasterPorts
  readonly #allocator: AllocatorActor
  readonly #rates: RateLimiter
  readonly #registrar: Registrar
  readonly #streams = new Map<string, Stream>()
  readonly #timers = new Map<string, Cancel>()

  constructor(config: MasterConfig, ports: MasterPorts) {
    const { clock } = ports
    this.#config = config
    this.#ports = ports
    this.#rates = new RateLimiter(config.rateLimits)
    const at = { nowMs: clock.now(), monotonicMs: clock.monotonicMs() }
    this.state = newState(ports.ids.uuid(), at, config.weights)
    this.#registrar = new Registrar(ports.registry, clock, {
      storeTimeoutMs: config.registryStoreTimeoutMs,
      fail: (error) => this.#fail(error),
    })
    this.#allocator = new AllocatorActor({
      clock,
      intervalMs: config.allocationIntervalMs,
      run: (candidates) => this.#perform(this.#handle({ type: 'allocate', candidates })),
    })
  }

  start(): void {
    this.#dispatch({ type: 'recovered', entries: this.#ports.registry.entries() })
    this.#allocator.start()
  }

  /** Which agents may be offered from the next run on; undefined: all (core-master L14). */
  setWhitelist(hostnames: ReadonlySet<string> | undefined): void {
    this.#dispatch({ type: 'whitelist', hostnames })
  }

  /** Ends every stream and timer. Tasks run on: agents and frameworks subscribe to the next master. */
  close(): void {
    this.#allocator.close()
    this.#registrar.close()
    for (const cancel of this.#timers.values()) cancel()
    for (const { outflow } of this.#streams.values()) outflow.end()
    this.#timers.clear()
    this.#streams.clear()
  }

  /** Every route exists at the root and under /master (core-master W1). */
  readonly application: Application = (request, exchange) => {
    const [rawPath = '', search = ''] = request.path.split('?', 2)
    const path = rawPath.replace(/^\/master(?=\/)/, '')
    const { authentication, acls, disabledPaths } = this.#config
    if (disabledPaths.has(path)) return reply(exchange, text(403, `Endpoint '${path}' is disabled`))
    const who = identify(authentication, request, path)
    if ('answer' in who) return reply(exchange, who.answer)
    const { principal } = who
    if (path === schedulerPath) return this.#schedulerApi(request, exchange, principal)
    if (path === agentLinkPath) return this.#agentLink(request, exchange, principal)
    if (path === operatorPath) return this.#operatorApi(request, exchange, principal)
    const legacy = legacyCall(request, path)
    if (legacy?.kind === 'refused') return reply(exchange, legacy.answer)
    if (legacy !== undefined) return this.#operate(exchange, legacy, principal)
    if (!mayView(acls, principal, path)) return reply(exchange, notAuthorized)
    const answer = view(this.#context(principal), request, path, new URLSearchParams(search))
    reply(exchange, answer ?? notFound)
  }

  /** What a principal may look at. */
  #context(principal: string | undefined): ViewContext {
    const config = this.#config
    const seesFlags = allowed(config.acls, principal, 'view_flags', undefined)
    return {
      state: visibleTo(this.state, config.acls, principal),
      config: seesFlags ? config : { ...config, flags: {} },
      monotonicMs: this.#ports.clock.monotonicMs(),
      registrar: () => this.#registrar.metrics(),
    }
  }

  #schedulerApi(request: HttpRequest, exchange: Exchange, principal: string | undefined): void {
    const checked = checkSchedulerRequest(this.state, request, principal)
    if (checked.kind === 'refused') return reply(exchange, checked.answer)
    const waitS = this.#rates.take(checked.principal, this.#ports.clock.monotonicMs())
    if (waitS !== undefined) return reply(exchange, tooMany(waitS))
    if (checked.kind === 'call') return this.#call(exchange, { type: 'scheduler-call', ...checked })
    const { call, codec } = checked
    const stream = this.#open(exchange, codec, streamIdHeader)
    this.#dispatch({ type: 'scheduler-call', callType: 'SUBSCRIBE', call, stream })
  }

  #agentLink(request: HttpRequest, exchange: Exchange, principal: string | undefined): void {
    const checked = checkAgentRequest(this.state, request)
    const peerIp = exchange.peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
    if (checked.kind === 'refused') return reply(exchange, checked.answer)
    if (checked.kind === 'call')
      return this.#call(exchange, { type: 'agent-call', peerIp, ...checked })
    if (!allowed(this.#config.acls, principal, 'register_agents', undefined))
      return reply(exchange, notAuthorized)
    const { call, codec } = checked
    const session = this.#open(exchange, codec)
    this.#dispatch({ type: 'agent-call', callType: 'SUBSCRIBE', call, session, peerIp })
  }

  #operatorApi(request: HttpRequest, exchange: Exchange, principal: string | undefined): void {
    const checked = checkOperatorRequest(request)
    if (checked.kind === 'refused') return reply(exchange, checked.answer)
    const why = forbidden(this.#config.acls, principal, checked)
    if (why !== undefined) return reply(exchange, text(403, why))
    const read = readFor(this.#context(principal), checked.callType, checked.call)
    if (read === undefined) return this.#operate(exchange, checked, principal)
    const { codec } = checked
    // Nobody reads what is not written down yet.
    this.#registrar.pass(() =>
      exchange.reply(200, { 'content-type': codec.mediaType }, codec.encode(read)),
    )
  }

  #operate(
    exchange: Exchange,
    { callType, call }: Pick<OperatorCall, 'callType' | 'call'>,
    principal: string | undefined,
  ): void {
    const why = forbidden(this.#config.acls, principal, { callType, call })
    if (why !== undefined) return reply(exchange, text(403, why))
    this.#call(exchange, { type: 'operator-call', callType, call, principal })
  }

  #call(exchange: Exchange, message: Message): void {
    const effects = this.#handle(message)
    this.#store(effects)
    const answer = effects.find((effect) => effect.type === 'answer')
    this.#registrar.pass(() =>
      reply(exchange, answer === undefined ? accepted : text(answer.status, answer.body)),
    )
    for (const effect of effects) this.#performOne(effect)
  }

  /** Answers with a stream of its own id, which `header`, where given, tells the peer (core-master W7). */
  #open<Event extends SchedulerEvent | AgentLinkEvent>(
    exchange: Exchange,
    codec: Codec<Event>,
    header?: string,
  ): string {
    const id = this.#ports.ids.uuid()
    const outflow = exchange.open(200, {
      'content-type': codec.mediaType,
      ...(header === undefined ? {} : { [header]: id }),
    })
    // The effects that tell a stream carry events of the kind that it was opened for.
    this.#streams.set(id, { outflow, encode: (event) => codec.encode(event as Event) })
    outflow.onClose(() => this.#lose(id))
    return id
  }

  #lose(stream: string): void {
    if (this.#streams.delete(stream)) this.#dispatch({ type: 'stream-closed', stream })
  }

  #dispatch(message: Message): void {
    this.#perform(this.#handle(message))
  }

  #handle(message: Message): readonly Effect[] {
    const { clock, ids, random } = this.#ports
    return handle(
      {
        state: this.state,
        config: this.#config,
        nowMs: clock.now(),
        monotonicMs: clock.monotonicMs(),
        freshId: () => ids.uuid(),
        random: () => random.next(),
        effects: [],
      },
      message,
    )
  }

  #perform(effects: readonly Effect[]): void {
    this.#store(effects)
    for (const effect of effects) this.#performOne(effect)
  }

  #store(effects: readonly Effect[]): void {
    this.#registrar.store(effects.flatMap((one) => (one.type === 'store' ? [one.change] : [])))
  }

  #fail(error: Error): void {
    this.close()
    this.#ports.failed(error)
  }

  #performOne(effect: Effect): void {
    switch (effect.type) {
      case 'answer':
      case 'store':
        return // Done before the others: see #call.
      case 'fail':
        return this.#fail(new Error(effect.text))
      case 'tell-framework':
        return this.#registrar.pass(() => this.#tell(effect.stream, effect.event))
      case 'tell-agent':
        return this.#registrar.pass(() => this.#tell(effect.session, effect.event))
      case 'end-stream':
        return this.#registrar.pass(() => this.#end(effect.stream))
      case 'set-timer':
        return this.#setTimer(effect)
      case 'cancel-timer':
        return this.#cancelTimer(effect.key)
      case 'run-allocator':
        return this.#allocator.request(effect.candidates)
      case 'log':
        return this.#ports.logger[effect.level](effect.fields, effect.text)
    }
  }

  /** One record, one write: some clients count on it (core-master W3). */
  #tell(id: string, event: SchedulerEvent | AgentLinkEvent): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.outflow.write(encodeRecord(stream.encode(event)))
    if (stream.outflow.bufferedBytes() <= maxBufferedBytes) return
    this.#ports.logger.warn({ stream: id }, 'a peer reads its events too slowly: its stream ends')
    stream.outflow.end()
    // As when the peer goes: reported after the effects at hand, never in the middle of them.
    queueMicrotask(() => this.#lose(id))
  }

  #end(id: string): void {
    this.#streams.get(id)?.outflow.end()
    this.#streams.delete(id)
  }

  #setTimer({ key, afterMs, message }: Extract<Effect, { type: 'set-timer' }>): void {
    this.#cancelTimer(key)
    const cancel = this.#ports.clock.after(afterMs, () => {
      this.#timers.delete(key)
      this.#dispatch(message)
    })
    this.#timers.set(key, cancel)
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.()
    this.#timers.delete(key)
  }
}

type OperatorCall = Extract<Message, { type: 'operator-call' }>

const notAuthorized: Answer = text(403, '403 Forbidden')

/** Mesos never limits the rate of HTTP frameworks; clients of its API know the code (core-master §1.2, AU5). */
const tooMany = (waitS: number): Answer =>
  text(429, 'Over the rate that --rate_limits gives to this principal', {
    'retry-after': String(waitS),
  })

const reply = (exchange: Exchange, { status, headers, body }: Answer): void =>
  exchange.reply(status, headers, body)
