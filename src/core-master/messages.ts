import type { AgentId, FrameworkId, OfferId } from '../mesos/ids.ts'
import type {
  AgentLinkCall,
  AgentLinkCallType,
  MasterCall,
  MasterCallType,
  SchedulerCall,
  SchedulerCallType,
} from '../mesos/wire.ts'
import type { Candidates } from './allocator/snapshot.ts'

/** What reaches the master: calls that passed the checks of the HTTP layer, and events of its own. */
export type Message =
  | {
      readonly type: 'scheduler-call'
      readonly callType: SchedulerCallType
      readonly call: SchedulerCall
      /** The stream id of the call; of SUBSCRIBE the id of the stream it opened. */
      readonly stream: string
    }
  | {
      readonly type: 'agent-call'
      readonly callType: AgentLinkCallType
      readonly call: AgentLinkCall
      /** As for a scheduler's stream. */
      readonly session: string
      /** The caller's address as its connection shows it. */
      readonly peerIp: string
    }
  | {
      readonly type: 'operator-call'
      readonly callType: MasterCallType
      readonly call: MasterCall
      /** Who proved to be its sender; undefined where nobody had to. */
      readonly principal: string | undefined
    }
  | MasterEvent

/** Events that the master's own driver reports. */
export type MasterEvent =
  /** What the last master stored, before anything else happens; keys and values of the registry. */
  | { readonly type: 'recovered'; readonly entries: Iterable<readonly [string, unknown]> }
  /** Agents of the last master have had their time to come back. */
  | { readonly type: 'recovery-timeout' }
  /** Agents of the last master are waited for no longer: see `pauseForRecovery`. */
  | { readonly type: 'allocation-resumes' }
  /** The next agent that waits for its removal may be removed. */
  | { readonly type: 'removal-due' }
  /** Old entries of the registry are looked for. */
  | { readonly type: 'collect-registry' }
  /** A peer has gone, or was too slow to read. */
  | { readonly type: 'stream-closed'; readonly stream: string }
  /** Hostnames of agents that may be offered from now on; undefined: all. */
  | { readonly type: 'whitelist'; readonly hostnames: ReadonlySet<string> | undefined }
  | { readonly type: 'allocate'; readonly candidates: Candidates }
  | { readonly type: 'framework-heartbeat'; readonly framework: FrameworkId }
  | { readonly type: 'failover-timeout'; readonly framework: FrameworkId }
  | { readonly type: 'agent-ping'; readonly agent: AgentId }
  | { readonly type: 'reregister-timeout'; readonly agent: AgentId }
  | { readonly type: 'offer-timeout'; readonly offer: OfferId }
  | { readonly type: 'inverse-offer-timeout'; readonly offer: OfferId }
