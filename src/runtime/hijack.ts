import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { endToEnd } from './http-headers.ts'
import { copyAnswer, type Onward, reply, startUpstream } from './relay.ts'
import { endAndDrain, keepOpen, responseOn } from './sockets.ts'

/** The longest body of a request that becomes a stream: exec start has a few dozen bytes. */
export const maxHijackBodyBytes = 1024 * 1024

/**
 * Relays a request with an Upgrade header (docker-frontend §3.2). If the upstream answers 101, so does this, and both
 * sockets are joined; any other answer is passed on and ends the connection.
 */
export const relayUpgrade = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  onward: Onward,
): void => {
  keepOpen(socket)
  if (head.length > 0) socket.unshift(head)
  const protocol = request.headers.upgrade ?? 'tcp'
  void hijack(request, responseOn(request, socket), onward, {
    protocol,
    readBody: (length) => bodyBeforeStream(request, socket, length),
    accept: (answer, headers) => {
      const upgrade = ['Connection', 'Upgrade', 'Upgrade', protocol]
      return headText(`101 ${answer.statusMessage}`, [...headers, ...upgrade])
    },
  })
}

/**
 * Relays attach or exec start of a client that sends no Upgrade header and expects the hijack all the same: 200, no
 * length, no chunks, then raw bytes both ways (docker-frontend §3.1). Upstream it is an upgrade.
 */
export const relayHijack = (
  request: IncomingMessage,
  response: ServerResponse,
  onward: Onward,
): void => {
  keepOpen(request.socket)
  void hijack(request, response, onward, {
    protocol: 'tcp',
    readBody: () => wholeBody(request),
    accept: (_answer, headers) => {
      releaseFromParser(request.socket)
      return headText('200 OK', headers)
    },
  })
}

/** What differs between a client that asked for the upgrade and one that takes it for granted. */
interface HijackingClient {
  readonly protocol: string
  /** The body ahead of the stream; undefined when the client left before it was whole. */
  readBody(length: number): Promise<Buffer | undefined>
  /** The head that tells the client it is through. */
  accept(answer: IncomingMessage, headers: readonly string[]): Buffer
}

const hijack = async (
  request: IncomingMessage,
  response: ServerResponse,
  onward: Onward,
  client: HijackingClient,
): Promise<void> => {
  const length = Number(request.headers['content-length'] ?? 0)
  if (request.headers['transfer-encoding'] !== undefined)
    return refuse(response, 411, 'a request that becomes a stream must have a Content-Length')
  if (length > maxHijackBodyBytes)
    return refuse(response, 413, `the body is beyond ${maxHijackBodyBytes} bytes`)
  const body = await client.readBody(length)
  if (body === undefined) return

  const connection = ['Connection', 'Upgrade', 'Upgrade', client.protocol]
  const upstream = startUpstream(request, onward, connection)
  const release = copyAnswer(upstream, response, onward)
  upstream.on('upgrade', (answer, engine: Socket, first) => {
    release()
    if (first.length > 0) engine.unshift(first)
    const headers = endToEnd(answer.rawHeaders, onward.answerHeaders?.(101))
    request.socket.write(client.accept(answer, headers))
    join(request.socket, engine)
  })
  upstream.end(onward.body ?? body)
}

/**
 * Joins two sockets. A FIN passes on as a FIN, after what came before it. A client that is gone closes the engine's
 * end at once; an engine that is gone leaves the client what was received, then FIN.
 */
const join = (client: Socket, engine: Socket): void => {
  client.pipe(engine)
  engine.pipe(client)
  client.on('close', () => {
    if (!client.readableEnded || !client.writableFinished) engine.destroy()
  })
  engine.on('close', () => endAndDrain(client))
  if (client.destroyed) engine.destroy()
}

/**
 * The body of an Upgrade request. Node 20 leaves it on the socket, whole or in part, in front of the stream; later
 * lines give it as the request's own body first (nodejs/node#60016).
 */
const bodyBeforeStream = async (
  request: IncomingMessage,
  socket: Socket,
  length: number,
): Promise<Buffer | undefined> => {
  const own = await wholeBody(request)
  const rest = own && (await readExactly(socket, length - own.length))
  return own && rest && Buffer.concat([own, rest])
}

const wholeBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    return undefined // The client left: there is nobody to tell.
  }
  return Buffer.concat(chunks)
}

const readExactly = (socket: Socket, length: number): Promise<Buffer | undefined> =>
  new Promise((resolve) => {
    if (length === 0) return resolve(Buffer.alloc(0))
    const finish = (bytes: Buffer | undefined): void => {
      socket.off('readable', attempt)
      socket.off('close', leave)
      resolve(bytes)
    }
    const leave = () => finish(undefined)
    const attempt = (): void => {
      const bytes = socket.read(length) as Buffer | null
      if (bytes !== null) finish(bytes.length === length ? bytes : undefined)
    }
    socket.on('readable', attempt)
    socket.on('close', leave)
    attempt()
  })

/** From here on nothing that arrives on the socket is read as HTTP. Node's own 'close' listener stays, to free its parser. */
const releaseFromParser = (socket: Socket): void => {
  for (const event of ['data', 'end', 'error', 'drain', 'timeout']) socket.removeAllListeners(event)
  socket.on('error', () => {})
}

const headText = (status: string, headers: readonly string[]): Buffer => {
  const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
  return Buffer.from([`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n'), 'latin1')
}

const refuse = (response: ServerResponse, status: number, message: string): void =>
  reply(response, {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  })
