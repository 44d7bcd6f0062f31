import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { relayHijack, relayUpgrade } from '../runtime/hijack.ts'
import { type Onward, relay } from '../runtime/relay.ts'
import { responseOn } from '../runtime/sockets.ts'
import type { Headers } from '../runtime/transport.ts'
import type { Answer, Api } from './call.ts'
import { ApiError } from './errors.ts'
import { errorAnswer, generalHeaders } from './replies.ts'

type Told = Exclude<Answer, { kind: 'relay' }>

/** What becomes of a request; nothing about it can fail any more but the connections. */
export type Decision =
  | { readonly kind: 'tell'; readonly answer: Told }
  /** `hijacks`: its row may turn the connection into a raw stream. */
  | { readonly kind: 'relay'; readonly onward: Onward; readonly hijacks: boolean }

/** Writes the answer of an ordinary request, or hands the exchange on to an agent. */
export const perform = async (
  api: Api,
  decision: Decision,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (decision.kind === 'tell') return tell(api, decision.answer, response)
  // Attach and exec start of clients that do not ask for the upgrade are hijacked all the same.
  if (decision.hijacks) relayHijack(request, response, decision.onward)
  else relay(request, response, decision.onward)
}

/** The same for a request with an Upgrade header, whose socket the HTTP server has let go of. */
export const performUpgrade = async (
  api: Api,
  decision: Decision,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
): Promise<void> => {
  if (decision.kind === 'relay' && decision.hijacks)
    return relayUpgrade(request, socket, head, decision.onward)
  const response = responseOn(request, socket)
  if (decision.kind === 'tell') return tell(api, decision.answer, response)
  // The body of such a request is not read as HTTP any more, so it could not be handed on.
  if (Number(request.headers['content-length'] ?? 0) > 0)
    return tell(api, errorAnswer(api, new ApiError('NO_UPGRADE')), response)
  relay(request, response, decision.onward)
}

const tell = async (api: Api, answer: Told, response: ServerResponse): Promise<void> => {
  const headers = { ...generalHeaders(api), ...answer.headers, ...lengthOf(answer) }
  response.writeHead(answer.status, headers)
  if (answer.kind === 'whole') {
    response.end(answer.body)
    return
  }
  response.flushHeaders()
  try {
    for await (const chunk of answer.chunks) if (!response.write(chunk)) await drained(response)
    response.end()
  } catch (error) {
    // Cut without its last chunk, so that the client sees that something is missing.
    api.logger.warn({ error }, 'a streaming answer was broken off')
    response.destroy()
  }
}

const lengthOf = (answer: Told): Headers =>
  answer.kind === 'whole' && answer.status !== 204 && answer.status !== 304
    ? { 'content-length': String(answer.body?.byteLength ?? 0) }
    : {}

/** Resolves too when the client has left: the chunks then end by the signal of the call. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const proceed = () => {
      response.off('drain', proceed)
      response.off('close', proceed)
      resolve()
    }
    response.on('drain', proceed)
    response.on('close', proceed)
    if (response.destroyed) proceed()
  })
