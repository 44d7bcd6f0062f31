import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageType } from '../../src/mesos/proto.ts'
import { bestOf, cpuMicros } from '../measure.ts'
import { type Bench, floor, type Measured } from '../row.ts'
import { frames } from './record.ts'

const connections = 32
const requests = 6_400
const records = 40_000

/** H1, H2, H7: what one answer, and one record of a stream, costs the process that serves it. */
export const http: Bench = {
  ids: ['H1', 'H2', 'H7'],
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
    const each = `${connections} connections`
    try {
      return [
        floor('H1', `node:http hello, TCP, ${each}`, 'us', await serving('plain')),
        floor(
          'H1',
          `node:http hello, unix socket, ${each}`,
          'us',
          await serving('plain', join(folder, 'socket')),
        ),
        floor('H2', `fastify hello with schema, TCP, ${each}`, 'us', await serving('fastify')),
        ...(await streaming('protobuf')),
        ...(await streaming('json')),
      ]
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

const serving = (kind: string, address?: string): Promise<Measured> =>
  withServer(kind, address, async (server, where) => {
    const sockets = await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect(where)
        await once(socket, 'connect')
        return socket
      }),
    )
    const measured = await bestOf(async () => {
      const before = await server.cpuMicros()
      await Promise.all(sockets.map((socket) => ask(socket, requests / connections)))
      return ((await server.cpuMicros()) - before) / requests
    })
    for (const socket of sockets) socket.destroy()
    return measured
  })

const streaming = (kind: 'protobuf' | 'json') =>
  withServer(kind, undefined, async (server, where) => {
    const event = messageType('mesos.v1.scheduler.Event')
    const decode =
      kind === 'protobuf'
        ? (record: Buffer) => event.decode(record)
        : (record: Buffer) => JSON.parse(record.toString()) as unknown
    const path = `/${records}`
    const both = { sender: [] as number[], receiver: [] as number[] }
    for (let run = 0; run < 6; run++) {
      const [sender, receiver] = [await server.cpuMicros(), cpuMicros()]
      await receive({ ...where, path }, decode)
      both.receiver.push((cpuMicros() - receiver) / records)
      both.sender.push(((await server.cpuMicros()) - sender) / records)
    }
    return (['sender', 'receiver'] as const).map((end) => {
      const runs = both[end].slice(1) // The first one warms up.
      const work = `RecordIO over chunked HTTP, ${kind}, ${end}`
      return floor('H7', work, 'us', { value: Math.min(...runs), runs })
    })
  })

const receive = async (
  where: { host?: string; port?: number; path: string },
  decode: (record: Buffer) => unknown,
): Promise<void> => {
  const outgoing = get({ ...where, agent: false })
  const [response] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of response) {
    const reader = frames(Buffer.concat([rest, chunk as Buffer]))
    let next = reader.next()
    for (; next.done !== true; next = reader.next()) decode(next.value)
    rest = next.value
  }
}

const request = Buffer.from('GET / HTTP/1.1\r\nHost: bench\r\n\r\n')

/** `times` requests one after the other; every answer is as long as the first, which arrives whole. */
const ask = async (socket: Socket, times: number): Promise<void> => {
  for (let done = 0; done < times; done++) {
    socket.write(request)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    if (!answer.includes('{"hello":"world"}')) throw new Error(`answered: ${answer.toString()}`)
  }
}

interface Server {
  cpuMicros(): Promise<number>
}

const withServer = async <T>(
  kind: string,
  address: string | undefined,
  use: (server: Server, where: NetConnectOpts & { host?: string; port?: number }) => Promise<T>,
): Promise<T> => {
  const child = fork(new URL('./server.ts', import.meta.url), [kind, address ?? ''])
  try {
    const [bound] = await reply(child)
    const where =
      address === undefined
        ? { host: '127.0.0.1', port: (bound as { port: number }).port }
        : { path: address }
    const server = {
      cpuMicros: async () => {
        child.send('cpu')
        return (await reply(child))[0] as number
      },
    }
    return await use(server, where as NetConnectOpts & { host?: string; port?: number })
  } finally {
    child.disconnect()
    await once(child, 'exit')
  }
}

const reply = (child: ChildProcess): Promise<unknown[]> => once(child, 'message')
