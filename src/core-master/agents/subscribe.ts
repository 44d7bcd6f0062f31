import { type AgentId, id } from '../../mesos/ids.ts'
import { fromWire } from '../../mesos/resources.ts'
import type { AgentInfo, AgentLinkCallSubscribe, AgentLinkEventShutdown } from '../../mesos/wire.ts'
import { none, plus } from '../../resources/resources.ts'
import { setUnavailability } from '../maintenance/inverse-offers.ts'
import { isDown, unavailabilityOf, windowsByMachine } from '../maintenance/machines.ts'
import { clearFiltersOf, rescind } from '../offers/withdraw.ts'
import { isNews, storeAgent } from '../registry/agents.ts'
import type { Agent } from '../state.ts'
import { forwardKill } from '../tasks/kill.ts'
import { cancelTimer, count, endStream, log, runAllocator, type Turn, tellAgent } from '../turn.ts'
import { goneText, removeAgent } from './leave.ts'
import { setTotal } from './oversubscribed.ts'
import { ping } from './ping.ts'
import { reconcileAgent } from './reconcile.ts'
import { cancelRemoval } from './removals.ts'
import { ordinary, reportedStanding, tellStanding } from './standing.ts'

/** SUBSCRIBE of an agent on a fresh stream: a new one, one that is known, or one that comes back (core-master M1, M3). */
export const subscribeAgent = (
  turn: Turn,
  session: string,
  peerIp: string,
  call: AgentLinkCallSubscribe,
): void => {
  const { state } = turn
  const info = call.agent_info
  const known = info.id && state.agents.get(id<AgentId>(info.id.value))
  count(turn, info.id === undefined ? 'messages_register_slave' : 'messages_reregister_slave')
  if (known !== undefined && known.info.hostname !== info.hostname)
    return turnAway(turn, session, known, info.hostname)
  if (info.id !== undefined && state.goneAgents.has(id<AgentId>(info.id.value)))
    return shutDown(turn, session, { message: goneText, gone: true })

  const address = addressOf(info, peerIp)
  // Its machine is not to be used (core-master M1).
  if (isDown(state.maintenance, { info, address }))
    return shutDown(turn, session, { message: 'Machine is DOWN' })
  if (info.id === undefined) removeOldAt(turn, address)
  const reported = reportedStanding(turn, call)
  const agent = known ?? admit(turn, info, address)
  if (known !== undefined) refresh(turn, known, info, address)
  agent.version = call.version ?? ''
  agent.capabilities = (call.capabilities ?? []).flatMap(({ type }) => type ?? [])
  agent.session = session
  cancelTimer(turn, `reregister:${agent.id}`)
  cancelRemoval(turn, agent.id)
  welcome(turn, agent, session)
  tellStanding(turn, agent, reported)
  setUnavailability(turn, agent, unavailabilityOf(windowsByMachine(state.maintenance), agent))
  reconcileAgent(turn, agent, call)
  setTotal(turn, agent, plus(fromWire(info.resources), fromWire(call.oversubscribed)))
  for (const task of agent.tasks) forwardKill(turn, agent, task)
  ping(turn, agent)
  runAllocator(turn, [agent.id])
}

/** Two machines with one id, such as a copied work directory: the second is not let in (core-master M3). */
const turnAway = (turn: Turn, session: string, { id: agentId }: Agent, hostname: string): void => {
  log(turn, 'warn', { agent: agentId, hostname }, 'an agent came back under another hostname')
  shutDown(turn, session, {
    message: `Agent ${agentId} attempted to re-register with different hostname`,
  })
}

const shutDown = (turn: Turn, session: string, shutdown: AgentLinkEventShutdown): void => {
  turn.effects.push({ type: 'tell-agent', session, event: { type: 'SHUTDOWN', shutdown } })
  endStream(turn, session)
}

const addressOf = (info: AgentInfo, peerIp: string): Agent['address'] => {
  const told = info.attributes?.find(({ name }) => name === ipAttribute)?.text?.value
  return { ip: told ?? peerIp, port: info.port ?? defaultPort }
}

/** Text attribute by which an agent names the address where it is reached, if not the one it calls from. */
const ipAttribute = 'shoal_ip'
const defaultPort = 5051

/** An agent that lost its id, or never heard it, is gone once a new one answers at its address (core-master M1). */
const removeOldAt = (turn: Turn, { ip, port }: Agent['address']): void => {
  for (const old of turn.state.agents.values())
    if (old.session === undefined && old.address.ip === ip && old.address.port === port)
      removeAgent(turn, old, 'a new agent registered at the same address', 'reason_registered')
}

/** It is written down before it is told so, or offered (core-master M1). */
const admit = (turn: Turn, info: AgentInfo, address: Agent['address']): Agent => {
  const { state } = turn
  const isNew = info.id === undefined
  const agentId = isNew ? nextId(turn) : id<AgentId>(info.id?.value ?? '')
  count(turn, isNew ? 'slave_registrations' : 'slave_reregistrations')
  const awaited = state.recoveredAgents.get(agentId)
  state.recoveredAgents.delete(agentId)
  const agent: Agent = {
    id: agentId,
    info: { ...info, id: { value: agentId } },
    address,
    version: '',
    capabilities: [],
    session: undefined,
    total: none,
    used: none,
    offered: none,
    tasks: new Set(),
    executors: new Map(),
    offers: new Set(),
    unavailability: undefined,
    inverseOffers: new Set(),
    answers: new Map(),
    runs: 0,
    known: undefined,
    barren: undefined,
    reasons: undefined,
    heard: false,
    missedPings: 0,
    standing: (awaited ?? state.unreachableAgents.get(agentId))?.standing ?? ordinary,
    registeredMs: turn.nowMs,
    reregisteredMs: isNew ? undefined : turn.nowMs,
  }
  state.agents.set(agentId, agent)
  if (isNews(awaited, agent.info)) storeAgent(turn, agent)
  if (agent.standing.drain?.config.mark_gone === true) state.going.add(agentId)
  return agent
}

/** Somebody may have come with the id that is due. */
const nextId = ({ state }: Pick<Turn, 'state'>): AgentId => {
  const next = id<AgentId>(`${state.id}-S${state.next.agent++}`)
  const isTaken =
    state.agents.has(next) || state.unreachableAgents.has(next) || state.recoveredAgents.has(next)
  return isTaken ? nextId({ state }) : next
}

/** Offers made before stand on old facts; filters too, where the attributes changed (core-master O7). */
const refresh = (turn: Turn, agent: Agent, info: AgentInfo, address: Agent['address']): void => {
  count(turn, 'slave_reregistrations')
  for (const offer of agent.offers) rescind(turn, offer)
  if (agent.session !== undefined) endStream(turn, agent.session)
  if (JSON.stringify(agent.info.attributes) !== JSON.stringify(info.attributes))
    clearFiltersOf(turn.state, agent)
  const isChanged = isNews(agent, info)
  agent.info = info
  if (isChanged) storeAgent(turn, agent)
  agent.barren = undefined
  agent.address = address
  agent.missedPings = 0
  agent.reregisteredMs = turn.nowMs
}

const welcome = (turn: Turn, agent: Agent, session: string): void => {
  const { agentPingTimeoutMs, maxAgentPingTimeouts } = turn.config
  tellAgent(turn, agent, {
    type: 'SUBSCRIBED',
    subscribed: {
      agent_id: { value: agent.id },
      session_id: session,
      master_id: turn.state.id,
      heartbeat_interval_seconds: agentPingTimeoutMs / 1000,
      unreachable_after_seconds: (agentPingTimeoutMs * maxAgentPingTimeouts) / 1000,
    },
  })
}
