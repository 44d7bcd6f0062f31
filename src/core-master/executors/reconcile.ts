import { type FrameworkId, id } from '../../mesos/ids.ts'
import { fromWire } from '../../mesos/resources.ts'
import type { AgentLinkCallSubscribe } from '../../mesos/wire.ts'
import type { Agent, Framework } from '../state.ts'
import type { Turn } from '../turn.ts'
import { addExecutor, executorKey, removeExecutor } from './book.ts'

/** The agent is right about its executors: those that it does not list are gone, those that are new here hold resources. */
export const reconcileExecutors = (
  turn: Turn,
  agent: Agent,
  call: AgentLinkCallSubscribe,
  frameworkOf: (id: FrameworkId) => Framework,
): void => {
  const listed = (call.executors ?? []).filter(
    ({ framework_id: { value } }) => !turn.state.completedFrameworks.has(id<FrameworkId>(value)),
  )
  const keys = new Set(
    listed.map(({ framework_id, executor_info }) =>
      executorKey(framework_id.value, executor_info.executor_id.value),
    ),
  )
  for (const [key, executor] of agent.executors)
    if (!keys.has(key)) removeExecutor(turn, agent, executor)
  for (const { framework_id, executor_info: info, launch_id: launchId } of listed) {
    const framework = frameworkOf(id<FrameworkId>(framework_id.value))
    if (agent.executors.has(executorKey(framework.id, info.executor_id.value))) continue
    const role = info.resources?.[0]?.allocation_info?.role ?? framework.roles[0] ?? '*'
    addExecutor(agent, framework, { launchId, info, resources: fromWire(info.resources), role })
  }
}
