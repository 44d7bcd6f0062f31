import type { SchedulerCall, SchedulerCallType } from '../../mesos/wire.ts'

const uuidBytes = 16

type BodyField = Exclude<keyof SchedulerCall, 'type' | 'framework_id'>

/** The message that each call must bring (core-master §1.3). REVIVE, SUPPRESS and TEARDOWN need none. */
const bodies: Readonly<Record<SchedulerCallType, BodyField | undefined>> = {
  UNKNOWN: undefined,
  SUBSCRIBE: 'subscribe',
  TEARDOWN: undefined,
  ACCEPT: 'accept',
  DECLINE: 'decline',
  ACCEPT_INVERSE_OFFERS: 'accept_inverse_offers',
  DECLINE_INVERSE_OFFERS: 'decline_inverse_offers',
  REVIVE: undefined,
  KILL: 'kill',
  SHUTDOWN: 'shutdown',
  ACKNOWLEDGE: 'acknowledge',
  ACKNOWLEDGE_OPERATION_STATUS: 'acknowledge_operation_status',
  RECONCILE: 'reconcile',
  RECONCILE_OPERATIONS: 'reconcile_operations',
  MESSAGE: 'message',
  REQUEST: 'request',
  SUPPRESS: undefined,
  UPDATE_FRAMEWORK: 'update_framework',
}

/** The type of a call, or undefined where it is unset or a number that protobuf knows no name for. */
export const typeOf = (call: SchedulerCall): SchedulerCallType | undefined =>
  call.type !== undefined && Object.hasOwn(bodies, call.type) ? call.type : undefined

/** What is wrong with a call before anything is looked up, in Mesos' words (master/validation.cpp). */
export const callProblem = (call: SchedulerCall): string | undefined => {
  const type = typeOf(call)
  if (type === undefined) return "Expecting 'type' to be present"
  const body = bodies[type]
  const bodyMissing = body !== undefined && call[body] === undefined
  if (type === 'SUBSCRIBE') {
    if (bodyMissing) return "Expecting 'subscribe' to be present"
    return differs(call, call.subscribe?.framework_info.id?.value)
      ? "'framework_id' differs from 'subscribe.framework_info.id'"
      : undefined
  }
  if (call.framework_id === undefined) return "Expecting 'framework_id' to be present"
  if (bodyMissing) return `Expecting '${body}' to be present`
  return (
    uuidProblem(call.acknowledge?.uuid) ??
    uuidProblem(call.acknowledge_operation_status?.uuid) ??
    (type === 'ACKNOWLEDGE_OPERATION_STATUS' &&
    call.acknowledge_operation_status?.agent_id === undefined
      ? "Expecting 'agent_id' to be present"
      : undefined) ??
    (type === 'UPDATE_FRAMEWORK' && differs(call, call.update_framework?.framework_info.id?.value)
      ? "'framework_id' differs from 'update_framework.framework_info.id'"
      : undefined)
  )
}

/** Unset and empty are the same id. */
const differs = (call: SchedulerCall, inInfo: string | undefined): boolean =>
  (call.framework_id?.value ?? '') !== (inInfo ?? '')

const uuidProblem = (uuid: Uint8Array | undefined): string | undefined =>
  uuid === undefined || uuid.length === uuidBytes ? undefined : 'Not a valid UUID'
