import { id, type OfferId } from '../../mesos/ids.ts'
import type { SchedulerCallDecline } from '../../mesos/wire.ts'
import type { Framework } from '../state.ts'
import { count, type Turn } from '../turn.ts'
import { answered } from './reclaim.ts'
import { refuse, withdraw } from './withdraw.ts'

/** DECLINE: known offers return with a filter, unknown ones are ignored; never starts a run (core-master §1.5, O3). */
export const decline = (turn: Turn, framework: Framework, call: SchedulerCallDecline): void => {
  count(turn, 'messages_decline_offers')
  for (const { value } of call.offer_ids ?? []) {
    const offer = turn.state.offers.get(id<OfferId>(value))
    if (offer?.framework !== framework) continue
    withdraw(turn, offer)
    refuse(turn, offer, offer.resources, call.filters)
    answered(framework, false)
  }
}
