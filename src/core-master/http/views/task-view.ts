import type { TaskStatus } from '../../../mesos/wire.ts'
import type { Task } from '../../state.ts'
import { resourcesView } from './resources-view.ts'

/** One task of /state and /tasks (core-master §8.2). */
export const taskView = ({ shown, ...task }: Task) => ({
  id: task.id,
  name: task.name,
  framework_id: task.framework,
  executor_id: task.executor ?? '',
  slave_id: task.agent,
  state: task.state,
  resources: resourcesView(task.resources),
  role: task.role,
  statuses: task.statuses.map(statusView),
  ...(shown.user === undefined ? {} : { user: shown.user }),
  ...(shown.labels?.labels === undefined ? {} : { labels: shown.labels.labels }),
  ...limitsView(shown.limits),
  ...(shown.discovery === undefined ? {} : { discovery: shown.discovery }),
  ...(shown.container === undefined ? {} : { container: shown.container }),
  ...(shown.health_check === undefined ? {} : { health_check: shown.health_check }),
})

/** Amounts by name; JSON has no infinity, so that is a text. */
const limitsView = (limits: Task['shown']['limits']) => {
  const amounts = Object.entries(limits ?? {}).map(
    ([name, { value }]) => [name, Number.isFinite(value) ? value : String(value)] as const,
  )
  return amounts.length === 0 ? {} : { limits: Object.fromEntries(amounts) }
}

const statusView = ({ state, timestamp, labels, container_status, healthy }: TaskStatus) => ({
  state,
  timestamp,
  ...(labels?.labels === undefined ? {} : { labels: labels.labels }),
  ...(container_status === undefined ? {} : { container_status }),
  ...(healthy === undefined ? {} : { healthy }),
})
