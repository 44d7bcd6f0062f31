import type { Resources } from '../../resources/resources.ts'
import type { Agent, Framework } from '../state.ts'

/** Where a task is to run, and what is left of the offers for it. */
export interface Place {
  readonly framework: Framework
  readonly agent: Agent
  readonly role: string
  readonly remaining: Resources
}
