import { toWire } from '../mesos/resources.ts'
import type { AgentLinkCallSubscribe, Attribute, Task as WireTask } from '../mesos/wire.ts'
import { none, type Resources } from '../resources/resources.ts'
import type { AgentState, Task } from './state.ts'

/** What an agent says of itself at every subscription, beside its state. */
export interface Identity {
  readonly hostname: string
  readonly port: number
  readonly version: string
  readonly bootId: string
  /** Regular ones: what is lent comes from the estimator. */
  readonly resources: Resources
  readonly attributes: readonly Attribute[]
}

/** SUBSCRIBE: the agent as it is now (core-agent §2.3). Tasks of a framework that was shut down are no one's news. */
export const subscriptionOf = (state: AgentState, identity: Identity): AgentLinkCallSubscribe => ({
  agent_info: {
    hostname: identity.hostname,
    port: identity.port,
    resources: toWire(identity.resources, { format: 'stacks' }),
    attributes: identity.attributes,
    ...(state.agentId === undefined ? {} : { id: { value: state.agentId } }),
  },
  version: identity.version,
  boot_id: identity.bootId,
  frameworks: [...state.frameworks.values()],
  tasks: [...state.tasks.values()]
    .filter(({ frameworkId }) => state.frameworks.has(frameworkId))
    .map((task) => wireTask(task, state.agentId ?? '')),
  oversubscribed: toWire(state.oversubscribed.total ?? none, { format: 'stacks' }),
  capabilities: [
    { type: 'MULTI_ROLE' },
    { type: 'HIERARCHICAL_ROLE' },
    { type: 'RESERVATION_REFINEMENT' },
  ],
})

const wireTask = ({ info, frameworkId, state, updates }: Task, agentId: string): WireTask => {
  const { name, task_id, resources, labels, discovery, container, kill_policy } = info
  const [head] = updates
  return {
    name,
    task_id,
    framework_id: { value: frameworkId },
    agent_id: { value: agentId },
    state,
    resources,
    labels,
    discovery,
    container,
    kill_policy,
    ...(head === undefined
      ? {}
      : { status_update_state: head.state, status_update_uuid: head.uuid }),
  }
}
