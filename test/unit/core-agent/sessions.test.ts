import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxInputRecordBytes } from '../../../src/core-agent/sessions/attach-input.ts'
import { heartbeatMs, maxReaders, maxUnreadBytes } from '../../../src/core-agent/sessions/output.ts'
import { maxSessions } from '../../../src/core-agent/sessions/sessions.ts'
import { StreamFrames } from '../../../src/core-agent/sessions/stream-frames.ts'
import { codecs, type MediaType } from '../../../src/mesos/codec.ts'
import { encodeRecord, RecordDecoder } from '../../../src/mesos/recordio.ts'
import type {
  AgentCall,
  AgentProcessIO,
  AgentResponse,
  ContainerID,
} from '../../../src/mesos/wire.ts'
import type { Headers } from '../../../src/runtime/transport.ts'
import { AgentRig, commandTask, frontend } from '../../support/agent-rig.ts'

const calls = codecs<AgentCall>('mesos.v1.agent.Call')
const responses = codecs<AgentResponse>('mesos.v1.agent.Response')
const messages = codecs<AgentProcessIO>('mesos.v1.agent.ProcessIO')
const json: MediaType = 'application/json'

interface Client {
  status: number
  headers: Headers
  text: string
  readonly said: AgentProcessIO[]
  /** Takes nothing more from now on. */
  stalls: boolean
  buffered: number
  ended: boolean
  leave(): void
}

/** An agent with a docker task, and clients that speak to it without a network between. */
const start = async () => {
  const rig = await new AgentRig().up()
  await rig.run('web', ['serve'])
  const parent = [...rig.agent.state.tasks.values()][0]?.containerId ?? ''
  const id = (value: string): ContainerID => ({ value, parent: { value: parent } })

  const settle = async (ms = 50) => {
    for (let i = 0; i < ms; i += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      await rig.clock.advance(1)
    }
  }

  const clientOf = (decode: (bytes: Uint8Array) => AgentProcessIO) => {
    const decoder = new RecordDecoder()
    let gone = () => {}
    const client: Client = {
      status: 0,
      headers: {},
      text: '',
      said: [],
      stalls: false,
      buffered: 0,
      ended: false,
      leave: () => gone(),
    }
    const exchange = {
      peer: 'test',
      reply: (status: number, headers: Headers, body: string | Uint8Array = '') =>
        Object.assign(client, { status, headers, text: Buffer.from(body).toString() }),
      open: (status: number, headers: Headers) => {
        Object.assign(client, { status, headers })
        return {
          write: (bytes: Uint8Array) => {
            if (client.stalls) client.buffered += bytes.byteLength
            else for (const record of decoder.push(bytes)) client.said.push(decode(record))
          },
          bufferedBytes: () => (client.stalls ? client.buffered : 0),
          end: () => (client.ended = true),
          onClose: (callback: () => void) => (gone = callback),
        }
      },
    }
    return { client, exchange }
  }

  const post = async (call: AgentCall, headers: Headers = {}): Promise<Client> => {
    const protobuf = headers['message-accept'] ?? headers['accept'] ?? json
    const type = protobuf === 'application/x-protobuf' ? protobuf : json
    const { client, exchange } = clientOf((bytes) => messages[type].decode(bytes))
    rig.agent.application(
      {
        method: 'POST',
        path: '/api/v1',
        headers: { 'content-type': json, ...headers },
        body: calls[json].encode(call),
      },
      exchange,
    )
    await settle()
    return client
  }

  const launch = (value: string, command: string, more: Partial<AgentCall> = {}) =>
    post({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: { container_id: id(value), command: { value: command } },
      ...more,
    })

  const input = (value: string | ContainerID, headers: Headers = {}, type: MediaType = json) => {
    const body = new PassThrough()
    const { client, exchange } = clientOf((bytes) => messages[json].decode(bytes))
    const head = {
      method: 'POST',
      path: '/api/v1',
      headers: { 'content-type': 'application/recordio', 'message-content-type': type, ...headers },
    }
    rig.agent.answerStream(head, body, exchange)
    const send = (attach_container_input: NonNullable<AgentCall['attach_container_input']>) =>
      body.write(
        encodeRecord(
          calls[type].encode({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input }),
        ),
      )
    send({ type: 'CONTAINER_ID', container_id: typeof value === 'string' ? id(value) : value })
    const io = (process_io: AgentProcessIO) => send({ type: 'PROCESS_IO', process_io })
    const stdin = (text: string | Uint8Array) =>
      io({ type: 'DATA', data: { type: 'STDIN', data: Buffer.from(text) } })
    return { client, body, io, stdin }
  }

  const wait = (value: string) =>
    post({ type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: id(value) } })
  const kill = (value: string, signal?: number) =>
    post({
      type: 'KILL_NESTED_CONTAINER',
      kill_nested_container: { container_id: id(value), signal },
    })
  const remove = (value: string) =>
    post({ type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: { container_id: id(value) } })
  const exec = () => {
    const found = [...rig.engine.execs.values()].at(-1)
    if (found === undefined) throw new Error('nothing was started')
    return found
  }
  return { rig, parent, id, settle, post, launch, input, wait, kill, remove, exec }
}

const textOf = ({ said }: Client, stream = 'STDOUT') =>
  said
    .filter(({ data }) => data?.type === stream)
    .map(({ data }) => Buffer.from(data?.data ?? []).toString())
    .join('')

const exitOf = ({ text }: Client) =>
  responses[json].decode(Buffer.from(text)).wait_nested_container?.exit_status

const recordIo = { accept: 'application/recordio' }

describe('a session', () => {
  test.each([
    { asked: {}, want: { 'content-type': json } },
    {
      asked: { accept: 'application/x-protobuf' },
      want: { 'content-type': 'application/x-protobuf' },
    },
    {
      asked: recordIo,
      want: { 'content-type': 'application/recordio', 'message-content-type': json },
    },
    {
      asked: { ...recordIo, 'message-accept': 'application/x-protobuf' },
      want: {
        'content-type': 'application/recordio',
        'message-content-type': 'application/x-protobuf',
      },
    },
  ])('asked for with $asked speaks $want', async ({ asked, want }) => {
    const { post, id, exec, settle } = await start()
    const client = await post(
      {
        type: 'LAUNCH_NESTED_CONTAINER_SESSION',
        launch_nested_container_session: { container_id: id('s'), command: { value: 'cat' } },
      },
      asked as Headers,
    )
    expect([client.status, client.headers]).toEqual([200, want])
    exec().say('out')
    exec().say('err', 2)
    await settle()
    expect([textOf(client), textOf(client, 'STDERR')]).toEqual(['out', 'err'])
  })

  test.each([json, 'application/x-protobuf'] as const)(
    'hears what is written in %s, and ends with its input',
    async (type) => {
      const { launch, input, settle, wait, exec } = await start()
      const client = await launch('s', 'cat')
      const { client: writer, stdin, body, io } = input('s', {}, type)
      stdin('one ')
      io({ type: 'CONTROL', control: { type: 'HEARTBEAT' } })
      stdin('two')
      await settle()
      expect(textOf(client)).toBe('one two')
      expect(writer.status).toBe(0)
      const waiting = await wait('s')
      expect(waiting.status).toBe(0)
      stdin('')
      await settle()
      expect([exec().code, client.ended, writer.status, waiting.status]).toEqual([
        0,
        true,
        200,
        200,
      ])
      expect(exitOf(waiting)).toBe(0)
      body.destroy()
    },
  )

  test.each([3 << 8, 0])('exits with %i, as wait(2) has it', async (status) => {
    const { launch, wait, exec, settle } = await start()
    await launch('s', 'deaf')
    exec().finish(status >> 8)
    await settle()
    expect(exitOf(await wait('s'))).toBe(status)
    expect(exitOf(await wait('s'))).toBe(status)
  })

  test('is killed by a signal, which its status tells, and is forgotten when removed', async () => {
    const { launch, kill, wait, remove } = await start()
    await launch('s', 'deaf')
    expect((await remove('s')).status).toBe(500)
    expect((await kill('s', 15)).status).toBe(200)
    expect(exitOf(await wait('s'))).toBe(15)
    expect((await kill('s')).status).toBe(404)
    expect((await remove('s')).status).toBe(200)
    expect((await wait('s')).status).toBe(404)
    expect((await remove('s')).status).toBe(200)
  })

  test('ends when the client that launched it leaves, not when another reader does', async () => {
    const { launch, post, id, exec, settle } = await start()
    const client = await launch('s', 'deaf')
    const reader = await post({
      type: 'ATTACH_CONTAINER_OUTPUT',
      attach_container_output: { container_id: id('s') },
    })
    exec().say('both')
    await settle()
    expect([textOf(client), textOf(reader)]).toEqual(['both', 'both'])
    reader.leave()
    await settle()
    expect(exec().code).toBeUndefined()
    client.leave()
    await settle()
    expect(exec().code).toBe(128 + 9)
  })

  test('has its terminal’s size from the launch on, and another when it is told so', async () => {
    const { rig, post, id, input, settle } = await start()
    const window_size = { rows: 24, columns: 80 }
    await post({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: {
        container_id: id('s'),
        command: { value: 'cat' },
        container: { type: 'MESOS', tty_info: { window_size } },
      },
    })
    const [exec = ''] = rig.engine.execs.keys()
    expect(rig.engine.resizes).toEqual([`exec ${exec} 24x80`])
    const tty_info = { window_size: { rows: 50, columns: 132 } }
    input('s').io({ type: 'CONTROL', control: { type: 'TTY_INFO', tty_info } })
    await settle()
    expect(rig.engine.resizes.at(-1)).toBe(`exec ${exec} 50x132`)
    expect(rig.engine.execBodies.get(exec)).toMatchObject({ Tty: true, AttachStdin: true })
  })

  test('beats each half minute', async () => {
    const { launch, rig } = await start()
    const client = await launch('s', 'deaf')
    await rig.clock.advance(2 * heartbeatMs)
    expect(client.said.map(({ control }) => control)).toEqual([
      { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds: 30e9 } } },
      { type: 'HEARTBEAT', heartbeat: { interval: { nanoseconds: 30e9 } } },
    ])
  })

  test('ends with the agent', async () => {
    const { launch, rig, exec, settle } = await start()
    const client = await launch('s', 'deaf')
    void rig.agent.close()
    await settle()
    expect([exec().code, client.ended]).toEqual([137, true])
  })
})

describe('bounds', () => {
  test('a reader that takes nothing holds the process, and frees it when it takes again', async () => {
    const { launch, exec, settle } = await start()
    const client = await launch('s', 'flood')
    client.stalls = true
    await settle(200)
    const held = exec().saidBytes
    await settle(200)
    expect(exec().saidBytes).toBe(held)
    expect(client.buffered).toBeGreaterThan(maxUnreadBytes)
    expect(client.buffered).toBeLessThan(2 * maxUnreadBytes)
    Object.assign(client, { stalls: false, buffered: 0 })
    await settle(20)
    expect(exec().saidBytes).toBeGreaterThan(held)
    exec().finish(0)
  })

  test('a process that takes nothing holds its writer', async () => {
    const { launch, input, settle, exec } = await start()
    await launch('s', 'deaf')
    const { stdin, body } = input('s')
    for (let i = 0; i < 64; i += 1) stdin(Buffer.alloc(32 * 1024, 'x'))
    await settle()
    expect(exec().heardBytes + exec().writableLength).toBeLessThan(256 * 1024)
    expect(body.readableLength + body.writableLength).toBeGreaterThan(1024 * 1024)
    body.destroy()
  })

  test('a record of an input that is too long ends it', async () => {
    const { launch, input, settle } = await start()
    await launch('s', 'cat')
    const { client, body } = input('s')
    body.write(`${maxInputRecordBytes + 1}\n`)
    await settle()
    expect([client.status, client.text]).toEqual([
      400,
      'a record of 1048577 bytes is beyond the bound of 1048576',
    ])
  })

  test(`${maxReaders} readers, and no more`, async () => {
    const { launch, post, id } = await start()
    await launch('s', 'deaf')
    const attach = () =>
      post({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: id('s') } })
    for (let i = 1; i < maxReaders; i += 1) expect((await attach()).status).toBe(200)
    expect((await attach()).status).toBe(503)
  })

  test(`${maxSessions} sessions; ended ones give way, the oldest first`, async () => {
    const { launch, kill, wait } = await start()
    for (let i = 0; i < maxSessions; i += 1) await launch(`s${i}`, 'deaf')
    expect((await launch('more', 'deaf')).status).toBe(503)
    await kill('s7')
    expect((await launch('more', 'deaf')).status).toBe(200)
    expect((await wait('s7')).status).toBe(404)
  }, 60_000)
})

describe('what is refused', () => {
  test.each([
    {
      name: 'a container that is not there',
      id: { value: 's', parent: { value: 'x' } },
      status: 404,
    },
    { name: 'no parent', id: { value: 's' }, status: 400 },
    { name: 'an odd id', id: { value: 'a/b', parent: { value: 'x' } }, status: 400 },
    {
      name: 'a session in a session',
      id: { value: 's', parent: { value: 'a', parent: { value: 'b' } } },
      status: 400,
    },
  ])('$name', async ({ id, status }) => {
    const { post } = await start()
    const { status: answered, text } = await post({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: { container_id: id, command: { value: 'cat' } },
    })
    expect([answered, text]).toEqual([
      status,
      expect.stringMatching(/container_id|cannot be found/),
    ])
  })

  test('an id that is taken, and no command', async () => {
    const { launch, post, id } = await start()
    await launch('s', 'deaf')
    expect((await launch('s', 'deaf')).status).toBe(409)
    const { text } = await post({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: { container_id: id('t') },
    })
    expect(text).toContain("Expecting 'launch_nested_container_session.command' to be present")
  })

  test('a command of the containerizer mesos has no sessions here', async () => {
    const { rig, post } = await start()
    rig.master.launch(commandTask('job', 'sleep 5'), frontend)
    await rig.clock.advance(100)
    const parent = [...rig.agent.state.tasks.values()].at(-1)?.containerId ?? ''
    const { status } = await post({
      type: 'LAUNCH_NESTED_CONTAINER_SESSION',
      launch_nested_container_session: {
        container_id: { value: 's', parent: { value: parent } },
        command: { value: 'cat' },
      },
    })
    expect(status).toBe(501)
  })

  test('a second writer, until the first has gone', async () => {
    const { launch, input, settle } = await start()
    await launch('s', 'cat')
    const first = input('s')
    await settle()
    const second = input('s')
    await settle()
    expect([second.client.status, second.client.text]).toEqual([
      409,
      'Multiple input connections are not allowed',
    ])
    first.body.end()
    await settle()
    expect(first.client.status).toBe(200)
    const third = input('s')
    await settle()
    expect(third.client.status).toBe(0)
    third.body.destroy()
  })

  test.each([
    { headers: { 'message-content-type': '' }, status: 415 },
    { headers: { 'message-content-type': 'text/plain' }, status: 415 },
  ])('input with $headers', async ({ headers, status }) => {
    const { input, settle } = await start()
    const { client } = input('s', headers)
    await settle()
    expect(client.status).toBe(status)
  })

  test('input that is not a stream of records', async () => {
    const { post, id } = await start()
    const { status, text } = await post({
      type: 'ATTACH_CONTAINER_INPUT',
      attach_container_input: { type: 'CONTAINER_ID', container_id: id('s') },
    })
    expect([status, text]).toEqual([
      415,
      "Expecting 'Content-Type' of application/recordio for ATTACH_CONTAINER_INPUT",
    ])
  })

  test('an answer in another type', async () => {
    const { post, id } = await start()
    const attach = { container_id: id('s') }
    const call: AgentCall = { type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: attach }
    expect((await post(call, { accept: 'text/html' })).status).toBe(406)
    expect((await post(call, { ...recordIo, 'message-accept': 'text/html' })).status).toBe(406)
    expect((await post(call, { 'message-accept': json })).status).toBe(406)
  })
})

test('a task’s own container is read and closed again', async () => {
  const { rig, parent, post, settle } = await start()
  const client = await post({
    type: 'ATTACH_CONTAINER_OUTPUT',
    attach_container_output: { container_id: { value: parent } },
  })
  expect(client.status).toBe(200)
  client.leave()
  await settle()
  expect(rig.engine.attached[0]?.destroyed).toBe(true)
})

test('frames are cut at any place and give the same', () => {
  const frames = fc.array(fc.record({ mark: fc.constantFrom(1, 2), data: fc.uint8Array() }))
  const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 })
  fc.assert(
    fc.property(frames, cuts, (given, sizes) => {
      const bytes = Buffer.concat(
        given.map(({ mark, data }) => {
          const header = Buffer.from([mark, 0, 0, 0, 0, 0, 0, data.length])
          return Buffer.concat([header, data])
        }),
      )
      const cutter = new StreamFrames({ tty: false })
      const pieces: { stream: string; data: Uint8Array }[] = []
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = sizes[i % sizes.length] ?? 1
        pieces.push(...cutter.push(bytes.subarray(at, at + size)))
        at += size
      }
      for (const [mark, stream] of [
        [1, 'STDOUT'],
        [2, 'STDERR'],
      ] as const) {
        const want = Buffer.concat(given.filter((one) => one.mark === mark).map(({ data }) => data))
        const got = Buffer.concat(
          pieces.filter((one) => one.stream === stream).map(({ data }) => data),
        )
        expect(got.equals(want)).toBe(true)
      }
    }),
  )
})
