import type { ContainerFacts } from '../../constraints/node.ts'
import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { AgentId, TaskId } from '../../mesos/ids.ts'
import type { TaskState, TaskStatusReason } from '../../mesos/wire.ts'
import type { Kind, Resources } from '../../resources/resources.ts'
import type { Waiting } from '../queue.ts'

/** A task of ours that may hold resources. */
export type Task = TaskFacts &
  (
    | {
        readonly phase: 'launching'
        readonly waiting: Waiting
        /** What was left of the client's time when a place was found. */
        readonly restMs: number
        /** Monotonic clock: then the launch has taken too long. */
        readonly deadlineMs: number
        /** What the filters see of it until the container exists. */
        readonly pending: ContainerFacts
      }
    | { readonly phase: 'live'; readonly container: string }
    /** Nobody wants it any more: it is killed, and its container removed. */
    | { readonly phase: 'abandoned' }
  )

export interface TaskFacts {
  readonly id: TaskId
  readonly agent: AgentId
  readonly kind: Kind
  readonly resources: Resources
  /** The master took the launch: it knows the task, or soon will. */
  readonly isAccepted: boolean
  /** A status came since we subscribed: nothing to ask for. */
  readonly isAnswered: boolean
  /** Monotonic clock: the last status, or the launch. */
  readonly heardMs: number
  readonly message: string
}

/** A TaskStatus, read. */
export interface Status {
  readonly task: TaskId
  readonly agent: AgentId | undefined
  readonly state: TaskState
  readonly reason: TaskStatusReason | undefined
  readonly message: string
  /** The container, from `data` (an array of one). */
  readonly inspect: Inspect | undefined
  /** What of the create could not be done as it was asked. */
  readonly warnings: readonly string[]
  /** It tells an exit code: the container's process did run. */
  readonly hasRun: boolean
  /** HTTP status with which the engine refused. */
  readonly engineStatus: number | undefined
  /** Present where the status wants to be acknowledged (W14). */
  readonly uuid: Uint8Array | undefined
}

/** What a status means for a launch. */
export type Verdict =
  | { readonly type: 'keep' }
  | {
      readonly type: 'created'
      readonly inspect: Inspect
      readonly warnings: readonly string[]
    }
  /** It provably never started: its request may be launched once more. */
  | { readonly type: 'never-started'; readonly message: string }
  | { readonly type: 'refused'; readonly status: number; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }

/**
 * A launch has succeeded only when a status brings the container (D1): STAGING, KILLING and a STARTING without `data`
 * mean wait (docker-frontend §6.6).
 */
export const judgeLaunch = (status: Status): Verdict => {
  const { state, inspect, warnings } = status
  if (state === 'TASK_STAGING' || state === 'TASK_KILLING') return { type: 'keep' }
  if (state === 'TASK_STARTING' || state === 'TASK_RUNNING')
    return inspect === undefined ? { type: 'keep' } : { type: 'created', inspect, warnings }
  const message = `task ${status.task} ${state}: ${status.message}`
  if (neverStarted(status)) return { type: 'never-started', message }
  if (state !== 'TASK_FAILED') return { type: 'failed', message }
  if (status.engineStatus !== undefined)
    return { type: 'refused', status: status.engineStatus, message: status.message }
  return { type: 'failed', message: `${status.message}${hint(status.message)}` }
}

/** The task holds nothing any more. An UNREACHABLE one may come back with its agent. */
export const isOver = ({ state }: Status): boolean => terminal.has(state)

const terminal: ReadonlySet<TaskState> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNKNOWN',
])

/**
 * DROPPED is said only of a task that no agent launched (capability PARTITION_AWARE); LOST where the offer was gone;
 * and a master that took our launch, or can take it no more, answers GONE or UNKNOWN when it has no such task (M21).
 */
const neverStarted = ({ state, reason }: Status): boolean => {
  if (state === 'TASK_DROPPED') return true
  if (state === 'TASK_LOST') return reason === 'REASON_INVALID_OFFERS'
  return (state === 'TASK_GONE' || state === 'TASK_UNKNOWN') && reason === 'REASON_RECONCILIATION'
}

/** What Swarm added for the mistake that users made most (docker-frontend §6.6). */
const hint = (message: string): string =>
  message.includes('Abnormal executor termination')
    ? ' : please verify your SWARM_MESOS_USER is correctly set'
    : ''
