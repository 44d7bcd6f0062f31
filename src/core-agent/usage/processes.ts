import { join } from 'node:path'
import { hasRevocable } from '../../resources/resources.ts'
import { record } from '../docker/inspect.ts'
import { executorOf, isCustom, tasksOf } from '../executors/find.ts'
import {
  type AgentState,
  type Container,
  containerOf,
  type Executor,
  liveTasks,
  type Task,
  type TaskKey,
} from '../state.ts'
import type { TaskSample } from './sample.ts'

/** What is measured of the agent's, and how it is found. */
export type Measured = { readonly key: TaskKey; readonly containerId: string } & (
  | { readonly pid: number }
  /** What the agent itself has made it in: the first that is there. */
  | { readonly groups: readonly string[] }
)

/** The first process of a container; 0 of one that does not run. */
export const pidOf = (container: Pick<Container, 'inspect'> | undefined): number =>
  Number(record(container?.inspect?.['State'])['Pid'] ?? 0)

/**
 * Every container that runs: of docker tasks, of commands, and of executors, which stand under a key of their own, for
 * several tasks may run in one.
 */
export const measuredOf = (state: AgentState): readonly Measured[] => [
  ...liveTasks(state).flatMap((task): readonly Measured[] => {
    const { key, containerId } = task
    if (isCustom(task)) return []
    if (task.containerizer === 'mesos')
      return [{ key, containerId, groups: [commandGroup(state, task) ?? []].flat() }]
    const pid = pidOf(containerOf(state, task))
    return pid > 0 ? [{ key, containerId, pid }] : []
  }),
  ...[...state.executors.values()]
    .filter(({ info }) => info.type !== 'DEFAULT')
    .map((executor) => ({
      key: measuredKey(executor),
      containerId: executor.containerId,
      // The task that it was launched with has decided.
      groups: Object.values(state.commandTiers).map((tier) => join(tier, executor.containerId)),
    })),
]

/** Not that of a task which happens to have the executor's id. */
const measuredKey = ({ key }: Executor): TaskKey => `executor ${key}`

/** What a task has used; of an executor that runs several, its even part. */
export const usageOf = (state: AgentState, task: Task): TaskSample | undefined => {
  const executor = isCustom(task) ? executorOf(state, task) : undefined
  if (executor === undefined) return state.lending.tasks.get(task.key)
  const whole = executorUsage(state, executor)
  const parts = tasksOf(state, executor).length
  return whole && { ...whole, cpus: whole.cpus / parts, memoryBytes: whole.memoryBytes / parts }
}

export const executorUsage = ({ lending }: AgentState, executor: Executor) =>
  lending.tasks.get(measuredKey(executor))

/** The control group that a command runs in; undefined: there are no tiers. */
export const commandGroup = (
  { commandTiers }: AgentState,
  { resources, containerId }: Pick<Task, 'resources' | 'containerId'>,
): string | undefined => {
  const tier = commandTiers[hasRevocable(resources) ? 'revocable' : 'regular']
  return tier && join(tier, containerId)
}
