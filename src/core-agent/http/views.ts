import {
  ofKind,
  plus,
  quantities,
  type Resources,
  reservationRole,
  scalarOf,
} from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { type AgentState, allocatedRevocable, containerOf, liveTasks, type Task } from '../state.ts'
import type { TaskSample } from '../usage/sample.ts'
import { oversubscriptionView } from './oversubscription-view.ts'
import type { ViewSource } from './view-source.ts'

type View = (source: ViewSource) => unknown

/** Mesos' read-only endpoints and one of shoal's (core-agent §9), each also under `/slave(1)`. */
export const views: Readonly<Record<string, View>> = {
  '/health': () => undefined,
  '/version': ({ config }) => ({ version: config.version }),
  '/flags': ({ config }) => ({ flags: config.flags }),
  '/state': (source) => stateView(source),
  '/metrics/snapshot': (source) => metricsView(source),
  '/containers': (source) => containersView(source),
  '/monitor/statistics': (source) => statisticsView(source).map(([, row]) => row),
  '/oversubscription': (source) => oversubscriptionView(source),
}

/** `{cpus: 2, mem: 512, ports: "[31000-32000]"}`, with zeros for the usual names, as Mesos models resources in JSON. */
const amounts = (all: Resources): Readonly<Record<string, unknown>> => {
  const revocable = new Map(quantities(ofKind(all, 'revocable')))
  const ranges = all.flatMap(({ name, value }) =>
    value.type === 'RANGES'
      ? [[name, `[${value.ranges.map((r) => `${r.begin}-${r.end}`).join(', ')}]`] as const]
      : [],
  )
  return {
    cpus: 0,
    mem: 0,
    disk: 0,
    gpus: 0,
    ...Object.fromEntries(
      [...quantities(ofKind(all, 'regular'))].map(([name, milli]) => [name, units(milli)]),
    ),
    ...Object.fromEntries(ranges),
    ...Object.fromEntries(
      [...revocable].map(([name, milli]) => [`${name}_revocable`, units(milli)]),
    ),
  }
}

const stateView = ({ state, config, identity, machine, startedAtMs }: ViewSource) => {
  const { hostname, resources, attributes } = identity
  const unreserved = resources.filter((resource) => reservationRole(resource) === '*')
  const roles = new Set(resources.map(reservationRole))
  roles.delete('*')
  return {
    version: config.version,
    id: state.agentId ?? '',
    pid: `slave(1)@${config.advertiseIp}:${config.listen.port}`,
    hostname,
    start_time: startedAtMs / 1000,
    master_hostname: config.master.replace(/:\d+$/, ''),
    resources: amounts(plus(resources, state.oversubscribed.total ?? [])),
    unreserved_resources: amounts(unreserved),
    reserved_resources: Object.fromEntries(
      [...roles].map((role) => [
        role,
        amounts(resources.filter((resource) => reservationRole(resource) === role)),
      ]),
    ),
    attributes: Object.fromEntries(
      attributes.map(({ name, scalar, ranges, text }) => [
        name,
        text?.value ??
          scalar?.value ??
          `[${ranges?.range?.map((r) => `${r.begin}-${r.end}`).join(', ') ?? ''}]`,
      ]),
    ),
    flags: config.flags,
    cpus_online: machine.cpus,
    ...(machine.cpuQuota === undefined ? {} : { cpus_quota: machine.cpuQuota }),
    ...(state.standing.drain === undefined ? {} : { drain_config: state.standing.drain }),
    frameworks: [...state.frameworks].map(([id, info]) => ({
      id,
      name: info.name,
      user: info.user,
      checkpoint: info.checkpoint ?? false,
      roles: info.roles ?? [info.role ?? '*'],
      hostname: info.hostname ?? '',
      executors: [...state.tasks.values()]
        .filter(({ frameworkId }) => frameworkId === id)
        .map((task) => executorView(state, task)),
    })),
    completed_frameworks: [],
  }
}

/** Each docker task has an executor of its own, which is the agent itself. */
const executorView = (state: AgentState, task: Task) => ({
  id: task.taskId,
  name: '',
  source: task.taskId,
  container: task.containerId,
  resources: amounts(task.resources),
  tasks: [
    {
      id: task.taskId,
      name: task.info.name,
      framework_id: task.frameworkId,
      executor_id: '',
      slave_id: state.agentId ?? '',
      state: task.state,
      resources: amounts(task.resources),
      docker_container: containerOf(state, task)?.engineId ?? null,
    },
  ],
  queued_tasks: [],
  completed_tasks: [],
})

const metricsView = ({ state, identity, startedAtMs, nowMs }: ViewSource) => {
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
  return {
    'slave/uptime_secs': (nowMs - startedAtMs) / 1000,
    'slave/registered': state.connected ? 1 : 0,
    'slave/journal_stuck': state.stuck === undefined ? 0 : 1,
    'slave/frameworks_active': state.frameworks.size,
    'slave/executors_running': live.length,
    'slave/executors_preempted': preempted,
    'slave/container_launch_errors': launchErrors,
    'slave/estimates_ignored': estimatesIgnored,
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
  }
}

const gauge = (name: string, total: number, used: number): readonly [string, number][] => [
  [`slave/${name}_total`, units(total)],
  [`slave/${name}_used`, units(used)],
  [`slave/${name}_percent`, total === 0 ? 0 : used / total],
]

const containersView = (source: ViewSource) =>
  statisticsView(source).map(([{ containerId }, row]) => ({
    container_id: containerId,
    ...row,
    status: { container_id: { value: containerId } },
  }))

const statisticsView = ({ state, nowMs }: ViewSource) =>
  liveTasks(state).map((task) => {
    const row = {
      framework_id: task.frameworkId,
      executor_id: task.taskId,
      executor_name: '',
      source: task.taskId,
      statistics: {
        timestamp: nowMs / 1000,
        cpus_limit: units(scalarOf(task.resources, 'cpus')),
        mem_limit_bytes: units(scalarOf(task.resources, 'mem')) * 1024 ** 2,
        ...measured(state.lending.tasks.get(task.key)),
      },
    }
    return [task, row] as const
  })

const measured = (usage: TaskSample | undefined) =>
  usage === undefined
    ? {}
    : {
        cpus_user_time_secs: usage.reading.cpuUserSeconds,
        cpus_system_time_secs: usage.reading.cpuSystemSeconds,
        cpus_nr_periods: usage.reading.periods,
        cpus_nr_throttled: usage.reading.throttledPeriods,
        cpus_throttled_time_secs: usage.reading.throttledSeconds,
        mem_total_bytes: usage.reading.memoryBytes,
        mem_rss_bytes: usage.memoryBytes,
      }
