import type { FrameworkId } from '../../mesos/ids.ts'
import { toWire } from '../../mesos/resources.ts'
import type { ExecutorInfo } from '../../mesos/wire.ts'
import { plus, type Resources } from '../../resources/resources.ts'
import { type AgentState, liveTasks, type Task } from '../state.ts'
import { executorUsage, usageOf } from '../usage/processes.ts'
import type { TaskSample } from '../usage/sample.ts'
import { executorOf, isCustom, tasksOf } from './find.ts'

/** An executor as operators see it: every task runs on one. */
export interface SeenExecutor {
  readonly frameworkId: FrameworkId
  readonly info: ExecutorInfo
  /** Mesos' ContainerID. */
  readonly containerId: string
  /** Of the executor and of its tasks. */
  readonly resources: Resources
  /** Those that have not ended. */
  readonly tasks: readonly Task[]
  /** As it was measured last; the default executor, which is the agent itself, is not. */
  readonly usage: TaskSample | undefined
}

/** All that are alive. A docker task or a command has one of its own, which is the agent itself, with the id of the task. */
export const executorsOf = (state: AgentState): readonly SeenExecutor[] => [
  ...[...state.executors.values()].map((executor) => {
    const tasks = tasksOf(state, executor)
    const resources = plus(executor.resources, ...tasks.map((task) => task.resources))
    const { frameworkId, info, containerId } = executor
    const usage = executorUsage(state, executor)
    return { frameworkId, info, containerId, resources, tasks, usage }
  }),
  ...liveTasks(state)
    .filter((task) => executorOf(state, task) === undefined)
    .map((task) => ({
      frameworkId: task.frameworkId,
      info: task.info.executor ?? ownExecutor(task),
      containerId: task.containerId,
      resources: task.resources,
      tasks: [task],
      usage: usageOf(state, task),
    })),
]

const ownExecutor = (task: Task): ExecutorInfo => ({
  executor_id: { value: task.taskId },
  framework_id: { value: task.frameworkId },
  source: task.taskId,
  resources: toWire(task.resources, { format: 'stacks' }),
})

/** Accepted, and not yet handed to its executor. */
export const isQueued = (state: AgentState, task: Task): boolean =>
  isCustom(task) && !task.delivered && executorOf(state, task) !== undefined
