import { type AgentId, id } from '../../mesos/ids.ts'
import { fromWire } from '../../mesos/resources.ts'
import type { AgentInfo, AgentLinkCallSubscribe } from '../../mesos/wire.ts'
import { none, plus } from '../../resources/resources.ts'
import { setUnavailability } from '../maintenance/inverse-offers.ts'
import { unavailabilityOf, windowsByMachine } from '../maintenance/machines.ts'
import { resumeIfEnough } from '../offers/pause.ts'
import { clearFiltersOf, rescind } from '../offers/withdraw.ts'
import { isNews, storeAgent } from '../registry/agents.ts'
import type { Agent } from '../state.ts'
import { forwardKill } from '../tasks/kill.ts'
import { cancelTimer, count, endStream, log, runAllocator, type Turn, tellAgent } from '../turn.ts'
import { removeAgent } from './leave.ts'
import { setTotal } from './oversubscribed.ts'
import { ping } from './ping.ts'
import { reconcileAgent } from './reconcile.ts'
import { refusalOf } from './refusal.ts'
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
  count(turn, info.id === undefined ? 'messages_register_slave' : 'messages_reregister_slave')
  const address = addressOf(info, peerIp)
  const refusal = refusalOf(turn, info, address)
  if (refusal !== undefined) {
    log(turn, 'warn', { hostname: info.hostname, why: refusal.why }, 'an agent is not let in')
    if (refusal.shutdown !== undefined)
      turn.effects.push({
        type: 'tell-agent',
        session,
        event: { type: 'SHUTDOWN', shutdown: refusal.shutdown },
      })
    return endStream(turn, session)
  }
  const known =
    info.id === undefined
      ? registeredAt(turn, info, address)
      : state.agents.get(id<AgentId>(info.id.value))
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
  resumeIfEnough(turn)
}

const addressOf = (info: AgentInfo, peerIp: string): Agent['address'] => {
  const told = info.attributes?.find(({ name }) => name === ipAttribute)?.text?.value
  return { ip: told ?? peerIp, port: info.port ?? defaultPort }
}

/** Text attribute by which an agent names the address where it is reached, if not the one it calls from. */
const ipAttribute = 'shoal_ip'
const defaultPort = 5051

/**
 * An agent without id that is known at its address. One that is connected did not hear our answer, and gets it again;
 * one that is not has lost its id, and is gone once a new one answers there (core-master M1).
 */
const registeredAt = (
  turn: Turn,
  { hostname }: AgentInfo,
  { ip, port }: Agent['address'],
): Agent | undefined => {
  for (const old of turn.state.agents.values()) {
    if (old.address.ip !== ip || old.address.port !== port) continue
    if (old.session === undefined)
      removeAgent(turn, old, 'a new agent registered at the same address', 'reason_registered')
    else if (old.info.hostname === hostname) return old
  }
  return undefined
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
  const named = { ...info, id: { value: agent.id } }
  const isChanged = isNews(agent, named)
  agent.info = named
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
