import type { AgentId, FrameworkId } from '../../mesos/ids.ts'

/** Why a framework got nothing of an agent in a role; the order is that of the codes. */
const reasons = [
  /** Others were served before, or nothing of the agent is free. */
  'nothing left',
  'offered',
  /** It declined this, or more, a while ago. */
  'filter',
  /** What is left is less than an offer must be. */
  'min allocatable',
  /** What is left is reserved for other roles, or of a kind that it does not take. */
  'nothing for it',
  'gpus',
  'region',
  /** The agent knows no frameworks with several roles. */
  'multi role',
  /** The agent knows no roles within roles. */
  'hierarchical role',
  /** Its role, or the one above, has reached its limit. */
  'quota limit',
  /** Kept back for the guarantees of other roles. */
  'quota headroom',
] as const
export type Refusal = (typeof reasons)[number]

/** A framework in one of its roles. */
export interface Contestant {
  readonly framework: FrameworkId
  readonly role: string
}

/** Bytes that the reasons of one run may take, one an agent and contestant; agents beyond it are not recorded. */
export const maxReasonBytes = 4 * 1024 * 1024

/**
 * Why each contestant got nothing of each agent of a run: one byte each, and those of an agent only once somebody was
 * refused there. Written in the inner loop, read when somebody asks.
 */
export class Refusals {
  readonly contestants: readonly Contestant[]
  readonly #byAgent = new Map<AgentId, Uint8Array>()
  #bytes = 0

  constructor(contestants: readonly Contestant[]) {
    this.contestants = contestants
  }

  /** A later reason does not replace an earlier one. */
  note(agent: AgentId, contestant: number, reason: Refusal): void {
    let codes = this.#byAgent.get(agent)
    if (codes === undefined) {
      if (this.#bytes + this.contestants.length > maxReasonBytes) return
      this.#bytes += this.contestants.length
      codes = new Uint8Array(this.contestants.length)
      this.#byAgent.set(agent, codes)
    }
    if (codes[contestant] === 0) codes[contestant] = reasons.indexOf(reason)
  }

  /** Being offered one kind counts more than being refused the other. */
  offered(agent: AgentId, contestant: number): void {
    const codes = this.#bytes === 0 ? undefined : this.#byAgent.get(agent)
    if (codes !== undefined) codes[contestant] = reasons.indexOf('offered')
  }

  /** The reasons of one agent, to be kept with it; undefined where nobody was refused. */
  of(agent: AgentId): Reasons | undefined {
    const codes = this.#byAgent.get(agent)
    return codes && { contestants: this.contestants, codes }
  }
}

/** Of one agent. */
export interface Reasons {
  readonly contestants: readonly Contestant[]
  readonly codes: Uint8Array
}

/** What the run said; a contestant that it did not come to, or that was not there, got nothing because nothing was left. */
export const reasonOf = (
  reasons: Reasons | undefined,
  { framework, role }: Contestant,
): Refusal => {
  const at = reasons?.contestants.findIndex(
    (one) => one.framework === framework && one.role === role,
  )
  return reasonsByCode(reasons?.codes[at ?? -1] ?? 0)
}

const reasonsByCode = (code: number): Refusal => reasons[code] ?? 'nothing left'
