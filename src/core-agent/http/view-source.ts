import type { AgentConfig } from '../config.ts'
import type { MachineFacts } from '../resources.ts'
import type { AgentState } from '../state.ts'
import type { Identity } from '../subscription.ts'

/** What the read-only answers are made of. */
export interface ViewSource {
  readonly state: AgentState
  readonly config: AgentConfig
  readonly identity: Identity
  readonly machine: MachineFacts
  readonly startedAtMs: number
  readonly nowMs: number
  readonly monotonicMs: number
}
