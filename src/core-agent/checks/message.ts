import type { TaskKey } from '../state.ts'
import type { ProbeResult } from './judge.ts'
import type { CheckKind } from './plan.ts'
import type { Target } from './probes.ts'

/** What happens about checks. */
export type CheckMessage =
  | { readonly type: 'CHECK_DUE'; readonly task: TaskKey; readonly kind: CheckKind }
  | {
      readonly type: 'PROBED'
      readonly task: TaskKey
      readonly kind: CheckKind
      readonly result: ProbeResult
    }

/** What is done for them. */
export type CheckAct =
  /** Ends in PROBED, within `timeoutMs`; one at a time of a task and kind. */
  | {
      readonly type: 'probe'
      readonly task: TaskKey
      readonly kind: CheckKind
      readonly target: Target
      readonly timeoutMs: number
    }
  /** What is under way for a task is of no use any more. */
  | { readonly type: 'stop-probes'; readonly task: TaskKey }
