import { toWire } from '../../mesos/resources.ts'
import type { Offer as WireOffer } from '../../mesos/wire.ts'
import type { Offer } from '../state.ts'

/** The process id that Mesos gives an agent, the path of its address (core-master W15). */
const agentPath = '/slave(1)'

/** An offer as its framework reads it: old or new resource format, roles only where it knows them (W15, W16). */
export const wireOffer = ({ id, framework, agent, role, resources }: Offer): WireOffer => {
  const multiRole = framework.capabilities.has('MULTI_ROLE')
  const { hostname, attributes } = agent.info
  return {
    id: { value: id },
    framework_id: { value: framework.id },
    agent_id: { value: agent.id },
    hostname,
    url: { scheme: 'http', address: { hostname, ...agent.address }, path: agentPath },
    resources: toWire(resources, {
      format: framework.capabilities.has('RESERVATION_REFINEMENT') ? 'stacks' : 'role',
      allocationRole: multiRole ? role : undefined,
    }),
    attributes,
    executor_ids: [...agent.executors.values()]
      .filter((executor) => executor.framework === framework.id)
      .map(({ info }) => info.executor_id),
    ...(multiRole ? { allocation_info: { role } } : {}),
  }
}
