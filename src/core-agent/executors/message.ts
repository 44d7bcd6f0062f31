import type {
  AgentLinkCallExecutorExited,
  AgentLinkCallExecutorMessage,
  AgentLinkEventLaunchGroup,
  AgentLinkEventMessage,
  AgentLinkEventShutdownExecutor,
  ExecutorCallSubscribe,
  ExecutorEvent,
  TaskStatus,
} from '../../mesos/wire.ts'
import type { ExecutorKey } from '../state.ts'

/** What concerns executors of frameworks. */
export type ExecutorMessage =
  // The master says.
  | { readonly type: 'LAUNCH_GROUP'; readonly launchGroup: AgentLinkEventLaunchGroup }
  | { readonly type: 'MESSAGE'; readonly message: AgentLinkEventMessage }
  | { readonly type: 'SHUTDOWN_EXECUTOR'; readonly shutdown: AgentLinkEventShutdownExecutor }
  // An executor says, in a call that was checked.
  | {
      readonly type: 'EXECUTOR_SUBSCRIBED'
      readonly executor: ExecutorKey
      /** Of the answer that carries its events. */
      readonly stream: number
      readonly subscribe: ExecutorCallSubscribe
    }
  | {
      readonly type: 'EXECUTOR_UPDATE'
      readonly executor: ExecutorKey
      readonly status: TaskStatus
    }
  | { readonly type: 'EXECUTOR_SAID'; readonly executor: ExecutorKey; readonly data: Uint8Array }
  | { readonly type: 'EXECUTOR_LEFT'; readonly executor: ExecutorKey; readonly stream: number }
  // Time passes.
  /** It did not subscribe in time. */
  | { readonly type: 'EXECUTOR_LATE'; readonly executor: ExecutorKey }
  /** It was to end, and has not. */
  | { readonly type: 'EXECUTOR_LINGERS'; readonly executor: ExecutorKey }

export type ExecutorAct =
  | { readonly type: 'tell-executor'; readonly stream: number; readonly event: ExecutorEvent }
  | { readonly type: 'end-executor-stream'; readonly stream: number }
  | { readonly type: 'executor-exited'; readonly call: AgentLinkCallExecutorExited }
  | { readonly type: 'executor-message'; readonly call: AgentLinkCallExecutorMessage }
