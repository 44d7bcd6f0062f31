import type { AgentLinkEvent, SchedulerEvent } from '../mesos/wire.ts'
import type { Candidates } from './allocator/snapshot.ts'
import type { Message } from './messages.ts'
import type { RegistryChange } from './registry/entries.ts'

/**
 * What a handled message asks of the driver. Effects are performed in the order they were produced, after the state
 * change is complete: events of one stream therefore arrive in the order of the decisions. Whatever leaves the master
 * waits until the changes that were stored before it, or by the same message, last.
 */
export type Effect =
  /** Writes a change to the registry. All of one message are written at once. */
  | { readonly type: 'store'; readonly change: RegistryChange }
  /** Ends this master: going on would do harm that an operator must decide about. */
  | { readonly type: 'fail'; readonly text: string }
  /** Answers a call with something else than 202 and an empty body; at most one a call. */
  | { readonly type: 'answer'; readonly status: number; readonly body: string }
  | { readonly type: 'tell-framework'; readonly stream: string; readonly event: SchedulerEvent }
  | { readonly type: 'tell-agent'; readonly session: string; readonly event: AgentLinkEvent }
  /** Ends the stream of a framework or of an agent. */
  | { readonly type: 'end-stream'; readonly stream: string }
  /** Hands `message` back after a while. A timer of the same key is replaced. */
  | {
      readonly type: 'set-timer'
      readonly key: string
      readonly afterMs: number
      readonly message: Message
    }
  | { readonly type: 'cancel-timer'; readonly key: string }
  | { readonly type: 'run-allocator'; readonly candidates: Candidates }
  | {
      readonly type: 'log'
      readonly level: 'info' | 'warn'
      readonly fields: object
      readonly text: string
    }
