import type { Glance, LoadAverage, NodeSample, TaskSample } from '../usage/sample.ts'

/**
 * Decides when the lender needs its machine back, and from whom (core-agent §6, §7.3). No clock, no reading: asked each
 * second, it answers from what it is given and what it has seen before.
 */
export interface QosController {
  readonly name: string
  /** A module is asked instead of `decide`, and answers later. */
  readonly asks?: boolean
  decide<Victim>(usage: QosUsage<Victim>): Decision<Victim>
  /**
   * What cannot wait for the next second, asked many times in one while lent work runs; undefined: nothing. `revocable`
   * is looked up only where something is to be done.
   */
  react?<Victim>(
    glance: Glance,
    revocable: () => readonly Candidate<Victim>[],
  ): Decision<Victim> | undefined
}

export interface QosUsage<Victim> {
  /** Monotonic clock. */
  readonly atMs: number
  readonly load: LoadAverage
  /** The last second; undefined: nothing could be measured. */
  readonly sample: NodeSample | undefined
  /** Everything that runs on lent resources: nothing else may be corrected (reliability I2). */
  readonly revocable: readonly Candidate<Victim>[]
}

export interface Candidate<Victim> {
  readonly victim: Victim
  /** What it was lent. */
  readonly requestCpus: number
  readonly requestMemoryBytes: number
  readonly ageMs: number
  /** `qos.cost` of its labels: how much dearer a second of its work is than another's; 1 unless stated. */
  readonly cost: number
  /** Undefined: it cannot be read. */
  readonly usage: TaskSample | undefined
}

/** What is to be done in the second to come. */
export interface Decision<Victim> {
  /** How far it had to go; `run` is weights alone. */
  readonly level: Level
  /** cpus that the whole revocable tier may use; undefined: no bound. */
  readonly quotaCpus: number | undefined
  readonly frozen: boolean
  readonly kills: readonly Correction<Victim>[]
  /** Nothing more is lent for so long. */
  readonly closeForMs: number
  /** Why the level is what it is; undefined at `run`. */
  readonly cause: Cause | undefined
}

export type Level = 'run' | 'throttle' | 'freeze' | 'kill' | 'emergency'

/** `signal` was `value`, beyond `threshold`. */
export interface Cause {
  readonly signal: string
  readonly value: number
  readonly threshold: number
}

/** Kill the victim. Of a cpu cause it may be given time to end by itself; memory is wanted at once. */
export interface Correction<Victim> extends Cause {
  readonly victim: Victim
  readonly resource: 'cpus' | 'mem'
}

/** Weights do what is needed. */
export const atEase: Decision<never> = {
  level: 'run',
  quotaCpus: undefined,
  frozen: false,
  kills: [],
  closeForMs: 0,
  cause: undefined,
}
