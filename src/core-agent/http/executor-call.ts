import { type Answer, accepted, text } from '../../mesos/answers.ts'
import { type Codec, codecs } from '../../mesos/codec.ts'
import { type FrameworkId, id } from '../../mesos/ids.ts'
import { readCall, streamCodec } from '../../mesos/read-call.ts'
import type {
  ExecutorCall,
  ExecutorCallSubscribe,
  ExecutorCallType,
  ExecutorEvent,
  TaskStatus,
} from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'
import { type AgentState, type Executor, executorKey } from '../state.ts'

export const executorPath = '/api/v1/executor'

const callCodecs = codecs<ExecutorCall>('mesos.v1.executor.Call')
const eventCodecs = codecs<ExecutorEvent>('mesos.v1.executor.Event')

export type ExecutorRequest =
  /** Also of a call that needs nothing done. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  | {
      readonly kind: 'subscribe'
      readonly executor: Executor
      readonly subscribe: ExecutorCallSubscribe
      readonly codec: Codec<ExecutorEvent>
    }
  | { readonly kind: 'update'; readonly executor: Executor; readonly status: TaskStatus }
  | { readonly kind: 'message'; readonly executor: Executor; readonly data: Uint8Array }

/** What a request of an executor is, checked in Mesos' order and refused in its words (slave/http.cpp, validation.cpp). */
export const checkExecutorRequest = (state: AgentState, request: HttpRequest): ExecutorRequest => {
  const read = readCall(request, callCodecs)
  if ('answer' in read) return answer(read.answer)
  const { call } = read
  const problem = callProblem(call)
  if (problem !== undefined)
    return answer(text(400, `Failed to validate Executor::Call: ${problem}`))
  if (call.type === 'HEARTBEAT') return answer(accepted)
  const stream = call.type === 'SUBSCRIBE' ? streamCodec(request, eventCodecs) : undefined
  if (stream !== undefined && 'answer' in stream) return answer(stream.answer)
  if (!state.recovered && !state.commandsRecovered)
    return answer(text(503, 'Agent has not finished recovery'))
  const { value: frameworkId } = call.framework_id
  if (!state.frameworks.has(id<FrameworkId>(frameworkId)))
    return answer(text(400, 'Framework cannot be found'))
  const executor = state.executors.get(executorKey(frameworkId, call.executor_id.value))
  if (executor === undefined || executor.info.type === 'DEFAULT')
    return answer(text(400, 'Executor cannot be found'))
  if (stream !== undefined)
    return { kind: 'subscribe', executor, subscribe: call.subscribe ?? {}, codec: stream.codec }
  if (executor.phase === 'starting' || executor.phase === 'registering')
    return answer(text(403, 'Executor is not subscribed'))
  if (call.update !== undefined) return { kind: 'update', executor, status: call.update.status }
  if (call.message !== undefined) return { kind: 'message', executor, data: call.message.data }
  return answer(text(501, ''))
}

const answer = (given: Answer): ExecutorRequest => ({ kind: 'answer', answer: given })

type BodyField = 'update' | 'message'

/** SUBSCRIBE, whose message has nothing that is required, may come without it: the npm package `mesos-framework` does so. */
const bodies: Readonly<Record<ExecutorCallType, BodyField | undefined>> = {
  UNKNOWN: undefined,
  SUBSCRIBE: undefined,
  UPDATE: 'update',
  MESSAGE: 'message',
  HEARTBEAT: undefined,
}

const callProblem = (call: ExecutorCall): string | undefined => {
  const { type } = call
  if (type === undefined || !Object.hasOwn(bodies, type)) return "Expecting 'type' to be present"
  const body = bodies[type]
  if (body !== undefined && call[body] === undefined) return `Expecting '${body}' to be present`
  return type === 'UPDATE' && call.update !== undefined
    ? updateProblem(call, call.update.status)
    : undefined
}

const uuidBytes = 16

const updateProblem = (
  { executor_id: { value: executor }, framework_id: { value: framework } }: ExecutorCall,
  { uuid, executor_id: named, source, state }: TaskStatus,
): string | undefined => {
  if (uuid === undefined) return "Expecting 'uuid' to be present"
  if (uuid.length !== uuidBytes) return 'Not a valid UUID'
  if (named !== undefined && named.value !== executor)
    return `ExecutorID in Call: ${executor} does not match ExecutorID in TaskStatus: ${named.value}`
  if (source !== 'SOURCE_EXECUTOR')
    return `Received Call from executor ${executor} of framework ${framework} with invalid source, expecting 'SOURCE_EXECUTOR'`
  return state === 'TASK_STAGING'
    ? `Received TASK_STAGING from executor ${executor} of framework ${framework} which is not allowed`
    : undefined
}
