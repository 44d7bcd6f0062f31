import type { AgentLinkEvent, SchedulerEvent } from '../mesos/wire.ts'
import type { Candidates } from './allocator/snapshot.ts'
import type { MasterConfig } from './config.ts'
import type { Effect } from './effects.ts'
import type { MasterEvent } from './messages.ts'
import type { RegistryChange, Stored, StoredKind } from './registry/entries.ts'
import type { Agent, Framework, MasterState } from './state.ts'

/** One message being handled: what a handler may read and change, and where it leaves what should happen. */
export interface Turn {
  readonly state: MasterState
  readonly config: MasterConfig
  /** Wall time, for timestamps that peers read. */
  readonly nowMs: number
  /** For every deadline. */
  readonly monotonicMs: number
  /** A fresh uuid. */
  readonly freshId: () => string
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly effects: Effect[]
}

/** Sends an event to a framework; a disconnected one misses it, and reconciles when it is back. */
export const tell = (turn: Turn, framework: Framework, event: SchedulerEvent): void => {
  if (framework.stream !== undefined)
    turn.effects.push({ type: 'tell-framework', stream: framework.stream, event })
}

/** Sends an event to an agent; a disconnected one misses it, and is set right when it subscribes. */
export const tellAgent = (turn: Turn, agent: Agent, event: AgentLinkEvent): void => {
  if (agent.session !== undefined)
    turn.effects.push({ type: 'tell-agent', session: agent.session, event })
}

/** Has a change written down before anything that this message, or a later one, says leaves the master. */
export const store = <Kind extends StoredKind>(
  turn: Turn,
  kind: Kind,
  name: string,
  value: Stored[Kind] | undefined,
): void => {
  // The three belong together by the signature; the union of all changes does not see that.
  turn.effects.push({ type: 'store', change: { kind, name, value } as RegistryChange })
}

/** Answers the call at hand; once a call. */
export const answer = (turn: Turn, status: number, body: string): void => {
  turn.effects.push({ type: 'answer', status, body })
}

export const endStream = (turn: Turn, stream: string): void => {
  turn.effects.push({ type: 'end-stream', stream })
}

export const setTimer = (turn: Turn, key: string, afterMs: number, message: MasterEvent): void => {
  turn.effects.push({ type: 'set-timer', key, afterMs, message })
}

export const cancelTimer = (turn: Turn, key: string): void => {
  turn.effects.push({ type: 'cancel-timer', key })
}

export const runAllocator = (turn: Turn, candidates: Candidates): void => {
  turn.effects.push({ type: 'run-allocator', candidates })
}

export const log = (turn: Turn, level: 'info' | 'warn', fields: object, text: string): void => {
  turn.effects.push({ type: 'log', level, fields, text })
}

/** Adds to a metric that only grows, such as `messages_kill_task` (core-master §10). */
export const count = ({ state }: Turn, counter: string, by = 1): void => {
  state.counters.set(counter, (state.counters.get(counter) ?? 0) + by)
}
