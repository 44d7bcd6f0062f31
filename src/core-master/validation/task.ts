import { fromWire, ResourceError } from '../../mesos/resources.ts'
import type { TaskInfo } from '../../mesos/wire.ts'
import { contains, none, plus, type Resources, scalarOf } from '../../resources/resources.ts'
import type { Agent } from '../state.ts'
import { checkProblem } from './checks.ts'
import { containerProblem } from './container.ts'
import { type CheckedExecutor, checkExecutor } from './executor.ts'
import { formatAllocated } from './format.ts'
import { idProblem } from './ids.ts'
import { meetProblem, mixedProblem } from './mixed.ts'
import type { Place } from './place.ts'

export type CheckedTask =
  | {
      readonly kind: 'valid'
      readonly resources: Resources
      /** The framework's own, where the task names one. */
      readonly executor?: CheckedExecutor & { readonly kind: 'valid' }
    }
  /** `message` of the TASK_ERROR that answers it. */
  | { readonly kind: 'invalid'; readonly message: string }

/** Whether a task of a LAUNCH may run, checked in Mesos' order and refused in its words (core-master O17, R14–R21). */
export const checkTask = (task: TaskInfo, place: Place): CheckedTask => {
  const checked = checkOne(task, place)
  if (checked.kind === 'invalid') return checked
  const { resources } = checked
  const early = commandOrExecutorProblem(task)
  if (early !== undefined) return { kind: 'invalid', message: early }
  const executor = task.executor && checkExecutor({ ...task.executor, type: 'CUSTOM' }, place)
  if (executor?.kind === 'invalid') return executor
  const wanted = executor?.isNew === true ? plus(resources, executor.resources) : resources
  const late =
    mixedProblem('Task and its executor mix', plus(resources, executor?.resources ?? none)) ??
    meetProblem([resources, executor?.resources ?? none]) ??
    roomProblem(wanted, place)
  if (late !== undefined) return { kind: 'invalid', message: late }
  return { kind: 'valid', resources, ...(executor === undefined ? {} : { executor }) }
}

/** What holds for every task, alone or of a group. */
export const checkOne = (task: TaskInfo, place: Place): CheckedTask => {
  const early = identityProblem(task, place) ?? timesProblem(task) ?? checkProblem(task)
  if (early !== undefined) return { kind: 'invalid', message: early }
  const parsed = parse(task)
  if (typeof parsed === 'string') return { kind: 'invalid', message: parsed }
  const late =
    resourcesProblem(task, parsed) ??
    containerProblem(task) ??
    limitsProblem(task, parsed, place.agent)
  return late === undefined
    ? { kind: 'valid', resources: parsed }
    : { kind: 'invalid', message: late }
}

const identityProblem = (task: TaskInfo, { framework, agent }: Place): string | undefined => {
  const taskId = task.task_id.value
  const malformed = idProblem(taskId)
  if (malformed !== undefined) return malformed
  const taken = (tasks: ReadonlyMap<string, unknown>) => tasks.has(taskId)
  if (taken(framework.tasks)) return `Task has duplicate ID: ${taskId}`
  if (taken(framework.unreachableTasks))
    return `Task reuses the ID of an unreachable task: ${taskId}`
  if (task.agent_id.value !== agent.id)
    return `Task uses invalid agent ${task.agent_id.value} while agent ${agent.id} is expected`
  return undefined
}

const timesProblem = (task: TaskInfo): string | undefined => {
  if ((task.kill_policy?.grace_period?.nanoseconds ?? 0) < 0)
    return "Task's 'kill_policy.grace_period' must be non-negative"
  if ((task.max_completion_time?.nanoseconds ?? 0) < 0)
    return "Task's `max_completion_time` must be non-negative"
  return undefined
}

const parse = (task: TaskInfo): Resources | string => {
  if ((task.resources ?? []).length === 0) return 'Task uses no resources'
  try {
    return fromWire(task.resources)
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error
    return `Task uses invalid resources: Invalid resources: ${error.message}`
  }
}

const resourcesProblem = (task: TaskInfo, resources: Resources): string | undefined => {
  if (scalarOf(resources, 'gpus') % 1000 !== 0)
    return "Task uses invalid resources: Invalid 'gpus' resource: The 'gpus' resource must be an unsigned integer"
  const reserved = resources.find(
    (r) => r.revocable && r.reservations.some(({ type }) => type === 'DYNAMIC'),
  )
  if (reserved !== undefined)
    return `Task uses invalid resources: Invalid ReservationInfo: Dynamically reserved resource ${reserved.name} cannot be created from revocable resources`
  const roles = new Set(
    (task.resources ?? []).flatMap(({ allocation_info: info }) => info?.role ?? []),
  )
  const [first, second] = roles
  if (second !== undefined)
    return `Invalid task resources: The resources have multiple allocation roles ('${second}' and '${first}') but only one allocation role is allowed`
  return mixedProblem('Task mixes', resources)
}

const limitsProblem = (task: TaskInfo, resources: Resources, agent: Agent): string | undefined => {
  const limits = Object.entries(task.limits ?? {})
  if (limits.length > 0 && !agent.capabilities.includes('TASK_RESOURCE_LIMITS'))
    return 'Agent is not capable of handling task resource limits'
  if (limits.some(([name]) => name !== 'cpus' && name !== 'mem'))
    return "Only cpus and mem may be included in a task's resource limits"
  for (const [name, { value }] of limits) {
    const request = scalarOf(resources, name)
    const [title, noun] = name === 'cpus' ? ['CPU', 'cpu'] : ['memory', 'memory']
    if (request === 0)
      return `When a ${title} limit is specified, a ${title} request must also be specified`
    if (!(Math.round(value * 1000) >= request))
      return `The ${noun} limit must be greater than or equal to the ${noun} request`
  }
  return undefined
}

/** Exactly one of the two; an executor named by a task of its own is one of the framework's (core-master O15, O17). */
const commandOrExecutorProblem = ({ executor, command }: TaskInfo): string | undefined => {
  if ((executor === undefined) === (command === undefined))
    return 'Task should have at least one (but not both) of CommandInfo or ExecutorInfo present'
  return executor?.type !== undefined && executor.type !== 'CUSTOM'
    ? "'ExecutorInfo.type' must be 'CUSTOM'"
    : undefined
}

const roomProblem = (wanted: Resources, { remaining, role }: Place): string | undefined =>
  contains(remaining, wanted)
    ? undefined
    : `Total resources ${formatAllocated(wanted, role)} required by task and its executor is more than available ${formatAllocated(remaining, role)}`
