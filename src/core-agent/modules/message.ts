import type { AgentLinkEventLaunch, AgentLinkEventLaunchGroup, Labels } from '../../mesos/wire.ts'
import type { Subject } from './hooks.ts'

/** A launch whose tasks wait for their labels. */
export type Unlabeled =
  | { readonly type: 'LAUNCH'; readonly event: AgentLinkEventLaunch }
  | { readonly type: 'LAUNCH_GROUP'; readonly event: AgentLinkEventLaunchGroup }

/** What hooks are asked. */
export type HookAct =
  /** Ends in LABELED. */
  | { readonly type: 'hook-labels'; readonly launch: Unlabeled }
  /** An executor, or a task that is its own, is no more. */
  | { readonly type: 'hook-removed'; readonly subject: Subject }

/** What plug-ins say. */
export type ModuleMessage = {
  readonly type: 'LABELED'
  readonly launch: Unlabeled
  /** The labels in the order of the tasks; or why the launch cannot go on. */
  readonly outcome:
    | { readonly labels: readonly Labels[] }
    | { readonly status: number; readonly message: string }
}
