import type { MasterCall, MasterCallType } from '../../mesos/wire.ts'
import { startMaintenance, stopMaintenance, updateSchedule } from '../maintenance/schedule.ts'
import { present } from '../state.ts'
import type { Turn } from '../turn.ts'
import { deactivateAgent, drainAgent, markAgentGone, reactivateAgent } from './agents.ts'
import { removeQuota, setQuota, updateQuota } from './quota-calls.ts'
import { updateWeights } from './weights.ts'

type OperatorHandler = (turn: Turn, call: MasterCall) => void

/** Calls of operators that change something (core-master §8.1); the others are answered 501. */
const operatorCalls: Readonly<Partial<Record<MasterCallType, OperatorHandler>>> = {
  DRAIN_AGENT: (turn, call) => drainAgent(turn, present(call.drain_agent)),
  DEACTIVATE_AGENT: (turn, call) => deactivateAgent(turn, present(call.deactivate_agent).agent_id),
  REACTIVATE_AGENT: (turn, call) => reactivateAgent(turn, present(call.reactivate_agent).agent_id),
  UPDATE_QUOTA: (turn, call) => updateQuota(turn, present(call.update_quota)),
  SET_QUOTA: (turn, call) => setQuota(turn, present(call.set_quota).quota_request),
  REMOVE_QUOTA: (turn, call) => removeQuota(turn, present(call.remove_quota).role),
  UPDATE_WEIGHTS: (turn, call) => updateWeights(turn, present(call.update_weights)),
  UPDATE_MAINTENANCE_SCHEDULE: (turn, call) =>
    updateSchedule(turn, present(call.update_maintenance_schedule).schedule),
  START_MAINTENANCE: (turn, call) =>
    startMaintenance(turn, present(call.start_maintenance).machines ?? []),
  STOP_MAINTENANCE: (turn, call) =>
    stopMaintenance(turn, present(call.stop_maintenance).machines ?? []),
  MARK_AGENT_GONE: (turn, call) => markAgentGone(turn, present(call.mark_agent_gone).agent_id),
}

export const operate = (turn: Turn, callType: MasterCallType, call: MasterCall): void => {
  const handler = operatorCalls[callType]
  if (handler !== undefined) return handler(turn, call)
  turn.effects.push({ type: 'answer', status: 501, body: `${callType} is not implemented` })
}
