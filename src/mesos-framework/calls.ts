import type { AgentId, FrameworkId, OfferId, TaskId } from '../mesos/ids.ts'
import type { SchedulerCall, TaskInfo } from '../mesos/wire.ts'
import type { FrameworkConfig } from './config.ts'
import type { Effect } from './messages.ts'
import type { Status } from './tasks/lifecycle.ts'

/** SUBSCRIBE, with the id of the framework in both places once it has one (core-master §15). */
export const subscribe = (
  config: FrameworkConfig,
  framework: FrameworkId | undefined,
): SchedulerCall => {
  const named = framework === undefined ? undefined : { value: framework }
  return {
    type: 'SUBSCRIBE',
    ...(named === undefined ? {} : { framework_id: named }),
    subscribe: {
      framework_info: {
        user: config.user,
        name: config.frameworkName,
        hostname: config.hostname,
        roles: [config.role],
        checkpoint: config.checkpoint,
        failover_timeout: config.failoverTimeoutMs / 1000,
        capabilities: capabilities(config).map((type) => ({ type })),
        ...(named === undefined ? {} : { id: named }),
      },
    },
  }
}

const capabilities = ({ revocableEnabled }: FrameworkConfig) =>
  [
    'MULTI_ROLE',
    'PARTITION_AWARE',
    'TASK_KILLING_STATE',
    'RESERVATION_REFINEMENT',
    'GPU_RESOURCES',
    ...(revocableEnabled ? (['REVOCABLE_RESOURCES'] as const) : []),
  ] as const

/** One launch on one agent: the unused rest comes back at once, since nothing is refused (docker-frontend §6.5, D4). */
export const accept = (offers: readonly OfferId[], tasks: readonly TaskInfo[]): Effect =>
  call({
    type: 'ACCEPT',
    accept: {
      offer_ids: offers.map((value) => ({ value })),
      operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }],
      filters: { refuse_seconds: 0 },
    },
  })

export const decline = (offers: readonly OfferId[], refuseSeconds: number): Effect =>
  call({
    type: 'DECLINE',
    decline: {
      offer_ids: offers.map((value) => ({ value })),
      filters: { refuse_seconds: refuseSeconds },
    },
  })

export const revive = (role: string): Effect => call({ type: 'REVIVE', revive: { roles: [role] } })

export const kill = (task: TaskId, agent: AgentId): Effect =>
  call({ type: 'KILL', kill: { task_id: { value: task }, agent_id: { value: agent } } })

export const reconcile = (
  tasks: readonly { readonly id: TaskId; readonly agent: AgentId }[],
): Effect =>
  call({
    type: 'RECONCILE',
    reconcile: {
      tasks: tasks.map(({ id, agent }) => ({ task_id: { value: id }, agent_id: { value: agent } })),
    },
  })

/** Only a status with uuid is acknowledged: others are not repeated (W14). */
export const acknowledge = ({ task, agent, uuid }: Status): readonly Effect[] =>
  agent === undefined || uuid === undefined
    ? []
    : [
        call({
          type: 'ACKNOWLEDGE',
          acknowledge: { agent_id: { value: agent }, task_id: { value: task }, uuid },
        }),
      ]

const call = (call: SchedulerCall): Effect => ({ type: 'call', call })
