import { ofKind, plus, quantities } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { executorsOf } from '../executors/seen.ts'
import { allocatedRevocable, liveTasks } from '../state.ts'
import type { ViewSource } from './view-source.ts'

/** `/metrics/snapshot`: gauges and counters by name, sorted. Shares are from 0 to 1. */
export const metricsView = ({
  state,
  identity,
  modules,
  startedAtMs,
  nowMs,
}: ViewSource): Readonly<Record<string, number>> => {
  const live = liveTasks(state)
  const used = quantities(ofKind(plus(...live.map((task) => task.resources)), 'regular'))
  const lent = quantities(allocatedRevocable(state))
  const total = quantities(identity.resources)
  const lentTotal = quantities(state.oversubscribed.total ?? [])
  const gauges = ['cpus', 'mem', 'disk', 'gpus'].flatMap((name) => [
    ...gauge(name, total.get(name) ?? 0, used.get(name) ?? 0),
    ...gauge(`${name}_revocable`, lentTotal.get(name) ?? 0, lent.get(name) ?? 0),
  ])
  const { ended, preempted, launchErrors, estimatesIgnored } = state.counters
  const executors = executorsOf(state)
  const phases = [...state.executors.values()].map(({ phase }) => phase)
  return sorted({
    'slave/uptime_secs': (nowMs - startedAtMs) / 1000,
    'slave/registered': state.connected ? 1 : 0,
    'slave/journal_stuck': state.stuck === undefined ? 0 : 1,
    'slave/engine_healthy': state.engine?.healthy === true ? 1 : 0,
    'slave/frameworks_active': state.frameworks.size,
    'slave/executors_running': executors.length,
    'slave/executors_registering': phases.filter((phase) => phase === 'registering').length,
    'slave/executors_terminating': phases.filter((phase) => phase === 'terminating').length,
    // An agent that cannot recover does not run.
    'slave/recovery_errors': 0,
    'slave/executors_preempted': preempted,
    'slave/container_launch_errors': launchErrors,
    'slave/estimates_ignored': estimatesIgnored,
    'slave/modules_disabled': modules.filter((one) => one.state === 'disabled').length,
    ...Object.fromEntries(gauges),
    ...Object.fromEntries(
      ['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING'].map((one) => [
        `slave/${one.replace('TASK_', 'tasks_').toLowerCase()}`,
        live.filter((task) => task.state === one).length,
      ]),
    ),
    ...Object.fromEntries(
      (['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED', 'TASK_LOST', 'TASK_GONE'] as const).map(
        (one) => [`slave/${one.replace('TASK_', 'tasks_').toLowerCase()}`, ended.get(one) ?? 0],
      ),
    ),
  })
}

const sorted = (all: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))

const gauge = (name: string, total: number, used: number): readonly [string, number][] => [
  [`slave/${name}_total`, units(total)],
  [`slave/${name}_used`, units(used)],
  [`slave/${name}_percent`, total === 0 ? 0 : used / total],
]
