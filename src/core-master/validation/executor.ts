import { codecs } from '../../mesos/codec.ts'
import { fromWire, ResourceError, toWire } from '../../mesos/resources.ts'
import type { ExecutorInfo } from '../../mesos/wire.ts'
import { equal, none, type Resources } from '../../resources/resources.ts'
import { executorOf } from '../executors/book.ts'
import type { Framework } from '../state.ts'
import { commandProblem } from './container.ts'
import { idProblem } from './ids.ts'
import { mixedProblem } from './mixed.ts'
import type { Place } from './place.ts'

export type CheckedExecutor =
  | {
      readonly kind: 'valid'
      /** With framework and type, and resources as they are charged. */
      readonly info: ExecutorInfo
      readonly resources: Resources
      /** Not yet on the agent: its resources are charged now. */
      readonly isNew: boolean
    }
  | { readonly kind: 'invalid'; readonly message: string }

/** Whether an executor may run where its tasks are to run, in Mesos' order and words (master/validation.cpp). */
export const checkExecutor = (given: ExecutorInfo, place: Place): CheckedExecutor => {
  const executor = completed(given, place.framework)
  const early = idProblem(executor.executor_id.value) ?? frameworkProblem(executor, place)
  if (early !== undefined) return { kind: 'invalid', message: early }
  const resources = parse(executor)
  if (typeof resources === 'string') return { kind: 'invalid', message: resources }
  const problem =
    mixedProblem('Executor mixes', resources) ??
    sharedProblem(resources) ??
    typeProblem(executor) ??
    graceProblem(executor) ??
    invalidCommand(executor) ??
    compatibleProblem(executor, resources, place)
  if (problem !== undefined) return { kind: 'invalid', message: problem }
  const isNew =
    executorOf(place.agent, place.framework.id, executor.executor_id.value) === undefined
  const wire = toWire(resources, { allocationRole: place.role, format: 'stacks' })
  return { kind: 'valid', info: { ...executor, resources: wire }, resources, isNew }
}

/** As Mesos' master: the framework may be left out. */
const completed = (executor: ExecutorInfo, framework: Framework): ExecutorInfo => ({
  ...executor,
  framework_id: executor.framework_id ?? { value: framework.id },
})

const frameworkProblem = ({ framework_id }: ExecutorInfo, { framework }: Place) =>
  framework_id?.value === framework.id
    ? undefined
    : `ExecutorInfo has an invalid FrameworkID (Actual: ${framework_id?.value ?? ''} vs Expected: ${framework.id})`

const parse = ({ resources = [] }: ExecutorInfo): Resources | string => {
  try {
    return resources.length === 0 ? none : fromWire(resources)
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error
    return `Executor uses invalid resources: Invalid resources: ${error.message}`
  }
}

/** An executor outlives its tasks: it keeps no volume that others may destroy (core-master R23). */
const sharedProblem = (resources: Resources): string | undefined =>
  resources.some(({ copies }) => copies !== undefined)
    ? 'Executor resources cannot contain any shared resource'
    : undefined

const typeProblem = ({ type, command, container }: ExecutorInfo): string | undefined => {
  if (type === 'DEFAULT') {
    if (command !== undefined)
      return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor"
    if (container !== undefined && container.type !== 'MESOS')
      return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor"
    if (container?.mesos?.image !== undefined)
      return "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor"
    return undefined
  }
  return type === 'CUSTOM' && command === undefined
    ? "'ExecutorInfo.command' must be set for 'CUSTOM' executor"
    : undefined
}

const graceProblem = ({ shutdown_grace_period }: ExecutorInfo): string | undefined =>
  (shutdown_grace_period?.nanoseconds ?? 0) < 0
    ? "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    : undefined

const invalidCommand = ({ command }: ExecutorInfo): string | undefined => {
  const problem = command && commandProblem(command)
  return problem && `Executor's \`CommandInfo\` is invalid: ${problem}`
}

/** Tasks share an executor only by naming the very same (core-master O15). */
const compatibleProblem = (
  executor: ExecutorInfo,
  resources: Resources,
  { agent, framework }: Place,
): string | undefined => {
  const known = executorOf(agent, framework.id, executor.executor_id.value)
  if (known === undefined || (equal(known.resources, resources) && same(known.info, executor)))
    return undefined
  const rule = '-'.repeat(60)
  const shown = (info: ExecutorInfo) => JSON.stringify(info)
  return [
    'ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.',
    rule,
    'Existing ExecutorInfo:',
    shown(known.info),
    rule,
    'ExecutorInfo:',
    shown(executor),
    rule,
    '',
  ].join('\n')
}

const codec = codecs<ExecutorInfo>('mesos.v1.ExecutorInfo')['application/x-protobuf']

/** Resources aside, by their bytes: two spellings of one message are the same. */
export const same = (a: ExecutorInfo, b: ExecutorInfo): boolean =>
  Buffer.compare(codec.encode({ ...a, resources: [] }), codec.encode({ ...b, resources: [] })) === 0
