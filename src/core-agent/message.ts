import type { DockerEvent, EngineFacts, ImageFacts, Inspect } from '../mesos/engine-endpoint.ts'
import type {
  AgentLinkEventAcknowledge,
  AgentLinkEventKill,
  AgentLinkEventLaunch,
  AgentLinkEventReconcile,
  AgentLinkEventShutdownFramework,
  AgentLinkEventSubscribed,
  AgentLinkEventUpdateFramework,
} from '../mesos/wire.ts'
import type { Tiers } from './cgroups.ts'
import type { CheckMessage } from './checks/message.ts'
import type { CommandMessage } from './command/message.ts'
import type { Emptied } from './container-groups.ts'
import type { Change } from './docker/engine.ts'
import type { ExecutorMessage } from './executors/message.ts'
import type { ModuleMessage } from './modules/message.ts'
import type { Run } from './sandboxes/collect.ts'
import type { AgentState, Standing, TaskKey } from './state.ts'
import type { Glance, LoadAverage, NodeSample, TaskSample } from './usage/sample.ts'

/** Everything that can happen to an agent. */
export type Message =
  // The master says.
  | {
      readonly type: 'SUBSCRIBED'
      readonly subscribed: AgentLinkEventSubscribed
      /** As what the agent subscribed. */
      readonly told: NonNullable<AgentState['told']>
    }
  | { readonly type: 'DISCONNECTED' }
  | { readonly type: 'LAUNCH'; readonly launch: AgentLinkEventLaunch }
  | { readonly type: 'KILL'; readonly kill: AgentLinkEventKill }
  | { readonly type: 'ACKNOWLEDGE'; readonly acknowledge: AgentLinkEventAcknowledge }
  | { readonly type: 'RECONCILE'; readonly reconcile: AgentLinkEventReconcile }
  | { readonly type: 'UPDATE_FRAMEWORK'; readonly update: AgentLinkEventUpdateFramework }
  | { readonly type: 'SHUTDOWN_FRAMEWORK'; readonly shutdown: AgentLinkEventShutdownFramework }
  | { readonly type: 'SHUTDOWN'; readonly message: string; readonly gone: boolean }
  | { readonly type: 'STANDING'; readonly standing: Standing }
  /** The journal was read. */
  | { readonly type: 'OPENED' }
  // The operator says, by SIGUSR1.
  | { readonly type: 'LEAVE' }
  // The engine says.
  | { readonly type: 'ENGINE'; readonly facts: EngineFacts; readonly tiers?: Tiers }
  | { readonly type: 'IMAGES'; readonly images: readonly ImageFacts[] }
  /** After a start or a gap in the events: every known container was inspected, these have our agent id besides. */
  | { readonly type: 'SURVEYED'; readonly strangers: readonly Inspect[] }
  | {
      readonly type: 'CREATED'
      readonly task: TaskKey
      readonly inspect: Inspect
      readonly warnings: readonly string[]
    }
  | { readonly type: 'CREATE_FAILED'; readonly task: TaskKey; readonly failure: Failure }
  | ({ readonly type: 'INSPECTED' } & Inspected)
  /** The container's process ended; a look at it follows. */
  | { readonly type: 'DIED'; readonly container: string; readonly code: number }
  | {
      readonly type: 'CHANGED'
      readonly container: string
      readonly change: Change
      readonly request: number | undefined
      readonly outcome: Outcome
    }
  /** The kernel says: no process of the container lives any more. */
  | ({ readonly type: 'GROUP_EMPTY' } & Emptied)
  | { readonly type: 'GROUPS_EMPTY'; readonly containers: readonly string[] }
  /** An event of images, networks, volumes or the engine itself, or one that leaves its container as it was. */
  | { readonly type: 'EVENT'; readonly event: DockerEvent; readonly container: string | undefined }
  // Executors of frameworks.
  | ExecutorMessage
  // Checks of tasks.
  | CheckMessage
  // The command containerizer says.
  | CommandMessage
  | ModuleMessage
  // A framework asks, at the engine endpoint, for a container of its own.
  | {
      readonly type: 'CHANGE'
      readonly container: string
      readonly change: Change
      readonly request: number
    }
  // The disk: why the journal cannot be written; undefined: it can again.
  | { readonly type: 'JOURNAL'; readonly problem: string | undefined }
  /** Now and then: what is on the disk of the sandboxes. */
  | { readonly type: 'SANDBOXES'; readonly runs: readonly Run[]; readonly diskUsage: number }
  // Time passes.
  | { readonly type: 'UPDATE_UNACKNOWLEDGED'; readonly task: TaskKey }
  | { readonly type: 'REFUSAL_UNACKNOWLEDGED'; readonly task: TaskKey }
  | { readonly type: 'NEVER_STARTED'; readonly task: TaskKey }
  | { readonly type: 'STILL_ALIVE'; readonly task: TaskKey }
  | { readonly type: 'OVERDUE'; readonly task: TaskKey }
  | { readonly type: 'OUTLIVED'; readonly container: string }
  | { readonly type: 'ORPHANED'; readonly container: string }
  | { readonly type: 'UNSEEN'; readonly container: string }
  | { readonly type: 'ENGINE_GONE' }
  | { readonly type: 'UNTOLD'; readonly container: string }
  | { readonly type: 'ESTIMATE' }
  | {
      readonly type: 'CORRECT'
      readonly load: LoadAverage
      /** Undefined: nothing is measured, or cannot be. */
      readonly sample: NodeSample | undefined
      readonly tasks: ReadonlyMap<TaskKey, TaskSample>
    }
  | { readonly type: 'GLANCE'; readonly glance: Glance }

export type MessageOf<T> = Extract<Message, { type: T }>

/** One look at a container, and what happened since the last one. */
export interface Inspected {
  readonly container: string
  /** Undefined: it is gone. */
  readonly inspect: Inspect | undefined
  /** Exit code that a `die` event named, in case there is nothing left to inspect. */
  readonly diedWith: number | undefined
  /** In order, told to watchers after the look itself. */
  readonly events: readonly DockerEvent[]
}

export type Outcome =
  | { readonly ok: true; readonly changed: boolean; readonly body?: unknown }
  | ({ readonly ok: false } & Failure)

export interface Failure {
  /** The engine's HTTP status; undefined: it gave no answer, and whether it acted is unknown. */
  readonly status: number | undefined
  readonly message: string
  /** Of a launch that it ended. */
  readonly phase?: Phase
}

export type Phase = 'sandbox' | 'fetch' | 'hook' | 'pull' | 'create' | 'start'
