import { type Answer, notFound, text } from '../../mesos/answers.ts'
import { codecs } from '../../mesos/codec.ts'
import { CodecError } from '../../mesos/codec-error.ts'
import type { MasterCall, MasterCallType } from '../../mesos/wire.ts'
import type { HttpRequest } from '../../runtime/transport.ts'

export type LegacyCall =
  | { readonly kind: 'refused'; readonly answer: Answer }
  | { readonly kind: 'call'; readonly callType: MasterCallType; readonly call: MasterCall }

/** Endpoints from before the v1 API that change something: each is one of its calls (core-master §8.2). */
const legacyCalls: Readonly<Record<string, (body: string) => MasterCall>> = {
  'POST /quota': (body) => call('SET_QUOTA', `{"set_quota":{"quota_request":${body}}}`),
  'POST /maintenance/schedule': (body) =>
    call('UPDATE_MAINTENANCE_SCHEDULE', `{"update_maintenance_schedule":{"schedule":${body}}}`),
  'POST /machine/down': (body) =>
    call('START_MAINTENANCE', `{"start_maintenance":{"machines":${body}}}`),
  'POST /machine/up': (body) =>
    call('STOP_MAINTENANCE', `{"stop_maintenance":{"machines":${body}}}`),
  'PUT /weights': (body) => call('UPDATE_WEIGHTS', `{"update_weights":{"weight_infos":${body}}}`),
}

/** The call that a request to one of them stands for; undefined where the path is none of them. */
export const legacyCall = (request: HttpRequest, path: string): LegacyCall | undefined => {
  const { method } = request
  const [, role] = /^\/quota\/(.+)$/.exec(path) ?? []
  if (role !== undefined) return method === 'DELETE' ? removeQuota(role) : undefined
  const read = legacyCalls[`${method} ${path}`]
  if (read === undefined) return undefined
  try {
    const one = read(Buffer.from(request.body).toString())
    return { kind: 'call', callType: one.type ?? 'UNKNOWN', call: one }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { kind: 'refused', answer: text(400, error.message) }
  }
}

const json = codecs<MasterCall>('mesos.v1.master.Call')['application/json']

/** What stands after the body in the text is read as fields that nobody looks at. */
const call = (type: MasterCallType, wrapped: string): MasterCall => ({
  ...json.decode(Buffer.from(wrapped)),
  type,
})

const removeQuota = (escaped: string): LegacyCall => {
  try {
    const role = decodeURIComponent(escaped)
    return { kind: 'call', callType: 'REMOVE_QUOTA', call: { remove_quota: { role } } }
  } catch {
    return { kind: 'refused', answer: notFound }
  }
}
