import type { MasterCall, MasterCallType, MasterResponse } from '../../mesos/wire.ts'
import type { ViewContext } from '../http/views/context.ts'
import { weightsView } from '../http/views/roles-view.ts'
import { scheduleView, statusView } from '../maintenance/status.ts'
import { quotaStatus } from './quota-calls.ts'

type Read = (context: ViewContext, call: MasterCall) => Omit<MasterResponse, 'type'>

/** Calls of operators that only look (core-master §8.1). */
const reads: Readonly<Partial<Record<MasterCallType, Read>>> = {
  GET_QUOTA: ({ state }) => ({ get_quota: { status: quotaStatus(state) } }),
  GET_MAINTENANCE_SCHEDULE: ({ state }) => ({
    get_maintenance_schedule: { schedule: scheduleView(state) },
  }),
  GET_MAINTENANCE_STATUS: ({ state }) => ({
    get_maintenance_status: { status: statusView(state) },
  }),
  GET_WEIGHTS: (context) => ({ get_weights: { weight_infos: weightsView(context) } }),
}

/** The answer to a call that only looks; undefined for the others. */
export const readFor = (
  context: ViewContext,
  callType: MasterCallType,
  call: MasterCall,
): MasterResponse | undefined => {
  const read = reads[callType]
  // A read has the name of its answer.
  return read && { type: callType as MasterResponse['type'], ...read(context, call) }
}
