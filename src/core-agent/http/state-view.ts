import type { ExecutorInfo } from '../../mesos/wire.ts'
import {
  ofKind,
  plus,
  quantities,
  type Resources,
  reservationRole,
} from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { executorsOf, isQueued, type SeenExecutor } from '../executors/seen.ts'
import { type AgentState, containerOf, type Task } from '../state.ts'
import type { ViewSource } from './view-source.ts'

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

export const stateView = ({
  state,
  config,
  identity,
  machine,
  modules,
  startedAtMs,
}: ViewSource) => {
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
    modules,
    engine: {
      healthy: state.engine?.healthy ?? false,
      version: state.engine?.version ?? '',
      live_restore: state.engine?.liveRestore ?? false,
    },
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
      executors: executorsOf(state)
        .filter(({ frameworkId }) => frameworkId === id)
        .map((executor) => executorView(state, executor)),
    })),
    completed_frameworks: [],
  }
}

const executorView = (state: AgentState, { info, containerId, resources, tasks }: SeenExecutor) => {
  const row = (task: Task) => taskView(state, task, info)
  return {
    id: info.executor_id.value,
    name: info.name ?? '',
    source: info.source ?? '',
    container: containerId,
    resources: amounts(resources),
    tasks: tasks.filter((task) => !isQueued(state, task)).map(row),
    queued_tasks: tasks.filter((task) => isQueued(state, task)).map(row),
    completed_tasks: [],
  }
}

const taskView = (state: AgentState, task: Task, { executor_id }: ExecutorInfo) => ({
  id: task.taskId,
  name: task.info.name,
  framework_id: task.frameworkId,
  executor_id: task.info.executor === undefined ? '' : executor_id.value,
  slave_id: state.agentId ?? '',
  state: task.state,
  resources: amounts(task.resources),
  ...(task.healthy === undefined ? {} : { healthy: task.healthy }),
  ...(task.checkStatus === undefined ? {} : { check_status: task.checkStatus }),
  docker_container: containerOf(state, task)?.engineId ?? null,
})
