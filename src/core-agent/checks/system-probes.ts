import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Taken } from './judge.ts'
import type { Place, Probes, SocketTarget } from './probes.ts'

/**
 * Looks over real sockets. A container on the machine's own network is asked at its loopback, one on a bridge of this
 * machine at its address there; only what neither reaches costs a process, which enters the container's namespace.
 */
export const systemProbes: Probes = {
  look: (target, signal) => {
    const host = reach(target.place)
    return host === undefined ? lookInside(target, signal) : lookAt(host, target, signal)
  },
}

/** Undefined: only from inside. */
const reach = ({ loopback, pid, address, gateway }: Place): string | undefined => {
  if (pid === undefined || namespaceOf(pid) === namespaceOf('self')) return loopback
  const isOurs = Object.values(networkInterfaces()).some((all) =>
    all?.some((one) => one.address === gateway),
  )
  return isOurs ? address : undefined
}

const namespaceOf = (pid: number | 'self'): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return '' // It has ended meanwhile: no namespace is its own.
  }
}

/** No redirects are followed, and no certificate is checked (src/checks/checker_process.cpp). */
const lookAt = (host: string, target: SocketTarget, signal: AbortSignal): Promise<Taken> =>
  new Promise((resolve, reject) => {
    const { port } = target
    if (target.type === 'TCP') {
      const socket = connect({ host, port, signal })
      const tell = (succeeded: boolean) => {
        socket.destroy()
        resolve({ type: 'TCP', succeeded })
      }
      socket.on('connect', () => tell(true))
      socket.on('error', (error) => (signal.aborted ? reject(error) : tell(false)))
      return
    }
    const start = target.scheme === 'https' ? requestHttps : requestHttp
    const hostHeader = `${isIPv6(host) ? `[${host}]` : host}:${port}`
    const options = { host, port, path: target.path, signal, agent: false as const }
    const headers = { host: hostHeader, 'user-agent': 'shoal', accept: '*/*' }
    start({ ...options, headers, rejectUnauthorized: false }, (answer) => {
      answer.destroy()
      resolve({ type: 'HTTP', statusCode: answer.statusCode ?? 0 })
    })
      .on('error', reject)
      .end()
  })

/** The same look by a process of its own: one JSON line in, one out. */
const lookInside = ({ place, ...target }: SocketTarget, signal: AbortSignal): Promise<Taken> =>
  new Promise((resolve, reject) => {
    const look = JSON.stringify({ ...target, host: place.loopback })
    const argv = [
      '--target',
      String(place.pid),
      '--net',
      '--',
      process.execPath,
      '-e',
      inside,
      look,
    ]
    execFile('nsenter', argv, { signal, maxBuffer: maxAnswerBytes }, (error, stdout) => {
      if (error !== null) return reject(new Error(`cannot look from inside: ${error.message}`))
      const answer = JSON.parse(stdout) as Taken
      if (answer.type === 'problem') reject(new Error(answer.message))
      else resolve(answer)
    })
  })

const maxAnswerBytes = 64 * 1024

/** `lookAt` for `node -e`, which knows nothing of us. */
const inside = `
const { type, host, port, path, scheme } = JSON.parse(process.argv[1])
const tell = (answer) => { process.stdout.write(JSON.stringify(answer), () => process.exit(0)) }
if (type === 'TCP') {
  const socket = require('node:net').connect({ host, port })
  socket.on('connect', () => tell({ type, succeeded: true }))
  socket.on('error', () => tell({ type, succeeded: false }))
} else {
  const options = { host, port, path, agent: false, rejectUnauthorized: false }
  require('node:' + scheme).get(options, ({ statusCode }) => tell({ type, statusCode }))
    .on('error', ({ message }) => tell({ type: 'problem', message }))
}
`
