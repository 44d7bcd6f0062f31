import { createServer } from 'node:http'
import { type FastifyInstance, fastify } from 'fastify'
import { messageType } from '../../src/mesos/proto.ts'
import { cpuMicros } from '../measure.ts'
import { offers } from './messages.ts'
import { frame } from './record.ts'

/** The process whose CPU time is measured: started by http.ts with the kind of server and where it listens. */
const [kind = '', address = ''] = process.argv.slice(2)
const listenOn = address === '' ? { host: '127.0.0.1', port: 0 } : { path: address }

const hello = { hello: 'world' }
const recordsAtOnce = 64

const plain = () => {
  const body = JSON.stringify(hello)
  return createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
}

const withFastify = async () => {
  const app: FastifyInstance = fastify()
  const schema = {
    response: { 200: { type: 'object', properties: { hello: { type: 'string' } } } },
  }
  app.get('/', { schema }, async () => hello)
  await app.ready()
  return createServer((request, response) => app.routing(request, response))
}

/** Answers `/N` with N records in one chunked body, each encoded anew, as a master would write them. */
const stream = (encode: () => Uint8Array) =>
  createServer((request, response) => {
    let left = Number(request.url?.slice(1))
    const write = () => {
      for (let room = true; left > 0 && room; left--) room = response.write(frame(encode()))
      if (left > 0) response.once('drain', write)
      else response.end()
    }
    response.writeHead(200)
    write()
  })

const event = messageType('mesos.v1.scheduler.Event')
const message = event.fromObject(offers)
const kinds = {
  plain,
  fastify: withFastify,
  protobuf: () => stream(() => event.encode(message).finish()),
  json: () => stream(() => Buffer.from(JSON.stringify(offers))),
} as const

const server = await kinds[kind as keyof typeof kinds]()
server.keepAliveTimeout = recordsAtOnce * 1000
server.listen(listenOn, () => process.send?.(server.address()))
process.on('message', () => process.send?.(cpuMicros()))
process.on('disconnect', () => process.exit())
