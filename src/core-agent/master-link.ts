import { codecs } from '../mesos/codec.ts'
import { RecordDecoder } from '../mesos/recordio.ts'
import type {
  AgentLinkCall,
  AgentLinkCallSubscribe,
  AgentLinkEvent,
  AgentLinkEventSubscribed,
} from '../mesos/wire.ts'
import { backoffMs } from '../runtime/backoff.ts'
import type { Cancel, Clock } from '../runtime/clock.ts'
import { basicAuthorization, type Credential } from '../runtime/credential.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { HttpRequest, Origin, Transport } from '../runtime/transport.ts'

export interface LinkPorts {
  readonly clock: Clock
  readonly random: Random
  readonly transport: Transport
  readonly logger: Logger
}

export interface LinkOptions {
  readonly master: Origin
  /** Upper end of the first wait before a subscription, doubling (`registration_backoff_factor`). */
  readonly backoffMs: number
  /** What the master wants with --authenticate_agents. */
  readonly credential?: Credential | undefined
}

/** What the link asks of the agent, and tells it. */
export interface LinkAgent {
  agentId(): string | undefined
  subscription(): AgentLinkCallSubscribe
  onSubscribed(subscribed: AgentLinkEventSubscribed): void
  /** After `onSubscribed`; SHUTDOWN also instead of it, where the id is not welcome. */
  onEvent(event: AgentLinkEvent): void
  /** After each `onSubscribed`, once. */
  onDown(): void
}

const linkPath = '/api/v1/agent-link'
const longestBackoffMs = 60_000
/** No SUBSCRIBED in this time: the master is asked again. */
const subscribeTimeoutMs = 10_000
const callTimeoutMs = 10_000

const callCodec = codecs<AgentLinkCall>('shoal.agent_link.Call')['application/x-protobuf']
const eventCodec = codecs<AgentLinkEvent>('shoal.agent_link.Event')['application/x-protobuf']

/**
 * The agent's one subscription at the master (core-agent §2.3): subscribes with jittered back-off, follows redirects,
 * and subscribes again when the stream ends, when the master no longer knows the session, and when it falls silent.
 */
export class MasterLink {
  readonly #ports: LinkPorts
  readonly #options: LinkOptions
  readonly #agent: LinkAgent
  #leader: Origin
  #attempt = 0
  #stream: { close(): void } | undefined
  #session: AgentLinkEventSubscribed | undefined
  #cancelDeadline: Cancel = () => {}
  #cancelHeartbeat: Cancel = () => {}
  #closed = false

  constructor(agent: LinkAgent, options: LinkOptions, ports: LinkPorts) {
    this.#agent = agent
    this.#options = options
    this.#ports = ports
    this.#leader = options.master
  }

  /** Subscribes after a jittered wait. */
  start(): void {
    const limits = { baseMs: this.#options.backoffMs, capMs: longestBackoffMs }
    const waitMs = backoffMs(this.#attempt, limits, this.#ports.random)
    this.#attempt += 1
    this.#deadline(waitMs, () => this.#subscribe())
  }

  close(): void {
    this.#drop()
    this.#closed = true
    this.#cancelDeadline()
  }

  /** Tells the master, if there is a session, that the agent does not come back, and ends the link. */
  async leave(): Promise<void> {
    const session = this.#session
    this.#closed = true
    this.#cancelDeadline()
    if (session !== undefined) {
      const { agent_id, session_id } = session
      const call = this.#request({ type: 'UNSUBSCRIBE', agent_id, session_id })
      await this.#ports.transport
        .request(this.#leader, call, { timeoutMs: callTimeoutMs })
        .catch((error: unknown) => {
          this.#ports.logger.warn({ error: String(error) }, 'the master could not be told')
        })
    }
    this.close()
  }

  /** Leaves the session, if there is one, and subscribes anew. */
  resubscribe(why: string): void {
    if (this.#closed) return
    this.#ports.logger.warn({ master: this.#leader, why }, 'subscribing at the master again')
    this.#drop()
    this.start()
  }

  /** One call of the present session; without a session it is dropped. Whoever needs an answer sends again. */
  send(call: Omit<AgentLinkCall, 'agent_id' | 'session_id'>): void {
    const session = this.#session
    if (session === undefined) return
    const body = { ...call, agent_id: session.agent_id, session_id: session.session_id }
    this.#ports.transport
      .request(this.#leader, this.#request(body), { timeoutMs: callTimeoutMs })
      .then(({ status, body: text }) => {
        if (this.#session !== session || status < 400) return
        const why = `${status} ${Buffer.from(text).toString()} to ${call.type ?? ''}`
        if (status === 403) this.resubscribe(why)
        else this.#ports.logger.error({ why }, 'the master refused a call')
      })
      .catch((error: unknown) => {
        this.#ports.logger.warn({ error: String(error), call: call.type }, 'a call was lost')
        // Nobody asks for it again: a subscription tells the master which executors there are.
        if (call.type === 'EXECUTOR_EXITED' && this.#session === session)
          this.resubscribe('the end of an executor was not heard')
      })
  }

  #subscribe(): void {
    const agentId = this.#agent.agentId()
    const call: AgentLinkCall = {
      type: 'SUBSCRIBE',
      ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
      subscribe: this.#agent.subscription(),
    }
    const decoder = new RecordDecoder()
    this.#deadline(subscribeTimeoutMs, () => this.resubscribe('no answer to SUBSCRIBE'))
    this.#stream = this.#ports.transport.stream(this.#leader, this.#request(call), {
      onResponse: ({ status, headers }) => {
        if (status === 307) this.#redirect(headers['location'] ?? '')
        else if (status !== 200) this.resubscribe(`SUBSCRIBE was answered with ${status}`)
      },
      onData: (chunk) => {
        try {
          for (const record of decoder.push(chunk)) this.#receive(eventCodec.decode(record))
        } catch (error) {
          this.resubscribe(`not a record of the agent link: ${String(error)}`)
        }
      },
      onEnd: (error) => {
        this.#stream = undefined
        if (this.#session === undefined) this.#leader = this.#options.master
        this.resubscribe(error === undefined ? 'the stream ended' : error.message)
      },
    })
  }

  /** `Location` as a URL or `//host:port/path`; a leader that knows no leader is asked again later. */
  #redirect(location: string): void {
    const [, leader] = /^(?:http:)?\/\/([^/]+)/.exec(location) ?? []
    if (leader === undefined || leader === this.#leader)
      return this.resubscribe(`redirected to "${location}"`)
    this.#leader = leader
    this.resubscribe('redirected to the leading master')
  }

  #receive(event: AgentLinkEvent): void {
    if (event.type === 'SUBSCRIBED' && event.subscribed !== undefined) {
      this.#session = event.subscribed
      this.#attempt = 0
      this.#heartbeat(event.subscribed.heartbeat_interval_seconds * 1000)
      this.#agent.onSubscribed(event.subscribed)
    } else if (this.#session !== undefined || event.type === 'SHUTDOWN') this.#agent.onEvent(event)
    // Any record counts as a sign of life.
    const silenceMs = (this.#session?.unreachable_after_seconds ?? 0) * 1000
    if (silenceMs > 0) this.#deadline(silenceMs, () => this.resubscribe('the master fell silent'))
  }

  #heartbeat(intervalMs: number): void {
    const { clock } = this.#ports
    const dueMs = clock.monotonicMs() + intervalMs
    this.#cancelHeartbeat()
    this.#cancelHeartbeat = clock.after(intervalMs, () => {
      const lagMs = Math.max(0, clock.monotonicMs() - dueMs)
      this.send({ type: 'HEARTBEAT', heartbeat: { loop_lag_ms: lagMs } })
      this.#heartbeat(intervalMs)
    })
  }

  #drop(): void {
    this.#stream?.close()
    this.#stream = undefined
    this.#cancelHeartbeat()
    const wasUp = this.#session !== undefined
    this.#session = undefined
    if (wasUp) this.#agent.onDown()
  }

  /** One wait at a time: for the next try, for SUBSCRIBED, or for the next record. */
  #deadline(delayMs: number, act: () => void): void {
    this.#cancelDeadline()
    if (!this.#closed) this.#cancelDeadline = this.#ports.clock.after(delayMs, act)
  }

  #request(call: AgentLinkCall): HttpRequest {
    const { credential } = this.#options
    return {
      method: 'POST',
      path: linkPath,
      headers: {
        'content-type': callCodec.mediaType,
        accept: eventCodec.mediaType,
        ...(credential === undefined ? {} : { authorization: basicAuthorization(credential) }),
      },
      body: callCodec.encode(call),
    }
  }
}
