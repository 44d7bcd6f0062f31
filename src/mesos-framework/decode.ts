import { CodecError } from '../mesos/codec-error.ts'
import { type Inspect, statusLabels } from '../mesos/engine-endpoint.ts'
import { type AgentId, type FrameworkId, id, type OfferId, type TaskId } from '../mesos/ids.ts'
import { fromWire, ResourceError } from '../mesos/resources.ts'
import type { SchedulerEvent, TaskStatus, Offer as WireOffer } from '../mesos/wire.ts'
import { list, object, text } from './inspect.ts'
import { attributeText } from './labels.ts'
import type { Message, Offer } from './messages.ts'
import type { Status } from './tasks/lifecycle.ts'

/**
 * What an event of the scheduler API is to the framework; undefined for what it has no use for. FAILURE tells nothing
 * that a rescind and the tasks' own updates do not. Throws CodecError.
 */
export const readEvent = (
  event: SchedulerEvent,
  framework: FrameworkId | undefined,
): Message | undefined => {
  const { offers, rescind, update, error } = event
  if (offers !== undefined) return { type: 'OFFERS', offers: (offers.offers ?? []).map(readOffer) }
  if (rescind !== undefined) return { type: 'RESCIND', offer: id<OfferId>(rescind.offer_id.value) }
  if (update !== undefined) return { type: 'UPDATE', status: readStatus(update.status) }
  if (error !== undefined) return { type: 'HALT', why: explainError(error.message, framework) }
  return undefined
}

/** ERROR ends the subscription for good (core-master §15); what the operator can do depends on which it is. */
const explainError = (message: string, framework: FrameworkId | undefined): string => {
  if (message.includes('Framework failed over'))
    return `another process took over framework ${framework}; this one has stopped`
  if (message.includes('Framework has been removed'))
    return `the master has removed framework ${framework} and ended its tasks: stop this process, delete its work directory and start it again to register anew`
  return `the master refuses framework ${framework ?? '(new)'}: ${message}`
}

/** An offer of the wire. Volumes and shared resources in it are left alone: nothing here can use them. Throws CodecError. */
export const readOffer = (wire: WireOffer): Offer => {
  const attributes = new Map(
    (wire.attributes ?? []).map((attribute) => [attribute.name, attributeText(attribute)]),
  )
  const { ip, hostname, port } = wire.url?.address ?? { port: defaultAgentPort }
  try {
    return {
      id: id<OfferId>(wire.id.value),
      agent: id<AgentId>(wire.agent_id.value),
      hostname: wire.hostname,
      ip: ip ?? hostname ?? wire.hostname,
      port,
      attributes,
      resources: fromWire(
        wire.resources?.filter(
          ({ disk, shared, provider_id }) =>
            disk === undefined && shared === undefined && provider_id === undefined,
        ),
      ),
    }
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error
    throw new CodecError(`offer ${wire.id.value}: ${error.message}`, { cause: error })
  }
}

/** Where a Mesos agent listens unless told otherwise. */
const defaultAgentPort = 5051

/** A status of the wire; `data` is `docker inspect` of one container, where it is that. */
export const readStatus = (wire: TaskStatus): Status => {
  const labelled = (name: string) => wire.labels?.labels?.find(({ key }) => key === name)?.value
  const engineStatus = Number(labelled(statusLabels.engineStatus))
  return {
    task: id<TaskId>(wire.task_id.value),
    agent: wire.agent_id === undefined ? undefined : id<AgentId>(wire.agent_id.value),
    state: wire.state,
    reason: wire.reason,
    message: wire.message ?? '',
    inspect: readInspectArray(wire.data),
    warnings: list(readJson(labelled(statusLabels.warnings))).map(text),
    hasRun: labelled(statusLabels.exitCode) !== undefined,
    engineStatus: engineStatus >= 400 && engineStatus < 600 ? engineStatus : undefined,
    uuid: wire.uuid,
  }
}

/** The only one of an array of one (core-agent §3.2), or undefined. */
const readInspectArray = (data: Uint8Array | undefined): Inspect | undefined => {
  const value = readJson(data === undefined ? undefined : Buffer.from(data).toString('utf8'))
  return Array.isArray(value) ? readOne(value[0]) : undefined
}

/** Undefined where there is none. */
const readJson = (text: string | undefined): unknown => {
  if (text === undefined || text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const readOne = (value: unknown): Inspect | undefined =>
  text(object(value)['Id']) === '' ? undefined : (value as Inspect)
