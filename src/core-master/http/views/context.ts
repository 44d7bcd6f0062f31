import type { MasterConfig } from '../../config.ts'
import type { MasterState } from '../../state.ts'

/** What a view may look at. */
export interface ViewContext {
  readonly state: MasterState
  readonly config: MasterConfig
  readonly monotonicMs: number
  /** Metrics of the registry. */
  registrar(): Readonly<Record<string, number>>
}
