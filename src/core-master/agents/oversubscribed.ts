import { fromWire } from '../../mesos/resources.ts'
import type { AgentLinkCallOversubscribed } from '../../mesos/wire.ts'
import {
  contains,
  equal,
  hasRevocable,
  minus,
  ofKind,
  plus,
  type Resources,
} from '../../resources/resources.ts'
import { changeTotal } from '../ledger.ts'
import { rescind } from '../offers/withdraw.ts'
import type { Agent } from '../state.ts'
import { count, runAllocator, type Turn } from '../turn.ts'

/** OVERSUBSCRIBED: a new total of what may be lent replaces the old (core-master M4, core-agent §6). */
export const oversubscribed = (
  turn: Turn,
  agent: Agent,
  call: AgentLinkCallOversubscribed,
): void => {
  count(turn, 'messages_update_slave')
  setTotal(turn, agent, plus(ofKind(agent.total, 'regular'), fromWire(call.total)))
}

/**
 * Sets the total, takes back the offers that this voids, and has the rest handed out. Mesos rescinds every offer with
 * something revocable in it; with offers of one kind only those go that no longer fit (core-master §12.3).
 */
export const setTotal = (turn: Turn, agent: Agent, total: Resources): void => {
  if (equal(agent.total, total)) return
  const lentBefore = ofKind(agent.total, 'revocable')
  changeTotal(turn.state, agent, total)
  const lent = ofKind(total, 'revocable')
  if (turn.config.jointOffers) {
    if (!equal(lentBefore, lent)) rescindWhere(turn, agent, () => true)
  } else
    rescindWhere(
      turn,
      agent,
      () => !contains(minus(lent, agent.used), ofKind(agent.offered, 'revocable')),
    )
  runAllocator(turn, [agent.id])
}

/** The newest offers go first: their frameworks had the least time to use them. */
const rescindWhere = (turn: Turn, agent: Agent, isVoid: () => boolean): void => {
  for (const offer of [...agent.offers].reverse())
    if (hasRevocable(offer.resources) && isVoid()) rescind(turn, offer)
}
