import type { AgentState, Task } from '../state.ts'

/** Names under which a run is known; those of `sandboxPath`. */
interface Run {
  readonly agentId: string
  readonly frameworkId: string
  readonly executorId: string
  readonly containerId: string
}

export const runOf = ({ agentId }: Pick<AgentState, 'agentId'>, task: Task): Run => ({
  agentId: agentId ?? '',
  frameworkId: task.frameworkId,
  executorId: task.info.executor?.executor_id.value ?? task.taskId,
  containerId: task.containerId,
})

/** Where the agent answers. */
export interface Reach {
  readonly advertiseIp: string
  readonly listen: { readonly port: number }
}

/** What every run is told of itself, in Mesos' names (core-agent §3.9). */
export const runEnvironment = (
  run: Run,
  sandbox: string,
  { advertiseIp, listen }: Reach,
): ReadonlyMap<string, string> =>
  new Map([
    ['MESOS_FRAMEWORK_ID', run.frameworkId],
    ['MESOS_EXECUTOR_ID', run.executorId],
    ['MESOS_SLAVE_ID', run.agentId],
    ['MESOS_SLAVE_PID', `slave(1)@${advertiseIp}:${listen.port}`],
    ['MESOS_AGENT_ENDPOINT', `${advertiseIp}:${listen.port}`],
    ['MESOS_CONTAINER_NAME', `mesos-${run.containerId}`],
    ['MESOS_DIRECTORY', sandbox],
    ['MESOS_SANDBOX', sandbox],
    ['LIBPROCESS_PORT', '0'],
  ])

export const taskEnvironment = (
  task: Task,
  run: Run,
  sandbox: string,
  reach: Reach,
): ReadonlyMap<string, string> => {
  const role = task.info.resources?.[0]?.allocation_info?.role
  return new Map([
    ...runEnvironment(run, sandbox, reach),
    ['MESOS_TASK_ID', task.taskId],
    ...(role === undefined ? [] : [['MESOS_ALLOCATION_ROLE', role] as const]),
  ])
}
