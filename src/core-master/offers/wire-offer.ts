import { toWire } from '../../mesos/resources.ts'
import type { URL, Offer as WireOffer } from '../../mesos/wire.ts'
import type { Agent, Offer } from '../state.ts'

/** The process id that Mesos gives an agent, the path of its address (core-master W15). */
const agentPath = '/slave(1)'

export const agentUrl = ({ info: { hostname }, address }: Agent): URL => ({
  scheme: 'http',
  address: { hostname, ...address },
  path: agentPath,
})

/** An offer as its framework reads it: old or new resource format, roles only where it knows them (W15, W16). */
export const wireOffer = ({ id, framework, agent, role, resources }: Offer): WireOffer => {
  const multiRole = framework.capabilities.has('MULTI_ROLE')
  const { hostname, attributes } = agent.info
  return {
    id: { value: id },
    framework_id: { value: framework.id },
    agent_id: { value: agent.id },
    hostname,
    url: agentUrl(agent),
    resources: toWire(resources, {
      format: framework.capabilities.has('RESERVATION_REFINEMENT') ? 'stacks' : 'role',
      allocationRole: multiRole ? role : undefined,
    }),
    attributes,
    ...(agent.unavailability === undefined ? {} : { unavailability: agent.unavailability }),
    executor_ids: [...agent.executors.values()]
      .filter((executor) => executor.framework === framework.id)
      .map(({ info }) => info.executor_id),
    ...(multiRole ? { allocation_info: { role } } : {}),
  }
}
