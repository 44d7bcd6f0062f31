import { killCommand } from '../command/kill.ts'
import { type Executor, type ExecutorKey, executorKey } from '../state.ts'
import { recordEnding } from '../tasks/ending.ts'
import type { Turn } from '../turn.ts'
import { destroyExecutor, shutDownExecutor } from './end.ts'
import { tasksOf } from './find.ts'
import { launchGroup } from './launch-group.ts'
import type { ExecutorMessage } from './message.ts'
import { executorLate, executorLeft, executorSubscribed, executorUpdate } from './subscribe.ts'

type Handlers = {
  readonly [T in ExecutorMessage['type']]: (
    turn: Turn,
    message: Extract<ExecutorMessage, { type: T }>,
  ) => void
}

/** Everything about executors of frameworks. What comes for one that has ended does nothing. */
export const executorHandlers: Handlers = {
  LAUNCH_GROUP: (turn, { launchGroup: event }) => launchGroup(turn, event),
  MESSAGE: (turn, { message: { framework_id, executor_id, data } }) =>
    withExecutor(turn, executorKey(framework_id.value, executor_id.value), ({ stream }) => {
      if (stream !== undefined)
        turn.do({ type: 'tell-executor', stream, event: { type: 'MESSAGE', message: { data } } })
    }),
  SHUTDOWN_EXECUTOR: (turn, { shutdown: { framework_id, executor_id } }) =>
    withExecutor(turn, executorKey(framework_id.value, executor_id.value), (executor) =>
      end(turn, executor),
    ),
  EXECUTOR_SUBSCRIBED: (turn, message) => {
    const executor = turn.state.executors.get(message.executor)
    if (executor !== undefined) executorSubscribed(turn, executor, message)
    else turn.do({ type: 'end-executor-stream', stream: message.stream })
  },
  EXECUTOR_UPDATE: (turn, { executor: key, status }) =>
    withExecutor(turn, key, (executor) => executorUpdate(turn, executor, status)),
  EXECUTOR_SAID: (turn, { executor: key, data }) =>
    withExecutor(turn, key, ({ frameworkId, info }) =>
      turn.do({
        type: 'executor-message',
        call: { framework_id: { value: frameworkId }, executor_id: info.executor_id, data },
      }),
    ),
  EXECUTOR_LEFT: (turn, { executor: key, stream }) =>
    withExecutor(turn, key, (executor) => executorLeft(executor, stream)),
  EXECUTOR_LATE: (turn, { executor: key }) =>
    withExecutor(turn, key, (executor) => executorLate(turn, executor)),
  EXECUTOR_LINGERS: (turn, { executor: key }) =>
    withExecutor(turn, key, (executor) => destroyExecutor(turn, executor)),
}

/** The default executor ends when its tasks have. */
const end = (turn: Turn, executor: Executor): void => {
  if (executor.info.type !== 'DEFAULT') return shutDownExecutor(turn, executor)
  for (const task of tasksOf(turn.state, executor)) {
    const graceMs = turn.context.settings.killGraceMs
    const message = 'The executor was shut down'
    recordEnding(turn, task, { cause: 'killed', by: 'master', message }, graceMs)
    killCommand(turn, task, graceMs)
  }
}

const withExecutor = (turn: Turn, key: ExecutorKey, act: (executor: Executor) => void): void => {
  const executor = turn.state.executors.get(key)
  if (executor !== undefined) act(executor)
}
