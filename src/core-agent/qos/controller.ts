/** Load averages of the machine over 1, 5 and 15 minutes. */
export type LoadAverage = readonly [number, number, number]

/** Decides when the lender needs its machine back, and from whom (core-agent §6). Pure. */
export interface QosController {
  readonly name: string
  corrections<Victim>(usage: Usage<Victim>): readonly Correction<Victim>[]
}

export interface Usage<Victim> {
  readonly load: LoadAverage
  /** Everything that runs on lent resources: nothing else may be corrected (reliability I2). */
  readonly revocable: readonly Victim[]
}

/** Kill the victim, because `signal` was `value`, above `threshold`. */
export interface Correction<Victim> {
  readonly victim: Victim
  readonly signal: string
  readonly value: number
  readonly threshold: number
}
