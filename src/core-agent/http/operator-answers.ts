import type {
  AgentCallType,
  AgentResponse,
  AgentResponseGetTasks,
  Task as WireTask,
} from '../../mesos/wire.ts'
import { executorsOf, isQueued } from '../executors/seen.ts'
import { type AgentState, isTerminal } from '../state.ts'
import { infoOf, wireTask } from '../subscription.ts'
import { containersView } from './containers-view.ts'
import { metricsView } from './metrics-view.ts'
import type { ViewSource } from './view-source.ts'

/**
 * The calls of operators that only look (core-agent §9), each made of what the endpoint of the same name below `/` shows.
 * What has ended and was acknowledged is not kept: the lists of completed ones are empty.
 */
export const operatorAnswers: Readonly<
  Partial<Record<AgentCallType, (source: ViewSource) => AgentResponse>>
> = {
  GET_HEALTH: () => ({ type: 'GET_HEALTH', get_health: { healthy: true } }),
  GET_FLAGS: ({ config: { flags } }) => ({
    type: 'GET_FLAGS',
    get_flags: {
      flags: Object.keys(flags)
        .sort()
        .map((name) => ({ name, value: flags[name] })),
    },
  }),
  GET_VERSION: ({ config: { version } }) => ({
    type: 'GET_VERSION',
    get_version: { version_info: { version } },
  }),
  GET_METRICS: (source) => ({
    type: 'GET_METRICS',
    get_metrics: {
      metrics: Object.entries(metricsView(source)).map(([name, value]) => ({ name, value })),
    },
  }),
  GET_STATE: ({ state }) => ({
    type: 'GET_STATE',
    get_state: {
      get_tasks: tasks(state),
      get_executors: executors(state),
      get_frameworks: frameworks(state),
    },
  }),
  GET_CONTAINERS: (source) => ({
    type: 'GET_CONTAINERS',
    get_containers: {
      containers: containersView(source).map((row) => ({
        framework_id: { value: row.framework_id },
        executor_id: { value: row.executor_id },
        executor_name: row.executor_name,
        container_id: { value: row.container_id },
        container_status: row.status,
        resource_statistics: row.statistics,
      })),
    },
  }),
  GET_FRAMEWORKS: ({ state }) => ({ type: 'GET_FRAMEWORKS', get_frameworks: frameworks(state) }),
  GET_EXECUTORS: ({ state }) => ({ type: 'GET_EXECUTORS', get_executors: executors(state) }),
  GET_TASKS: ({ state }) => ({ type: 'GET_TASKS', get_tasks: tasks(state) }),
  GET_AGENT: ({ state, identity }) => ({
    type: 'GET_AGENT',
    get_agent: {
      agent_info: {
        ...infoOf(identity),
        ...(state.agentId === undefined ? {} : { id: { value: state.agentId } }),
      },
      drain_config: state.standing.drain,
    },
  }),
  // Reservations and volumes are the master's, and resource providers there are none.
  GET_OPERATIONS: () => ({ type: 'GET_OPERATIONS', get_operations: {} }),
  GET_RESOURCE_PROVIDERS: () => ({
    type: 'GET_RESOURCE_PROVIDERS',
    get_resource_providers: {},
  }),
}

const frameworks = ({ frameworks: all }: AgentState) => ({
  frameworks: [...all.values()].map((framework_info) => ({ framework_info })),
  completed_frameworks: [],
})

const executors = (state: AgentState) => ({
  executors: executorsOf(state).map(({ info, frameworkId }) => ({
    executor_info: { ...info, framework_id: { value: frameworkId } },
  })),
  completed_executors: [],
})

/** A task that has ended is `terminated` until its last update is acknowledged. */
const tasks = (state: AgentState): AgentResponseGetTasks => {
  const queued: WireTask[] = []
  const launched: WireTask[] = []
  const terminated: WireTask[] = []
  for (const task of state.tasks.values()) {
    const list = isTerminal(task.state) ? terminated : isQueued(state, task) ? queued : launched
    list.push({ ...wireTask(task, state.agentId ?? ''), statuses: task.updates })
  }
  return {
    pending_tasks: [],
    queued_tasks: queued,
    launched_tasks: launched,
    terminated_tasks: terminated,
    completed_tasks: [],
  }
}
