import type { Amounts, Node } from '../../constraints/node.ts'
import type { AgentId } from '../../mesos/ids.ts'
import { plusRanges } from '../../resources/ranges.ts'
import { type Kind, ofKind, plus, type Resources, rangesOf } from '../../resources/resources.ts'
import { nodeLabels } from '../labels.ts'
import type { Agent, Context, FrameworkState } from '../state.ts'
import type { Task } from '../tasks/lifecycle.ts'

/** Every known agent as the filters and strategies see it. */
export const nodesOf = (state: FrameworkState, context: Context): ReadonlyMap<AgentId, Node> => {
  const tasks = new Map<AgentId, Task[]>()
  for (const task of state.tasks.values()) {
    const ofAgent = tasks.get(task.agent)
    if (ofAgent === undefined) tasks.set(task.agent, [task])
    else ofAgent.push(task)
  }
  return new Map(
    [...state.agents.values()].map((agent) => [
      agent.id,
      view(state, context, agent, tasks.get(agent.id) ?? []),
    ]),
  )
}

/** One agent, as it is now. */
export const nodeOf = (state: FrameworkState, context: Context, agent: Agent): Node =>
  view(state, context, agent, tasksOf(state, agent.id))

/** What our live tasks hold on an agent; a container that is being created counts. */
export const heldBy = (state: FrameworkState, agent: AgentId): Resources =>
  plus(...tasksOf(state, agent).map((task) => task.resources))

const tasksOf = (state: FrameworkState, agent: AgentId): readonly Task[] =>
  [...state.tasks.values()].filter((task) => task.agent === agent)

const view = (
  state: FrameworkState,
  context: Context,
  agent: Agent,
  tasks: readonly Task[],
): Node => {
  const offered = state.book.offered(agent.id)
  const held = plus(...tasks.map((task) => task.resources))
  return {
    id: agent.id,
    hostname: agent.hostname,
    healthy: agent.link.kind === 'open' && agent.engine?.healthy === true,
    healthScore: 100,
    labels: nodeLabels(agent.attributes, agent.engine).labels,
    containers: [
      ...[...agent.containers.values()].map((container) => container.facts),
      ...tasks.flatMap((task) => (task.phase === 'launching' ? [task.pending] : [])),
    ],
    images: agent.images,
    offered: byKind(offered),
    offeredPorts: rangesOf(ofKind(offered, 'regular'), 'ports'),
    managedPorts: plusRanges(agent.managedPorts, rangesOf(held, 'ports')),
    held: byKind(held),
    networks: agent.networks,
    volumes: agent.volumes,
    sinceOfferMs:
      agent.lastOfferMs === undefined ? undefined : context.monotonicMs - agent.lastOfferMs,
  }
}

const byKind = (all: Resources): Readonly<Partial<Record<Kind, Amounts>>> => {
  const regular = amountsOf(ofKind(all, 'regular'))
  const revocable = amountsOf(ofKind(all, 'revocable'))
  return {
    ...(regular.size > 0 ? { regular } : {}),
    ...(revocable.size > 0 ? { revocable } : {}),
  }
}

/** Thousandths of each scalar; ports and sets are no amounts. */
const amountsOf = (all: Resources): Amounts => {
  const amounts = new Map<string, number>()
  for (const { name, value } of all)
    if (value.type === 'SCALAR') amounts.set(name, (amounts.get(name) ?? 0) + value.milli)
  return amounts
}
