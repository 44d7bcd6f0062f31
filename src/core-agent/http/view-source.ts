import type { AgentConfig } from '../config.ts'
import type { PluginView } from '../modules/plugin.ts'
import type { MachineFacts } from '../resources.ts'
import type { AgentState } from '../state.ts'
import type { Identity } from '../subscription.ts'

/** What the read-only answers are made of. */
export interface ViewSource {
  readonly state: AgentState
  readonly config: AgentConfig
  readonly identity: Identity
  readonly machine: MachineFacts
  /** Plug-ins in use. */
  readonly modules: readonly PluginView[]
  readonly startedAtMs: number
  readonly nowMs: number
  readonly monotonicMs: number
}
