import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { Socket } from 'node:net'
import { systemClock } from './clock.ts'
import { plainHeaders } from './http-headers.ts'
import { limitConnecting, probeAfterMs } from './sockets.ts'
import {
  type HttpRequest,
  type HttpResponse,
  type Origin,
  type Transport,
  TransportError,
} from './transport.ts'

/** The largest body that `request` takes whole. */
export const maxResponseBytes = 64 * 1024 * 1024
/** Exchanges and streams under way at once, those that wait for a connection included; the next is refused. */
const maxOpen = 10_000
/** Connections to one origin that `request` shares. */
const maxPooledPerOrigin = 64
/** An unused connection is closed sooner than any server here gives it up, so that no request meets its end. */
const poolIdleMs = 30_000

export interface HttpTransport extends Transport {
  /** Breaks what is under way, which its callers see as TransportError, and refuses what comes later. */
  close(): void
}

/** The client end over real sockets: `request` on pooled connections, every `stream` on one of its own. No redirects. */
export const httpTransport = (bounds = { maxOpen, maxResponseBytes }): HttpTransport => {
  const pool = new Agent({
    keepAlive: true,
    keepAliveMsecs: probeAfterMs,
    maxSockets: maxPooledPerOrigin,
    timeout: poolIdleMs,
  })
  const open = new Map<ClientRequest, (error: Error) => void>()
  let closed = false

  /** Sends `request`. `fail` is told of everything that goes wrong before the answer begins, and of `close()`. */
  const start = (
    origin: Origin,
    request: HttpRequest,
    { agent, fail }: { agent: Agent | false; fail: (error: Error) => void },
  ): ClientRequest => {
    if (closed) throw new Error(closedText)
    if (open.size >= bounds.maxOpen) throw new Error(`${open.size} exchanges are open already`)
    const { method, path, body } = request
    const length = body.byteLength > 0 ? { 'content-length': String(body.byteLength) } : {}
    const headers = { ...request.headers, ...length }
    const outgoing = startRequest({ ...parseOrigin(origin), method, path, headers, agent })
    open.set(outgoing, fail)
    outgoing.on('close', () => open.delete(outgoing))
    outgoing.on('socket', prepare)
    outgoing.on('error', fail)
    outgoing.end(body)
    return outgoing
  }

  return {
    request: async (origin, request, { timeoutMs }) => {
      let outgoing: ClientRequest | undefined
      let cancel = (): void => {}
      try {
        return await new Promise((resolve, reject) => {
          outgoing = start(origin, request, { agent: pool, fail: reject })
          outgoing.on('response', (answer) => collect(answer, bounds, { resolve, reject }))
          const expire = () => reject(new Error(`no complete answer within ${timeoutMs} ms`))
          cancel = systemClock.after(timeoutMs, expire)
        })
      } catch (error) {
        outgoing?.destroy()
        throw broken(origin, request, error)
      } finally {
        cancel()
      }
    },

    stream: (origin, request, listener) => {
      let outgoing: ClientRequest | undefined
      let listening = true
      const end = (error?: unknown): void => {
        if (!listening) return
        listening = false
        outgoing?.destroy()
        listener.onEnd(error === undefined ? undefined : broken(origin, request, error))
      }
      try {
        outgoing = start(origin, request, { agent: false, fail: end })
        outgoing.on('response', (answer) => {
          if (listening) listener.onResponse(headOf(answer))
          answer.on('data', (chunk: Buffer) => {
            if (listening) listener.onData(chunk)
          })
          answer.on('error', end)
          answer.on('end', () => end())
        })
      } catch (error) {
        queueMicrotask(() => end(error)) // Never before the caller has what `stream` returns.
      }
      return {
        close: () => {
          listening = false
          outgoing?.destroy()
        },
      }
    },

    close: () => {
      closed = true
      for (const [outgoing, fail] of open) {
        fail(new Error(closedText))
        outgoing.destroy()
      }
      pool.destroy()
    },
  }
}

const collect = (
  answer: IncomingMessage,
  bounds: { readonly maxResponseBytes: number },
  promise: { resolve: (answer: HttpResponse) => void; reject: (error: Error) => void },
): void => {
  const chunks: Buffer[] = []
  let size = 0
  answer.on('error', promise.reject)
  answer.on('data', (chunk: Buffer) => {
    size += chunk.byteLength
    if (size <= bounds.maxResponseBytes) chunks.push(chunk)
    else promise.reject(new Error(`the answer is beyond ${bounds.maxResponseBytes} bytes`))
  })
  answer.on('end', () => promise.resolve({ ...headOf(answer), body: Buffer.concat(chunks) }))
}

const headOf = (answer: IncomingMessage) => ({
  status: answer.statusCode ?? 0,
  headers: plainHeaders(answer.headers),
})

const closedText = 'this client is closed'

const prepare = (socket: Socket): void => {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, probeAfterMs)
  limitConnecting(socket)
}

const parseOrigin = (origin: Origin): { host: string; port: number } => {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(origin)
  if (match === null) throw new Error(`"${origin}" is not host:port`)
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}

/** Outgoing errors name the exchange: `POST 10.0.0.1:5051/api/v1: connect ECONNREFUSED …`. */
const broken = (origin: Origin, { method, path }: HttpRequest, cause: unknown): TransportError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new TransportError(`${method} ${origin}${path}: ${why}`, { cause })
}
