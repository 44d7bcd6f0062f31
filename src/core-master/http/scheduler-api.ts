import { type Answer, text } from '../../mesos/answers.ts'
import { type Codec, codecs } from '../../mesos/codec.ts'
import { type FrameworkId, id } from '../../mesos/ids.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type {
  FrameworkInfo,
  SchedulerCall,
  SchedulerCallType,
  SchedulerEvent,
} from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { type MasterState, present } from '../state.ts'
import { callProblem, typeOf } from '../validation/call.ts'

export const schedulerPath = '/api/v1/scheduler'
/** Core-master W7; in lower case as all headers here, and as Mesos writes it in the texts below. */
export const streamIdHeader = 'mesos-stream-id'
const streamIdName = 'Mesos-Stream-Id'

const callCodecs = codecs<SchedulerCall>('mesos.v1.scheduler.Call')
const eventCodecs = codecs<SchedulerEvent>('mesos.v1.scheduler.Event')

export type SchedulerRequest =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | {
      readonly kind: 'subscribe'
      readonly call: SchedulerCall
      /** Whom rate limits count it for. */
      readonly principal: string | undefined
      readonly codec: Codec<SchedulerEvent>
    }
  | {
      readonly kind: 'call'
      readonly callType: SchedulerCallType
      readonly call: SchedulerCall
      readonly stream: string
      readonly principal: string | undefined
    }

/**
 * What a request to the scheduler API is, checked in the order of core-master §1.2: the first check that fails
 * decides the answer. What passes is handled; semantic problems come as events.
 */
export const checkSchedulerRequest = (
  state: MasterState,
  request: HttpRequest,
  principal: string | undefined,
): SchedulerRequest => {
  const read = readCall(request, callCodecs)
  if ('answer' in read) return refused(read.answer)
  const { call } = read
  const problem = callProblem(call) ?? principalProblem(call.subscribe?.framework_info, principal)
  if (problem !== undefined)
    return refused(text(400, `Failed to validate scheduler::Call: ${problem}`))
  const callType = present(typeOf(call))
  const streamId = request.headers[streamIdHeader]
  return callType === 'SUBSCRIBE'
    ? checkSubscribe(request, call, streamId, principal)
    : checkCall(state, callType, call, streamId, principal)
}

const refused = (answer: Answer): SchedulerRequest => ({ kind: 'refused', answer })

const checkSubscribe = (
  request: HttpRequest,
  call: SchedulerCall,
  streamId: string | undefined,
  principal: string | undefined,
): SchedulerRequest => {
  const stream = streamCodec(request, eventCodecs)
  if ('answer' in stream) return refused(stream.answer)
  if (streamId !== undefined)
    return refused(text(400, `Subscribe calls should not include the '${streamIdName}' header`))
  const { subscribe } = call
  if (subscribe === undefined || principal === undefined)
    return {
      kind: 'subscribe',
      call,
      codec: stream.codec,
      principal: subscribe?.framework_info.principal,
    }
  // Filled in where the framework does not say it (AU2).
  const filled = { ...subscribe, framework_info: { ...subscribe.framework_info, principal } }
  return { kind: 'subscribe', call: { ...call, subscribe: filled }, codec: stream.codec, principal }
}

const checkCall = (
  state: MasterState,
  callType: SchedulerCallType,
  call: SchedulerCall,
  streamId: string | undefined,
  principal: string | undefined,
): SchedulerRequest => {
  const frameworkId = id<FrameworkId>(call.framework_id?.value ?? '')
  const framework = state.frameworks.get(frameworkId)
  if (framework === undefined) return refused(text(400, 'Framework cannot be found'))
  const stranger = principalProblem(framework.info, principal)
  if (stranger !== undefined) return refused(text(400, stranger))
  if (framework.stream === undefined) return refused(text(403, 'Framework is not subscribed'))
  if (streamId === undefined)
    return refused(text(400, `All non-subscribe calls should include the '${streamIdName}' header`))
  if (streamId !== framework.stream)
    return refused(
      text(
        400,
        `The stream ID '${streamId}' included in this request didn't match the stream ID currently associated with framework ID ${frameworkId}`,
      ),
    )
  const { principal: own } = framework.info
  const { update_framework: update } = call
  if (
    update === undefined ||
    principal === undefined ||
    update.framework_info.principal !== undefined
  )
    return { kind: 'call', callType, call, stream: streamId, principal: own }
  const filled = { ...update, framework_info: { ...update.framework_info, principal } }
  return {
    kind: 'call',
    callType,
    call: { ...call, update_framework: filled },
    stream: streamId,
    principal: own,
  }
}

/** Who proved to be somebody else than the framework says it is (AU2, row 14). */
const principalProblem = (
  info: FrameworkInfo | undefined,
  principal: string | undefined,
): string | undefined =>
  principal === undefined || info?.principal === undefined || info.principal === principal
    ? undefined
    : `Authenticated principal '${principal}' does not match principal '${info.principal}' set in \`FrameworkInfo\``
