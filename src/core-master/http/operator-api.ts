import { type Answer, text } from '../../mesos/answers.ts'
import { type Codec, codecs } from '../../mesos/codec.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type { MasterCall, MasterCallType, MasterResponse } from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { present } from '../state.ts'
import { operatorCallProblem } from '../validation/operator-call.ts'

export const operatorPath = '/api/v1'

const callCodecs = codecs<MasterCall>('mesos.v1.master.Call')
const responseCodecs = codecs<MasterResponse>('mesos.v1.master.Response')

export type OperatorRequest =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'call'
      readonly callType: MasterCallType
      readonly call: MasterCall
      /** Of the answer. */
      readonly codec: Codec<MasterResponse>
    }

/** What a request to the operator API is: checked as one of a scheduler, the Accept header of every call included. */
export const checkOperatorRequest = (request: HttpRequest): OperatorRequest => {
  const read = readCall(request, callCodecs)
  if ('answer' in read) return { kind: 'refused', answer: read.answer }
  const { call } = read
  const problem = operatorCallProblem(call)
  if (problem !== undefined)
    return { kind: 'refused', answer: text(400, `Failed to validate master::Call: ${problem}`) }
  const accepted = streamCodec(request, responseCodecs)
  return 'answer' in accepted
    ? { kind: 'refused', answer: accepted.answer }
    : { kind: 'call', callType: present(call.type), call, codec: accepted.codec }
}
