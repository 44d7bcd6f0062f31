import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import { expect, test } from 'vitest'
import { codecs, type MediaType } from '../../src/mesos/codec.ts'
import { encodeRecord, RecordDecoder } from '../../src/mesos/recordio.ts'
import type { AgentCall, AgentProcessIO, AgentResponse, ContainerID } from '../../src/mesos/wire.ts'
import { type RealAgent, realAgents, send, until } from '../support/real-agent.ts'

const { create, start, unique } = realAgents()

const calls = codecs<AgentCall>('mesos.v1.agent.Call')
const messages = codecs<AgentProcessIO>('mesos.v1.agent.ProcessIO')
const responses = codecs<AgentResponse>('mesos.v1.agent.Response')

/** A client of the operator API over real sockets, in one of the two wires. */
const clientOf = ({ port }: RealAgent, type: MediaType) => {
  const open = (
    headers: Readonly<Record<string, string>>,
  ): { readonly sent: ClientRequest; readonly answered: Promise<IncomingMessage> } => {
    const sent = startRequest({ port, method: 'POST', path: '/api/v1', headers })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve)
      sent.on('error', reject)
    })
    answered.catch(() => {}) // Some leave before they are answered.
    return { sent, answered }
  }

  const call = async (body: AgentCall) => {
    const { sent, answered } = open({ 'content-type': type, accept: type })
    sent.end(calls[type].encode(body))
    const answer = await answered
    const pieces: Buffer[] = []
    for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const isMessage = answer.statusCode === 200 && bytes.length > 0
    return {
      status: answer.statusCode,
      text: bytes.toString(),
      response: isMessage ? responses[type].decode(bytes) : {},
    }
  }

  const listen = async (body: AgentCall) => {
    const accept = { accept: 'application/recordio', 'message-accept': type }
    const { sent, answered } = open({ 'content-type': type, ...accept })
    sent.end(calls[type].encode(body))
    const answer = await answered
    const state = {
      status: answer.statusCode,
      stdout: '',
      stderr: '',
      stdoutBytes: 0,
      ended: false,
    }
    const decoder = new RecordDecoder()
    answer.on('data', (chunk: Buffer) => {
      for (const record of decoder.push(chunk)) {
        const { data } = messages[type].decode(record)
        const bytes = Buffer.from(data?.data ?? [])
        if (data?.type === 'STDERR') state.stderr += bytes.toString()
        else if (data?.type === 'STDOUT') {
          state.stdoutBytes += bytes.length
          if (state.stdout.length < 65_536) state.stdout += bytes.toString()
        }
      }
    })
    answer.on('end', () => (state.ended = true))
    answer.on('error', () => {})
    return { state, answer, leave: () => sent.destroy() }
  }

  const write = (container_id: ContainerID) => {
    const { sent, answered } = open({
      'content-type': 'application/recordio',
      'message-content-type': type,
    })
    const record = (attach_container_input: NonNullable<AgentCall['attach_container_input']>) =>
      sent.write(
        encodeRecord(
          calls[type].encode({ type: 'ATTACH_CONTAINER_INPUT', attach_container_input }),
        ),
      )
    record({ type: 'CONTAINER_ID', container_id })
    const io = (process_io: AgentProcessIO) => record({ type: 'PROCESS_IO', process_io })
    const stdin = (bytes: string | Uint8Array) =>
      io({ type: 'DATA', data: { type: 'STDIN', data: Buffer.from(bytes) } })
    return { sent, io, stdin, answered }
  }
  return { call, listen, write }
}

/** A task whose container runs, and the ids of sessions in it. */
const running = async (options = {}) => {
  const rig = await start()
  const name = unique('session')
  const engineId = await create(rig, name, ['sleep', '1000'], options)
  await send({ port: rig.port }, 'POST', `/engine/containers/${engineId}/start`)
  await until(() => rig.master.states(name).includes('RUNNING'))
  const parent = rig.master.statuses(name).at(-1)?.container_status?.container_id
  const id = (value: string): ContainerID => ({
    value,
    ...(parent === undefined ? {} : { parent }),
  })
  return { rig, engineId, id }
}

const session = (
  container_id: ContainerID,
  value: string,
  container?: { readonly tty_info: object },
): AgentCall => ({
  type: 'LAUNCH_NESTED_CONTAINER_SESSION',
  launch_nested_container_session: {
    container_id,
    command: { value },
    container: container && { type: 'MESOS', ...container },
  },
})

test.each(['application/json', 'application/x-protobuf'] as const)(
  'cat echoes, errors are apart, and WAIT tells the exit code, in %s',
  async (type) => {
    const { rig, id } = await running()
    const { call, listen, write } = clientOf(rig, type)
    const { state } = await listen(session(id('s'), 'echo begun >&2; cat; exit 7'))
    expect(state.status).toBe(200)
    const input = write(id('s'))
    const text = 'hello \u00e4\n'.repeat(1000)
    input.stdin(text)
    await until(() => state.stdout.length === text.length)
    expect(state.stdout).toBe(text)
    expect(state.stderr).toBe('begun\n')
    const waiting = call({
      type: 'WAIT_NESTED_CONTAINER',
      wait_nested_container: { container_id: id('s') },
    })
    input.stdin('')
    expect((await waiting).response.wait_nested_container?.exit_status).toBe(7 << 8)
    await until(() => state.ended)
    const { statusCode } = await input.answered
    expect(statusCode).toBe(200)
    input.sent.destroy()
    const removed = { container_id: id('s') }
    await call({ type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: removed })
    const { status } = await call({ type: 'WAIT_NESTED_CONTAINER', wait_nested_container: removed })
    expect(status).toBe(404)
  },
)

test('a terminal has the size that it is given, and that of a resize', async () => {
  const { rig, id } = await running()
  const { listen, write } = clientOf(rig, 'application/json')
  const tty_info = { window_size: { rows: 31, columns: 97 } }
  const script = 'trap "stty size" WINCH; read go; stty size; while :; do sleep 0.1; done'
  const { state, leave } = await listen(session(id('t'), script, { tty_info }))
  const input = write(id('t'))
  input.stdin('\n')
  await until(() => state.stdout.includes('31 97'))
  input.io({
    type: 'CONTROL',
    control: { type: 'TTY_INFO', tty_info: { window_size: { rows: 50, columns: 132 } } },
  })
  await until(() => state.stdout.includes('50 132'))
  leave()
  input.sent.destroy()
})

test('KILL ends a session, and so does the client that launched it by leaving', async () => {
  const { rig, id, engineId } = await running()
  const { call, listen } = clientOf(rig, 'application/json')
  const processes = async () => {
    const { body } = await send({ port: rig.port }, 'GET', `/engine/containers/${engineId}/top`)
    return (JSON.parse(body) as { Processes: readonly unknown[] }).Processes.length
  }
  const killed = await listen(session(id('a'), 'exec sleep 900'))
  const container_id = id('a')
  await call({ type: 'KILL_NESTED_CONTAINER', kill_nested_container: { container_id, signal: 15 } })
  const wait = { type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id } } as const
  expect((await call(wait)).response.wait_nested_container?.exit_status).toBe(15)
  expect(killed.state.stdout).toBe('')
  const left = await listen(session(id('b'), 'echo up; exec sleep 900'))
  await until(() => left.state.stdout === 'up\n')
  expect(await processes()).toBe(2)
  left.leave()
  const { response } = await call({
    type: 'WAIT_NESTED_CONTAINER',
    wait_nested_container: { container_id: id('b') },
  })
  expect(response.wait_nested_container?.exit_status).toBe(9)
  expect(await processes()).toBe(1)
})

test('a client that does not read holds the process back, not the agent', async () => {
  const { rig, id } = await running()
  const { listen } = clientOf(rig, 'application/x-protobuf')
  const { state, answer, leave } = await listen(
    session(id('f'), 'i=0; while :; do head -c 1000000 /dev/zero; i=$((i+1)); echo $i >&2; done'),
  )
  await until(() => state.stdoutBytes > 5_000_000)
  answer.pause()
  const samples: number[] = []
  for (let i = 0; i < 3; i += 1) {
    const { body } = await send({ port: rig.port }, 'GET', '/health')
    samples.push(body.length)
  }
  expect(samples).toEqual([0, 0, 0])
  const before = state.stdoutBytes
  answer.resume()
  await until(() => state.stdoutBytes > before + 5_000_000)
  leave()
})

test('the streams of a task’s own container are attached', async () => {
  const { rig, engineId, id } = await running({
    body: { Cmd: ['sh', '-c', 'while read line; do echo "got $line"; done'], OpenStdin: true },
  })
  expect(engineId).not.toBe('')
  const { listen, write } = clientOf(rig, 'application/json')
  const { parent } = id('x')
  const container_id = parent ?? { value: '' }
  const { state, leave } = await listen({
    type: 'ATTACH_CONTAINER_OUTPUT',
    attach_container_output: { container_id },
  })
  const input = write(container_id)
  input.stdin('one\n')
  await until(() => state.stdout === 'got one\n')
  input.sent.destroy()
  leave()
})

test('what the engine refuses is refused, in its words', async () => {
  const { rig, engineId, id } = await running()
  const { call } = clientOf(rig, 'application/json')
  await send({ port: rig.port }, 'POST', `/engine/containers/${engineId}/stop?t=0`)
  const { status, text } = await call(session(id('s'), 'cat'))
  expect([404, 409]).toContain(status)
  expect(text).toMatch(/is not running|cannot be found/)
})
