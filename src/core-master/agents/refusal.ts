import { type AgentId, id } from '../../mesos/ids.ts'
import type { AgentInfo, AgentLinkEventShutdown } from '../../mesos/wire.ts'
import type { MasterConfig } from '../config.ts'
import { isDown } from '../maintenance/machines.ts'
import type { Agent, MasterState } from '../state.ts'
import { goneText } from './leave.ts'

/** Why an agent is not let in; with `shutdown` it is told to end, else it may try again. */
interface Refusal {
  readonly why: string
  readonly shutdown?: AgentLinkEventShutdown
}

/** Core-master M1 and M3: who may not register, or not as whom it says that it is. */
export const refusalOf = (
  { state, config }: { readonly state: MasterState; readonly config: MasterConfig },
  info: AgentInfo,
  address: Agent['address'],
): Refusal | undefined => {
  const agentId = info.id && id<AgentId>(info.id.value)
  const known = agentId && state.agents.get(agentId)
  const domain = info.domain?.fault_domain
  // Two machines with one id, such as a copied work directory.
  if (known !== undefined && known.info.hostname !== info.hostname)
    return shutDown(`Agent ${known.id} attempted to re-register with different hostname`)
  if (agentId !== undefined && state.goneAgents.has(agentId))
    return { why: goneText, shutdown: { message: goneText, gone: true } }
  if (isDown(state.maintenance, { info, address })) return shutDown('Machine is DOWN')
  if (domain !== undefined && config.region === undefined)
    return { why: 'it names a fault domain and the master has none: give the master --domain' }
  if (domain === undefined && config.requireAgentDomain)
    return { why: 'it names no fault domain, which --require_agent_domain asks for' }
  return undefined
}

const shutDown = (message: string): Refusal => ({ why: message, shutdown: { message } })
