import { type Answer, text } from '../../mesos/answers.ts'
import { type Codec, codecs } from '../../mesos/codec.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type { AgentCall, AgentCallType, AgentResponse } from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'

export const operatorPath = '/api/v1'

const callCodecs = codecs<AgentCall>('mesos.v1.agent.Call')
const responseCodecs = codecs<AgentResponse>('mesos.v1.agent.Response')

export type OperatorRequest =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'call'
      readonly callType: AgentCallType
      readonly call: AgentCall
      /** Of the answer, as the Accept header asks. */
      readonly codec: Codec<AgentResponse>
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
  const accepted = streamCodec(request, responseCodecs)
  return 'answer' in accepted
    ? refused(accepted.answer)
    : { kind: 'call', callType: call.type, call, codec: accepted.codec }
}

const refused = (answer: Answer): OperatorRequest => ({ kind: 'refused', answer })

type BodyField = Exclude<keyof AgentCall, 'type'>

/** The message that a call must bring, where it brings one. */
const bodies: Readonly<Partial<Record<AgentCallType, BodyField>>> = {
  GET_METRICS: 'get_metrics',
  SET_LOGGING_LEVEL: 'set_logging_level',
  LIST_FILES: 'list_files',
  READ_FILE: 'read_file',
}

/** What is wrong with a call before anything is looked up; each text names the field. */
const callProblem = ({ type, ...call }: AgentCall): string | undefined => {
  if (type === undefined) return "Expecting 'type' to be present"
  const body = bodies[type]
  if (body !== undefined && call[body] === undefined) return `Expecting '${body}' to be present`
  const { set_logging_level: level } = call
  const durationNs = level?.duration.nanoseconds ?? 0
  return durationNs < 0 || durationNs > maxDurationNs
    ? `'set_logging_level.duration.nanoseconds' must be from 0 to ${maxDurationNs}`
    : undefined
}

/** 24 days: the longest that a timer of Node waits. */
const maxDurationNs = 24 * 24 * 3600 * 1e9
