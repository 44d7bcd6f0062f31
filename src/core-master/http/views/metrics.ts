import type { TaskState } from '../../../mesos/wire.ts'
import { type Kind, ofKind, plus, type Resources, scalarOf } from '../../../resources/resources.ts'
import { units } from '../../../resources/scalar.ts'
import { states } from '../../tasks/states.ts'
import { isActive } from './agent-view.ts'
import type { ViewContext } from './context.ts'

/** Counters that are shown from the start, at zero (core-master §10). Others appear when they first count. */
const counters: readonly string[] = [
  'messages_register_framework',
  'messages_reregister_framework',
  'messages_kill_task',
  'messages_launch_tasks',
  'messages_decline_offers',
  'messages_revive_offers',
  'messages_suppress_offers',
  'messages_reconcile_tasks',
  'messages_resource_request',
  'messages_status_update',
  'messages_status_update_acknowledgement',
  'messages_framework_to_executor',
  'messages_executor_to_framework',
  'messages_exited_executor',
  'messages_register_slave',
  'messages_reregister_slave',
  'messages_unregister_slave',
  'messages_update_slave',
  'valid_status_updates',
  'invalid_status_updates',
  'valid_status_update_acknowledgements',
  'invalid_status_update_acknowledgements',
  'valid_framework_to_executor_messages',
  'invalid_framework_to_executor_messages',
  'valid_executor_to_framework_messages',
  'invalid_executor_to_framework_messages',
  'slave_registrations',
  'slave_reregistrations',
  'slave_removals',
  'slave_removals/reason_unhealthy',
  'slave_removals/reason_unregistered',
  'slave_removals/reason_registered',
  'slave_unreachable_scheduled',
  'slave_unreachable_completed',
  'slave_unreachable_canceled',
  'recovery_slave_removals',
  'tasks_finished',
  'tasks_failed',
  'tasks_killed',
  'tasks_error',
  'tasks_lost',
  'tasks_dropped',
  'tasks_gone',
  'tasks_gone_by_operator',
]

/** /metrics/snapshot: one flat object of numbers; gauges are read from the state now (core-master §10). */
export const metricsView = (context: ViewContext): Readonly<Record<string, number>> => {
  const { state, monotonicMs } = context
  const counted = new Map(state.counters)
  const runs = counted.get('allocation_runs') ?? 0
  counted.delete('allocation_runs')
  return {
    'allocator/mesos/allocation_runs': runs,
    'master/elected': 1,
    'master/uptime_secs': (monotonicMs - state.startedMonotonicMs) / 1000,
    'master/outstanding_offers': state.offers.size,
    ...Object.fromEntries(counters.map((name) => [`master/${name}`, 0])),
    ...Object.fromEntries([...counted].map(([name, value]) => [`master/${name}`, value])),
    ...context.registrar(),
    ...agentGauges(context),
    ...frameworkGauges(context),
    ...taskGauges(context),
    ...resourceGauges(context),
  }
}

const agentGauges = ({ state }: ViewContext) => {
  const connected = [...state.agents.values()].filter(({ session }) => session !== undefined)
  const active = connected.filter(isActive).length
  return {
    'master/slaves_active': active,
    'master/slaves_connected': connected.length,
    'master/slaves_disconnected': state.agents.size - connected.length,
    'master/slaves_inactive': state.agents.size - active,
    'master/slaves_unreachable': state.unreachableAgents.size,
  }
}

const frameworkGauges = ({ state }: ViewContext) => {
  const connected = [...state.frameworks.values()].filter(({ stream }) => stream !== undefined)
  const away = state.frameworks.size - connected.length
  return {
    'master/frameworks_active': connected.length,
    'master/frameworks_connected': connected.length,
    'master/frameworks_disconnected': away,
    'master/frameworks_inactive': away,
  }
}

const taskGauges = ({ state }: ViewContext) => {
  const tasks = [...state.frameworks.values()].flatMap((framework) => [
    ...framework.tasks.values(),
    ...framework.unreachableTasks.values(),
  ])
  const alive = (Object.keys(states) as TaskState[]).filter(
    (one) => states[one] === 'alive' && one !== 'TASK_UNKNOWN',
  )
  return Object.fromEntries(
    alive.map((one) => [
      `master/tasks_${one.slice('TASK_'.length).toLowerCase()}`,
      tasks.filter((task) => task.state === one).length,
    ]),
  )
}

/** Resources of agents that are connected or may soon be again. */
const resourceGauges = ({ state }: ViewContext) => {
  const agents = [...state.agents.values()]
  const total = plus(...agents.map((agent) => agent.total))
  const used = plus(...agents.map((agent) => agent.used))
  return Object.fromEntries(
    ['cpus', 'gpus', 'mem', 'disk'].flatMap((name) => [
      ...gauges(name, 'regular', total, used),
      ...gauges(name, 'revocable', total, used),
    ]),
  )
}

const gauges = (name: string, kind: Kind, total: Resources, used: Resources) => {
  const all = scalarOf(ofKind(total, kind), name)
  const taken = scalarOf(ofKind(used, kind), name)
  const key = `master/${name}${kind === 'revocable' ? '_revocable' : ''}`
  return [
    [`${key}_total`, units(all)],
    [`${key}_used`, units(taken)],
    [`${key}_percent`, all === 0 ? 0 : taken / all],
  ] as const
}
