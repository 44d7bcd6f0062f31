import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { CloseStack } from '../../../src/runtime/close-stack.ts'
import { httpTransport } from '../../../src/runtime/http-client.ts'
import {
  type HttpRequest,
  type StreamListener,
  TransportError,
} from '../../../src/runtime/transport.ts'

let started = new CloseStack()
afterEach(async () => {
  await started.close()
  started = new CloseStack()
})

const peer = async (
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ origin: string; sockets: Set<Socket> }> => {
  const sockets = new Set<Socket>()
  const server = createServer(handler).listen(0, '127.0.0.1')
  server.on('connection', (socket) => sockets.add(socket))
  await once(server, 'listening')
  started.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { origin: `127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

const client = (bounds?: Parameters<typeof httpTransport>[0]) => {
  const transport = httpTransport(bounds)
  started.push(() => transport.close())
  return transport
}

const get = (path: string): HttpRequest => ({
  method: 'GET',
  path,
  headers: {},
  body: new Uint8Array(),
})
const post = (path: string, body: string): HttpRequest => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(body),
})

const record = () => {
  const seen: string[] = []
  let ended: (error?: Error) => void
  const end = new Promise<Error | undefined>((resolve) => (ended = resolve))
  const listener: StreamListener = {
    onResponse: ({ status }) => seen.push(`status ${status}`),
    onData: (chunk) => seen.push(Buffer.from(chunk).toString()),
    onEnd: (error) => {
      seen.push(error === undefined ? 'end' : 'broken')
      ended(error)
    },
  }
  return { seen, end, listener }
}

test('a request carries method, path, headers and body, and its answer comes back whole', async () => {
  const { origin } = await peer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(202, { 'x-stream': 'abc', 'set-cookie': ['a=1', 'b=2'] })
      response.write(`${request.method} ${request.url} ${request.headers['content-type']} `)
      response.end(Buffer.concat(chunks))
    })
  })
  const answer = await client().request(origin, post('/a?b=c', '{"ü":1}'), { timeoutMs: 5000 })
  expect(answer.status).toBe(202)
  expect(answer.headers).toMatchObject({ 'x-stream': 'abc', 'set-cookie': 'a=1, b=2' })
  expect(Buffer.from(answer.body).toString()).toBe('POST /a?b=c application/json {"ü":1}')
})

test('it sends neither Expect nor Accept-Encoding, always a length with a body, and follows no redirect', async () => {
  const heads: IncomingMessage['headers'][] = []
  const { origin } = await peer((request, response) => {
    heads.push(request.headers)
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  const transport = client()
  const remove = { ...post('/', 'x'), method: 'DELETE' }
  const answer = await transport.request(origin, remove, { timeoutMs: 5000 })
  expect(answer.status).toBe(307)
  expect(answer.headers['location']).toBe('/elsewhere')
  await transport.request(origin, post('/', ''), { timeoutMs: 5000 })
  expect(heads.map((head) => head['content-length'])).toEqual(['1', '0'])
  for (const head of heads) {
    expect(head).not.toHaveProperty('expect')
    expect(head).not.toHaveProperty('accept-encoding')
  }
})

test('requests share a connection; each stream has one of its own', async () => {
  const { origin, sockets } = await peer((_request, response) => response.end('x'))
  const transport = client()
  for (let n = 0; n < 3; n++) await transport.request(origin, get('/'), { timeoutMs: 5000 })
  expect(sockets.size).toBe(1)
  const { end, listener } = record()
  transport.stream(origin, get('/'), listener)
  expect(await end).toBeUndefined()
  expect(sockets.size).toBe(2)
})

test.each([
  {
    name: 'nobody listens',
    origin: () => Promise.resolve('127.0.0.1:1'),
    want: /^GET 127\.0\.0\.1:1\/x: connect ECONNREFUSED/,
  },
  {
    name: 'the origin is not one',
    origin: () => Promise.resolve('localhost'),
    want: /: "localhost" is not host:port$/,
  },
  {
    name: 'the peer hangs up instead of answering',
    origin: async () => (await peer((request) => request.socket.destroy())).origin,
    want: /: socket hang up$/,
  },
  {
    name: 'the peer hangs up in the middle of the body',
    origin: async () =>
      (
        await peer((request, response) => {
          response.writeHead(200, { 'content-length': '10' })
          response.write('half', () => request.socket.destroy())
        })
      ).origin,
    want: /: aborted$/,
  },
  {
    name: 'the answer is too large',
    origin: async () => (await peer((_request, response) => response.end('x'.repeat(2000)))).origin,
    want: /: the answer is beyond 1000 bytes$/,
  },
  {
    name: 'no answer comes in time',
    origin: async () => (await peer(() => {})).origin,
    want: /: no complete answer within 50 ms$/,
  },
  {
    name: 'the answer does not end in time',
    origin: async () => (await peer((_request, response) => response.write('x'))).origin,
    want: /: no complete answer within 50 ms$/,
  },
])('a request rejects with TransportError when $name', async ({ origin, want, name }) => {
  const timeoutMs = name.includes('in time') ? 50 : 5000
  const transport = client({ maxOpen: 10, maxResponseBytes: 1000 })
  const answer = transport.request(await origin(), get('/x'), { timeoutMs })
  await expect(answer).rejects.toThrow(want)
  await expect(answer).rejects.toBeInstanceOf(TransportError)
})

test('a stream gives the status line at once, then each chunk as it comes, then the end', async () => {
  const { origin } = await peer((_request, response) => {
    response.writeHead(200)
    response.write('one')
    setImmediate(() => response.write('two', () => setImmediate(() => response.end('three'))))
  })
  const { seen, end, listener } = record()
  client().stream(origin, get('/'), listener)
  expect(await end).toBeUndefined()
  expect(seen[0]).toBe('status 200')
  expect(seen.slice(1, -1).join('')).toBe('onetwothree')
  expect(seen.at(-1)).toBe('end')
})

test.each([
  { name: 'cannot connect', origin: async () => '127.0.0.1:1', want: ['broken'] },
  { name: 'has a wrong origin', origin: async () => 'nowhere', want: ['broken'] },
  {
    name: 'is cut',
    origin: async () => {
      const { origin } = await peer((request, response) => {
        response.write('x', () => request.socket.destroy())
      })
      return origin
    },
    want: ['status 200', 'x', 'broken'],
  },
])('a stream that $name ends with a TransportError, once', async ({ origin, want }) => {
  const { seen, end, listener } = record()
  client().stream(await origin(), get('/'), listener)
  expect(await end).toBeInstanceOf(TransportError)
  await new Promise(setImmediate)
  expect(seen).toEqual(want)
})

test('a stream that its owner closed says nothing more, and the peer sees it gone', async () => {
  const gone = deferred()
  const { origin } = await peer((request, response) => {
    response.write('x')
    request.socket.on('close', () => gone.resolve())
  })
  const { seen, listener } = record()
  const opened = deferred()
  const stream = client().stream(origin, get('/'), {
    ...listener,
    onData: () => opened.resolve(),
  })
  await opened.promise
  stream.close()
  await gone.promise
  await new Promise(setImmediate)
  expect(seen).toEqual(['status 200'])
})

test('beyond its bound of open exchanges it refuses, and takes the next once one has ended', async () => {
  const { origin } = await peer((request, response) => {
    if (request.url === '/quick') response.end()
  })
  const transport = client({ maxOpen: 1, maxResponseBytes: 1000 })
  const waiting = transport.stream(origin, get('/slow'), record().listener)
  await expect(transport.request(origin, get('/quick'), { timeoutMs: 5000 })).rejects.toThrow(
    '1 exchanges are open already',
  )
  waiting.close()
  await new Promise(setImmediate)
  expect((await transport.request(origin, get('/quick'), { timeoutMs: 5000 })).status).toBe(200)
})

test('closing the transport breaks what is under way and refuses what follows', async () => {
  const arrived = deferred()
  let count = 0
  const { origin } = await peer(() => {
    if (++count === 2) arrived.resolve()
  })
  const transport = client()
  const request = transport.request(origin, get('/'), { timeoutMs: 60_000 })
  const { end, listener } = record()
  transport.stream(origin, get('/'), listener)
  await arrived.promise
  transport.close()
  await expect(request).rejects.toThrow('this client is closed')
  expect(await end).toBeInstanceOf(TransportError)
  await expect(transport.request(origin, get('/'), { timeoutMs: 1 })).rejects.toThrow('closed')
})

const deferred = () => {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}
