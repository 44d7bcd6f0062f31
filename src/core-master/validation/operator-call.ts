import type { MasterCall, MasterCallDrainAgent, MasterCallType } from '../../mesos/wire.ts'

type BodyField = Exclude<keyof MasterCall, 'type'>

/** The message that a call must bring, where it brings one. */
const bodies: Readonly<Partial<Record<MasterCallType, BodyField>>> = {
  DRAIN_AGENT: 'drain_agent',
  DEACTIVATE_AGENT: 'deactivate_agent',
  REACTIVATE_AGENT: 'reactivate_agent',
  MARK_AGENT_GONE: 'mark_agent_gone',
  UPDATE_QUOTA: 'update_quota',
  SET_QUOTA: 'set_quota',
  REMOVE_QUOTA: 'remove_quota',
  UPDATE_WEIGHTS: 'update_weights',
  UPDATE_MAINTENANCE_SCHEDULE: 'update_maintenance_schedule',
  START_MAINTENANCE: 'start_maintenance',
  STOP_MAINTENANCE: 'stop_maintenance',
}

/** What is wrong with a call of an operator before anything is looked up; each text names the field. */
export const operatorCallProblem = ({ type, ...call }: MasterCall): string | undefined => {
  if (type === undefined) return "Expecting 'type' to be present"
  const body = bodies[type]
  if (body !== undefined && call[body] === undefined) return `Expecting '${body}' to be present`
  return call.drain_agent && drainProblem(call.drain_agent)
}

/** What a DurationInfo can count exactly is over 100 days. */
const maxGraceSeconds = 9_000_000

const drainProblem = ({ max_grace_period: grace }: MasterCallDrainAgent): string | undefined => {
  const seconds = (grace?.seconds ?? 0) + (grace?.nanos ?? 0) / 1e9
  return seconds >= 0 && seconds <= maxGraceSeconds
    ? undefined
    : `'drain_agent.max_grace_period' must be from 0 to ${maxGraceSeconds} seconds, not ${seconds}`
}
