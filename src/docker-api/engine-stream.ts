import type { AgentId } from '../mesos/ids.ts'
import type { Headers, HttpResponse } from '../runtime/transport.ts'
import type { Api } from './call.ts'
import { Channel } from './channel.ts'
import { addressOf, type EngineRequest, nodeName, versioned } from './engine.ts'
import { ApiError } from './errors.ts'

/** Bytes of one engine's answer that wait for a slow client; an engine that is further ahead is cut off. */
const maxWaitingBytes = 4 * 1024 * 1024

export interface EngineStream {
  readonly status: number
  readonly headers: Headers
  /** The body as it comes. Throws when the connection breaks; ends when the client has left. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** One request whose answer goes on, for handlers that look into it. Throws AGENT_UNREACHABLE before the first byte. */
export const engineStream = (
  api: Api,
  agent: AgentId,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineStream> =>
  new Promise((resolve, reject) => {
    const address = addressOf(api, agent)
    const body = new Channel<Uint8Array>(maxWaitingBytes, (chunk) => chunk.byteLength)
    const connection = api.transport.stream(
      address.origin,
      {
        method: request.method,
        path: `${address.prefix}${versioned(request.path, request.version)}`,
        headers: { ...request.headers, ...address.headers },
        body: request.body ?? new Uint8Array(),
      },
      {
        onResponse: ({ status, headers }) =>
          resolve({ status, headers, chunks: body.read(() => close()) }),
        onData: (chunk) => {
          if (!body.push(chunk)) connection.close()
        },
        onEnd: (error) => {
          signal.removeEventListener('abort', close)
          body.end(error)
          const why = error === undefined ? '' : ` (${error.message})`
          reject(new ApiError('AGENT_UNREACHABLE', nodeName(api, agent), why))
        },
      },
    )
    const close = () => {
      signal.removeEventListener('abort', close)
      connection.close()
      body.end()
      reject(new ApiError('CANCELLED'))
    }
    signal.addEventListener('abort', close)
  })

/** The whole rest of a stream, for answers that turn out to be errors. */
export const wholeOf = async (stream: EngineStream): Promise<HttpResponse> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream.chunks) chunks.push(chunk)
  return { status: stream.status, headers: stream.headers, body: Buffer.concat(chunks) }
}
