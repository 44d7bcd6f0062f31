import type { Inspect, WatchRecord } from '../mesos/engine-endpoint.ts'
import { hideContainer, showContainer } from './containers.ts'
import { text } from './inspect.ts'
import { nodeLabels } from './labels.ts'
import type { Effect } from './messages.ts'
import { leftPromotions } from './promotions.ts'
import { forgetRequeues } from './requeues.ts'
import { type Agent, type Context, type FrameworkState, touch } from './state.ts'
import { launchMade } from './tasks/updates.ts'

/** Takes in one record of an agent's watch (docker-frontend §2.5). */
export const watchAgent = <T extends WatchRecord['type']>(
  state: FrameworkState,
  context: Context,
  agent: Agent,
  record: Extract<WatchRecord, { type: T }>,
): readonly Effect[] => {
  agent.updatedAtMs = context.nowMs
  if (record.type !== 'HEARTBEAT' && record.type !== 'EVENT') touch(state)
  return watchHandlers[record.type as T](state, context, agent, record)
}

/** A try failed or a stream broke: a broken agent takes no launches, one that stays broken is unreachable. */
export const loseAgent = (context: Context, agent: Agent, why: string): readonly Effect[] => {
  const { link } = agent
  if (link.kind === 'unreachable') return []
  if (link.kind !== 'broken') {
    agent.link = { kind: 'broken', sinceMs: context.nowMs, why }
    return []
  }
  agent.link = { kind: 'unreachable', sinceMs: link.sinceMs, why }
  const wasKnown = agent.engine !== undefined
  return [
    say('warn', agent, `the engine endpoint does not answer: ${why}`),
    ...(wasKnown ? [ownEvent(context, agent, 'engine_disconnect')] : []),
  ]
}

type WatchHandlers = {
  readonly [T in WatchRecord['type']]: (
    state: FrameworkState,
    context: Context,
    agent: Agent,
    record: Extract<WatchRecord, { type: T }>,
  ) => readonly Effect[]
}

/** Every record of an agent's watch. Each touches what it is about and nothing else (D23). */
const watchHandlers: WatchHandlers = {
  SNAPSHOT: (state, context, agent, { engine, images, containers }) => {
    const connected = connect(context, agent)
    agent.images = images
    forgetUnlisted(state, agent, containers)
    const shown = containers.flatMap((one) => showContainer(state, context, agent, one, 'watch'))
    forgetRequeues(state, agent.id)
    return [
      ...connected,
      ...setEngine(agent, engine),
      ...shown,
      ...leftPromotions(state, agent),
      { type: 'take-inventory', agent: agent.id },
    ]
  },
  CONTAINER: (state, context, agent, { container, warnings }) => {
    const shown = showContainer(state, context, agent, container, 'watch')
    return warnings === undefined ? shown : [...shown, ...launchMade(state, container, warnings)]
  },
  REMOVED: (state, _context, _agent, { id }) => {
    state.gone.delete(id)
    hideContainer(state, id)
    return []
  },
  ENGINE: (_state, _context, agent, { engine }) => setEngine(agent, engine),
  IMAGES: (_state, _context, agent, { images }) => {
    agent.images = images
    return []
  },
  EVENT: (_state, _context, agent, { event }) => {
    const isInventory =
      /^(network|volume)$/.test(text(event['Type'])) &&
      /^(create|destroy)$/.test(text(event['Action']))
    return [
      { type: 'publish', event: { agent: agent.id, event } },
      ...(isInventory ? [{ type: 'take-inventory', agent: agent.id } as const] : []),
    ]
  },
  HEARTBEAT: () => [],
}

const connect = (context: Context, agent: Agent): readonly Effect[] => {
  const { link } = agent
  const isFirst = agent.engine === undefined
  agent.link = { kind: 'open' }
  if (isFirst) return [ownEvent(context, agent, 'engine_connect')]
  return link.kind === 'unreachable' ? [ownEvent(context, agent, 'engine_reconnect')] : []
}

/** What a snapshot leaves out is gone, save a container whose create was quicker than the watch. */
const forgetUnlisted = (state: FrameworkState, agent: Agent, listed: readonly Inspect[]): void => {
  const ids = new Set(listed.map(({ Id }) => Id))
  for (const [id, { isConfirmed, hasEnded }] of agent.containers)
    if (!ids.has(id) && (isConfirmed || hasEnded)) hideContainer(state, id)
  for (const [id, of] of state.gone) if (of === agent.id) state.gone.delete(id)
}

const setEngine = (agent: Agent, engine: NonNullable<Agent['engine']>): readonly Effect[] => {
  const before = agent.engine?.labels.join()
  agent.engine = engine
  if (before === engine.labels.join()) return []
  return nodeLabels(agent.attributes, engine).problems.map((problem) => say('warn', agent, problem))
}

const say = (level: 'info' | 'warn', agent: Agent, message: string): Effect => ({
  type: 'say',
  level,
  fields: { agent: agent.id, hostname: agent.hostname },
  message,
})

/** An event of the frontend itself, in the engine's form (docker-frontend §4.5, D5, D42). */
const ownEvent = (context: Context, agent: Agent, action: string): Effect => ({
  type: 'publish',
  event: {
    agent: undefined,
    event: {
      Type: 'swarm',
      Action: action,
      status: action,
      from: `swarm node:${agent.hostname}`,
      Actor: { ID: agent.id, Attributes: nodeAttributes(agent) },
      scope: 'local',
      time: Math.floor(context.nowMs / 1000),
      timeNano: context.nowMs * 1_000_000,
    },
  },
})

const nodeAttributes = ({ id, hostname, ip, port }: Agent) => ({
  'node.name': hostname,
  'node.id': id,
  'node.addr': `${ip}:${port}`,
  'node.ip': ip,
})
