import type { Resources } from '../../resources/resources.ts'

/** Decides how much can be lent (core-agent §6). Pure: asked often, answers from what it is given. */
export interface Estimator {
  readonly name: string
  /**
   * Additional revocable resources that could be handed out now, beyond the revocable ones already allocated.
   * Anything not revocable in the answer is ignored and counted.
   */
  oversubscribable(usage: { readonly allocatedRevocable: Resources }): Resources
}
