import type { FrameworkId } from '../../mesos/ids.ts'
import type { ExecutorInfo } from '../../mesos/wire.ts'
import type { Resources } from '../../resources/resources.ts'
import { charge, release } from '../ledger.ts'
import { type Agent, assert, type Executor, type Framework, type MasterState } from '../state.ts'
import { runAllocator, type Turn } from '../turn.ts'

/** Ids contain no slash. */
export const executorKey = (framework: string, executor: string): string =>
  `${framework}/${executor}`

export const executorOf = (
  agent: Agent,
  framework: FrameworkId,
  executor: string,
): Executor | undefined => agent.executors.get(executorKey(framework, executor))

/** Charged once an executor and agent, however many tasks it runs (core-master O15). */
export const addExecutor = (
  agent: Agent,
  framework: Framework,
  executor: {
    readonly launchId: string | undefined
    readonly info: ExecutorInfo
    readonly resources: Resources
    readonly role: string
  },
): void => {
  const key = executorKey(framework.id, executor.info.executor_id.value)
  assert(!agent.executors.has(key), `executor ${key} is new to agent ${agent.id}`)
  agent.executors.set(key, { framework: framework.id, ...executor })
  charge({ agent, framework, role: executor.role, as: 'used' }, executor.resources)
}

/** Frees what it held; its tasks are ended by their own statuses. */
export const removeExecutor = (turn: Turn, agent: Agent, executor: Executor): void => {
  const framework = turn.state.frameworks.get(executor.framework)
  assert(framework !== undefined, `framework ${executor.framework} of an executor is known`)
  agent.executors.delete(executorKey(executor.framework, executor.info.executor_id.value))
  release({ agent, framework, role: executor.role, as: 'used' }, executor.resources)
  if (turn.config.fastReoffer) runAllocator(turn, [agent.id])
}

/** Where a framework has executors. */
export const agentsWithExecutors = (
  state: MasterState,
  framework: FrameworkId,
): readonly (readonly [Agent, readonly Executor[]])[] =>
  [...state.agents.values()].flatMap((agent) => {
    const executors = [...agent.executors.values()].filter((one) => one.framework === framework)
    return executors.length === 0 ? [] : [[agent, executors] as const]
  })
