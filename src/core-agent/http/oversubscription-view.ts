import { toWire } from '../../mesos/resources.ts'
import { format } from '../../resources/resources.ts'
import { policyName } from '../policies.ts'
import { allocatedRevocable } from '../state.ts'
import type { ViewSource } from './view-source.ts'

/** Why a container was slowed or taken down, and how much is lent: otherwise unanswerable (core-agent §9). */
export const oversubscriptionView = ({ state, config, nowMs, monotonicMs }: ViewSource) => {
  const { oversubscribed, lending } = state
  const { sample, closedUntilMs } = lending
  return {
    estimator: policyName(config.estimator),
    qos_controller: policyName(config.qosController),
    thresholds: config.qosController.name === 'load' ? config.qosController.thresholds : {},
    total: toWire(oversubscribed.total ?? [], { format: 'stacks' }),
    allocated: toWire(allocatedRevocable(state), { format: 'stacks' }),
    generation: oversubscribed.generation,
    published: (nowMs - (monotonicMs - oversubscribed.atMs)) / 1000,
    estimates_ignored: state.counters.estimatesIgnored,
    measured:
      sample === undefined
        ? null
        : {
            cpus: sample.cpus,
            cpus_regular: sample.regularCpus,
            cpus_revocable: sample.revocableCpus,
            cpus_system: sample.systemCpus,
            mem_total_bytes: sample.memoryTotalBytes,
            mem_available_bytes: sample.memoryAvailableBytes,
            mem_regular_bytes: sample.regularMemoryBytes,
            mem_revocable_bytes: sample.revocableMemoryBytes,
            pressure: sample.pressure,
          },
    level: lending.level,
    quota_cpus: lending.quotaCpus ?? null,
    frozen: lending.frozen,
    closed_for_secs: Math.max(0, closedUntilMs - monotonicMs) / 1000,
    tiers: Object.fromEntries(
      Object.entries(state.tiers).map(([tier, parent]) => [tier, { cgroup_parent: parent }]),
    ),
    actions: state.actions.map(({ atMs, freed, quotaCpus, ...action }) => ({
      time: atMs / 1000,
      ...action,
      ...(quotaCpus === undefined ? {} : { quota_cpus: quotaCpus }),
      ...(freed === undefined ? {} : { freed: format(freed) }),
    })),
  }
}
