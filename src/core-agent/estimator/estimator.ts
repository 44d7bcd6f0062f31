import type { Resources } from '../../resources/resources.ts'
import type { NodeSample, TaskSample } from '../usage/sample.ts'

/** Decides how much can be lent (core-agent §6). No clock, no reading: it answers from what it is given. */
export interface Estimator {
  readonly name: string
  /** What it publishes: every change as Mesos does, or only what is worth the offers that it costs (core-agent §7.2). */
  readonly publishes: 'changes' | 'what-matters'
  /** A module is asked at each estimate, and answers later, into `told`. */
  readonly asks?: boolean
  /** Takes in one second of the machine. */
  observe?(sample: NodeSample, regular: readonly RegularTask[]): void
  /**
   * Additional revocable resources that could be handed out now, beyond the revocable ones already allocated.
   * Anything not revocable in the answer is ignored and counted.
   */
  oversubscribable(usage: EstimatorInput): Resources
  /** What it has learned, as plain JSON; the next life of the agent gives it back to `resume`. */
  history?(nowMs: number): unknown
  /** `takenAtMs`: when `history` was taken, on the monotonic clock of this life, which may be before its zero. */
  resume?(history: unknown, takenAtMs: number): void
}

export interface EstimatorInput {
  /** Monotonic clock. */
  readonly atMs: number
  readonly allocatedRevocable: Resources
  /** What a module said last, with what was allocated then; undefined: nothing yet. */
  readonly told?: Resources | undefined
}

/** Something that runs on resources of its own. */
export interface RegularTask {
  readonly id: string
  readonly requestCpus: number
  readonly requestMemoryBytes: number
  readonly ageMs: number
  /** Undefined: it cannot be read, and counts as its request. */
  readonly usage: TaskSample | undefined
}
