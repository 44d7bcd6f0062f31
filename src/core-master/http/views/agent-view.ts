import { fromWire, toWire } from '../../../mesos/resources.ts'
import type { Attribute } from '../../../mesos/wire.ts'
import { formatRanges, ranges } from '../../../resources/ranges.ts'
import type { Resources } from '../../../resources/resources.ts'
import { drainInfoOf } from '../../agents/standing.ts'
import type { Agent, RecoveredAgent } from '../../state.ts'
import { reservedView, resourcesView, unreserved } from './resources-view.ts'

/** One agent of /state and /state-summary (core-master §8.2). */
export const agentView = (agent: Agent) => ({
  id: agent.id,
  hostname: agent.info.hostname,
  port: agent.address.port,
  attributes: Object.fromEntries((agent.info.attributes ?? []).map(attributeView)),
  pid: `slave(1)@${agent.address.ip}:${agent.address.port}`,
  registered_time: agent.registeredMs / 1000,
  ...(agent.reregisteredMs === undefined ? {} : { reregistered_time: agent.reregisteredMs / 1000 }),
  resources: resourcesView(agent.total),
  used_resources: resourcesView(agent.used),
  offered_resources: resourcesView(agent.offered),
  reserved_resources: reservedView(agent.total),
  unreserved_resources: resourcesView(unreserved(agent.total)),
  active: isActive(agent),
  deactivated: agent.standing.deactivated,
  ...drainView(agent),
  version: agent.version,
  capabilities: agent.capabilities,
})

/** One agent of the last master that is not back: what the registry holds of it. */
export const recoveredView = ({ id, info, standing }: RecoveredAgent) => ({
  id,
  hostname: info.hostname,
  port: info.port ?? 5051,
  attributes: Object.fromEntries((info.attributes ?? []).map(attributeView)),
  resources: resourcesView(fromWire(info.resources)),
  deactivated: standing.deactivated,
})

/** Whether it is offered. */
export const isActive = ({ session, standing }: Agent): boolean =>
  session !== undefined && !standing.deactivated

const drainView = ({ standing, tasks }: Agent) => {
  const info = drainInfoOf(standing, tasks)
  return info === undefined
    ? {}
    : {
        drain_info: info,
        estimated_drain_start_time_seconds: (standing.drain?.sinceMs ?? 0) / 1000,
      }
}

/** One agent of /slaves: the same with every resource in full. */
export const agentViewInFull = (agent: Agent) => ({
  ...agentView(agent),
  reserved_resources_full: Object.fromEntries(
    Object.keys(reservedView(agent.total)).map((role) => [
      role,
      inFull(agent.total.filter((r) => r.reservations.at(-1)?.role === role)),
    ]),
  ),
  unreserved_resources_full: inFull(unreserved(agent.total)),
  used_resources_full: inFull(agent.used),
  offered_resources_full: inFull(agent.offered),
})

const inFull = (resources: Resources) => toWire(resources, { format: 'role' })

const attributeView = ({ name, ...value }: Attribute): readonly [string, string | number] => {
  if (value.type === 'SCALAR') return [name, value.scalar?.value ?? 0]
  if (value.type === 'RANGES') return [name, `[${formatRanges(ranges(value.ranges?.range ?? []))}]`]
  if (value.type === 'SET') return [name, `{${(value.set?.item ?? []).join(', ')}}`]
  return [name, value.text?.value ?? '']
}
