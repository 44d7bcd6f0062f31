import { taskLabels } from '../../mesos/engine-endpoint.ts'
import { sandboxPath } from '../command/sandbox-path.ts'
import { labelOf } from '../docker/container-spec.ts'
import { isCustom } from '../executors/find.ts'
import { logPath } from '../files/locate.ts'
import type { AgentState, Task } from '../state.ts'

/** What `/files/debug` shows: virtual paths and where they lead, for runs that the agent knows of. */
export const filesView = (
  state: AgentState,
  { workDir, logFile }: { readonly workDir: string; readonly logFile: string | undefined },
): Readonly<Record<string, string>> => {
  const runs = [
    ...[...state.tasks.values()].filter(hasSandbox).map((task) => ({
      frameworkId: task.frameworkId as string,
      executorId: task.info.executor?.executor_id.value ?? task.taskId,
      containerId: task.containerId,
    })),
    ...[...state.executors.values()].map(({ frameworkId, info, containerId }) => ({
      frameworkId: frameworkId as string,
      executorId: info.executor_id.value,
      containerId,
    })),
  ]
  const log = logFile === undefined ? [] : [[logPath, logFile] as const]
  const sandboxes = runs.flatMap((run) => {
    const path = sandboxPath(workDir, { agentId: state.agentId ?? '', ...run })
    const latest = `/frameworks/${run.frameworkId}/executors/${run.executorId}/latest`
    return [
      [latest, path],
      [path, path],
    ]
  })
  return Object.fromEntries([...log, ...sandboxes])
}

/** Tasks of our own frontend have none, those of a custom executor live in its. */
const hasSandbox = (task: Task): boolean =>
  !isCustom(task) && labelOf(task.info.labels, taskLabels.create) === undefined
