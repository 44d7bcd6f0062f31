import type { ResourceStatistics } from '../../mesos/wire.ts'
import { type Resources, scalarOf } from '../../resources/resources.ts'
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
    ...diskLimit(executor.resources),
    ...measured(executor.usage),
  },
})

/** Whoever holds no disk has no limit. */
const diskLimit = (resources: Resources): Pick<ResourceStatistics, 'disk_limit_bytes'> => {
  const megabytes = units(scalarOf(resources, 'disk'))
  return megabytes === 0 ? {} : { disk_limit_bytes: Math.floor(megabytes * 1024 ** 2) }
}

const measured = (usage: TaskSample | undefined): Omit<ResourceStatistics, 'timestamp'> => {
  if (usage === undefined) return {}
  const { reading, details } = usage
  const { group, network, diskBytes } = details ?? {}
  return known({
    cpus_user_time_secs: reading.cpuUserSeconds,
    cpus_system_time_secs: reading.cpuSystemSeconds,
    cpus_nr_periods: reading.periods,
    cpus_nr_throttled: reading.throttledPeriods,
    cpus_throttled_time_secs: reading.throttledSeconds,
    mem_total_bytes: reading.memoryBytes,
    // As Mesos: each under its old and its new name.
    mem_rss_bytes: reading.anonBytes,
    mem_anon_bytes: reading.anonBytes,
    mem_cache_bytes: group?.fileBytes,
    mem_file_bytes: group?.fileBytes,
    mem_mapped_file_bytes: group?.mappedFileBytes,
    mem_swap_bytes: group?.swapBytes,
    mem_unevictable_bytes: group?.unevictableBytes,
    processes: group?.processes,
    threads: group?.threads,
    disk_used_bytes: diskBytes,
    net_rx_bytes: network?.rxBytes,
    net_rx_packets: network?.rxPackets,
    net_rx_errors: network?.rxErrors,
    net_rx_dropped: network?.rxDropped,
    net_tx_bytes: network?.txBytes,
    net_tx_packets: network?.txPackets,
    net_tx_errors: network?.txErrors,
    net_tx_dropped: network?.txDropped,
  })
}

/** What is not known is not told. */
const known = (all: Omit<ResourceStatistics, 'timestamp'>): Omit<ResourceStatistics, 'timestamp'> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
