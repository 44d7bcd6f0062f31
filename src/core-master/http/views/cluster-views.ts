import type { AgentId } from '../../../mesos/ids.ts'
import type { TaskState } from '../../../mesos/wire.ts'
import { masterCapabilities, pidOf } from '../../master-info.ts'
import type { Framework, MasterState, Task } from '../../state.ts'
import { agentView, agentViewInFull, isActive, recoveredView } from './agent-view.ts'
import type { ViewContext } from './context.ts'
import { frameworkSummary, frameworkView } from './framework-view.ts'
import { taskView } from './task-view.ts'

/** /state: everything at once (core-master §8.2). */
export const stateView = ({ state, config }: ViewContext) => {
  const agents = [...state.agents.values()]
  const pid = pidOf(config)
  const active = agents.filter(isActive).length
  return {
    version: config.version,
    start_time: state.startedMs / 1000,
    elected_time: state.startedMs / 1000,
    id: state.id,
    pid,
    hostname: config.hostname,
    capabilities: masterCapabilities,
    activated_slaves: active,
    deactivated_slaves: agents.length - active,
    unreachable_slaves: state.unreachableAgents.size,
    leader: pid,
    leader_info: { id: state.id, pid, port: config.address.port, hostname: config.hostname },
    ...(config.cluster === undefined ? {} : { cluster: config.cluster }),
    flags: config.flags,
    slaves: agents.map(agentView),
    recovered_slaves: recoveredOf(state),
    ...frameworksOf(state, () => true),
    orphan_tasks: [],
    unregistered_frameworks: [],
  }
}

export const slavesView = ({ state }: ViewContext, query: URLSearchParams) => ({
  slaves: [...state.agents.values()]
    .filter(({ id }) => isAsked(query, 'slave_id', id))
    .map(agentViewInFull),
  recovered_slaves: recoveredOf(state),
})

/** Agents of the last master that are not back. */
const recoveredOf = ({ recoveredAgents }: MasterState) =>
  [...recoveredAgents.values()].map(recoveredView)

export const frameworksView = ({ state }: ViewContext, query: URLSearchParams) => ({
  ...frameworksOf(state, ({ id }) => isAsked(query, 'framework_id', id)),
  unregistered_frameworks: [],
})

const frameworksOf = (state: MasterState, wanted: (framework: Framework) => boolean) => ({
  frameworks: [...state.frameworks.values()].filter(wanted).map((one) => frameworkView(state, one)),
  completed_frameworks: [...state.completedFrameworks.values()]
    .filter(wanted)
    .map((one) => frameworkView(state, one)),
})

const defaultLimit = 100

/** /tasks: alive, unreachable and completed ones of all frameworks, the newest first unless `order=asc`. */
export const tasksView = ({ state }: ViewContext, query: URLSearchParams) => {
  const frameworks = [...state.frameworks.values(), ...state.completedFrameworks.values()].filter(
    ({ id }) => isAsked(query, 'framework_id', id),
  )
  const tasks = frameworks
    .flatMap(allTasks)
    .filter(({ id }) => isAsked(query, 'task_id', id))
    .sort((a, b) => startOf(b) - startOf(a))
  if (query.get('order') === 'asc') tasks.reverse()
  const offset = wholeNumber(query.get('offset')) ?? 0
  const limit = wholeNumber(query.get('limit')) ?? defaultLimit
  return { tasks: tasks.slice(offset, offset + limit).map(taskView) }
}

const allTasks = (framework: Framework): readonly Task[] => [
  ...framework.tasks.values(),
  ...framework.unreachableTasks.values(),
  ...framework.completedTasks,
]

/** A task without a status was launched just now. */
const startOf = ({ statuses }: Task): number => statuses[0]?.timestamp ?? Number.MAX_VALUE

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined

const isAsked = (query: URLSearchParams, parameter: string, id: string): boolean =>
  (query.get(parameter) ?? id) === id

/** The states that /state-summary counts. */
const countedStates: readonly TaskState[] = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
]

/** /state-summary: agents and frameworks with counts in place of tasks. */
export const stateSummaryView = ({ state, config }: ViewContext) => {
  const frameworks = [...state.frameworks.values()]
  const tasksByAgent = groupByAgent(frameworks.flatMap(allTasks))
  return {
    hostname: config.hostname,
    ...(config.cluster === undefined ? {} : { cluster: config.cluster }),
    slaves: [...state.agents.values()].map((agent) => {
      const tasks = tasksByAgent.get(agent.id) ?? []
      return {
        ...agentView(agent),
        ...countByState(tasks),
        framework_ids: [...new Set(tasks.map(({ framework }) => framework))],
      }
    }),
    frameworks: frameworks.map((framework) => {
      const tasks = allTasks(framework)
      return {
        ...frameworkSummary(state, framework),
        ...countByState(tasks),
        slave_ids: [...new Set(tasks.map(({ agent }) => agent))],
      }
    }),
  }
}

const groupByAgent = (tasks: readonly Task[]): ReadonlyMap<AgentId, readonly Task[]> => {
  const groups = new Map<AgentId, Task[]>()
  for (const task of tasks) {
    const group = groups.get(task.agent) ?? []
    group.push(task)
    groups.set(task.agent, group)
  }
  return groups
}

const countByState = (tasks: readonly Task[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    countedStates.map((state) => [state, tasks.filter((task) => task.state === state).length]),
  )
