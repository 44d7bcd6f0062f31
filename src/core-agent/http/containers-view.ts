import type { ResourceStatistics } from '../../mesos/wire.ts'
import { scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { executorsOf, type SeenExecutor } from '../executors/seen.ts'
import type { TaskSample } from '../usage/sample.ts'
import type { ViewSource } from './view-source.ts'

/** `/containers`: the rows of `/monitor/statistics`, and whose container each is. */
export const containersView = (source: ViewSource) =>
  executorsOf(source.state).map((executor) => ({
    container_id: executor.containerId,
    ...rowOf(source, executor),
    status: { container_id: { value: executor.containerId } },
  }))

/** `/monitor/statistics`: one row for each executor that is alive. */
export const statisticsView = (source: ViewSource) =>
  executorsOf(source.state).map((executor) => rowOf(source, executor))

const rowOf = ({ nowMs }: ViewSource, executor: SeenExecutor) => ({
  framework_id: executor.frameworkId as string,
  executor_id: executor.info.executor_id.value,
  executor_name: executor.info.name ?? '',
  source: executor.info.source ?? '',
  statistics: {
    timestamp: nowMs / 1000,
    cpus_limit: units(scalarOf(executor.resources, 'cpus')),
    mem_limit_bytes: Math.floor(units(scalarOf(executor.resources, 'mem')) * 1024 ** 2),
    ...measured(executor.usage),
  },
})

const measured = (usage: TaskSample | undefined): Omit<ResourceStatistics, 'timestamp'> =>
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
