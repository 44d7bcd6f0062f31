import { type Answer, text } from '../../mesos/answers.ts'
import { type Codec, codecs } from '../../mesos/codec.ts'
import { type AgentId, id } from '../../mesos/ids.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type { AgentLinkCall, AgentLinkCallType, AgentLinkEvent } from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { type MasterState, present } from '../state.ts'
import { agentCallProblem, agentCallTypeOf } from '../validation/agent-call.ts'

export const agentLinkPath = '/api/v1/agent-link'

const callCodecs = codecs<AgentLinkCall>('shoal.agent_link.Call')
const eventCodecs = codecs<AgentLinkEvent>('shoal.agent_link.Event')

export type AgentLinkRequest =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'subscribe'
      readonly call: AgentLinkCall
      readonly codec: Codec<AgentLinkEvent>
    }
  | {
      readonly kind: 'call'
      readonly callType: AgentLinkCallType
      readonly call: AgentLinkCall
      readonly session: string
    }

/** What a request of an agent is. 403: the session is not (or no more) the agent's, which then subscribes again. */
export const checkAgentRequest = (state: MasterState, request: HttpRequest): AgentLinkRequest => {
  const read = readCall(request, callCodecs)
  if ('answer' in read) return refused(read.answer)
  const { call } = read
  const problem = agentCallProblem(call)
  if (problem !== undefined)
    return refused(text(400, `Failed to validate agent_link::Call: ${problem}`))
  const callType = present(agentCallTypeOf(call))
  if (callType === 'SUBSCRIBE') {
    const stream = streamCodec(request, eventCodecs)
    return 'answer' in stream
      ? refused(stream.answer)
      : { kind: 'subscribe', call, codec: stream.codec }
  }
  const agentId = id<AgentId>(present(call.agent_id).value)
  const session = present(call.session_id)
  return state.agents.get(agentId)?.session === session
    ? { kind: 'call', callType, call, session }
    : refused(text(403, `Agent ${agentId} has no session '${session}': subscribe again`))
}

const refused = (answer: Answer): AgentLinkRequest => ({ kind: 'refused', answer })
