import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttp, type RequestListener } from 'node:http'
import {
  type AddressInfo,
  createConnection,
  createServer as createRaw,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { CloseStack } from '../../../src/runtime/close-stack.ts'
import { relayHijack, relayUpgrade } from '../../../src/runtime/hijack.ts'
import { createServer, listen, onUpgrade, serveUnrouted } from '../../../src/runtime/http-server.ts'
import { type Onward, relay } from '../../../src/runtime/relay.ts'
import type { SocketAddress } from '../../../src/runtime/sockets.ts'

let started = new CloseStack()
afterEach(async () => {
  await started.close()
  started = new CloseStack()
})

/** An engine by hand: everything that arrives on a connection, and the connection. */
const rawEngine = async (serve: (socket: Socket) => void): Promise<SocketAddress> => {
  const sockets = new Set<Socket>()
  const server = createRaw({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  return listening(server.listen(0, '127.0.0.1'), () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
}

const httpEngine = (handler: RequestListener): Promise<SocketAddress> => {
  const server = createHttp(handler).listen(0, '127.0.0.1')
  return listening(server, () => {
    server.close()
    server.closeAllConnections()
  })
}

const listening = async (
  server: ReturnType<typeof createRaw>,
  close: () => void,
): Promise<SocketAddress> => {
  await once(server, 'listening')
  started.push(close)
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** A server that relays all it gets: `/hijack…` as the hijack of a client without Upgrade header. */
const relaying = async (
  at: SocketAddress,
  options: Partial<Onward> & { listenAt?: SocketAddress } = {},
): Promise<SocketAddress> => {
  const app = createServer()
  started.push(() => app.close())
  const onward = (path = '/'): Onward => ({
    at,
    path,
    unanswered: (error) => ({
      status: 503,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ message: `engine: ${error.message}` })),
    }),
    ...options,
  })
  serveUnrouted(app, (request, response) => {
    const pass = request.url?.startsWith('/hijack') ? relayHijack : relay
    pass(request, response, onward(request.url))
  })
  onUpgrade(app, (request, socket, head) =>
    relayUpgrade(request, socket, head, onward(request.url)),
  )
  return listen(app, options.listenAt ?? { host: '127.0.0.1', port: 0 })
}

const dial = (address: SocketAddress): Socket => {
  const options = 'host' in address ? address : { path: address.socketPath }
  const socket = createConnection({ ...options, allowHalfOpen: true })
  socket.on('error', () => {})
  started.push(() => void socket.destroy())
  return socket
}

/** Collects what arrives; `until` resolves with all of it as soon as it ends with `text`, `ended` at the FIN. */
const listenTo = (socket: Socket) => {
  let all = ''
  const checks = new Set<() => void>()
  socket.on('data', (chunk) => {
    all += chunk.toString('latin1')
    for (const check of checks) check()
  })
  return {
    until: (text: string) =>
      new Promise<string>((resolve) => {
        const check = () => {
          if (all.endsWith(text)) resolve(all)
        }
        checks.add(check)
        check()
      }),
    ended: heard(socket, 'end').then(() => all),
  }
}

const heard = (socket: Socket, event: string): Promise<void> =>
  new Promise((resolve) => socket.once(event, () => resolve()))

const closedOf = (socket: Socket): Promise<void> => heard(socket, 'close')

const upgradeHead = (path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n${more}\r\n`

const accepted =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

/** Answers an upgrade as dockerd does, then hands the socket on. */
const upgradingEngine = (then: (socket: Socket, received: ReturnType<typeof listenTo>) => void) =>
  rawEngine((socket) => {
    const received = listenTo(socket)
    void received.until('\r\n\r\n').then(() => {
      socket.write(accepted)
      then(socket, received)
    })
  })

test('a request passes with its method, path, headers and body, less what concerns one connection', async () => {
  const engine = await rawEngine((socket) => {
    void listenTo(socket)
      .until('body')
      .then((head) => {
        const text = JSON.stringify(head)
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`)
      })
  })
  const relayAt = await relaying(engine, {
    requestHeaders: { 'x-set': 'new', 'x-gone': undefined },
  })
  const client = dial(relayAt)
  client.write(
    'PUT /v1.41/x?y=%2F HTTP/1.1\r\nHost: docker\r\nX-Set: old\r\nX-Gone: x\r\nX-Twice: a\r\nX-Twice: b\r\n' +
      'Connection: close, X-Hop\r\nX-Hop: x\r\nContent-Type: nonsense/\r\nContent-Length: 4\r\n\r\nbody',
  )
  const answer = await listenTo(client).ended
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toBe(
    'PUT /v1.41/x?y=%2F HTTP/1.1\r\nHost: docker\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Type: nonsense/\r\n' +
      'Content-Length: 4\r\nx-set: new\r\nConnection: keep-alive\r\n\r\nbody',
  )
})

test('a body that its handler has read goes on as the handler gives it', async () => {
  const engine = await httpEngine((request, response) => void request.pipe(response))
  const client = dial(await relaying(engine, { body: Buffer.from('{"new":"ü"}') }))
  client.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nold')
  expect(await listenTo(client).ended).toContain(Buffer.from('{"new":"ü"}').toString('latin1'))
})

test('status, reason and headers of the answer pass; each changed header comes once', async () => {
  const engine = await httpEngine((_request, response) => {
    response.writeHead(409, 'In Use', {
      server: 'Docker',
      'api-version': '1.41',
      'x-a': ['1', '2'],
    })
    response.end('{"message":"no"}')
  })
  const relayAt = await relaying(engine, {
    answerHeaders: (status) => ({ 'api-version': '1.44', server: `shoal ${status}` }),
  })
  const client = dial(relayAt)
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const answer = await listenTo(client).ended
  expect(answer).toMatch(/^HTTP\/1\.1 409 In Use\r\n/)
  expect(answer.match(/^api-version: .*$/gim)).toEqual(['api-version: 1.44'])
  expect(answer.match(/^server: .*$/gim)).toEqual(['server: shoal 409'])
  expect(answer.match(/^x-a: .*$/gim)).toEqual(['x-a: 1', 'x-a: 2'])
  expect(answer.match(/^date: /gim)).toHaveLength(1)
  expect(answer).toContain('{"message":"no"}')
})

test('a streaming answer gives its headers before its first byte, and each chunk as it comes', async () => {
  const chunks: ((text: string) => void)[] = []
  const engine = await httpEngine((_request, response) => {
    response.writeHead(200)
    response.flushHeaders()
    chunks.push((text) => (text === '' ? response.end() : response.write(text)))
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write('POST /wait HTTP/1.1\r\nHost: x\r\n\r\n')
  await received.until('\r\n\r\n')
  chunks[0]?.('one')
  await received.until('3\r\none\r\n')
  chunks[0]?.('')
  await received.until('0\r\n\r\n')
})

test('an upload of unknown length is streamed, its head before its first byte', async () => {
  const engine = await httpEngine((request, response) => {
    response.writeHead(200).flushHeaders()
    request.on('data', (chunk) => response.write(chunk))
    request.on('end', () => response.end())
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write('POST /load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  await received.until('\r\n\r\n')
  client.write('4\r\npart\r\n')
  await received.until('4\r\npart\r\n')
  client.write('0\r\n\r\n')
  await received.until('0\r\n\r\n')
})

test('an engine that answers before it has read the whole body is heard', async () => {
  const engine = await rawEngine((socket) => {
    const received = listenTo(socket)
    const answer = 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}'
    void received.until('{"Cmd":[]}\r\n').then((all) => {
      socket.write(answer)
      if (/^Connection: close/m.test(all)) socket.destroy() // As dockerd does.
    })
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write(
    'POST /exec HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\n{"Cmd":[]}\r\n',
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  client.write('0\r\n\r\n')
  expect(await received.until('{}')).toMatch(/^HTTP\/1\.1 201 Created/)
})

test('after an answer the connection to the engine is closed', async () => {
  const closed: Promise<void>[] = []
  const engine = await rawEngine((socket) => {
    closed.push(heard(socket, 'end'))
    void listenTo(socket)
      .until('\r\n\r\n')
      .then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'))
  })
  const client = dial(await relaying(engine))
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await listenTo(client).until('x')
  await closed[0]
})

test('an engine that refuses an upload half-way: the client can finish it, read why, and go on', async () => {
  const engine = await rawEngine((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nwhy'))
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  const size = 20 * 1024 * 1024
  client.write(`PUT /archive HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`)
  await new Promise<void>((resolve) => client.write(Buffer.alloc(size), () => resolve()))
  await received.until('why')
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect((await received.ended).match(/HTTP\/1\.1 400/g)).toHaveLength(2)
})

test('HEAD and 304 have no body and end at once', async () => {
  const engine = await httpEngine((request, response) => {
    if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '12' }).end()
    else response.writeHead(304).end()
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(await received.until('\r\n\r\n')).toContain('content-length: 12')
  client.write('POST /start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(await received.ended).toContain('HTTP/1.1 304 ')
})

test.each([
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  upgradeHead('/attach'),
  upgradeHead('/hijack').replace(/(Connection|Upgrade): .*\r\n/g, ''),
])('an engine that cannot be reached: the caller writes the answer (%j)', async (request) => {
  const client = dial(await relaying({ host: '127.0.0.1', port: 1 }))
  client.write(request)
  const answer = await listenTo(client).until('}')
  expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  expect(answer).toMatch(/\{"message":"engine: connect ECONNREFUSED 127\.0\.0\.1:1"\}$/)
})

test('an engine that hangs up in the middle: the client gets what came, then a cut, not an end', async () => {
  const engine = await rawEngine((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n')
    socket.once('data', () => socket.end())
  })
  const client = dial(await relaying(engine))
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(await listenTo(client).ended).toMatch(/4\r\npart\r\n$/)
})

test('a client that goes away closes the exchange with the engine', async () => {
  const seen: Promise<unknown>[] = []
  const engine = await httpEngine((request, response) => {
    seen.push(closedOf(request.socket))
    response.writeHead(200).flushHeaders()
  })
  const client = dial(await relaying(engine))
  client.write('GET /logs HTTP/1.1\r\nHost: x\r\n\r\n')
  await listenTo(client).until('\r\n\r\n')
  client.destroy()
  await seen[0]
})

test('attach: the answer of the engine is copied, then bytes pass both ways', async () => {
  const engine = await upgradingEngine((socket) =>
    socket.on('data', (chunk) => socket.write(chunk)),
  )
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write(upgradeHead('/attach?stream=1', 'Content-Length: 0\r\n'))
  expect(await received.until('\r\n\r\n')).toBe(accepted)
  client.write('\x00\xff\x01', 'latin1')
  expect(await received.until('\x00\xff\x01')).toBe(`${accepted}\x00\xff\x01`)
})

test('bytes that travel with either head come first', async () => {
  const engine = await rawEngine((socket) => {
    const received = listenTo(socket)
    void received.until('\r\n\r\n').then(() => socket.write(`${accepted}early output`))
    void received.until('early input').then(() => socket.end(' and done'))
  })
  const client = dial(await relaying(engine))
  client.write(`${upgradeHead('/attach', 'Content-Length: 0\r\n')}early input`)
  expect(await listenTo(client).ended).toBe(`${accepted}early output and done`)
})

const execBody = '{"Detach":false,"Tty":false}'
const execHead = upgradeHead('/exec/1/start', `Content-Length: ${execBody.length}\r\n`)

test.each([
  { name: 'with the head', packets: [`${execHead}${execBody}stdin`] },
  { name: 'after the head', packets: [execHead, `${execBody}stdin`] },
  { name: 'in pieces', packets: [`${execHead}{"Det`, 'ach":false,', '"Tty":false}st', 'din'] },
  { name: 'split between body and stdin', packets: [execHead, execBody, 'stdin'] },
])('exec start: the body is told from the stream when it comes $name', async ({ packets }) => {
  const engine = await rawEngine((socket) => {
    const received = listenTo(socket)
    void received.until(execBody).then(() => socket.write(accepted))
    void received.until('stdin').then((all) => socket.end(all.slice(all.indexOf('\r\n\r\n') + 4)))
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  for (const packet of packets) {
    client.write(packet)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(await received.ended).toBe(`${accepted}${execBody}stdin`)
})

test.each([
  { name: 'is too long', more: 'Content-Length: 1048577\r\n', status: 413 },
  { name: 'has no length', more: 'Transfer-Encoding: chunked\r\n', status: 411 },
])('a request to hijack whose body $name is refused', async ({ more, status }) => {
  const client = dial(await relaying({ host: '127.0.0.1', port: 1 }))
  client.write(upgradeHead('/exec/1/start', more))
  expect(await listenTo(client).ended).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*"message"`))
})

test('without -i the CLI sends FIN at once and reads on until the FIN of the engine', async () => {
  const engine = await upgradingEngine((socket, received) => {
    void received.ended.then(() => {
      socket.write('output ')
      setTimeout(() => socket.end('after stdin ended'), 20)
    })
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.end(upgradeHead('/attach'))
  expect(await received.ended).toBe(`${accepted}output after stdin ended`)
  await closedOf(client)
})

test('an engine that ends its output still takes input', async () => {
  let input: Promise<string> | undefined
  const engine = await upgradingEngine((socket, received) => {
    input = received.ended
    socket.end('bye')
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write(upgradeHead('/attach'))
  expect(await received.ended).toBe(`${accepted}bye`)
  client.end('last words')
  await closedOf(client)
  expect(await input).toMatch(/\r\n\r\nlast words$/)
})

test.each([
  { name: 'a slow reader', sendHead: (client: Socket) => client.write(upgradeHead('/attach')) },
  { name: 'a half-closed one', sendHead: (client: Socket) => client.end(upgradeHead('/attach')) },
])(
  '20 MB arrive whole at $name, over two relays and a unix socket, though the engine ends first',
  async ({ sendHead }) => {
    const size = 20 * 1024 * 1024
    const engineClosed: Promise<unknown>[] = []
    const engine = await upgradingEngine((socket) => {
      engineClosed.push(heard(socket, 'finish'))
      socket.end(Buffer.alloc(size, 'x'))
    })
    const directory = await mkdtemp(join(tmpdir(), 'shoal-'))
    started.push(() => rm(directory, { recursive: true }))
    const agent = await relaying(engine, {
      listenAt: { socketPath: join(directory, 'agent.sock') },
    })
    const client = dial(await relaying(agent))
    sendHead(client)
    let received = 0
    client.on('data', (chunk) => {
      received += chunk.length
      client.pause()
      setImmediate(() => client.resume())
    })
    await once(client, 'end')
    client.end()
    expect(received).toBe(accepted.length + size)
    await engineClosed[0]
  },
)

test('what was received before the engine went is flushed to a reader that takes it in small steps', async () => {
  const size = 8 * 1024 * 1024
  const engine = await upgradingEngine((socket) => socket.end(Buffer.alloc(size, 'x')))
  const client = dial(await relaying(engine))
  client.end(upgradeHead('/attach'))
  let received = 0
  client.pause()
  const step = setInterval(() => {
    const bytes = (client.read(32 * 1024) ?? client.read()) as Buffer | null
    received += bytes?.length ?? 0
  }, 1)
  client.on('readable', () => {})
  await once(client, 'end')
  clearInterval(step)
  expect(received).toBe(accepted.length + size)
})

test('a client that is gone closes the engine socket; a half-closed client that is gone too', async () => {
  const engineSockets: Promise<unknown>[] = []
  const engine = await upgradingEngine((socket) => {
    engineSockets.push(closedOf(socket))
    const timer = setInterval(() => socket.write('tick'), 1)
    socket.on('close', () => clearInterval(timer))
  })
  const relayAt = await relaying(engine)
  for (const halfClosed of [false, true]) {
    const client = dial(relayAt)
    client.write(upgradeHead('/attach'))
    await listenTo(client).until('tick')
    if (halfClosed) client.end(() => client.destroy())
    else client.resetAndDestroy()
  }
  await Promise.all(engineSockets)
  expect(engineSockets).toHaveLength(2)
})

test('an engine that is gone: the client gets what came, then FIN', async () => {
  const engine = await upgradingEngine((socket, received) => {
    socket.write('half a line')
    void received.until('go').then(() => socket.resetAndDestroy())
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write(upgradeHead('/attach'))
  await received.until('half a line')
  client.write('go')
  expect(await received.ended).toBe(`${accepted}half a line`)
})

test.each(['/attach', '/hijack'])(
  'an answer other than 101 to %s passes as it is, however large',
  async (path) => {
    const message = 'x'.repeat(1_000_000)
    const engine = await httpEngine((_request, response) => {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message }))
    })
    const client = dial(await relaying(engine))
    const upgrade = path === '/attach' ? 'Connection: Upgrade\r\nUpgrade: tcp' : 'Connection: close'
    client.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n\r\n`)
    const answer = await listenTo(client).ended
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\ncontent-type: application\/json\r\n/)
    expect(answer.split('x').length - 1).toBeGreaterThan(999_999)
  },
)

test('a client without Upgrade header gets 200 without length or chunks, then raw bytes both ways', async () => {
  let engineSaw: Promise<string> | undefined
  const engine = await rawEngine((socket) => {
    const received = listenTo(socket)
    engineSaw = received.ended
    void received.until(execBody).then(() => socket.write(`${accepted}out`))
    void received.until('GET / HTTP/1.1\r\n\r\n').then(() => socket.write(' echo'))
    void received.ended.then(() => socket.end(' end'))
  })
  const client = dial(await relaying(engine))
  const received = listenTo(client)
  client.write(`POST /hijack HTTP/1.1\r\nHost: x\r\nContent-Length: ${execBody.length}\r\n\r\n`)
  client.write(execBody)
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n'
  expect(await received.until('out')).toBe(`${head}out`)
  client.write('GET / HTTP/1.1\r\n\r\n') // Looks like HTTP, is stdin.
  await received.until(' echo')
  client.end()
  expect(await received.ended).toBe(`${head}out echo end`)
  expect(await engineSaw).toMatch(/Upgrade: tcp\r\n\r\n\{[^]*\}GET \/ HTTP\/1\.1\r\n\r\n$/)
})

test('closing the server ends hijacked streams of both kinds', async () => {
  const engine = await upgradingEngine(() => {})
  const app = createServer()
  const onward: Onward = {
    at: engine,
    path: '/',
    unanswered: () => ({ status: 500, headers: {}, body: new Uint8Array() }),
  }
  app.post('/hijack', (request, reply) => {
    reply.hijack()
    relayHijack(request.raw, reply.raw, onward)
  })
  onUpgrade(app, (request, socket, head) => relayUpgrade(request, socket, head, onward))
  const address = await listen(app, { host: '127.0.0.1', port: 0 })
  const closed: Promise<unknown>[] = []
  for (const request of [upgradeHead('/attach'), 'POST /hijack HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const client = dial(address)
    client.write(request)
    await listenTo(client).until('\r\n\r\n')
    closed.push(heard(client, 'end'))
  }
  await app.close()
  await Promise.all(closed)
})
