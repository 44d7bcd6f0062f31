import type { ExecutorInfo } from '../../mesos/wire.ts'
import { plus, type Resources } from '../../resources/resources.ts'
import { boundsOf, commandSpec } from '../command/command-spec.ts'
import { launchCommand } from '../command/life.ts'
import { sandboxPath } from '../command/sandbox-path.ts'
import { cpuQuota, memory } from '../docker/limits.ts'
import { type Executor, executorKey, type Task } from '../state.ts'
import { dropTask } from '../tasks/end.ts'
import { update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { forgetExecutor, graceMs } from './end.ts'
import { executorEnvironment } from './environment.ts'
import { tasksOf } from './find.ts'
import type { Brought } from './give-back.ts'
import { tellExit } from './tell-exit.ts'

/**
 * Tasks that name an executor, alone or as a group, recorded already. The master says whether it takes the executor for
 * new; one that it takes for running and that has ended meanwhile gives the tasks back (core-agent §2.2).
 */
export const launchOnExecutor = (
  turn: Turn,
  tasks: readonly Task[],
  info: ExecutorInfo,
  { launch_executor: isNew = true, executor_launch_id: launchId }: Brought,
): void => {
  const [{ frameworkId } = { frameworkId: '' }] = tasks
  const key = executorKey(frameworkId, info.executor_id.value)
  const known = turn.state.executors.get(key)
  if (known === undefined && !isNew) {
    for (const task of tasks)
      dropTask(turn, task, 'REASON_EXECUTOR_TERMINATED', 'The executor has ended')
    return tellExit(turn, {
      framework_id: { value: frameworkId },
      executor_id: info.executor_id,
      launch_id: launchId,
    })
  }
  if (known?.phase === 'terminating') {
    for (const task of tasks)
      dropTask(turn, task, 'REASON_EXECUTOR_TERMINATED', 'The executor is about to end')
    return
  }
  const executor = known ?? admit(turn, launchId, frameworkId, info)
  if (info.type === 'DEFAULT') for (const task of tasks) launchCommand(turn, task)
  else if (known === undefined) start(turn, executor, tasks)
  else {
    const resources = heldBy(executor, tasksOf(turn.state, executor))
    const bounds = boundsOf(resources, limitsOf(turn, resources))
    const { containerId: container } = executor
    turn.do({ type: 'command', command: { type: 'update', container, bounds } })
    deliver(turn, executor, tasks)
  }
}

/** Tasks run in the container of their executor. */
const heldBy = (executor: Executor, tasks: readonly Task[]): Resources =>
  plus(executor.resources, ...tasks.map(({ resources }) => resources))

/** Of them only the amounts count: an executor shares its container out itself. */
const limitsOf = ({ context }: Turn, resources: Resources) => ({
  ...cpuQuota({}, resources, context.settings.enforcement),
  ...memory({}, resources, context.settings.enforcement),
})

const admit = (
  turn: Turn,
  launchId: string | undefined,
  frameworkId: string,
  info: ExecutorInfo,
): Executor => {
  turn.record({ type: 'EXECUTOR', launchId, frameworkId, info, containerId: turn.context.uuid() })
  const executor = turn.state.executors.get(executorKey(frameworkId, info.executor_id.value))
  if (executor === undefined) throw new Error(`${info.executor_id.value} was not recorded`)
  executor.phase = 'starting'
  return executor
}

const start = (turn: Turn, executor: Executor, tasks: readonly Task[]): void => {
  const { state, context } = turn
  const { frameworkId, info, containerId } = executor
  const framework = state.frameworks.get(frameworkId)
  const agentId = state.agentId ?? ''
  const run = { agentId, frameworkId, executorId: info.executor_id.value, containerId }
  const sandbox = sandboxPath(context.settings.workDir, run)
  const spec = commandSpec(info.command ?? {}, info.container, {
    containerId,
    sandbox,
    user: framework?.user ?? '',
    resources: heldBy(executor, tasks),
    limits: limitsOf(turn, heldBy(executor, tasks)),
    environment: executorEnvironment(
      executor,
      run,
      sandbox,
      graceMs(turn, executor),
      framework,
      context.settings,
    ),
  })
  if (typeof spec !== 'string')
    return turn.do({ type: 'command', command: { type: 'launch', spec } })
  for (const task of tasks)
    update(turn, task, {
      state: 'TASK_ERROR',
      source: 'SOURCE_AGENT',
      reason: 'REASON_TASK_INVALID',
      message: `ExecutorInfo: ${spec}`,
    })
  forgetExecutor(turn, executor, 0)
}

/** Hands tasks to an executor that has subscribed; until then they wait. */
export const deliver = (turn: Turn, { stream }: Executor, tasks: readonly Task[]): void => {
  if (stream === undefined) return
  for (const task of tasks) {
    if (task.delivered) continue
    const together = tasks.filter(({ group }) => group !== undefined && group === task.group)
    for (const one of [task, ...together]) one.delivered = true
    turn.do({
      type: 'tell-executor',
      stream,
      event:
        task.group === undefined
          ? { type: 'LAUNCH', launch: { task: task.info } }
          : {
              type: 'LAUNCH_GROUP',
              launch_group: { task_group: { tasks: together.map(({ info }) => info) } },
            },
    })
  }
}
