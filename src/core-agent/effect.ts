import type { WatchRecord } from '../mesos/engine-endpoint.ts'
import type { FrameworkId } from '../mesos/ids.ts'
import type { AgentLinkCallOversubscribed, AgentLinkCallStatusUpdate } from '../mesos/wire.ts'
import type { CheckAct } from './checks/message.ts'
import type { CommandAct } from './command/message.ts'
import type { Creation } from './docker/create.ts'
import type { Change } from './docker/engine.ts'
import type { ExecutorAct } from './executors/message.ts'
import type { LogRecord } from './journal.ts'
import type { LogSource } from './logs/container-logs.ts'
import type { Message } from './message.ts'
import type { HookAct, PolicyAct } from './modules/message.ts'
import type { TaskKey } from './state.ts'

/** An effect that is not about the journal. */
export type Act = Exclude<Effect, { type: 'log' | 'at-once' }>

/** What a handler wants done, as plain data. The order in which effects are performed is told in outbox.ts. */
export type Effect =
  /** Durable before any other effect of the same message, or of a later one, is performed. */
  | { readonly type: 'log'; readonly record: LogRecord }
  /** Performed even while the journal cannot be written: it rests on nothing that is not yet on disk. */
  | { readonly type: 'at-once'; readonly act: Act }
  /** Ends in CREATED or CREATE_FAILED; a missing image is pulled. */
  | ({ readonly type: 'create'; readonly task: TaskKey } & Creation)
  | { readonly type: 'follow-logs'; readonly source: LogSource }
  | { readonly type: 'remove-sandbox'; readonly path: string }
  | { readonly type: 'touch-sandboxes'; readonly paths: readonly string[] }
  /** Of a create under way: it fails, unless it is past that. */
  | { readonly type: 'stop-fetching'; readonly task: TaskKey }
  /** Ends in CHANGED. */
  | {
      readonly type: 'change'
      readonly container: string
      readonly change: Change
      readonly request?: number | undefined
    }
  /** What the whole revocable tier may do. */
  | { readonly type: 'set-tier'; readonly quotaCpus: number | undefined; readonly frozen: boolean }
  /** Every process of the container ends at once, whatever the engine does. Ends in GROUP_EMPTY where its group is known. */
  | {
      readonly type: 'kill-group'
      readonly container: string
      readonly revocable: boolean
      /** Of a command; that of an engine's container is found by its process. */
      readonly group?: string
    }
  /** Ends in GROUPS_EMPTY, with the containers whose group is known and holds no process. */
  | { readonly type: 'find-empty-groups' }
  /** Ends in INSPECTED. */
  | { readonly type: 'inspect'; readonly container: string }
  | ExecutorAct
  | CheckAct
  | HookAct
  | PolicyAct
  /** Of the command containerizer. */
  | { readonly type: 'command'; readonly command: CommandAct }
  /** The container's own early events may now be told. */
  | { readonly type: 'known'; readonly container: string }
  | { readonly type: 'status-update'; readonly call: AgentLinkCallStatusUpdate }
  | { readonly type: 'oversubscribed'; readonly call: AgentLinkCallOversubscribed }
  /** From now on the agent says of itself what it was started with. */
  | { readonly type: 'renew' }
  /** Unsubscribe, and stay away. */
  | { readonly type: 'leave' }
  /** Forget the session and subscribe anew. */
  | { readonly type: 'resubscribe' }
  /** Answers a request of the engine endpoint; a body is sent as JSON. */
  | {
      readonly type: 'reply'
      readonly request: number
      readonly status: number
      readonly body?: unknown
    }
  /** To the watchers of one framework, or of all. */
  | {
      readonly type: 'publish'
      readonly framework: FrameworkId | undefined
      readonly record: WatchRecord
    }
  /** Sends `message` after a while; one timer a name, the last one set counts. */
  | {
      readonly type: 'after'
      readonly timer: string
      readonly delayMs: number
      readonly message: Message
    }
  | { readonly type: 'cancel'; readonly timer: string }
  | { readonly type: 'warn'; readonly fields: object; readonly message: string }
