import type { AgentLinkEventLaunch, ExecutorInfo } from '../../mesos/wire.ts'
import { executorKey } from '../state.ts'
import type { Turn } from '../turn.ts'
import { tellExit } from './tell-exit.ts'

/** What a launch says of its executor. */
export type Brought = Pick<AgentLinkEventLaunch, 'launch_executor' | 'executor_launch_id'>

/** The master has charged an executor that is not going to be. */
export const giveBack = (
  turn: Turn,
  frameworkId: string,
  info: ExecutorInfo | undefined,
  launch: Brought,
): void => {
  if (info === undefined || launch.launch_executor === false) return
  const { executor_id } = info
  if (turn.state.executors.has(executorKey(frameworkId, executor_id.value))) return
  tellExit(turn, {
    framework_id: { value: frameworkId },
    executor_id,
    launch_id: launch.executor_launch_id,
  })
}
