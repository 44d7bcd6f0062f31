import type { FrameworkId } from '../../mesos/ids.ts'
import type { ExecutorInfo, TaskInfo } from '../../mesos/wire.ts'
import type { Turn } from '../turn.ts'

/** Hooks hear of the end of an executor, and of a task that the agent itself is the executor of. */
export const tellRemoved = (
  turn: Turn,
  {
    frameworkId,
    ...subject
  }: {
    readonly frameworkId: FrameworkId
    readonly executor: ExecutorInfo | undefined
    readonly task: TaskInfo | undefined
    readonly containerId: string
  },
): void => {
  if (!turn.context.hooks.has('removeExecutor')) return
  const framework = turn.state.frameworks.get(frameworkId)
  turn.do({ type: 'hook-removed', subject: { framework, ...subject, sandbox: undefined } })
}
