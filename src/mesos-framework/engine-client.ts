import type { Inspect } from '../mesos/engine-endpoint.ts'
import {
  type HttpResponse,
  type Origin,
  type Transport,
  TransportError,
} from '../runtime/transport.ts'
import type { EngineAddress } from './cluster.ts'
import { list, object, text } from './inspect.ts'

export const originOf = ({ host, port }: EngineAddress): Origin =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Deadline of a request that the engine answers without being asked to wait. */
const requestTimeoutMs = 60_000

export type Inspected =
  | { readonly kind: 'inspected'; readonly inspect: Inspect }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly why: string }

export type Started =
  | { readonly kind: 'started' }
  | { readonly kind: 'already-started' }
  | { readonly kind: 'engine'; readonly status: number; readonly message: string }

/** The few requests that the framework itself makes to engine endpoints. None of them throws. */
export class EngineClient {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async inspect(at: EngineAddress, container: string): Promise<Inspected> {
    const answer = await this.#ask(at, 'GET', `/containers/${container}/json`)
    if (answer.status === 404) return { kind: 'gone' }
    const value = jsonOf(answer)
    if (answer.status !== 200 || text(object(value)['Id']) === '')
      return { kind: 'unknown', why: messageOf(answer) }
    return { kind: 'inspected', inspect: value as Inspect }
  }

  /** 204 started, 304 when already running (Docker API), anything else is the engine's own answer. */
  async start(at: EngineAddress, container: string): Promise<Started> {
    const answer = await this.#ask(at, 'POST', `/containers/${container}/start`)
    if (answer.status === 204) return { kind: 'started' }
    if (answer.status === 304) return { kind: 'already-started' }
    return { kind: 'engine', status: answer.status, message: messageOf(answer) }
  }

  /** Undefined when it has the name, else why it may not have. */
  async rename(at: EngineAddress, container: string, name: string): Promise<string | undefined> {
    const query = `name=${encodeURIComponent(name)}`
    const answer = await this.#ask(at, 'POST', `/containers/${container}/rename?${query}`)
    return answer.status === 204 ? undefined : messageOf(answer)
  }

  /** Undefined when the container is gone, else why it may not be. */
  async remove(at: EngineAddress, container: string): Promise<string | undefined> {
    const answer = await this.#ask(at, 'DELETE', `/containers/${container}?force=1`)
    return answer.status === 204 || answer.status === 404 ? undefined : messageOf(answer)
  }

  /** Names of the local networks, the predefined ones left out, and of the volumes; undefined: the engine did not say. */
  async inventory(at: EngineAddress) {
    const [networks, volumes] = await Promise.all([
      this.#ask(at, 'GET', '/networks'),
      this.#ask(at, 'GET', '/volumes'),
    ])
    if (networks.status !== 200 || volumes.status !== 200) return undefined
    return {
      networks: list(jsonOf(networks))
        .map((network) => text(object(network)['Name']))
        .filter((name) => !/^(bridge|host|none)$/.test(name)),
      volumes: list(object(jsonOf(volumes))['Volumes']).map((one) => text(object(one)['Name'])),
    }
  }

  /** An agent that cannot be reached answers 503, as the Docker endpoint would (docker-frontend §1.5). */
  async #ask(at: EngineAddress, method: string, path: string): Promise<HttpResponse> {
    const request = {
      method,
      path: `${at.prefix}${path}`,
      headers: at.headers,
      body: new Uint8Array(),
    }
    try {
      return await this.#transport.request(originOf(at), request, {
        timeoutMs: requestTimeoutMs,
      })
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      const message = `the engine cannot be asked: ${error.message}`
      return { status: 503, headers: {}, body: Buffer.from(JSON.stringify({ message })) }
    }
  }
}

const jsonOf = ({ body }: HttpResponse): unknown => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Docker's errors are `{"message"}`. */
const messageOf = (answer: HttpResponse): string =>
  text(object(jsonOf(answer))['message']) || `answered ${answer.status}`
