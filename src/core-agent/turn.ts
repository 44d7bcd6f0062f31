import type { ContainerizerName } from './containerizers.ts'
import type { Enforcement } from './docker/limits.ts'
import type { DockerPolicy } from './docker/policy.ts'
import type { Act, Effect } from './effect.ts'
import type { Estimator } from './estimator/estimator.ts'
import { apply, type LogRecord } from './journal.ts'
import type { Hooks } from './modules/hooks.ts'
import type { QosController } from './qos/controller.ts'
import type { AgentState } from './state.ts'

/** What a handler may know beside state and message. */
export interface Context {
  /** Wall time, for timestamps. */
  readonly nowMs: number
  /** Monotonic time, for deadlines. */
  readonly monotonicMs: number
  uuid(): string
  readonly estimator: Estimator
  readonly qos: QosController
  /** Of which methods somebody wants to hear. */
  readonly hooks: Pick<Hooks, 'has'>
  readonly settings: Settings
}

/** The flags that decisions depend on. */
export interface Settings {
  readonly advertiseIp: string
  readonly listen: { readonly port: number }
  readonly workDir: string
  readonly gcDelayMs: number
  /** Part of the disk of the sandboxes that is to stay free. */
  readonly gcDiskHeadroom: number
  /** Where containers see their sandbox. */
  readonly sandboxDirectory: string
  readonly containerizers: readonly ContainerizerName[]
  /** From the start of an executor's process to its first subscription, and from a restart of the agent to the next. */
  readonly executorRegistrationMs: number
  readonly executorReregistrationMs: number
  /** SIGTERM to SIGKILL where the task says nothing. */
  readonly killGraceMs: number
  /** The same where the machine is needed back. */
  readonly dockerStopTimeoutMs: number
  /** How long stopped containers of other frameworks stay. */
  readonly dockerRemoveDelayMs: number
  /** How many of them. */
  readonly maxDeadContainers: number
  readonly enforcement: Enforcement
  readonly dockerPolicy: DockerPolicy
}

/** The handling of one message: it changes state at once and collects what is to be done. */
export class Turn {
  readonly effects: Effect[] = []
  readonly state: AgentState
  readonly context: Context

  constructor(state: AgentState, context: Context) {
    this.state = state
    this.context = context
  }

  /** A change that must last. */
  record(record: LogRecord): void {
    apply(this.state, record)
    this.effects.push({ type: 'log', record })
  }

  do(act: Act): void {
    this.effects.push(act)
  }

  /** Also while the journal is stuck: for what rests on nothing that was just decided. */
  doAtOnce(act: Act): void {
    this.effects.push({ type: 'at-once', act })
  }
}
