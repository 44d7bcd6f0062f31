import type { Clock } from '../../src/runtime/clock.ts'
import type { Random } from '../../src/runtime/random.ts'
import {
  type Application,
  type Headers,
  type HttpRequest,
  type HttpResponse,
  type Origin,
  type StreamListener,
  type Transport,
  TransportError,
} from '../../src/runtime/transport.ts'

/** How unkind the network is. Probabilities are per message; delays in milliseconds. */
export interface Weather {
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** A request that never arrives, or an answer that never comes back: the caller sees its time-out. */
  readonly lossProbability: number
  /** A stream that breaks when something is written to it. */
  readonly breakProbability: number
}

export const calm: Weather = {
  minDelayMs: 0,
  maxDelayMs: 1,
  lossProbability: 0,
  breakProbability: 0,
}

interface Connection {
  readonly from: string
  readonly to: Origin
  breakWith(reason: string): void
}

/** Joins applications and clients in one process: ordered streams, lost and late requests, crashed hosts. */
export class SimNetwork {
  weather: Weather = calm
  readonly #clock: Clock
  readonly #random: Random
  readonly #applications = new Map<Origin, Application>()
  readonly #connections = new Set<Connection>()
  readonly #cut = new Set<string>()

  constructor(ports: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = ports.clock
    this.#random = ports.random
  }

  listen(origin: Origin, application: Application): void {
    this.#applications.set(origin, application)
  }

  /** The process behind `origin` is gone: its streams break, later requests are refused. */
  crash(origin: Origin): void {
    this.#applications.delete(origin)
    this.#breakWhere((connection) => connection.to === origin || connection.from === origin)
  }

  /** Nothing passes between the two until `heal`; streams between them break. */
  partition(a: string, b: string): void {
    this.#cut.add(pair(a, b))
    this.#breakWhere(({ from, to }) => pair(from, to) === pair(a, b))
  }

  heal(): void {
    this.#cut.clear()
  }

  /** The client end of a host that is named by its own origin. */
  transport(from: string): Transport {
    return {
      request: (to, request, options) => this.#request(from, to, request, options.timeoutMs),
      stream: (to, request, listener) => this.#stream(from, to, request, listener),
    }
  }

  #request(from: string, to: Origin, request: HttpRequest, timeoutMs: number) {
    return new Promise<HttpResponse>((resolve, reject) => {
      let settled = false
      const settle = (act: () => void) => {
        if (settled) return
        settled = true
        cancelTimeout()
        act()
      }
      const fail = (why: string) => settle(() => reject(new TransportError(why)))
      const cancelTimeout = this.#clock.after(timeoutMs, () => fail(`${to}: timed out`))
      if (this.#lost()) return
      this.#later(() => {
        const application = this.#reachable(from, to)
        if (application === undefined) return fail(`${to}: connection refused`)
        application(copy(request), {
          peer: from,
          reply: (status, headers, body) => {
            if (this.#lost()) return
            this.#later(() => settle(() => resolve({ status, headers, body: bytes(body) })))
          },
          open: () => {
            throw new Error(`${request.path} opened a stream for a plain request`)
          },
        })
      })
    })
  }

  #stream(from: string, to: Origin, request: HttpRequest, listener: StreamListener) {
    const connection = new SimConnection(from, to, listener, {
      later: (earliestMs, act) => this.#later(act, earliestMs),
      nowMs: () => this.#clock.monotonicMs(),
      breaks: () => this.#random.next() < this.weather.breakProbability,
      gone: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    this.#later(() => {
      const application = this.#reachable(from, to)
      if (application === undefined) return connection.breakWith(`${to}: connection refused`)
      if (connection.closed) return
      application(copy(request), {
        peer: from,
        reply: (status, headers, body) => connection.answer(status, headers, bytes(body)),
        open: (status, headers) => connection.open(status, headers),
      })
    })
    return { close: () => connection.close() }
  }

  #reachable(from: string, to: Origin): Application | undefined {
    return this.#cut.has(pair(from, to)) ? undefined : this.#applications.get(to)
  }

  #breakWhere(matches: (connection: Connection) => boolean): void {
    for (const connection of Array.from(this.#connections))
      if (matches(connection)) connection.breakWith('connection reset')
  }

  #lost(): boolean {
    return this.#random.next() < this.weather.lossProbability
  }

  /** Acts after a delay of the weather, never before `earliestMs`; returns when. */
  #later(act: () => void, earliestMs = 0): number {
    const { minDelayMs, maxDelayMs } = this.weather
    const delayMs = minDelayMs + this.#random.next() * (maxDelayMs - minDelayMs)
    const nowMs = this.#clock.monotonicMs()
    const dueMs = Math.max(nowMs + delayMs, earliestMs)
    this.#clock.after(dueMs - nowMs, act)
    return dueMs
  }
}

interface Wire {
  later(earliestMs: number, act: () => void): number
  nowMs(): number
  breaks(): boolean
  gone(): void
}

/** One streaming exchange: what is written arrives in order, until either end goes or the wire breaks. */
class SimConnection implements Connection {
  readonly from: string
  readonly to: Origin
  readonly #listener: StreamListener
  readonly #wire: Wire
  readonly #onServerClose: (() => void)[] = []
  #clientOpen = true
  #serverOpen = true
  #lastArrivalMs = 0

  constructor(from: string, to: Origin, listener: StreamListener, wire: Wire) {
    this.from = from
    this.to = to
    this.#listener = listener
    this.#wire = wire
  }

  get closed(): boolean {
    return !this.#clientOpen
  }

  open(status: number, headers: Headers) {
    this.#arrive(() => this.#listener.onResponse({ status, headers }))
    return {
      write: (chunk: Uint8Array) => {
        if (!this.#serverOpen) return
        if (this.#wire.breaks()) return this.breakWith('connection reset')
        const sent = Uint8Array.from(chunk)
        this.#arrive(() => this.#listener.onData(sent))
      },
      bufferedBytes: () => 0,
      end: () => {
        this.#serverOpen = false
        this.#onServerClose.length = 0
        this.#arrive(() => this.#end())
      },
      onClose: (callback: () => void) => {
        this.#onServerClose.push(callback)
      },
    }
  }

  answer(status: number, headers: Headers, body: Uint8Array): void {
    const outflow = this.open(status, headers)
    if (body.length > 0) outflow.write(body)
    outflow.end()
  }

  /** The client leaves: it hears nothing more, the server hears of it later. */
  close(): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#tellServer()
    this.#wire.gone()
  }

  /** Both ends hear of it, each at a time of its own. */
  breakWith(reason: string): void {
    this.#tellServer()
    this.#wire.later(0, () => this.#end(new TransportError(reason)))
  }

  #arrive(act: () => void): void {
    this.#lastArrivalMs = this.#wire.later(this.#lastArrivalMs, () => {
      if (this.#clientOpen) act()
    })
  }

  #end(error?: Error): void {
    if (!this.#clientOpen) return
    this.#clientOpen = false
    this.#wire.gone()
    this.#listener.onEnd(error)
  }

  #tellServer(): void {
    if (!this.#serverOpen) return
    this.#serverOpen = false
    this.#wire.later(0, () => {
      for (const callback of this.#onServerClose.splice(0)) callback()
    })
  }
}

const pair = (a: string, b: string): string => [a, b].sort().join(' ')

const bytes = (body: string | Uint8Array | undefined): Uint8Array =>
  typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body ?? [])

const copy = (request: HttpRequest): HttpRequest => ({
  ...request,
  body: Uint8Array.from(request.body),
})
