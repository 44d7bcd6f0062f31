import { fromWire, ResourceError } from '../../mesos/resources.ts'
import type {
  AgentLinkCall,
  AgentLinkCallSubscribe,
  AgentLinkCallType,
  Resource,
} from '../../mesos/wire.ts'
import { idProblem } from './ids.ts'

type BodyField = Exclude<keyof AgentLinkCall, 'type' | 'agent_id' | 'session_id'>

/** The message that each call of an agent must bring. */
const bodies: Readonly<Record<AgentLinkCallType, BodyField | undefined>> = {
  UNKNOWN: undefined,
  SUBSCRIBE: 'subscribe',
  HEARTBEAT: undefined,
  STATUS_UPDATE: 'status_update',
  OVERSUBSCRIBED: 'oversubscribed',
  UNSUBSCRIBE: undefined,
  EXECUTOR_EXITED: 'executor_exited',
  EXECUTOR_MESSAGE: 'executor_message',
}

export const agentCallTypeOf = (call: AgentLinkCall): AgentLinkCallType | undefined =>
  call.type !== undefined && Object.hasOwn(bodies, call.type) ? call.type : undefined

/** What is wrong with a call of an agent before anything is looked up; each text names the field. */
export const agentCallProblem = (call: AgentLinkCall): string | undefined => {
  const type = agentCallTypeOf(call)
  if (type === undefined) return "Expecting 'type' to be present"
  const body = bodies[type]
  if (body !== undefined && call[body] === undefined) return `Expecting '${body}' to be present`
  if (type === 'SUBSCRIBE') return call.subscribe && subscribeProblem(call.subscribe)
  if (call.agent_id === undefined) return "Expecting 'agent_id' to be present"
  if (call.session_id === undefined) return "Expecting 'session_id' to be present"
  return call.oversubscribed && lentProblem('oversubscribed.total', call.oversubscribed.total)
}

const subscribeProblem = (call: AgentLinkCallSubscribe): string | undefined => {
  const { id, resources } = call.agent_info
  const malformed = id && idProblem(id.value)
  if (malformed !== undefined) return `'subscribe.agent_info.id': ${malformed}`
  const parsed = parse('subscribe.agent_info.resources', resources)
  if (typeof parsed === 'string') return parsed
  if (parsed.some(({ revocable }) => revocable))
    return "'subscribe.agent_info.resources' must not contain revocable resources"
  return (
    lentProblem('subscribe.oversubscribed', call.oversubscribed) ??
    (call.frameworks ?? []).map(({ id }) => frameworkProblem(id?.value)).find(isSet) ??
    tasksProblem(call) ??
    executorsProblem(call)
  )
}

const frameworkProblem = (id: string | undefined): string | undefined => {
  const problem = id === undefined ? 'ID must not be empty' : idProblem(id)
  return problem && `'subscribe.frameworks.id': ${problem}`
}

const tasksProblem = ({ tasks = [], frameworks = [] }: AgentLinkCallSubscribe) => {
  const listed = new Set(frameworks.map(({ id }) => id?.value))
  for (const { task_id: taskId, framework_id: frameworkId, resources } of tasks) {
    const problem = idProblem(taskId.value)
    if (problem !== undefined) return `'subscribe.tasks.task_id': ${problem}`
    if (!listed.has(frameworkId.value))
      return `'subscribe.frameworks' must contain framework ${frameworkId.value} of task ${taskId.value}`
    const parsed = parse('subscribe.tasks.resources', resources)
    if (typeof parsed === 'string') return parsed
  }
  return undefined
}

const executorsProblem = ({ executors = [], frameworks = [] }: AgentLinkCallSubscribe) => {
  const listed = new Set(frameworks.map(({ id }) => id?.value))
  for (const { framework_id: frameworkId, executor_info: info } of executors) {
    const { value: executorId } = info.executor_id
    const problem = idProblem(executorId)
    if (problem !== undefined) return `'subscribe.executors.executor_info.executor_id': ${problem}`
    if (!listed.has(frameworkId.value))
      return `'subscribe.frameworks' must contain framework ${frameworkId.value} of executor ${executorId}`
    const parsed = parse('subscribe.executors.executor_info.resources', info.resources)
    if (typeof parsed === 'string') return parsed
  }
  return undefined
}

/** Only revocable resources can be lent (core-agent §6). */
const lentProblem = (field: string, resources: readonly Resource[] | undefined) => {
  const parsed = parse(field, resources)
  if (typeof parsed === 'string') return parsed
  return parsed.every(({ revocable }) => revocable)
    ? undefined
    : `'${field}' must contain revocable resources only`
}

const parse = (field: string, resources: readonly Resource[] | undefined) => {
  try {
    return fromWire(resources)
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error
    return `'${field}': ${error.message}`
  }
}

const isSet = (text: string | undefined): text is string => text !== undefined
