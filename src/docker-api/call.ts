import type { IncomingMessage } from 'node:http'
import type { AgentId } from '../mesos/ids.ts'
import type { Cluster } from '../mesos-framework/cluster.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Headers, HttpResponse, Transport } from '../runtime/transport.ts'
import type { ApiMinor } from './api-version.ts'
import type { DockerApiConfig } from './config.ts'
import type { ExecIds } from './exec/exec-ids.ts'

/** What every handler has at hand; made once, when the endpoint starts. */
export interface Api {
  readonly cluster: Cluster
  readonly config: DockerApiConfig
  readonly clock: Clock
  readonly logger: Logger
  /** Reaches the agents' engine endpoints. */
  readonly transport: Transport
  readonly execs: ExecIds
}

/** One request, matched to its row. */
export interface Call {
  readonly method: string
  /** Decoded values of the row's `{…}` places. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The query as sent, with its `?`, or empty. */
  readonly search: string
  /** Of the path's prefix; 44 where there is none. */
  readonly version: ApiMinor
  /** Its body is read by the handler, or by the relay, once. */
  readonly request: IncomingMessage
  /** Aborted when the client leaves before the answer is complete. */
  readonly signal: AbortSignal
}

/** An answer of known length. */
export interface Whole {
  readonly kind: 'whole'
  readonly status: number
  readonly headers: Headers
  readonly body?: Uint8Array
}

/** What a handler decided; the server performs it. */
export type Answer =
  | Whole
  /** Headers at once, then every chunk as it comes. */
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: Headers
      readonly chunks: AsyncIterable<Uint8Array | string>
    }
  /** The exchange is handed, byte for byte, to an agent's engine endpoint. */
  | {
      readonly kind: 'relay'
      readonly agent: AgentId
      /** Docker path with its version and query. */
      readonly path: string
      /** Replaces the content type of a successful answer (docker-frontend §1.2, row attach). */
      readonly contentType?: string
    }

export type Handler = (api: Api, call: Call) => Answer | Promise<Answer>

const jsonHeaders: Headers = { 'content-type': 'application/json' }

export const json = (status: number, value: unknown): Whole => ({
  kind: 'whole',
  status,
  headers: jsonHeaders,
  body: Buffer.from(JSON.stringify(value)),
})

/** 204 and 304: no body, no content type. */
export const empty = (status: number): Answer => ({ kind: 'whole', status, headers: {} })

/** What an engine answered, verbatim; the headers that are ours to send are replaced by the server. */
export const verbatim = (response: HttpResponse): Answer => ({
  kind: 'whole',
  status: response.status,
  headers: contentTypeOf(response),
  body: response.body,
})

const contentTypeOf = ({ headers }: HttpResponse): Headers => {
  const type = headers['content-type']
  return type === undefined ? {} : { 'content-type': type }
}
