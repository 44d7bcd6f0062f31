import { type Answer, text } from '../../mesos/answers.ts'
import { byAccept, type Codec, codecs } from '../../mesos/codec.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type {
  AgentCall,
  AgentCallType,
  AgentProcessIO,
  AgentResponse,
  ContainerID,
} from '../../mesos/wire.ts'
import type { Headers, HttpRequest } from '../../runtime/transport.ts'

export const operatorPath = '/api/v1'

const callCodecs = codecs<AgentCall>('mesos.v1.agent.Call')
const responseCodecs = codecs<AgentResponse>('mesos.v1.agent.Response')
const processIoCodecs = codecs<AgentProcessIO>('mesos.v1.agent.ProcessIO')

export type OperatorRequest =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'call'
      readonly callType: AgentCallType
      readonly call: AgentCall
      /** Of the answer, as the Accept header asks. */
      readonly codec: Codec<AgentResponse>
    }
  /** Answered with records, one ProcessIO each. */
  | {
      readonly kind: 'stream'
      readonly callType: AgentCallType
      readonly call: AgentCall
      readonly answers: StreamAnswers
    }

export interface StreamAnswers {
  readonly codec: Codec<AgentProcessIO>
  readonly headers: Headers
}

/**
 * What a request to the operator API of an agent is (core-agent §9), checked in Mesos' order and refused in its words
 * (slave/http.cpp, slave/validation.cpp).
 */
export const checkOperatorRequest = (request: HttpRequest): OperatorRequest => {
  const read = readCall(request, callCodecs)
  if ('answer' in read) return { kind: 'refused', answer: read.answer }
  const { call } = read
  const problem = callProblem(call)
  if (problem !== undefined || call.type === undefined)
    return refused(text(400, `Failed to validate agent::Call: ${problem}`))
  if (streaming.has(call.type)) {
    const answers = streamAnswers(request)
    return 'status' in answers
      ? refused(answers)
      : { kind: 'stream', callType: call.type, call, answers }
  }
  const accepted = streamCodec(request, responseCodecs)
  return 'answer' in accepted
    ? refused(accepted.answer)
    : { kind: 'call', callType: call.type, call, codec: accepted.codec }
}

const refused = (answer: Answer): OperatorRequest => ({ kind: 'refused', answer })

const streaming: ReadonlySet<AgentCallType> = new Set([
  'LAUNCH_NESTED_CONTAINER_SESSION',
  'ATTACH_CONTAINER_OUTPUT',
])

export const recordIoType = 'application/recordio'

/** Whether a request's body is a stream of records. */
export const isStreamedCall = ({
  url = '',
  headers,
}: {
  readonly url?: string | undefined
  readonly headers: { readonly 'content-type'?: string | undefined }
}): boolean =>
  /^(?:\/slave\(1\))?\/api\/v1(?:\?|$)/.test(url) &&
  headers['content-type']?.split(';')[0]?.trim().toLowerCase() === recordIoType

/** Mesos' clients ask for records and, by Message-Accept, for what is in them; a plain Accept means both in one. */
const streamAnswers = (request: HttpRequest): StreamAnswers | Answer => {
  const { accept = '*/*', 'message-accept': messageAccept } = request.headers
  const asksForRecords = accept.toLowerCase().includes(recordIoType)
  if (!asksForRecords && messageAccept !== undefined)
    return text(406, `Expecting 'Accept' of ${recordIoType} beside 'Message-Accept'`)
  const codec = byAccept(processIoCodecs, asksForRecords ? messageAccept : accept)
  if (codec === undefined)
    return text(
      406,
      `Expecting '${asksForRecords ? 'Message-Accept' : 'Accept'}' to allow application/json or application/x-protobuf`,
    )
  const headers: Headers = asksForRecords
    ? { 'content-type': recordIoType, 'message-content-type': codec.mediaType }
    : { 'content-type': codec.mediaType }
  return { codec, headers }
}

type BodyField = Exclude<keyof AgentCall, 'type'>

/** The message that a call must bring, where it brings one. */
const bodies: Readonly<Partial<Record<AgentCallType, BodyField>>> = {
  GET_METRICS: 'get_metrics',
  SET_LOGGING_LEVEL: 'set_logging_level',
  LIST_FILES: 'list_files',
  READ_FILE: 'read_file',
  LAUNCH_NESTED_CONTAINER_SESSION: 'launch_nested_container_session',
  ATTACH_CONTAINER_INPUT: 'attach_container_input',
  ATTACH_CONTAINER_OUTPUT: 'attach_container_output',
  WAIT_NESTED_CONTAINER: 'wait_nested_container',
  KILL_NESTED_CONTAINER: 'kill_nested_container',
  REMOVE_NESTED_CONTAINER: 'remove_nested_container',
  WAIT_CONTAINER: 'wait_container',
  KILL_CONTAINER: 'kill_container',
  REMOVE_CONTAINER: 'remove_container',
}

/** What is wrong with a call before anything is looked up; each text names the field. */
const callProblem = ({ type, ...call }: AgentCall): string | undefined => {
  if (type === undefined) return "Expecting 'type' to be present"
  const body = bodies[type]
  if (body !== undefined && call[body] === undefined) return `Expecting '${body}' to be present`
  return (
    levelProblem(call.set_logging_level) ??
    idProblem('attach_container_output', call.attach_container_output?.container_id) ??
    nested.map((field) => nestedProblem(field, call[field]?.container_id)).find(Boolean) ??
    sessionProblem(call.launch_nested_container_session) ??
    signalProblem(call)
  )
}

/** These are for containers in those of tasks: a container of a task is its framework's alone to end. */
const nested = [
  'launch_nested_container_session',
  'wait_nested_container',
  'kill_nested_container',
  'remove_nested_container',
  'wait_container',
  'kill_container',
  'remove_container',
] as const

const nestedProblem = (field: string, id: ContainerID | undefined): string | undefined =>
  id !== undefined && id.parent === undefined
    ? `Expecting '${field}.container_id.parent' to be present`
    : idProblem(field, id)

/** Mesos' rule for ids, and one level of nesting. */
export const idProblem = (field: string, id: ContainerID | undefined): string | undefined => {
  if (id === undefined) return undefined
  if (id.parent?.parent !== undefined)
    return `'${field}.container_id.parent.parent': sessions are in containers of tasks, not in one another`
  const odd = [id, ...(id.parent === undefined ? [] : [id.parent])].find(
    ({ value }) => !/^[^\s./\\\p{Cc}]{1,255}$/u.test(value),
  )
  return (
    odd &&
    `'${field}.container_id' must be of 1 to 255 characters, none of them a blank, '.', '/' or '\\': '${odd.value.slice(0, 64)}'`
  )
}

const sessionProblem = (
  session: AgentCall['launch_nested_container_session'],
): string | undefined => {
  if (session === undefined) return undefined
  const field = 'launch_nested_container_session.command'
  const { command } = session
  if (command === undefined) return `Expecting '${field}' to be present`
  if ((command.value ?? '') === '') return `Expecting '${field}.value' to be present`
  if ((command.uris ?? []).length > 0)
    return `'${field}.uris': nothing is fetched for a session, have its command do so`
  const secret = command.environment?.variables?.find(({ type }) => type === 'SECRET')
  return secret && `'${field}.environment': give ${secret.name} a value, secrets are not resolved`
}

/** Of signal(7) on Linux. */
const lastSignal = 64

const signalProblem = ({
  kill_nested_container,
  kill_container,
}: Omit<AgentCall, 'type'>): string | undefined => {
  const signal = kill_nested_container?.signal ?? kill_container?.signal ?? 9
  return signal >= 1 && signal <= lastSignal
    ? undefined
    : `'signal' must be from 1 to ${lastSignal}, not ${signal}`
}

const levelProblem = (level: AgentCall['set_logging_level']): string | undefined => {
  const durationNs = level?.duration.nanoseconds ?? 0
  return durationNs < 0 || durationNs > maxDurationNs
    ? `'set_logging_level.duration.nanoseconds' must be from 0 to ${maxDurationNs}`
    : undefined
}

/** 24 days: the longest that a timer of Node waits. */
const maxDurationNs = 24 * 24 * 3600 * 1e9
