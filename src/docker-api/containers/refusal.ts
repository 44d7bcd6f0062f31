import type { CreateOutcome } from '../../mesos-framework/cluster.ts'
import { type Answer, json } from '../call.ts'
import { ApiError } from '../errors.ts'

type Refused = Extract<CreateOutcome, { kind: 'failed' | 'engine' | 'busy' | 'cancelled' }>

/** How a create or a start that came to nothing is answered (docker-frontend §6.6): an engine's refusal verbatim. */
export const refusal = (outcome: Refused): Answer => {
  if (outcome.kind === 'engine') return json(outcome.status, { message: outcome.message })
  if (outcome.kind === 'cancelled') throw new ApiError('CANCELLED')
  throw new ApiError(outcome.kind === 'busy' ? 'BUSY' : 'NOT_PLACED', outcome.message)
}
