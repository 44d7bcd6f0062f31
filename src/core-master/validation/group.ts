import type { ExecutorInfo, TaskInfo } from '../../mesos/wire.ts'
import { contains, plus, type Resources, scalarOf } from '../../resources/resources.ts'
import { formatMilli } from '../../resources/scalar.ts'
import { type CheckedExecutor, checkExecutor, same } from './executor.ts'
import { formatAllocated } from './format.ts'
import { meetProblem, mixedProblem } from './mixed.ts'
import type { Place } from './place.ts'
import { checkOne } from './task.ts'

export type CheckedGroup =
  | {
      readonly kind: 'valid'
      /** In the order of the tasks. */
      readonly resources: readonly Resources[]
      readonly executor: CheckedExecutor & { readonly kind: 'valid' }
    }
  | { readonly kind: 'invalid'; readonly message: string }

/** What an executor of a task group needs at least; mem in MiB. */
const least = { cpusMilli: 10, memMilli: 32_000 }

/** Whether a task group may run: all of it, or nothing (core-master O14, O17). */
export const checkGroup = (
  tasks: readonly TaskInfo[],
  given: ExecutorInfo,
  place: Place,
): CheckedGroup => {
  const resources: Resources[] = []
  const seen = new Set<string>()
  for (const task of tasks) {
    const taskId = task.task_id.value
    const checked = checkOne(task, place)
    const problem =
      checked.kind === 'invalid'
        ? checked.message
        : (memberProblem(task) ??
          (seen.has(taskId) ? `Task has duplicate ID: ${taskId}` : undefined))
    if (problem !== undefined) return invalid(`Task '${taskId}' is invalid: ${problem}`)
    if (checked.kind === 'valid') resources.push(checked.resources)
    seen.add(taskId)
  }
  const executor = checkExecutor(given, place)
  if (executor.kind === 'invalid') return executor
  const together = plus(...resources)
  const wanted = executor.isNew ? plus(together, executor.resources) : together
  const problem =
    executorProblem(tasks, executor) ??
    mixedProblem('Task group and executor mix', plus(together, executor.resources)) ??
    meetProblem([...resources, executor.resources]) ??
    (contains(place.remaining, wanted)
      ? undefined
      : `Total resources ${formatAllocated(wanted, place.role)} required by task group and its executor are more than available ${formatAllocated(place.remaining, place.role)}`)
  return problem === undefined ? { kind: 'valid', resources, executor } : invalid(problem)
}

const invalid = (message: string): CheckedGroup => ({ kind: 'invalid', message })

const memberProblem = ({ container, command, health_check, limits }: TaskInfo) => {
  if (container?.type === 'DOCKER') return 'Docker ContainerInfo is not supported on the task'
  if (command === undefined) return "'TaskInfo.command' must be set: the group's executor runs it"
  const { type } = health_check ?? {}
  if ((container?.network_infos ?? []).length > 0 && (type === 'HTTP' || type === 'TCP'))
    return "HTTP and TCP health checks are not supported for nested containers not joining parent's network"
  return Object.keys(limits ?? {}).length > 0 && container?.linux_info?.share_cgroups !== false
    ? "Resource limits may only be set for tasks within a task group when the 'share_cgroups' field is set to 'false'."
    : undefined
}

const executorProblem = (
  tasks: readonly TaskInfo[],
  { info, resources }: CheckedExecutor & { readonly kind: 'valid' },
): string | undefined => {
  const { value: name } = info.executor_id
  if (info.type === undefined) return "'ExecutorInfo.type' must be set"
  if (info.type === 'UNKNOWN') return 'Unknown executor type'
  if (info.container?.type === 'DOCKER')
    return 'Docker ContainerInfo is not supported on the executor'
  const other = tasks.find(({ executor }) => executor !== undefined && !same(executor, info))
  if (other !== undefined)
    return `The \`ExecutorInfo\` of task '${other.task_id.value}' is different from executor '${name}'`
  const cpus = scalarOf(resources, 'cpus')
  if (cpus < least.cpusMilli)
    return `Executor '${name}' uses less CPUs (${cpus === 0 ? 'None' : formatMilli(cpus)}) than the minimum required (0.01)`
  const mem = scalarOf(resources, 'mem')
  if (mem < least.memMilli)
    return `Executor '${name}' uses less memory (${mem === 0 ? 'None' : `${formatMilli(mem)}MB`}) than the minimum required (32MB)`
  return scalarOf(resources, 'disk') === 0 ? `Executor '${name}' uses no disk` : undefined
}
