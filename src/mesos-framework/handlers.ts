import { engineAttribute, labels } from '../mesos/engine-endpoint.ts'
import type { OfferId } from '../mesos/ids.ts'
import { learnAgent } from './agents.ts'
import { refuseStockAgentsSeconds } from './bounds.ts'
import { decline } from './calls.ts'
import { hideContainer, showContainer, showStarted } from './containers.ts'
import { tick } from './deadlines.ts'
import type { Effect, JobOutcome, Message, Offer } from './messages.ts'
import { requeuedContainer } from './queue.ts'
import { giveUp, submit } from './requests.ts'
import { requeueEvent } from './requeue-event.ts'
import { ranAgain, requeueLogged, userStarts, userStops } from './requeues.ts'
import { awaitKinds, type Context, type FrameworkState, kinds, touch } from './state.ts'
import type { Task } from './tasks/lifecycle.ts'
import { abandon, launchRefused, launchTaken, reconcileAll, updateTask } from './tasks/updates.ts'
import { takeTurn } from './turn.ts'
import { loseAgent, watchAgent } from './watching.ts'

type Handlers = {
  readonly [T in Message['type']]: (
    state: FrameworkState,
    context: Context,
    message: Extract<Message, { type: T }>,
  ) => readonly Effect[]
}

/** Everything that can happen to the framework, on one screen. A new message does not compile until it is here. */
const handlers: Handlers = {
  SUBSCRIBED: (state, context, { framework, master }) => {
    state.master = master
    const isNew = state.frameworkId !== framework
    state.frameworkId = framework
    if (isNew) state.idIsDurable = false
    return [
      ...(isNew ? [{ type: 'append', record: { type: 'FRAMEWORK', id: framework } } as const] : []),
      ...reconcileAll(state, context),
    ]
  },

  // Offers end with the subscription (core-master W12); tasks and containers do not.
  DISCONNECTED: (state) => {
    state.master = undefined
    state.book.clear()
    for (const agent of state.agents.values()) agent.awaited = new Set(kinds)
    touch(state)
    return []
  },

  OFFERS: (state, context, { offers }) => takeOffers(state, context, offers),

  RESCIND: (state, _context, { offer }) => {
    const held = state.book.remove(offer)
    if (held !== undefined) awaitKinds(state, held.agent, held.resources)
    touch(state)
    return []
  },

  UPDATE: (state, context, { status }) => updateTask(state, context, status),

  HALT: (state, context, { why }) => {
    state.halted = why
    state.master = undefined
    state.book.clear()
    const outcome = { kind: 'failed', message: `container failed to start: ${why}` } as const
    return [
      { type: 'unsubscribe' },
      { type: 'say', level: 'error', fields: { framework: state.frameworkId }, message: why },
      ...state.queue.inOrder().flatMap((waiting) => giveUp(state, waiting, outcome)),
      ...endLaunches(state, context, () => true, outcome),
    ]
  },

  CALL_TAKEN: (state, _context, { call }) => launchTaken(state, call),

  CALL_FAILED: (state, context, { call, acted, why }) => [
    { type: 'say', level: 'warn', fields: { call: call.type }, message: why },
    ...(acted === 'no' ? launchRefused(state, context, call, why) : []),
  ],

  LOGGED: (state, _context, { record }) => {
    if (record.type === 'FRAMEWORK') state.idIsDurable = record.id === state.frameworkId
    return record.type === 'REQUEUE' ? requeueLogged(state, record.requeue.task) : []
  },

  WATCH: (state, context, { agent, record }) => {
    const known = state.agents.get(agent)
    return known === undefined ? [] : watchAgent(state, context, known, record)
  },

  WATCH_LOST: (state, context, { agent, why }) => {
    const known = state.agents.get(agent)
    touch(state)
    return known === undefined ? [] : loseAgent(context, known, why)
  },

  INVENTORY: (state, _context, { agent, networks, volumes }) => {
    const known = state.agents.get(agent)
    if (known === undefined) return []
    known.networks = new Set(networks)
    known.volumes = new Set(volumes)
    touch(state)
    return []
  },

  // A reading introduces no container: it may be older than the word that the container is gone.
  INSPECTED: (state, context, { agent, inspect }) => {
    const known = state.agents.get(agent)
    return known === undefined || !state.containers.has(inspect.Id)
      ? []
      : showContainer(state, context, known, inspect, 'reading')
  },

  VANISHED: (state, _context, { agent, container }) => {
    if (state.containers.has(container)) state.gone.set(container, agent)
    hideContainer(state, container)
    return []
  },

  STARTED: (state, context, { container, changed }) => {
    showStarted(state, context, container, changed)
    return []
  },

  SUBMIT: (state, context, request) => submit(state, context, request),

  // Before its launch a request leaves the queue; after it, the task and its container go (docker-frontend §6.1).
  CANCEL: (state, context, { key }) => {
    const outcome = { kind: 'cancelled' } as const
    const waiting = state.queue.remove(key)
    if (waiting !== undefined) return giveUp(state, waiting, outcome)
    return endLaunches(state, context, (task) => task.waiting.key === key)
  },

  USER_STARTS: (state, _context, { container }) => userStarts(state, container),

  USER_STOPS: (state, context, { container }) => [
    ...userStops(state, container),
    ...endLaunches(state, context, ({ waiting }) => requeuedContainer(waiting) === container),
  ],
  RAN_AGAIN: (state, context, tried) => ranAgain(state, context, tried),
  PROMOTED: (state, context, { container: id, from }) => {
    const container = state.containers.get(id)
    return container === undefined
      ? []
      : [
          requeueEvent(context, container, 'promote', {
            from,
            to: id,
            revocations: container.facts.labels.get(labels.revocations) ?? '',
            resources: 'regular',
          }),
        ]
  },

  TICK: (state, context) => tick(state, context),
  TURN: (state, context) => takeTurn(state, context),
}

/** One message to its end: the state is changed, what must be awaited is an effect. */
export const handle = <T extends Message['type']>(
  state: FrameworkState,
  context: Context,
  message: Extract<Message, { type: T }>,
): readonly Effect[] => handlers[message.type as T](state, context, message)

/** Nobody waits for these launches any more. */
const endLaunches = (
  state: FrameworkState,
  context: Context,
  isMeant: (task: Launching) => boolean,
  outcome: JobOutcome = { kind: 'cancelled' },
): readonly Effect[] =>
  [...state.tasks.values()].flatMap((task) =>
    task.phase === 'launching' && isMeant(task)
      ? [...abandon(state, context, task), ...giveUp(state, task.waiting, outcome)]
      : [],
  )

type Launching = Extract<Task, { phase: 'launching' }>

const takeOffers = (
  state: FrameworkState,
  context: Context,
  offers: readonly Offer[],
): readonly Effect[] => {
  const effects: Effect[] = []
  const unusable: OfferId[] = []
  for (const offer of offers) {
    const prefix = offer.attributes.get(engineAttribute)
    if (prefix === undefined) {
      unusable.push(offer.id)
      continue
    }
    effects.push(...learnAgent(state, context, offer, prefix))
    state.book.add({
      id: offer.id,
      agent: offer.agent,
      resources: offer.resources,
      expiresMs: context.monotonicMs + context.config.offerTimeoutMs,
    })
  }
  touch(state)
  return unusable.length === 0 ? effects : [...effects, ...refuseStock(state, unusable)]
}

/** Agents without engine endpoint cannot serve the Docker API; that is said once. */
const refuseStock = (state: FrameworkState, offers: readonly OfferId[]): readonly Effect[] => {
  const wasSaid = state.saidStockAgents
  state.saidStockAgents = true
  return [
    decline(offers, refuseStockAgentsSeconds),
    ...(wasSaid
      ? []
      : [
          {
            type: 'say',
            level: 'warn',
            fields: { attribute: engineAttribute },
            message: 'offers of agents without an engine endpoint are declined',
          } as const,
        ]),
  ]
}
