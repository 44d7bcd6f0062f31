import type { PlacementRequest } from '../constraints/node.ts'
import type { Inspect, WatchRecord } from '../mesos/engine-endpoint.ts'
import type { AgentId, FrameworkId, OfferId } from '../mesos/ids.ts'
import type { SchedulerCall } from '../mesos/wire.ts'
import type { Resources } from '../resources/resources.ts'
import type { ClusterEvent, CreateOutcome, StartOutcome } from './cluster.ts'
import type { LogRecord } from './log-records.ts'
import type { Job, RequestKey } from './queue.ts'
import type { Status } from './tasks/lifecycle.ts'

/** Everything that can happen to the framework. */
export type Message =
  // The master.
  | { readonly type: 'SUBSCRIBED'; readonly framework: FrameworkId; readonly master: string }
  | { readonly type: 'DISCONNECTED' }
  | { readonly type: 'OFFERS'; readonly offers: readonly Offer[] }
  | { readonly type: 'RESCIND'; readonly offer: OfferId }
  | { readonly type: 'UPDATE'; readonly status: Status }
  /** The master ended the subscription for good, or the log cannot be written. */
  | { readonly type: 'HALT'; readonly why: string }
  | { readonly type: 'CALL_TAKEN'; readonly call: SchedulerCall }
  /** `acted: 'no'`: the master answered that it did nothing. */
  | {
      readonly type: 'CALL_FAILED'
      readonly call: SchedulerCall
      readonly acted: 'no' | 'unknown'
      readonly why: string
    }
  // The log.
  | { readonly type: 'LOGGED'; readonly record: LogRecord }
  // The agents' engine endpoints.
  | { readonly type: 'WATCH'; readonly agent: AgentId; readonly record: WatchRecord }
  | { readonly type: 'WATCH_LOST'; readonly agent: AgentId; readonly why: string }
  | {
      readonly type: 'INVENTORY'
      readonly agent: AgentId
      readonly networks: readonly string[]
      readonly volumes: readonly string[]
    }
  | { readonly type: 'INSPECTED'; readonly agent: AgentId; readonly inspect: Inspect }
  | { readonly type: 'VANISHED'; readonly agent: AgentId; readonly container: string }
  /** The engine took a start; `changed` is what was known of the container before it was asked. */
  | { readonly type: 'STARTED'; readonly container: string; readonly changed: string }
  // The Docker endpoint.
  | {
      readonly type: 'SUBMIT'
      readonly key: RequestKey
      readonly job: JobRequest
      readonly placement: PlacementRequest
      /** Waits for as long as it takes. */
      readonly isRequeue: boolean
    }
  | { readonly type: 'CANCEL'; readonly key: RequestKey }
  /** A client starts the container, or wants it down. */
  | { readonly type: 'USER_STARTS' | 'USER_STOPS'; readonly container: string }
  /** A revoked container was to run again. */
  | {
      readonly type: 'RAN_AGAIN'
      readonly container: string
      readonly attempt: number
      readonly outcome: StartOutcome | { readonly kind: 'busy' }
    }
  /** Another container on regular resources has taken its place. */
  | { readonly type: 'PROMOTED'; readonly container: string; readonly from: string }
  // Time, and the turn after a batch of messages.
  | { readonly type: 'TICK' }
  | { readonly type: 'TURN' }

export type MessageOf<T extends Message['type']> = Extract<Message, { type: T }>

/** A job as it is submitted: a create has no name yet. */
export type JobRequest =
  | Omit<Extract<Job, { type: 'create' }>, 'name'>
  | Omit<Extract<Job, { type: 'start' }>, 'name'>

/** An offer of the master, read: the agent as it describes it, and what is on offer. */
export interface Offer {
  readonly id: OfferId
  readonly agent: AgentId
  readonly hostname: string
  readonly ip: string
  readonly port: number
  /** Attributes in text form (docker-frontend §7.2). */
  readonly attributes: ReadonlyMap<string, string>
  readonly resources: Resources
}

/** What the driver does after a state change, in this order where a handler returns several. */
export type Effect =
  | { readonly type: 'append'; readonly record: LogRecord }
  | { readonly type: 'call'; readonly call: SchedulerCall }
  | { readonly type: 'answer'; readonly key: RequestKey; readonly outcome: JobOutcome }
  | { readonly type: 'watch' | 'unwatch' | 'take-inventory'; readonly agent: AgentId }
  | {
      readonly type: 'inspect' | 'remove-container'
      readonly agent: AgentId
      readonly container: string
    }
  /** Queues the container for a new task and starts it; ends in RAN_AGAIN. */
  | { readonly type: 'run-again'; readonly container: string; readonly attempt: number }
  /** The same on regular resources, as another container that takes its place. */
  | { readonly type: 'promote'; readonly container: string; readonly attempt: number }
  /** A container that was made for that has yet to take its place: an earlier process left it. */
  | { readonly type: 'finish-promotion'; readonly container: string }
  | { readonly type: 'publish'; readonly event: ClusterEvent }
  | { readonly type: 'unsubscribe' }
  | {
      readonly type: 'say'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: object
      readonly message: string
    }

/** How a job ended for its client; of a start, `created` means that its task holds the resources. */
export type JobOutcome = CreateOutcome
