import { fromWire, toWire } from '../mesos/resources.ts'
import type { AgentInfo, AgentLinkCallSubscribe, Task as WireTask } from '../mesos/wire.ts'
import { none } from '../resources/resources.ts'
import type { Description } from './reconfiguration.ts'
import type { AgentState, Task } from './state.ts'

export interface Identity extends Description {
  readonly version: string
  readonly bootId: string
}

/** The description as the wire has it, without the id. */
export const infoOf = ({
  hostname,
  port,
  resources,
  attributes,
  domain,
}: Description): AgentInfo => ({
  hostname,
  port,
  resources: toWire(resources, { format: 'stacks' }),
  attributes,
  ...(domain === undefined ? {} : { domain }),
})

export const descriptionOf = (info: AgentInfo): Description => ({
  hostname: info.hostname,
  port: info.port ?? 0,
  resources: fromWire(info.resources),
  attributes: info.attributes ?? [],
  domain: info.domain,
})

/** SUBSCRIBE: the agent as it is now (core-agent §2.3). Tasks of a framework that was shut down are no one's news. */
export const subscriptionOf = (state: AgentState, identity: Identity): AgentLinkCallSubscribe => ({
  agent_info: {
    ...infoOf(identity),
    ...(state.agentId === undefined ? {} : { id: { value: state.agentId } }),
  },
  version: identity.version,
  boot_id: identity.bootId,
  frameworks: [...state.frameworks.values()],
  tasks: [...state.tasks.values()]
    .filter(({ frameworkId }) => state.frameworks.has(frameworkId))
    .map((task) => wireTask(task, state.agentId ?? '')),
  executors: [...state.executors.values()]
    .filter(({ frameworkId }) => state.frameworks.has(frameworkId))
    .map(({ frameworkId, info, launchId }) => ({
      framework_id: { value: frameworkId },
      executor_info: info,
      launch_id: launchId,
    })),
  oversubscribed: toWire(state.oversubscribed.total ?? none, { format: 'stacks' }),
  capabilities: [
    { type: 'MULTI_ROLE' },
    { type: 'HIERARCHICAL_ROLE' },
    { type: 'RESERVATION_REFINEMENT' },
    { type: 'TASK_RESOURCE_LIMITS' },
    { type: 'AGENT_DRAINING' },
  ],
  deactivated: state.standing.deactivated,
  drain_config: state.standing.drain,
})

/** A task as the wire has it, with the first update that is not acknowledged. */
export const wireTask = (
  { info, frameworkId, state, updates }: Task,
  agentId: string,
): WireTask => {
  const { name, task_id, resources, limits, labels, discovery, container, kill_policy } = info
  const [head] = updates
  return {
    name,
    task_id,
    ...(info.executor === undefined ? {} : { executor_id: info.executor.executor_id }),
    framework_id: { value: frameworkId },
    agent_id: { value: agentId },
    state,
    resources,
    limits,
    labels,
    discovery,
    container,
    kill_policy,
    ...(head === undefined
      ? {}
      : { status_update_state: head.state, status_update_uuid: head.uuid }),
  }
}
