import { plus, type Resources } from '../../../resources/resources.ts'
import { agentsWithExecutors } from '../../executors/book.ts'
import type { Agent, Executor, Framework, MasterState, Offer } from '../../state.ts'
import { isTerminal } from '../../tasks/states.ts'
import { resourcesView } from './resources-view.ts'
import { taskView } from './task-view.ts'

/** What its executors hold, and its tasks that have not ended. */
const usedBy = (state: MasterState, { id, tasks }: Framework): Resources =>
  plus(
    ...[...tasks.values()]
      .filter((task) => !isTerminal(task.state))
      .map(({ resources }) => resources),
    ...agentsWithExecutors(state, id).flatMap(([, executors]) =>
      executors.map(({ resources }) => resources),
    ),
  )

/** The head that /state-summary and /state share (core-master §8.2). */
export const frameworkSummary = (state: MasterState, framework: Framework) => ({
  id: framework.id,
  name: framework.info.name,
  used_resources: resourcesView(usedBy(state, framework)),
  offered_resources: resourcesView(offeredTo(framework)),
  capabilities: [...framework.capabilities],
  hostname: framework.info.hostname ?? '',
  webui_url: framework.info.webui_url ?? '',
  active: framework.stream !== undefined,
  connected: framework.stream !== undefined,
  recovered: framework.recovered,
})

/** One framework of /state and /frameworks. */
export const frameworkView = (state: MasterState, framework: Framework) => ({
  ...frameworkSummary(state, framework),
  user: framework.info.user,
  failover_timeout: framework.info.failover_timeout ?? 0,
  checkpoint: framework.info.checkpoint ?? false,
  registered_time: framework.registeredMs / 1000,
  unregistered_time: (framework.unregisteredMs ?? 0) / 1000,
  ...(framework.reregisteredMs === undefined
    ? {}
    : { reregistered_time: framework.reregisteredMs / 1000 }),
  ...(framework.info.principal === undefined ? {} : { principal: framework.info.principal }),
  resources: resourcesView(plus(usedBy(state, framework), offeredTo(framework))),
  ...(framework.capabilities.has('MULTI_ROLE')
    ? { roles: framework.roles }
    : { role: framework.roles[0] ?? '*' }),
  tasks: [...framework.tasks.values()].map(taskView),
  unreachable_tasks: [...framework.unreachableTasks.values()].map(taskView),
  completed_tasks: framework.completedTasks.map(taskView),
  offers: [...framework.offers].map(offerView),
  executors: agentsWithExecutors(state, framework.id).flatMap(([agent, executors]) =>
    executors.map((executor) => executorView(agent, executor)),
  ),
  ...(framework.info.labels?.labels === undefined ? {} : { labels: framework.info.labels.labels }),
  offer_constraints: {},
})

const executorView = (agent: Agent, { framework, info, resources, role }: Executor) => ({
  executor_id: info.executor_id.value,
  name: info.name ?? '',
  source: info.source ?? '',
  framework_id: framework,
  slave_id: agent.id,
  type: info.type ?? 'UNKNOWN',
  ...(info.command === undefined ? {} : { command: info.command }),
  role,
  resources: resourcesView(resources),
})

const offeredTo = ({ offers }: Framework): Resources =>
  plus(...[...offers].map(({ resources }) => resources))

const offerView = ({ id, framework, agent, role, resources }: Offer) => ({
  id,
  framework_id: framework.id,
  allocation_info: { role },
  slave_id: agent.id,
  resources: resourcesView(resources),
})
