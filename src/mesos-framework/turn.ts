import type { ContainerFacts, Node, PlacementRequest } from '../constraints/node.ts'
import { place } from '../constraints/place.ts'
import { type AgentId, id, type OfferId, type TaskId } from '../mesos/ids.ts'
import type { TaskInfo } from '../mesos/wire.ts'
import type { Kind } from '../resources/resources.ts'
import { maxAcceptBytes, reconcileEveryMs } from './bounds.ts'
import { accept, revive } from './calls.ts'
import type { Effect } from './messages.ts'
import { type Draw, draw, spend } from './offers/match.ts'
import { nodeOf, nodesOf } from './offers/node-view.ts'
import { isRequeued, type Waiting } from './queue.ts'
import { tellWaiting, withdrawGone } from './requeues.ts'
import { awaitKinds, type Context, type FrameworkState, kinds, touch } from './state.ts'
import { taskInfo } from './tasks/task-info.ts'

/**
 * After each batch of messages: tries every waiting request in order, none of which blocks another (docker-frontend
 * §6.5, D13, D35). What is placed on one agent in one turn goes into one ACCEPT (D4).
 */
export const takeTurn = (state: FrameworkState, context: Context): readonly Effect[] => {
  if (state.master === undefined || !state.idIsDurable || state.queue.size === 0) return []
  const withdrawn = withdrawGone(state)
  const turn = startTurn(state, context)
  for (const waiting of state.queue.inOrder()) tryToPlace(turn, waiting)
  return [
    ...withdrawn,
    ...accepts(turn),
    ...tellWaiting(state, context),
    ...askForMore(state, context),
  ]
}

interface Turn {
  readonly state: FrameworkState
  readonly context: Context
  readonly nodes: Map<AgentId, Node>
  /** Kinds of which no agent is about to offer more: they were judged on all there is. */
  readonly complete: ReadonlySet<Kind>
  readonly launches: Map<AgentId, Launches>
}

/** What one ACCEPT is made of. */
interface Launches {
  readonly offers: Set<OfferId>
  readonly tasks: TaskInfo[]
  bodyBytes: number
}

const startTurn = (state: FrameworkState, context: Context): Turn => {
  const nodes = new Map(nodesOf(state, context))
  const able = [...state.agents.values()].filter(({ id }) => nodes.get(id)?.healthy === true)
  const complete = kinds.filter((kind) => able.every(({ awaited }) => !awaited.has(kind)))
  return { state, context, nodes, complete: new Set(complete), launches: new Map() }
}

/** The second kind is looked at when no node fits with the first, after the grace that may bring one (§8.3, D28). */
const tryToPlace = (turn: Turn, waiting: Waiting): void => {
  const [first, second] = waiting.placement.kinds
  if (first === undefined || tryKind(turn, waiting, first) || second === undefined) return
  if (turn.context.monotonicMs >= waiting.graceUntilMs || turn.complete.has(first))
    tryKind(turn, waiting, second)
}

const tryKind = (turn: Turn, waiting: Waiting, kind: Kind): boolean => {
  const { state, context, nodes } = turn
  if (waiting.tried.get(kind) === state.version) return false
  waiting.tried.set(kind, state.version)
  const placement = { ...waiting.placement, kinds: [kind] }
  const found = place(nodesFor(waiting, nodes), placement, context.policy)
  if (found.kind === 'unplaceable') {
    const { text, misses } = found
    waiting.lacks.text = misses.map(({ why }) => why)[0] ?? text
    return false
  }
  const agent = id<AgentId>(found.node.id)
  const bodyBytes = (turn.launches.get(agent)?.bodyBytes ?? 0) + waiting.bodyBytes
  if (bodyBytes > maxAcceptBytes) return false
  const offers = state.book.ofAgent(agent)
  const drawn = draw(offers, found.node, placement, kind)
  if (drawn === undefined) return false
  launch(turn, waiting, kind, found.node, drawn)
  return true
}

/** All nodes, since a filter may depend on what there is elsewhere; one whose engine refused the name offers nothing. */
export const nodesFor = (
  { refusedBy }: Waiting,
  nodes: ReadonlyMap<AgentId, Node>,
): readonly Node[] => {
  const all = [...nodes.values()]
  if (refusedBy.size === 0) return all
  return all.map((node) =>
    refusedBy.has(id<AgentId>(node.id)) ? { ...node, offered: {}, offeredPorts: [] } : node,
  )
}

const launch = (turn: Turn, waiting: Waiting, kind: Kind, node: Node, drawn: Draw): void => {
  const { state, context, launches, nodes } = turn
  const { job, placement, key, deadlineMs } = waiting
  const agent = id<AgentId>(node.id)
  const { resources, ports } = drawn
  const task = newTaskId(context, job.type === 'create' ? job.request.name : job.name)
  state.queue.remove(key)
  state.tasks.set(task, {
    phase: 'launching',
    id: task,
    agent,
    kind,
    resources,
    waiting,
    restMs: Math.max(0, deadlineMs - context.monotonicMs),
    deadlineMs: context.monotonicMs + context.config.launchTimeoutMs,
    pending: pendingFacts(task, placement, drawn),
    isAccepted: false,
    isAnswered: true,
    heardMs: context.monotonicMs,
    message: '',
  })
  state.reconcileAtMs ??= context.monotonicMs + reconcileEveryMs
  for (const offer of spend(drawn.offers, resources)) state.book.add(offer)
  const ofAgent: Launches = launches.get(agent) ?? { offers: new Set(), tasks: [], bodyBytes: 0 }
  ofAgent.bodyBytes += waiting.bodyBytes
  for (const offer of drawn.offers) ofAgent.offers.add(offer.id)
  ofAgent.tasks.push(taskInfo(job, { task, node, kind, resources, ports }, context.config))
  launches.set(agent, ofAgent)
  const known = state.agents.get(agent)
  if (known !== undefined) nodes.set(agent, nodeOf(state, context, known))
  touch(state)
}

/** The longest name that is put before a task id, whose bound is 255 characters (core-master O17). */
const maxNameInTaskId = 200

/** 12 random hex digits, after the name that the user gave: unique for ever (docker-frontend §6.1). */
const newTaskId = ({ ids }: Context, name: string): TaskId => {
  const hex = ids.hex(6)
  return id<TaskId>(name === '' ? hex : `${name.slice(0, maxNameInTaskId)}.${hex}`)
}

const pendingFacts = (
  task: TaskId,
  placement: PlacementRequest,
  { ports }: Draw,
): ContainerFacts => ({
  id: task,
  name: placement.name,
  image: placement.image,
  imageId: '',
  labels: new Map(),
  state: 'pending',
  restarts: false,
  networkMode: placement.networkMode,
  publishedPorts: ports,
  exposedPorts: placement.exposedPorts,
})

const accepts = ({ state, launches }: Turn): readonly Effect[] =>
  [...launches.values()].map(({ offers, tasks }) => {
    for (const offer of offers) {
      const rest = state.book.remove(offer)
      if (rest !== undefined) awaitKinds(state, rest.agent, rest.resources)
    }
    return accept([...offers], tasks)
  })

/**
 * A request that has to wait takes back what was declined a moment ago (D36). One that waits for hours does not: others
 * could not use the offers meanwhile.
 */
const askForMore = (state: FrameworkState, { config, monotonicMs }: Context): readonly Effect[] => {
  if (state.refusedUntilMs <= monotonicMs || state.queue.inOrder().every(isRequeued)) return []
  state.refusedUntilMs = 0
  return [revive(config.role)]
}
