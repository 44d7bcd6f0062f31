import { type Refusal, reasonOf } from '../allocator/refusals.ts'
import type { Agent, Framework, MasterState } from '../state.ts'

/** Why a framework has nothing of an agent on offer in a role, or that it has. */
export type Explanation =
  | Refusal
  | 'agent disconnected'
  | 'agent deactivated'
  | 'whitelist'
  | 'framework disconnected'
  | 'not subscribed'
  | 'suppressed'

/** What keeps any run from making an offer comes first, then what the last run that considered the agent found. */
export const explain = (
  state: MasterState,
  agent: Agent,
  framework: Framework,
  role: string,
): Explanation => {
  if (agent.session === undefined) return 'agent disconnected'
  if (agent.standing.deactivated) return 'agent deactivated'
  if (state.whitelist?.has(agent.info.hostname) === false) return 'whitelist'
  if (framework.stream === undefined) return 'framework disconnected'
  if (!framework.roles.includes(role)) return 'not subscribed'
  if (framework.suppressed.has(role)) return 'suppressed'
  for (const offer of framework.offers)
    if (offer.agent === agent && offer.role === role) return 'offered'
  const reason = reasonOf(agent.reasons, { framework: framework.id, role })
  // It was, and has answered: what is left now is with others.
  return reason === 'offered' ? 'nothing left' : reason
}
