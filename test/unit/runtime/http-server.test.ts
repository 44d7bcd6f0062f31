import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createListener } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { CloseStack } from '../../../src/runtime/close-stack.ts'
import { httpTransport } from '../../../src/runtime/http-client.ts'
import { createServer, listen, mount, onUpgrade } from '../../../src/runtime/http-server.ts'
import type { SocketAddress } from '../../../src/runtime/sockets.ts'
import type { Application, HttpRequest, Outflow } from '../../../src/runtime/transport.ts'

let started = new CloseStack()
afterEach(async () => {
  await started.close()
  started = new CloseStack()
})

const server = (options?: Parameters<typeof createServer>[0]): FastifyInstance => {
  const app = createServer(options)
  started.push(() => app.close())
  return app
}

const loopback = { host: '127.0.0.1', port: 0 }

const originOf = (address: SocketAddress): string =>
  'host' in address ? `${address.host}:${address.port}` : ''

const serving = async (application: Application): Promise<string> => {
  const app = server()
  mount(app, application, { bodyLimitBytes: 1000 })
  return originOf(await listen(app, loopback))
}

const ask = (origin: string, request: Partial<HttpRequest>) => {
  const transport = httpTransport()
  started.push(() => transport.close())
  const whole = { method: 'GET', path: '/', headers: {}, body: new Uint8Array(), ...request }
  return transport.request(origin, whole, { timeoutMs: 10_000 })
}

/** Everything that comes back over a raw socket until its FIN. */
const raw = async (address: SocketAddress, text: string): Promise<string> => {
  const socket = dial(address)
  socket.write(text)
  let all = ''
  socket.on('data', (chunk) => (all += chunk.toString()))
  await once(socket, 'end')
  return all
}

const dial = (address: SocketAddress): Socket => {
  const socket = createConnection('host' in address ? address : { path: address.socketPath })
  socket.on('error', () => {})
  started.push(() => void socket.destroy())
  return socket
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

const deferred = <T = void>() => {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}

test.each([
  { method: 'GET', path: '/state?x=1', body: '' },
  { method: 'GET', path: '/with/a/body', body: '{}' },
  { method: 'POST', path: '/api/v1/scheduler', body: '{"type":"SUBSCRIBE"}' },
  { method: 'PUT', path: '/', body: 'not json' },
  { method: 'DELETE', path: '//double', body: '' },
  { method: 'PATCH', path: '/a%20b', body: 'x' },
  { method: 'OPTIONS', path: '/x', body: '' },
])('an application answers $method $path with its body untouched', async (asked) => {
  const origin = await serving((request, exchange) => {
    expect(exchange.peer).toMatch(/^127\.0\.0\.1:\d+$/)
    exchange.reply(
      201,
      { 'x-type': request.headers['content-type'] ?? '' },
      `${request.method} ${request.path} ${text(request.body)}`,
    )
  })
  const headers = { 'content-type': 'application/x-protobuf' }
  const answer = await ask(origin, { ...asked, headers, body: Buffer.from(asked.body) })
  expect(answer.status).toBe(201)
  expect(answer.headers['x-type']).toBe('application/x-protobuf')
  expect(text(answer.body)).toBe(`${asked.method} ${asked.path} ${asked.body}`)
})

test('HEAD keeps the length of the body it leaves out; 204 has none', async () => {
  const origin = await serving((request, exchange) =>
    request.method === 'HEAD' ? exchange.reply(200, {}, 'four') : exchange.reply(204, {}),
  )
  expect((await ask(origin, { method: 'HEAD' })).headers['content-length']).toBe('4')
  expect((await ask(origin, {})).headers).not.toHaveProperty('content-length')
})

test('a body beyond the bound is answered 413 in words, and the connection stays of use', async () => {
  const origin = await serving((request, exchange) =>
    exchange.reply(200, {}, String(request.body.length)),
  )
  const post = (size: number) => ask(origin, { method: 'POST', body: Buffer.alloc(size) })
  expect(text((await post(1000)).body)).toBe('1000')
  const refused = await post(1_000_000)
  expect(refused.status).toBe(413)
  expect(text(refused.body)).toBe('Request body exceeds 1000 bytes')
})

test.each([
  { name: 'gzip', encoding: 'gzip', body: gzipSync('x'.repeat(900)), want: [200, '900'] },
  { name: 'identity', encoding: 'identity', body: Buffer.from('abc'), want: [200, '3'] },
  {
    name: 'gzip that unpacks beyond the bound',
    encoding: 'gzip',
    body: gzipSync('x'.repeat(100_000)),
    want: [413, 'Request body exceeds 1000 bytes'],
  },
  {
    name: 'gzip that is cut off',
    encoding: 'gzip',
    body: gzipSync('x'.repeat(900)).subarray(0, 20),
    want: [400, 'Failed to unpack the gzip body: unexpected end of file'],
  },
  {
    name: 'another encoding',
    encoding: 'br',
    body: Buffer.from('abc'),
    want: [415, "Expecting 'Content-Encoding' of gzip or identity, not 'br'"],
  },
])('a body packed as $name is answered with $want (W6)', async ({ encoding, body, want }) => {
  const origin = await serving((request, exchange) =>
    exchange.reply(200, {}, String(request.body.length)),
  )
  const answer = await ask(origin, {
    method: 'POST',
    headers: { 'content-encoding': encoding },
    body,
  })
  expect([answer.status, text(answer.body)]).toEqual(want)
})

test('so is a chunked one, while it is still coming', async () => {
  const app = server()
  mount(app, (_request, exchange) => exchange.reply(200, {}), { bodyLimitBytes: 3 })
  const socket = dial(await listen(app, loopback))
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n')
  expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 413 /)
  socket.write('0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1.1 200 /)
})

test.each([
  { name: 'a content type that is not one', head: 'POST / HTTP/1.1\r\nContent-Type: garbage' },
  { name: 'an empty content type', head: 'POST / HTTP/1.1\r\nContent-Type: ' },
  { name: 'a path that does not decode', head: 'POST /%zz HTTP/1.1' },
  { name: 'a method without type', head: 'QUERY / HTTP/1.1' },
  { name: 'a rare method', head: 'PROPFIND / HTTP/1.1' },
])('an application judges $name itself', async ({ head }) => {
  const app = server()
  mount(app, (request, exchange) => exchange.reply(200, {}, `body ${text(request.body)}`), {
    bodyLimitBytes: 10,
  })
  const rest = 'Host: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'
  expect(await raw(await listen(app, loopback), `${head}\r\n${rest}`)).toMatch(/body {}$/)
})

test('without an application a path that does not decode is answered 400 in the form of Docker', async () => {
  const app = server()
  const answer = await ask(originOf(await listen(app, loopback)), { path: '/%zz' })
  expect(answer.status).toBe(400)
  expect(JSON.parse(text(answer.body))).toEqual({
    message: "'/%zz' is not a valid url component",
  })
})

test('each write travels as one chunk (W3), headers at once', async () => {
  const app = server()
  mount(
    app,
    (_request, exchange) => {
      const out = exchange.open(200, { 'content-type': 'application/json' })
      out.write(Buffer.from('3\nabc'))
      out.write(Buffer.from('11\nhello world'))
      out.end()
      out.write(Buffer.from('late'))
    },
    { bodyLimitBytes: 10 },
  )
  const address = await listen(app, loopback)
  const answer = await raw(address, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(
    '5\r\n3\nabc\r\ne\r\n11\nhello world\r\n0\r\n\r\n',
  )
})

test('a writer learns once that its reader has gone, and may go on writing; who asks late is told too', async () => {
  const gone = deferred()
  const opened = deferred<Outflow>()
  let calls = 0
  const origin = await serving((_request, exchange) => {
    const out = exchange.open(200, {})
    out.onClose(() => {
      calls++
      gone.resolve()
    })
    opened.resolve(out)
  })
  const transport = httpTransport()
  started.push(() => transport.close())
  const request = { method: 'GET', path: '/', headers: {}, body: new Uint8Array() }
  const reader = transport.stream(origin, request, {
    onResponse: () => reader.close(),
    onData: () => {},
    onEnd: () => {},
  })
  const out = await opened.promise
  await gone.promise
  out.write(Buffer.from('nobody reads this'))
  out.end()
  expect(out.bufferedBytes()).toBe(0)
  await new Promise<void>((resolve) => out.onClose(resolve))
  expect(calls).toBe(1)
})

test('a writer that ended is not told that the reader has gone', async () => {
  let told = false
  const origin = await serving((_request, exchange) => {
    const out = exchange.open(200, {})
    out.onClose(() => (told = true))
    out.end()
  })
  await ask(origin, {})
  await started.close()
  expect(told).toBe(false)
})

test('bytes that a slow reader has not taken are counted', async () => {
  const opened = deferred<Outflow>()
  const app = server()
  mount(app, (_request, exchange) => opened.resolve(exchange.open(200, {})), { bodyLimitBytes: 10 })
  const socket = dial(await listen(app, loopback))
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const out = await opened.promise
  for (let n = 0; n < 16; n++) out.write(Buffer.alloc(1024 * 1024))
  expect(out.bufferedBytes()).toBeGreaterThan(4 * 1024 * 1024)
})

test('routes come before the mounted application; a long parameter is not cut', async () => {
  const app = server()
  mount(app, (_request, exchange) => exchange.reply(200, {}, 'application'), { bodyLimitBytes: 10 })
  app.get<{ Params: { name: string } }>('/images/:name', (request) => request.params.name)
  const origin = originOf(await listen(app, loopback))
  const name = 'x'.repeat(300)
  expect(text((await ask(origin, { path: `/images/${name}` })).body)).toBe(name)
  expect(text((await ask(origin, { path: '/other' })).body)).toBe('application')
  expect(text((await ask(origin, { path: '/images/x', method: 'HEAD' })).body)).toBe('')
})

test('a head beyond its bound is answered 431, a longer bound lets it pass', async () => {
  const path = `/${'x'.repeat(20_000)}`
  const small = server()
  mount(small, (_request, exchange) => exchange.reply(200, {}), { bodyLimitBytes: 10 })
  expect((await ask(originOf(await listen(small, loopback)), { path })).status).toBe(431)
  const large = server({ maxHeaderBytes: 256 * 1024 })
  mount(large, (_request, exchange) => exchange.reply(200, {}), { bodyLimitBytes: 10 })
  expect((await ask(originOf(await listen(large, loopback)), { path })).status).toBe(200)
})

test('an Upgrade request reaches the handler on every listener, never a route', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-'))
  started.push(() => rm(directory, { recursive: true }))
  const app = server()
  app.post('/attach', () => 'route')
  onUpgrade(app, (request, socket, head) => {
    socket.end(`HTTP/1.1 101 UPGRADED\r\n\r\n${request.url} ${head.toString()}`)
  })
  const tcp = await listen(app, loopback)
  const unix = await listen(app, { socketPath: join(directory, 'api.sock') })
  const upgrade =
    'POST /attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhead'
  for (const address of [tcp, unix])
    expect(await raw(address, upgrade)).toBe('HTTP/1.1 101 UPGRADED\r\n\r\n/attach head')
})

test('without a handler an Upgrade request is an ordinary one', async () => {
  const app = server()
  app.get('/', () => 'route')
  const headers = { connection: 'Upgrade', upgrade: 'h2c' }
  const answer = await ask(originOf(await listen(app, loopback)), { headers })
  expect(text(answer.body)).toBe('route')
})

test('a socket that breaks in a handler that does not listen does not end the process', async () => {
  const app = server()
  const closed = deferred()
  onUpgrade(app, (_request, socket) => {
    socket.on('close', () => closed.resolve())
    socket.resume()
    socket.write('x'.repeat(1000))
  })
  const client = dial(await listen(app, loopback))
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
  await once(client, 'data')
  client.resetAndDestroy()
  await closed.promise
})

test('the socket file of a killed process is replaced, that of a living one is not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-'))
  started.push(() => rm(directory, { recursive: true }))
  const socketPath = join(directory, 'api.sock')
  const app = server()
  app.get('/', () => 'x')
  await listen(app, { socketPath })
  await expect(listen(server(), { socketPath })).rejects.toThrow('EADDRINUSE')

  const deadPath = join(directory, 'dead.sock')
  const leave = `require('net').createServer().listen(${JSON.stringify(deadPath)}, () => process.kill(process.pid, 'SIGKILL'))`
  expect(() => execFileSync(process.execPath, ['-e', leave])).toThrow()
  await listen(app, { socketPath: deadPath })
  expect(
    await raw({ socketPath: deadPath }, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
  ).toMatch(/x$/)
})

test('a port in use is an error of the caller, and says which', async () => {
  const other = createListener().listen(0, '127.0.0.1')
  await once(other, 'listening')
  started.push(() => void other.close())
  const address = other.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  await expect(listen(server(), { host: '127.0.0.1', port: address.port })).rejects.toThrow(
    `EADDRINUSE: address already in use 127.0.0.1:${address.port}`,
  )
})

test('closing lets an answer under way finish', async () => {
  const asked = deferred()
  const go = deferred()
  const app = server()
  mount(
    app,
    (_request, exchange) => {
      asked.resolve()
      void go.promise.then(() => exchange.reply(200, {}, 'finished'))
    },
    { bodyLimitBytes: 10 },
  )
  const answer = ask(originOf(await listen(app, loopback)), {})
  await asked.promise
  const closed = app.close()
  go.resolve()
  expect(text((await answer).body)).toBe('finished')
  await closed
})

test('closing cuts endless streams and hijacked sockets after the linger time', async () => {
  const app = server()
  const opened = deferred()
  const hijacked = deferred()
  mount(
    app,
    (_request, exchange) => {
      exchange.open(200, {}).write(Buffer.from('x'))
      opened.resolve()
    },
    { bodyLimitBytes: 10 },
  )
  onUpgrade(app, () => hijacked.resolve())
  const address = await listen(app, loopback)
  const ends: Promise<unknown>[] = []
  for (const upgrade of ['', 'Connection: Upgrade\r\nUpgrade: tcp\r\n']) {
    const socket = dial(address)
    socket.resume()
    ends.push(once(socket, 'close'))
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`)
  }
  await Promise.all([opened.promise, hijacked.promise])
  await app.close()
  await Promise.all(ends)
})
