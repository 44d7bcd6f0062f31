import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createDockerApi } from '../../../src/docker-api/server.ts'
import { httpTransport } from '../../../src/runtime/http-client.ts'
import { listen } from '../../../src/runtime/http-server.ts'
import { silent } from '../../../src/runtime/logger.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { config, container, FakeCluster, hexId, nowMs } from './fake-cluster.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Agent {
  readonly server: Server
  readonly asked: string[]
  /** What came on each upgraded connection, until its end. */
  readonly received: Promise<string>[]
}

const untilEnd = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()))
    socket.on('error', () => resolve('error'))
  })

/** The engine endpoint of an agent, on a real socket: hijacks attach and exec start, says `hello` at once. */
const startAgent = async (): Promise<Agent> => {
  const asked: string[] = []
  const received: Promise<string>[] = []
  const note = (request: IncomingMessage) => asked.push(`${request.method} ${request.url}`)
  const server = createServer({ keepAliveTimeout: 1 }, (request, response) => {
    note(request)
    if (request.url?.includes('/exec/')) response.writeHead(404).end('{"message":"no"}')
    else if (request.url?.endsWith('/exec'))
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"e1"}')
    else {
      response.writeHead(200, { server: 'Docker/20.10.24', 'api-version': '1.41' })
      response.write('line 1\n')
      response.end('line 2\n')
    }
  })
  server.on('upgrade', (request, socket: Socket, head) => {
    note(request)
    if (request.url?.includes('e404')) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 16\r\n\r\n{"message":"no"}')
      return
    }
    socket.unshift(head)
    received.push(untilEnd(socket))
    socket.write(
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nServer: Docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello ',
    )
    socket.on('end', () => socket.end('bye'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, asked, received }
}

const start = async () => {
  const agent = await startAgent()
  const cluster = new FakeCluster()
  cluster.containerViews = [container('web', { id: hexId('b') })]
  cluster.engineAddress = {
    host: '127.0.0.1',
    port: (agent.server.address() as AddressInfo).port,
    prefix: '/engine',
    headers: { 'shoal-framework-id': 'framework-1' },
  }
  const transport = httpTransport()
  const app = createDockerApi(cluster, config, {
    clock: new SimClock(nowMs),
    logger: silent,
    transport,
  })
  const address = await listen(app, { host: '127.0.0.1', port: 0 })
  closers.push(async () => {
    await app.close()
    transport.close()
  })
  const port = 'port' in address ? address.port : 0
  return { agent, cluster, port }
}

/**
 * Sends the parts, each once the one before has left, then FIN, and reads until the server's FIN. With `patient`, what
 * follows the request waits for the head of the answer.
 */
const talk = async (
  port: number,
  [first = '', ...rest]: readonly string[],
  { fin = true, patient = false } = {},
) => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  closers.push(() => {
    socket.destroy()
  })
  const answer = untilEnd(socket)
  const send = async (part: string) => {
    await new Promise<void>((resolve) => socket.write(part, () => resolve()))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const begun = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  await send(first)
  if (patient) await begun
  for (const part of rest) await send(part)
  if (fin) socket.end()
  return answer
}

const upgrade = (path: string, body = '', more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`

const headOf = (answer: string) => answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()
const streamOf = (answer: string) => answer.slice(answer.indexOf('\r\n\r\n') + 4)

describe('attach (docker-frontend §3)', () => {
  test('joins both directions, FIN for FIN', async () => {
    const { agent, port } = await start()
    const answer = await talk(port, [upgrade('/v1.44/containers/web/attach?stream=1'), 'std', 'in'])
    expect(headOf(answer)).toContain('http/1.1 101 upgraded')
    expect(streamOf(answer)).toBe('hello bye')
    expect(await agent.received[0]).toBe('stdin')
    expect(agent.asked).toEqual([`POST /engine/v1.44/containers/${hexId('b')}/attach?stream=1`])
  })

  test.each([
    { version: 'v1.44', tty: false, type: 'application/vnd.docker.multiplexed-stream' },
    { version: 'v1.41', tty: false, type: 'application/vnd.docker.raw-stream' },
    { version: 'v1.44', tty: true, type: 'application/vnd.docker.raw-stream' },
  ])('$version, TTY $tty: $type (§1.2)', async ({ version, tty, type }) => {
    const { cluster, port } = await start()
    cluster.containerViews = [container('web', { inspect: { Config: { Tty: tty } } })]
    const head = headOf(await talk(port, [upgrade(`/${version}/containers/web/attach`)]))
    expect(head.match(/content-type: .*/g)).toEqual([`content-type: ${type}`])
    expect(head.match(/\r\nserver: .*/g)).toEqual(['\r\nserver: shoal/0.1.0 (linux)'])
    expect(head.match(/api-version: .*/g)).toEqual(['api-version: 1.44'])
  })

  test('a refusal of ours is an ordinary answer on the same socket', async () => {
    const { agent, port } = await start()
    const answer = await talk(port, [upgrade('/containers/nobody/attach')])
    expect(headOf(answer)).toContain('http/1.1 404')
    expect(streamOf(answer)).toBe('{"message":"No such container: nobody"}')
    expect(agent.asked).toEqual([])
  })

  test('without Upgrade header: 200, no chunks, the same stream (D50)', async () => {
    const { agent, port } = await start()
    const request =
      'POST /containers/web/attach?stream=1 HTTP/1.1\r\nHost: shoal\r\nContent-Length: 0\r\n\r\n'
    const answer = await talk(port, [request, 'std', 'in'], { patient: true })
    expect(headOf(answer)).toContain('http/1.1 200 ok')
    expect(headOf(answer)).not.toContain('transfer-encoding')
    expect(streamOf(answer)).toBe('hello bye')
    expect(await agent.received[0]).toBe('stdin')
    expect(agent.asked).toHaveLength(1)
  })
})

describe('exec', () => {
  const createExec = async (port: number, body: string) => {
    const answer = await talk(
      port,
      [
        `POST /containers/web/exec HTTP/1.1\r\nHost: shoal\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ],
      { fin: false },
    )
    expect(headOf(answer)).toContain('201')
  }

  test('start: a body split over packets, then stdin, to the agent that made the id', async () => {
    const { agent, port } = await start()
    await createExec(port, '{"Cmd":["cat"]}')
    const body = '{"Detach":false,"Tty":false}'
    const whole = upgrade('/v1.44/exec/e1/start', body)
    const cut = whole.length - 20
    const answer = await talk(port, [whole.slice(0, cut), whole.slice(cut), 'stdin'])
    expect(headOf(answer)).toContain('http/1.1 101')
    expect(headOf(answer)).toContain('multiplexed-stream')
    expect(await agent.received[0]).toBe(`${body}stdin`)
    expect(agent.asked).toEqual([
      `POST /engine/v1.44/containers/${hexId('b')}/exec`,
      'POST /engine/v1.44/exec/e1/start',
    ])
  })

  test('start without Connection header reaches the engine once (D50)', async () => {
    const { agent, port } = await start()
    await createExec(port, '{"Cmd":["cat"],"Tty":true}')
    const body = '{"Detach":false,"Tty":true}'
    const request = `POST /exec/e1/start HTTP/1.1\r\nHost: shoal\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const answer = await talk(port, [request], { patient: true })
    expect(headOf(answer)).toContain('http/1.1 200 ok')
    expect(headOf(answer)).toContain('application/vnd.docker.raw-stream')
    expect(streamOf(answer)).toBe('hello bye')
    expect(agent.asked.filter((one) => one.endsWith('/start'))).toHaveLength(1)
  })

  test('an id that no agent knows', async () => {
    const { port } = await start()
    const answer = await talk(port, [upgrade('/exec/e9/start', '{}')])
    expect(headOf(answer)).toContain('http/1.1 404')
    expect(streamOf(answer)).toBe('{"message":"No such exec instance: e9"}')
  })
})

describe('ordinary relays', () => {
  test('logs: every header of ours once, the body byte for byte', async () => {
    const { agent, port } = await start()
    const response = await fetch(`http://127.0.0.1:${port}/v1.44/containers/web/logs?stdout=1`)
    expect(await response.text()).toBe('line 1\nline 2\n')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/vnd.docker.multiplexed-stream',
      server: 'shoal/0.1.0 (linux)',
      'api-version': '1.44',
    })
    expect(agent.asked).toEqual([`GET /engine/v1.44/containers/${hexId('b')}/logs?stdout=1`])
  })

  test('an agent that refuses the connection is named', async () => {
    const { agent, port } = await start()
    agent.server.close()
    const response = await fetch(`http://127.0.0.1:${port}/containers/web/top`)
    expect(response.status).toBe(503)
    expect(response.headers.get('api-version')).toBe('1.44')
    expect((await response.json()) as object).toMatchObject({
      message: expect.stringMatching(
        /^agent node1 is unreachable \(.*\), its engine cannot be asked$/,
      ),
    })
  })

  test('an agent that the cluster has forgotten is an answer, not a crash', async () => {
    const { cluster, port } = await start()
    cluster.engine = () => undefined
    const response = await fetch(`http://127.0.0.1:${port}/containers/web/top`)
    expect([response.status, await response.json()]).toEqual([
      503,
      { message: 'agent node1 is unreachable, its engine cannot be asked' },
    ])
  })

  test('commit goes to the agent of its container, by full id', async () => {
    const { agent, port } = await start()
    await fetch(`http://127.0.0.1:${port}/v1.41/commit?container=web&repo=a%2Fb&tag=1`, {
      method: 'POST',
    })
    expect(agent.asked).toEqual([
      `POST /engine/v1.41/commit?container=${hexId('b')}&repo=a%2Fb&tag=1`,
    ])
  })

  test('an upgrade that a route does not know is answered as if it were not asked for', async () => {
    const { port } = await start()
    const answer = await talk(port, [
      'GET /_ping HTTP/1.1\r\nHost: shoal\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    ])
    expect(headOf(answer)).toContain('http/1.1 200 ok')
    expect(streamOf(answer)).toBe('OK')
  })

  test('nor may it carry a body, which could not be read', async () => {
    const { agent, port } = await start()
    const answer = await talk(port, [
      upgrade('/v1.44/containers/web/archive', 'x').replace('POST', 'PUT'),
    ])
    expect(headOf(answer)).toContain('http/1.1 400')
    expect(agent.asked).toEqual([])
  })

  test('a request line of 200 KiB (dockerode repeats the body in the query)', async () => {
    const { port } = await start()
    const response = await fetch(
      `http://127.0.0.1:${port}/containers/create?Image=${'x'.repeat(200 * 1024)}`,
      { method: 'POST', body: '{"Image":"busybox"}' },
    )
    expect(response.status).toBe(201)
  })
})

test('a client that leaves while its create waits takes it back (§6.1.6)', async () => {
  const { cluster, port } = await start()
  const asked = new Promise<AbortSignal>((resolve) => {
    cluster.create = (_request, signal) => {
      resolve(signal)
      return new Promise(() => {})
    }
  })
  const client = new AbortController()
  const request = fetch(`http://127.0.0.1:${port}/containers/create`, {
    method: 'POST',
    body: '{"Image":"busybox"}',
    signal: client.signal,
  }).then(
    () => 'answered',
    () => 'left',
  )
  const signal = await asked
  expect(signal.aborted).toBe(false)
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
  client.abort()
  await aborted
  expect(await request).toBe('left')
})
