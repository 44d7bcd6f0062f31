import type { AgentId, TaskId } from '../../mesos/ids.ts'
import { maxRevocations, type Revocation } from '../../mesos/revocation.ts'
import type { Kind } from '../../resources/resources.ts'
import { isOver, type Status } from './lifecycle.ts'

/** What is known of a container that was revoked and is to run again (user-experience §4, item 8). */
export interface Requeue {
  readonly container: string
  readonly agent: AgentId
  /** The task whose end was judged last: hearing of it again changes nothing. */
  readonly task: TaskId
  /** Runs after a revocation since its user started it, the coming one included. */
  readonly attempt: number
  readonly max: number
  /** What the coming run is on: regular resources make another container of it. */
  readonly on: Kind
  readonly backoffMs: number
  /** While it is backing off, the next try, on both clocks. */
  readonly retryAtMs: number
  readonly retryAtWallMs: number
  /** Why it does not run, in the words of whoever took it down or would not start it. */
  readonly cause: string
  /** `waiting`: for an offer, then for its start. `settled`: it runs, or its user wants it down. */
  readonly phase: 'backing-off' | 'waiting' | 'settled' | 'given-up'
}

export type Verdict =
  | { readonly type: 'stay' }
  | { readonly type: 'give-up' }
  | {
      readonly type: 'requeue'
      readonly on: Kind
      readonly attempt: number
      readonly backoffMs: number
    }

/** The back-off doubles from the first to the last of these, and starts anew after a run of `longRunMs`. */
export const leastBackoffMs = 1000
export const maxBackoffMs = 300_000
export const longRunMs = 300_000

/** The end of a task that was revoked: GONE, or LOST for who knows no GONE (core-agent §6). */
export const isRevocation = (status: Status): boolean =>
  isOver(status) && status.reason === 'REASON_CONTAINER_PREEMPTED'

/** What becomes of a container whose run of `ranMs` was taken down, or that could not be started. */
export const judgeRevocation = (
  before: Pick<Requeue, 'attempt' | 'backoffMs'> | undefined,
  { policy, max }: Revocation,
  ranMs: number,
): Verdict => {
  if (policy === 'stop') return { type: 'stay' }
  const attempt = (before?.attempt ?? 0) + 1
  if (attempt > (policy === 'promote' ? maxRevocations : max)) return { type: 'give-up' }
  const on = policy === 'promote' && attempt >= max ? 'regular' : 'revocable'
  return { type: 'requeue', on, attempt, backoffMs: nextBackoffMs(before?.backoffMs ?? 0, ranMs) }
}

const nextBackoffMs = (lastMs: number, ranMs: number): number =>
  ranMs >= longRunMs ? leastBackoffMs : Math.min(maxBackoffMs, Math.max(leastBackoffMs, 2 * lastMs))

/** It does not run, and will. */
export const isPending = (requeue: Requeue | undefined): boolean =>
  requeue?.phase === 'backing-off' || requeue?.phase === 'waiting'
