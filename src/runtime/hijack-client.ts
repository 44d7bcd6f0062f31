import { request as startRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { keepOpen } from './sockets.ts'

/** The other end answered and did not upgrade; `body` is cut at 64 KB. */
export class NotHijackedError extends Error {
  override readonly name = 'NotHijackedError'
  readonly status: number
  readonly body: string
  constructor(status: number, body: string) {
    super(`answered ${status}, not 101`)
    this.status = status
    this.body = body
  }
}

const maxBodyChars = 64 * 1024

/**
 * POSTs and takes the connection over (docker-frontend §3.2): resolves with both ways of it, half-open allowed. Rejects
 * with NotHijackedError, or with the socket's own error, also when `signal` comes before the answer.
 */
export const openHijack = (
  {
    socketPath,
    path,
    json,
  }: { readonly socketPath: string; readonly path: string; readonly json?: unknown },
  signal: AbortSignal,
): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const body = json === undefined ? '' : JSON.stringify(json)
    const asked = startRequest({
      socketPath,
      path,
      method: 'POST',
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'tcp',
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    const giveUp = () => asked.destroy(new Error('given up'))
    signal.addEventListener('abort', giveUp)
    const settle = () => signal.removeEventListener('abort', giveUp)
    asked.on('error', (error) => {
      settle()
      reject(error)
    })
    asked.on('upgrade', (_answer, socket, head) => {
      settle()
      keepOpen(socket)
      socket.on('error', () => {}) // Whoever reads sees 'close'.
      if (head.length > 0) socket.unshift(head)
      resolve(socket)
    })
    asked.on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text = (text + chunk).slice(0, maxBodyChars)))
      answer.on('close', () => {
        settle()
        reject(new NotHijackedError(answer.statusCode ?? 0, text))
      })
    })
    asked.end(body)
  })
