import { plus, type Resources } from '../../../resources/resources.ts'
import type { Framework, Offer, Task } from '../../state.ts'
import { isTerminal } from '../../tasks/states.ts'
import { resourcesView } from './resources-view.ts'
import { taskView } from './task-view.ts'

/** What the tasks that have not ended use. */
const usedBy = (tasks: Iterable<Task>): Resources =>
  plus(...[...tasks].filter(({ state }) => !isTerminal(state)).map(({ resources }) => resources))

/** The head that /state-summary and /state share (core-master §8.2). */
export const frameworkSummary = (framework: Framework) => ({
  id: framework.id,
  name: framework.info.name,
  used_resources: resourcesView(usedBy(framework.tasks.values())),
  offered_resources: resourcesView(offeredTo(framework)),
  capabilities: [...framework.capabilities],
  hostname: framework.info.hostname ?? '',
  webui_url: framework.info.webui_url ?? '',
  active: framework.stream !== undefined,
  connected: framework.stream !== undefined,
  recovered: framework.recovered,
})

/** One framework of /state and /frameworks. */
export const frameworkView = (framework: Framework) => ({
  ...frameworkSummary(framework),
  user: framework.info.user,
  failover_timeout: framework.info.failover_timeout ?? 0,
  checkpoint: framework.info.checkpoint ?? false,
  registered_time: framework.registeredMs / 1000,
  unregistered_time: (framework.unregisteredMs ?? 0) / 1000,
  ...(framework.reregisteredMs === undefined
    ? {}
    : { reregistered_time: framework.reregisteredMs / 1000 }),
  ...(framework.info.principal === undefined ? {} : { principal: framework.info.principal }),
  resources: resourcesView(plus(usedBy(framework.tasks.values()), offeredTo(framework))),
  ...(framework.capabilities.has('MULTI_ROLE')
    ? { roles: framework.roles }
    : { role: framework.roles[0] ?? '*' }),
  tasks: [...framework.tasks.values()].map(taskView),
  unreachable_tasks: [...framework.unreachableTasks.values()].map(taskView),
  completed_tasks: framework.completedTasks.map(taskView),
  offers: [...framework.offers].map(offerView),
  executors: [],
  ...(framework.info.labels?.labels === undefined ? {} : { labels: framework.info.labels.labels }),
  offer_constraints: {},
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
