import type { ExecutorInfo } from '../../mesos/wire.ts'
import { executorKey } from '../state.ts'
import type { Turn } from '../turn.ts'

/** The master has charged an executor that is not going to be. */
export const giveBack = (
  turn: Turn,
  frameworkId: string,
  info: ExecutorInfo | undefined,
  isNew: boolean,
): void => {
  if (info === undefined || !isNew) return
  const { executor_id } = info
  if (turn.state.executors.has(executorKey(frameworkId, executor_id.value))) return
  turn.doAtOnce({
    type: 'executor-exited',
    call: { framework_id: { value: frameworkId }, executor_id },
  })
}
