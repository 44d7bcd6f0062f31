import { type AgentId, type FrameworkId, id } from '../mesos/ids.ts'
import type {
  AgentLinkCall,
  AgentLinkCallType,
  SchedulerCall,
  SchedulerCallType,
} from '../mesos/wire.ts'
import { disconnectAgent, removeAgent } from './agents/leave.ts'
import { oversubscribed } from './agents/oversubscribed.ts'
import { pingTick } from './agents/ping.ts'
import { cancelRemoval, removeNext, scheduleRemoval } from './agents/removals.ts'
import { settleGoing } from './agents/standing.ts'
import { statusUpdate } from './agents/status-update.ts'
import { subscribeAgent } from './agents/subscribe.ts'
import type { Effect } from './effects.ts'
import {
  executorExited,
  executorMessage,
  messageExecutor,
  shutdownExecutor,
} from './executors/calls.ts'
import { answerInverseOffers, rescindInverse } from './maintenance/inverse-offers.ts'
import type { MasterEvent, Message } from './messages.ts'
import { accept } from './offers/accept.ts'
import { decline } from './offers/decline.ts'
import { resume } from './offers/pause.ts'
import { runAllocation } from './offers/run-allocation.ts'
import { rescind } from './offers/withdraw.ts'
import { operate } from './operator/calls.ts'
import { collectRegistry } from './registry/collect.ts'
import { endRecovery, recover } from './registry/recover.ts'
import { disconnectFramework, removeFramework } from './scheduler/leave.ts'
import { revive, suppress } from './scheduler/roles.ts'
import { heartbeat, subscribe } from './scheduler/subscribe.ts'
import { updateFramework } from './scheduler/update-framework.ts'
import { type Agent, type Framework, present } from './state.ts'
import { acknowledge } from './tasks/acknowledge.ts'
import { kill } from './tasks/kill.ts'
import { reconcile } from './tasks/reconcile.ts'
import { count, log, type Turn } from './turn.ts'

type SchedulerHandler = (turn: Turn, framework: Framework, call: SchedulerCall) => void

/** Every call of a framework that is connected; SUBSCRIBE is how it connects (core-master §1.5). */
const schedulerCalls: Readonly<Record<Exclude<SchedulerCallType, 'SUBSCRIBE'>, SchedulerHandler>> =
  {
    TEARDOWN: (turn, framework) => removeFramework(turn, framework, 'torn down by itself'),
    ACCEPT: (turn, framework, call) => accept(turn, framework, present(call.accept)),
    DECLINE: (turn, framework, call) => decline(turn, framework, present(call.decline)),
    REVIVE: (turn, framework, call) => revive(turn, framework, call.revive ?? {}),
    SUPPRESS: (turn, framework, call) => suppress(turn, framework, call.suppress ?? {}),
    KILL: (turn, framework, call) => kill(turn, framework, present(call.kill)),
    ACKNOWLEDGE: (turn, framework, call) => acknowledge(turn, framework, present(call.acknowledge)),
    RECONCILE: (turn, framework, call) => reconcile(turn, framework, present(call.reconcile)),
    UPDATE_FRAMEWORK: (turn, framework, call) =>
      updateFramework(turn, framework, present(call.update_framework)),
    // Mesos, too, counts it and does nothing (core-master §1.5).
    REQUEST: (turn) => count(turn, 'messages_resource_request'),
    MESSAGE: (turn, framework, call) => messageExecutor(turn, framework, present(call.message)),
    SHUTDOWN: (turn, framework, call) => shutdownExecutor(turn, framework, present(call.shutdown)),
    ACCEPT_INVERSE_OFFERS: (turn, framework, call) =>
      answerInverseOffers(turn, framework, 'ACCEPT', present(call.accept_inverse_offers)),
    DECLINE_INVERSE_OFFERS: (turn, framework, call) =>
      answerInverseOffers(turn, framework, 'DECLINE', present(call.decline_inverse_offers)),
    // No operation status ever asks to be acknowledged.
    ACKNOWLEDGE_OPERATION_STATUS: (turn, framework) =>
      drop(turn, framework, 'ACKNOWLEDGE_OPERATION_STATUS'),
    RECONCILE_OPERATIONS: (turn) => notImplemented(turn, 'RECONCILE_OPERATIONS'),
    UNKNOWN: (turn) => notImplemented(turn, 'UNKNOWN'),
  }

type AgentHandler = (turn: Turn, agent: Agent, call: AgentLinkCall) => void

/** Every call of an agent that is connected. */
const agentCalls: Readonly<Record<Exclude<AgentLinkCallType, 'SUBSCRIBE'>, AgentHandler>> = {
  HEARTBEAT: () => {},
  STATUS_UPDATE: (turn, agent, call) => statusUpdate(turn, agent, present(call.status_update)),
  OVERSUBSCRIBED: (turn, agent, call) => oversubscribed(turn, agent, present(call.oversubscribed)),
  UNSUBSCRIBE: (turn, agent) => {
    count(turn, 'messages_unregister_slave')
    removeAgent(turn, agent, 'the agent unregistered', 'reason_unregistered')
  },
  EXECUTOR_EXITED: (turn, agent, call) =>
    executorExited(turn, agent, present(call.executor_exited)),
  EXECUTOR_MESSAGE: (turn, agent, call) =>
    executorMessage(turn, agent, present(call.executor_message)),
  UNKNOWN: (turn) => notImplemented(turn, 'UNKNOWN'),
}

type EventHandlers = {
  readonly [T in MasterEvent['type']]: (
    turn: Turn,
    event: Extract<MasterEvent, { type: T }>,
  ) => void
}

/** Every event of the master's own: streams that end, timers, runs of the allocator. */
const events: EventHandlers = {
  recovered: (turn, { entries }) => recover(turn, entries),
  'recovery-timeout': (turn) => endRecovery(turn),
  'allocation-resumes': (turn) => resume(turn),
  'removal-due': (turn) => removeNext(turn),
  'collect-registry': (turn) => collectRegistry(turn),
  'stream-closed': (turn, { stream }) => {
    for (const framework of turn.state.frameworks.values())
      if (framework.stream === stream) return disconnectFramework(turn, framework)
    for (const agent of turn.state.agents.values())
      if (agent.session === stream) return disconnectAgent(turn, agent)
  },
  // Offers that are out stay; no run is due (core-master O3).
  whitelist: (turn, { hostnames }) => {
    turn.state.whitelist = hostnames
  },
  allocate: (turn, { candidates }) => runAllocation(turn, candidates),
  'framework-heartbeat': (turn, event) => {
    const framework = turn.state.frameworks.get(event.framework)
    if (framework !== undefined) heartbeat(turn, framework)
  },
  'failover-timeout': (turn, event) => {
    const framework = turn.state.frameworks.get(event.framework)
    if (framework !== undefined) removeFramework(turn, framework, 'failover timeout')
  },
  'agent-ping': (turn, event) => {
    const agent = turn.state.agents.get(event.agent)
    if (agent !== undefined) pingTick(turn, agent)
  },
  'reregister-timeout': (turn, event) => {
    if (turn.state.agents.has(event.agent))
      scheduleRemoval(turn, event.agent, 'did not re-register in time')
  },
  'inverse-offer-timeout': (turn, event) => {
    const inverse = turn.state.inverseOffers.get(event.offer)
    if (inverse !== undefined) rescindInverse(turn, inverse)
  },
  'offer-timeout': (turn, event) => {
    const offer = turn.state.offers.get(event.offer)
    if (offer !== undefined) rescind(turn, offer)
  },
}

/** Handles one message to its end: changes the state and says what should happen. Suspends never. */
export const handle = (turn: Turn, message: Message): readonly Effect[] => {
  if (message.type === 'scheduler-call') handleSchedulerCall(turn, message)
  else if (message.type === 'agent-call') handleAgentCall(turn, message)
  else if (message.type === 'operator-call') operate(turn, message.callType, message.call)
  else handleEvent(turn, message)
  settleGoing(turn)
  return turn.effects
}

const handleSchedulerCall = (
  turn: Turn,
  { callType, call, stream }: Extract<Message, { type: 'scheduler-call' }>,
): void => {
  if (callType === 'SUBSCRIBE') return subscribe(turn, stream, present(call.subscribe))
  const frameworkId = id<FrameworkId>(present(call.framework_id).value)
  schedulerCalls[callType](turn, present(turn.state.frameworks.get(frameworkId)), call)
}

const handleAgentCall = (
  turn: Turn,
  { callType, call, session, peerIp }: Extract<Message, { type: 'agent-call' }>,
): void => {
  if (callType === 'SUBSCRIBE')
    return subscribeAgent(turn, session, peerIp, present(call.subscribe))
  const agent = present(turn.state.agents.get(id<AgentId>(present(call.agent_id).value)))
  agent.heard = true
  cancelRemoval(turn, agent.id)
  agentCalls[callType](turn, agent, call)
}

const handleEvent = <T extends MasterEvent['type']>(
  turn: Turn,
  event: Extract<MasterEvent, { type: T }>,
): void => {
  const handler: (turn: Turn, event: Extract<MasterEvent, { type: T }>) => void =
    events[event.type as T]
  handler(turn, event)
}

const drop = (turn: Turn, framework: Framework, call: SchedulerCallType): void =>
  log(
    turn,
    'info',
    { framework: framework.id, call },
    'a call that nothing here answers to is dropped',
  )

const notImplemented = (turn: Turn, call: string): void => {
  turn.effects.push({ type: 'answer', status: 501, body: `${call} is not implemented` })
}
