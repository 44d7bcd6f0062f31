import { unlink } from 'node:fs/promises'
import {
  createServer as createListener,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { finished } from 'node:stream'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import { systemClock } from './clock.ts'
import { serve } from './http-exchange.ts'
import { probeAfterMs, type SocketAddress } from './sockets.ts'
import type { Application } from './transport.ts'

/** How long `app.close()` lets open answers and hijacked streams end by themselves. */
export const closeLingerMs = 1000
/** The whole head of a request must arrive within this. Bodies and answers take as long as they take. */
const headersTimeoutMs = 60_000
/** An unused connection is kept this long: longer than clients here keep it in their pools. */
const keepAliveTimeoutMs = 72_000
/** Node's own default, request line included. */
const defaultMaxHeaderBytes = 16 * 1024
/** Image references and `node/name` forms are route parameters; fastify's default of 100 would cut them. */
const maxParameterLength = 4096

/** Port 0 is any free one. */
export type ListenAddress = SocketAddress

export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void

export type UpgradeHandler = (request: IncomingMessage, socket: Socket, head: Buffer) => void

/** What fastify does not keep for us: several listeners, one upgrade handler, and what is still open on them. */
interface Serving {
  readonly maxHeaderBytes: number
  readonly listeners: Set<Server>
  readonly open: Set<Socket | ServerResponse>
  upgrade: UpgradeHandler | undefined
  /** Answers what has no route. */
  fallback: RawHandler | undefined
}

const servings = new WeakMap<FastifyInstance, Serving>()

/**
 * A fastify instance with the settings every server here needs; `listen` gives it sockets, `app.close()` takes them
 * away: open answers and hijacked streams get `closeLingerMs` to end, then are cut.
 */
export const createServer = (
  options: { readonly maxHeaderBytes?: number } = {},
): FastifyInstance => {
  const serving: Serving = {
    maxHeaderBytes: options.maxHeaderBytes ?? defaultMaxHeaderBytes,
    listeners: new Set(),
    open: new Set(),
    upgrade: undefined,
    fallback: undefined,
  }
  const app = fastify({
    exposeHeadRoutes: false, // A derived HEAD on an endless stream would never end.
    routerOptions: { maxParamLength: maxParameterLength },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    frameworkErrors: (error, request, reply) => {
      reply.hijack()
      if (serving.fallback !== undefined) serving.fallback(request.raw, reply.raw)
      else refuse(reply.raw, error)
    },
  })
  servings.set(app, serving)
  app.addHook('onRequest', (request, reply, done) => {
    track(serving, reply.raw)
    if (!request.is404 || serving.fallback === undefined) return done()
    reply.hijack()
    serving.fallback(request.raw, reply.raw)
  })
  app.addHook('preClose', () => closeListeners(serving))
  return app
}

/** A request that fastify cannot route at all, such as `GET /%`: Docker's form of an error. */
const refuse = (response: ServerResponse, { statusCode = 400, message }: FastifyError): void => {
  response.writeHead(statusCode, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ message }))
}

/** Serves `application` on every path that has no route of its own, for every method. */
export const mount = (
  app: FastifyInstance,
  application: Application,
  options: { readonly bodyLimitBytes: number },
): void => serveUnrouted(app, (request, response) => serve(application, request, response, options))

/** Hands `handler` every request that has no route of its own, before anything of it is parsed or judged. */
export const serveUnrouted = (app: FastifyInstance, handler: RawHandler): void => {
  servingOf(app).fallback = handler
}

/**
 * Hands every request with an Upgrade header to `handler`, which owns the socket from then on. They never reach
 * routes. Without a handler such a request is served as if it had no Upgrade header.
 */
export const onUpgrade = (app: FastifyInstance, handler: UpgradeHandler): void => {
  servingOf(app).upgrade = handler
}

/** Opens one more listener for `app` and says where: port 0 becomes the port it got. A dead unix socket is replaced. */
export const listen = async <Address extends ListenAddress>(
  app: FastifyInstance,
  address: Address,
): Promise<Address> => {
  await app.ready()
  const serving = servingOf(app)
  const listener = createListener(
    {
      maxHeaderSize: serving.maxHeaderBytes,
      requestTimeout: 0,
      headersTimeout: headersTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
      noDelay: true,
    },
    (request, response) => app.routing(request, response),
  )
  const { upgrade } = serving
  if (upgrade !== undefined)
    listener.on('upgrade', (request, socket: Socket, head) => {
      track(serving, socket)
      upgrade(request, socket, head)
    })
  if ('socketPath' in address) await removeDeadSocket(address.socketPath)
  await bind(listener, address)
  serving.listeners.add(listener)
  const bound = listener.address()
  return 'host' in address && bound !== null && typeof bound === 'object'
    ? { ...address, port: bound.port }
    : address
}

const bind = (listener: Server, address: ListenAddress): Promise<void> =>
  new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen('host' in address ? address : { path: address.socketPath }, () => {
      listener.off('error', reject)
      resolve()
    })
  })

/** A process that was killed leaves its socket file, which nobody answers and which blocks the name. */
const removeDeadSocket = async (socketPath: string): Promise<void> => {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = createConnection(socketPath)
    probe.once('connect', () => {
      probe.destroy()
      resolve(undefined)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  if (code === 'ECONNREFUSED') await unlink(socketPath)
}

const track = (serving: Serving, stream: Socket | ServerResponse): void => {
  serving.open.add(stream)
  // An error on a socket says that the peer is gone, which its owner sees as 'close'; unheard it would end the process.
  stream.on('error', () => {})
  finished(stream, () => serving.open.delete(stream))
}

const closeListeners = async ({ listeners, open }: Serving): Promise<void> => {
  for (const listener of listeners) listener.close()
  if (open.size > 0)
    await new Promise<void>((resolve) => {
      const cancel = systemClock.after(closeLingerMs, resolve)
      void Promise.all([...open].map(ended)).then(() => {
        cancel()
        resolve()
      })
    })
  for (const listener of listeners) listener.closeAllConnections()
  for (const stream of open) stream.destroy()
}

const ended = (stream: Socket | ServerResponse): Promise<void> =>
  new Promise((resolve) => finished(stream, () => resolve()))

const servingOf = (app: FastifyInstance): Serving => {
  const serving = servings.get(app)
  if (serving === undefined) throw new Error('this server was not made by createServer')
  return serving
}
