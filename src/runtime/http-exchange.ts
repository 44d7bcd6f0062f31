import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { gunzip } from 'node:zlib'
import { plainHeaders } from './http-headers.ts'
import type { Application, Exchange, Headers, HttpRequest, Outflow } from './transport.ts'

/**
 * Lets `application` answer one request that arrived on a socket. A body may be packed with gzip (core-master W6); one
 * that is beyond the bound, packed or unpacked, is answered with 413.
 */
export const serve = (
  application: Application,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: { readonly bodyLimitBytes: number },
): void => {
  // A peer that leaves shows as 'close'; the error that a late write then causes says nothing more.
  outgoing.on('error', () => {})
  incoming.on('error', () => {})
  const exchange = exchangeOn(outgoing, peerOf(incoming.socket))
  const refuse = (status: number, text: string): void =>
    exchange.reply(status, { 'content-type': 'text/plain; charset=utf-8' }, text)
  const tooLarge = (): void => refuse(413, `Request body exceeds ${options.bodyLimitBytes} bytes`)
  readBody(incoming, options.bodyLimitBytes, (body) => {
    if (body === 'too large') return tooLarge()
    const encoding = incoming.headers['content-encoding'] ?? 'identity'
    if (encoding === 'identity') return application(requestOf(incoming, body), exchange)
    if (encoding !== 'gzip')
      return refuse(415, `Expecting 'Content-Encoding' of gzip or identity, not '${encoding}'`)
    gunzip(body, { maxOutputLength: options.bodyLimitBytes }, (error, plain) => {
      if (error === null) return application(requestOf(incoming, plain), exchange)
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return tooLarge()
      refuse(400, `Failed to unpack the gzip body: ${error.message}`)
    })
  })
}

/** The same for a request whose body has no end that can be waited for: the application reads it. */
export const serveStream = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  application: (head: Omit<HttpRequest, 'body'>, body: Readable, exchange: Exchange) => void,
): void => {
  outgoing.on('error', () => {})
  incoming.on('error', () => {})
  const { body: _, ...head } = requestOf(incoming, new Uint8Array())
  application(head, incoming, exchangeOn(outgoing, peerOf(incoming.socket)))
}

const requestOf = (incoming: IncomingMessage, body: Uint8Array): HttpRequest => ({
  method: incoming.method ?? 'GET',
  path: incoming.url ?? '/',
  headers: plainHeaders(incoming.headers),
  body,
})

/** The rest of a body beyond the limit is read and dropped, so that the peer gets to see the answer. */
const readBody = (
  incoming: IncomingMessage,
  limitBytes: number,
  done: (body: Uint8Array | 'too large') => void,
): void => {
  let chunks: Buffer[] | undefined = []
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    if (chunks === undefined) return
    size += chunk.byteLength
    if (size <= limitBytes) {
      chunks.push(chunk)
      return
    }
    chunks = undefined
    done('too large')
  })
  incoming.on('end', () => {
    if (chunks !== undefined) done(Buffer.concat(chunks, size))
  })
}

const exchangeOn = (outgoing: ServerResponse, peer: string): Exchange => ({
  peer,
  reply: (status, headers, body = '') => {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const hasLength = status !== 204 && status !== 304
    const length: Headers = hasLength ? { 'content-length': String(bytes.byteLength) } : {}
    outgoing.writeHead(status, { ...headers, ...length })
    outgoing.end(bytes)
  },
  open: (status, headers) => {
    outgoing.writeHead(status, headers)
    outgoing.flushHeaders()
    return outflowOn(outgoing)
  },
})

/** Each `write` becomes one HTTP chunk: Node frames every `res.write` by itself (W3). */
const outflowOn = (outgoing: ServerResponse): Outflow => {
  let state: 'open' | 'ended' | 'gone' = outgoing.destroyed ? 'gone' : 'open'
  const callbacks: (() => void)[] = []
  outgoing.on('close', () => {
    if (state === 'open') {
      state = 'gone'
      for (const callback of callbacks) callback()
    }
  })
  return {
    write: (bytes) => {
      if (state === 'open') outgoing.write(bytes)
    },
    bufferedBytes: () => (state === 'gone' ? 0 : outgoing.writableLength),
    end: () => {
      if (state !== 'open') return
      state = 'ended'
      outgoing.end()
    },
    onClose: (callback) => {
      if (state === 'gone') queueMicrotask(callback)
      else callbacks.push(callback)
    },
  }
}

/** `host:port`, IPv6 in brackets, an IPv4 peer of a dual-stack socket as IPv4; `unix` for a unix socket. */
const peerOf = (socket: Socket): string => {
  const { remoteAddress, remotePort } = socket
  if (remoteAddress === undefined) return 'unix'
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return address.includes(':') ? `[${address}]:${remotePort}` : `${address}:${remotePort}`
}
