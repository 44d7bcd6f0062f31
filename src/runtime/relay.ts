import {
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
  request as startRequest,
} from 'node:http'
import { endToEnd, type HeaderChanges } from './http-headers.ts'
import { dialSocket, type SocketAddress } from './sockets.ts'
import type { HttpResponse } from './transport.ts'

/** Where a request goes on to, and what is changed on the way. Everything else passes byte for byte. */
export interface Onward {
  readonly at: SocketAddress
  /** Path and query as they are sent on. */
  readonly path: string
  readonly requestHeaders?: HeaderChanges
  /** In place of the request's own body, which has then been read already. */
  readonly body?: Uint8Array
  /** Made when the status of the answer is known; a hijack that the upstream accepts is 101. */
  readonly answerHeaders?: (status: number) => HeaderChanges
  /** What the client is told when no answer came: refused, or hung up before the status line. */
  readonly unanswered: (error: Error) => HttpResponse
}

/**
 * Relays a request and its answer, both as streams with back-pressure, every chunk as it comes (docker-frontend §3.2).
 * The request must not have been read, unless `onward.body` replaces it.
 */
export const relay = (request: IncomingMessage, response: ServerResponse, onward: Onward): void => {
  // Not `close`: an engine that has read what it needs would then hang up on the rest of the body, answer and all.
  const upstream = startUpstream(request, onward, ['Connection', 'keep-alive'])
  copyAnswer(upstream, response, onward)
  request.on('error', () => {})
  if (onward.body !== undefined) {
    upstream.end(onward.body)
    return
  }
  upstream.on('close', () => {
    request.unpipe(upstream)
    request.resume() // Refused half-way: the client may finish sending and then read why.
  })
  if (request.headers['transfer-encoding'] !== undefined) upstream.flushHeaders()
  request.pipe(upstream)
}

/** Opens a connection for `request` alone and states its head; the body is the caller's to send. */
export const startUpstream = (
  request: IncomingMessage,
  onward: Onward,
  connection: readonly string[],
): ClientRequest => {
  const length = onward.body && { 'content-length': String(onward.body.byteLength) }
  const changes = { ...onward.requestHeaders, ...length }
  return startRequest({
    method: request.method,
    path: onward.path,
    headers: [...endToEnd(request.rawHeaders, changes), ...framing(request, onward), ...connection],
    createConnection: () => dialSocket(onward.at),
  })
}

/** A Content-Length passes with the other headers; where there is no body at all, Node would announce chunks. */
const framing = ({ headers, method }: IncomingMessage, { body }: Onward): string[] => {
  if (body !== undefined || headers['content-length'] !== undefined) return []
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  return method === 'GET' || method === 'HEAD' ? [] : ['Content-Length', '0']
}

/** Copies the answer of `upstream` to `response`, and ends each when the other is gone. Call the result to let go. */
export const copyAnswer = (
  upstream: ClientRequest,
  response: ServerResponse,
  onward: Onward,
): (() => void) => {
  const hangUp = () => upstream.destroy()
  response.on('close', hangUp)
  response.on('error', () => {})
  upstream.on('error', (error) => {
    if (!response.headersSent && !response.destroyed) reply(response, onward.unanswered(error))
  })
  upstream.on('response', (answer) => {
    const { statusCode = 502, statusMessage = '', rawHeaders } = answer
    const headers = endToEnd(rawHeaders, onward.answerHeaders?.(statusCode))
    response.writeHead(statusCode, statusMessage, headers)
    // A stream: its first byte may be long in coming.
    if (answer.headers['content-length'] === undefined) response.flushHeaders()
    // Cut, and the client shall see that it is: no last chunk.
    answer.on('error', () => response.socket?.destroySoon())
    answer.pipe(response)
  })
  return () => response.off('close', hangUp)
}

/** Answers whole. */
export const reply = (response: ServerResponse, { status, headers, body }: HttpResponse): void => {
  response.writeHead(status, { ...headers, 'content-length': body.byteLength })
  response.end(body)
}
