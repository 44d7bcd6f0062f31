/**
 * HTTP as values, both ends. The client end is a port (real sockets, or a simulated network); the server end
 * is a function, which a listener or the simulated network calls. Sockets live in http-client.ts and http-server.ts.
 */

export type Headers = Readonly<Record<string, string>>

export interface HttpRequest {
  readonly method: string
  /** Path and query as sent, such as `/api/v1/scheduler` or `/tasks?limit=1`. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** `host:port`, IPv6 in brackets. */
export type Origin = string

/** The peer could not be reached, or the exchange broke: whether it acted is unknown. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
}

export interface StreamListener {
  /** Once, with the status line. */
  onResponse(response: { readonly status: number; readonly headers: Headers }): void
  onData(chunk: Uint8Array): void
  /** Once, last: the peer ended the body (no error), or the connection broke. Never after `close()`. */
  onEnd(error?: Error): void
}

export interface Transport {
  /** One exchange on a pooled connection. Rejects with TransportError, also after `timeoutMs`. */
  request(
    origin: Origin,
    request: HttpRequest,
    options: { readonly timeoutMs: number },
  ): Promise<HttpResponse>
  /** An exchange on a connection of its own, whose body never ends by itself. */
  stream(origin: Origin, request: HttpRequest, listener: StreamListener): { close(): void }
}

/** A server as a function of a request. It answers now or later, once, through the exchange. */
export type Application = (request: HttpRequest, exchange: Exchange) => void

export interface Exchange {
  /** The peer's address, `host:port`. */
  readonly peer: string
  /** Answers whole. A text body is sent as UTF-8. */
  reply(status: number, headers: Headers, body?: string | Uint8Array): void
  /** Answers with a body that goes on. */
  open(status: number, headers: Headers): Outflow
}

/** The open end of a streaming answer. */
export interface Outflow {
  /** Sends `bytes` as one chunk. After the peer has gone it does nothing. */
  write(bytes: Uint8Array): void
  /** Bytes written and not yet taken by the peer: the writer's bound is on this. */
  bufferedBytes(): number
  end(): void
  /** Calls back once when the peer has gone, not when `end()` was called. */
  onClose(callback: () => void): void
}
