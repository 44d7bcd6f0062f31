import { once } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import { type Answer, methodNotAllowed, text } from '../../mesos/answers.ts'
import { byContentType, codecs } from '../../mesos/codec.ts'
import { CodecError } from '../../mesos/codec-error.ts'
import { RecordDecoder, RecordIoError } from '../../mesos/recordio.ts'
import type { AgentCall, AgentProcessIO, ContainerID } from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { type Input, SessionError, type Sessions, type Target } from './sessions.ts'

const callCodecs = codecs<AgentCall>('mesos.v1.agent.Call')

/** The longest record of an input. */
export const maxInputRecordBytes = 1024 * 1024

export const targetOf = (id: ContainerID | undefined): Target => ({
  id: id?.value ?? '',
  parent: id?.parent?.value,
})

/**
 * ATTACH_CONTAINER_INPUT (core-agent §9): records of calls, the first with the container, the others with ProcessIO.
 * What a process does not take is not read either. Resolves, never rejects, when the client has said all, or the process
 * has ended.
 */
export const attachInput = async (
  sessions: Sessions,
  { method, headers }: Omit<HttpRequest, 'body'>,
  body: Readable,
): Promise<Answer> => {
  if (method !== 'POST') return methodNotAllowed('POST', method)
  const { 'message-content-type': messageType } = headers
  if (messageType === undefined) return text(400, "Expecting 'Message-Content-Type' to be present")
  const codec = byContentType(callCodecs, messageType)
  if (codec === undefined)
    return text(
      415,
      "Expecting 'Message-Content-Type' of application/json or application/x-protobuf",
    )
  let input: Input | undefined
  const records = async (): Promise<Answer> => {
    const decoder = new RecordDecoder({ maxBytes: maxInputRecordBytes })
    for await (const chunk of body as AsyncIterable<Buffer>)
      for (const record of decoder.push(chunk)) {
        const call = inputOf(codec.decode(record))
        if (input !== undefined) await take(input, processIoOf(call))
        else {
          input = await sessions.write(firstTarget(call))
          input.stream.once('close', processEnded)
          if (input.stream.destroyed) processEnded()
        }
      }
    return input === undefined ? text(400, 'Expecting a record with the container_id') : done
  }
  let processEnded: () => void = () => {}
  const ended = new Promise<Answer>((resolve) => {
    processEnded = () => resolve(done)
  })
  try {
    return await Promise.race([records(), ended])
  } catch (error) {
    if (error instanceof SessionError) return text(error.status, error.message)
    if (error instanceof CodecError || error instanceof RecordIoError)
      return text(400, error.message)
    return text(400, 'the input broke off') // Its client has left: nobody reads this.
  } finally {
    input?.release()
  }
}

const done = text(200, '')

type InputCall = NonNullable<AgentCall['attach_container_input']>

const invalid = (problem: string): SessionError =>
  new SessionError(400, `Failed to validate agent::Call: ${problem}`)

const inputOf = ({ type, attach_container_input: input }: AgentCall): InputCall => {
  if (type !== 'ATTACH_CONTAINER_INPUT')
    throw invalid("Expecting 'type' to be ATTACH_CONTAINER_INPUT in every record")
  if (input === undefined) throw invalid("Expecting 'attach_container_input' to be present")
  return input
}

const firstTarget = ({ type, container_id: id }: InputCall): Target => {
  if (type !== 'CONTAINER_ID')
    throw invalid("Expecting 'attach_container_input.type' to be CONTAINER_ID in the first record")
  if (id === undefined)
    throw invalid("Expecting 'attach_container_input.container_id' to be present")
  return targetOf(id)
}

const processIoOf = ({ type, process_io: message }: InputCall): AgentProcessIO => {
  if (type !== 'PROCESS_IO')
    throw invalid("Expecting 'attach_container_input.type' to be PROCESS_IO")
  if (message === undefined)
    throw invalid("Expecting 'attach_container_input.process_io' to be present")
  return message
}

const take = async (
  { stream, resize }: Input,
  { type, data, control }: AgentProcessIO,
): Promise<void> => {
  if (type === 'CONTROL') {
    const size = control?.type === 'TTY_INFO' ? control.tty_info?.window_size : undefined
    if (size !== undefined) await resize(size).catch(() => {}) // Without a terminal there is nothing to resize.
  } else if (type !== 'DATA' || data === undefined)
    throw invalid("Expecting 'process_io' to be DATA or CONTROL")
  else if (data.type !== 'STDIN') throw invalid("Expecting 'process_io.data.type' to be STDIN")
  else await write(stream, data.data ?? new Uint8Array())
}

/** Nothing at all means the end of the input; what comes after it is dropped. */
const write = async (stream: Duplex, bytes: Uint8Array): Promise<void> => {
  if (stream.writableEnded || stream.destroyed) return
  if (bytes.byteLength === 0) stream.end()
  else if (!stream.write(bytes)) {
    const stop = new AbortController()
    const { signal } = stop
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })])
      .catch(() => {})
      .finally(() => stop.abort())
  }
}
