import type { AgentLinkEventLaunch, AgentLinkEventLaunchGroup, Labels } from '../../mesos/wire.ts'
import type { Resources } from '../../resources/resources.ts'
import type { Decision } from '../qos/controller.ts'
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

/** What estimator and controller modules are asked; questions are plain data. */
export type PolicyAct =
  /** Ends in ESTIMATED, or in nothing where one is under way. */
  | { readonly type: 'ask-estimator'; readonly allocated: Resources; readonly question: object }
  /** Ends in CORRECTED, or in nothing where one is under way. */
  | { readonly type: 'ask-controller'; readonly question: object }

/** What plug-ins say. */
export type ModuleMessage =
  | {
      readonly type: 'LABELED'
      readonly launch: Unlabeled
      /** The labels in the order of the tasks; or why the launch cannot go on. */
      readonly outcome:
        | { readonly labels: readonly Labels[] }
        | { readonly status: number; readonly message: string }
    }
  | {
      readonly type: 'ESTIMATED'
      /** When it was asked. */
      readonly allocated: Resources
      /** What could be lent besides; undefined: the call failed. */
      readonly answer: Resources | undefined
      readonly isDisabled: boolean
    }
  | {
      readonly type: 'CORRECTED'
      /** Undefined: the call failed. */
      readonly answer: Decision<string> | undefined
      readonly isDisabled: boolean
    }
