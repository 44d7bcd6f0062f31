import { type IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { systemClock } from './clock.ts'

/** Where to connect or to listen. */
export type SocketAddress =
  | { readonly host: string; readonly port: number }
  | { readonly socketPath: string }

/** A host that drops packets would otherwise keep a caller waiting for minutes. */
export const connectTimeoutMs = 5000
/** First probe of a silent peer. */
export const probeAfterMs = 30_000
/** How long a peer that has been sent everything, the FIN included, may keep its own end open. */
export const lingerMs = 10_000

/** A connection of its own, half-open allowed, whose stream may be silent for days. */
export const dialSocket = (address: SocketAddress): Socket => {
  const where = 'host' in address ? address : { path: address.socketPath }
  const socket = connect({ ...where, allowHalfOpen: true })
  keepOpen(socket)
  limitConnecting(socket)
  return socket
}

/** Ends the attempt to connect after `connectTimeoutMs`, with an error. */
export const limitConnecting = (socket: Socket): void => {
  if (!socket.connecting) return
  const expire = () => socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`))
  const cancel = systemClock.after(connectTimeoutMs, expire)
  socket.once('connect', cancel)
  socket.once('close', cancel)
}

/** Makes a socket fit to be owned by a stream that may be silent for days: probes, no delay, no idle time-out. */
export const keepOpen = (socket: Socket): void => {
  socket.setNoDelay(true)
  socket.setKeepAlive(true, probeAfterMs)
  socket.setTimeout(0)
  // An error says that the peer is gone, which 'close' says too; unheard it would end the process.
  socket.on('error', () => {})
}

/** Flushes, sends FIN, and drops what still arrives: unread bytes would turn the close into a reset and cost the tail. */
export const endAndDrain = (socket: Socket): void => {
  socket.end()
  socket.resume()
  const giveUp = () => {
    if (socket.destroyed) return
    const cancel = systemClock.after(lingerMs, () => socket.destroy())
    socket.once('close', cancel)
  }
  if (socket.writableFinished) giveUp()
  else socket.once('finish', giveUp)
}

/** An ordinary answer to a request that asked for an upgrade and shall not get it; the connection ends with it. */
export const responseOn = (request: IncomingMessage, socket: Socket): ServerResponse => {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('error', () => {})
  response.on('finish', () => endAndDrain(socket))
  socket.on('drain', () => response.emit('drain')) // Node's server does this for the sockets that it keeps.
  return response
}
