import { book, type Held, holdsNothing, newHeld } from '../../src/core-master/allocator/held.ts'
import { addTo, scalarsOf } from '../../src/core-master/allocator/quantities.ts'
import { freeOf } from '../../src/core-master/ledger.ts'
import type { Agent, Framework, MasterState } from '../../src/core-master/state.ts'
import { isTerminal } from '../../src/core-master/tasks/states.ts'
import type { AgentId } from '../../src/mesos/ids.ts'
import {
  contains,
  equal,
  format,
  isEmpty,
  type Kind,
  named,
  ofKind,
  plus,
  type Resources,
} from '../../src/resources/resources.ts'

/**
 * What must hold of a master after every step (reliability I1, I2, I11 and the books behind them); one line for each
 * thing that does not.
 */
export const masterProblems = (state: MasterState): readonly string[] => [
  ...[...state.agents.values()].flatMap((agent) => agentProblems(state, agent)),
  ...[...state.frameworks.values()].flatMap((framework) => frameworkProblems(state, framework)),
  ...offerProblems(state),
  ...inverseOfferProblems(state),
  ...totalProblems(state),
]

const totalProblems = (state: MasterState): string[] =>
  (['regular', 'revocable'] as const).flatMap((kind) => {
    const sums = new Map<string, number>()
    for (const agent of state.agents.values()) addTo(sums, scalarsOf(ofKind(agent.total, kind)))
    const [kept, counted] = [state.totals[kind], sums].map((one) =>
      JSON.stringify([...one].sort(byName)),
    )
    return kept === counted ? [] : [`the ${kind} total is kept as ${kept}, it is ${counted}`]
  })

const agentProblems = (state: MasterState, agent: Agent): string[] => {
  const problems: string[] = []
  const alive = [...agent.tasks].filter(({ state }) => !isTerminal(state))
  const executors = [...agent.executors.values()]
  const used = plus(...[...alive, ...executors].map(({ resources }) => resources))
  const offered = plus(...[...agent.offers].map(({ resources }) => resources))
  if (!equal(agent.used, used))
    problems.push(
      `I11 ${agent.id}: used is ${format(agent.used)}, its tasks and executors use ${format(used)}`,
    )
  if (!equal(agent.offered, offered))
    problems.push(
      `I11 ${agent.id}: offered is ${format(agent.offered)}, offers are ${format(offered)}`,
    )
  for (const kind of ['regular', 'revocable'] as const) problems.push(...overcommitted(agent, kind))
  if (agent.session === undefined && agent.offers.size > 0)
    problems.push(`${agent.id} is disconnected and has ${agent.offers.size} offers`)
  for (const { framework, info } of executors)
    if (!state.frameworks.has(framework))
      problems.push(`${agent.id} has executor ${info.executor_id.value} of no framework`)
  for (const task of agent.tasks)
    if (state.frameworks.get(task.framework)?.tasks.get(task.id) !== task)
      problems.push(`${agent.id} has task ${task.id}, which its framework has not`)
  return problems
}

/** I1: nothing is offered beyond the total. Tasks may outlive a total that shrank; then nothing of it is offered. */
const overcommitted = (agent: Agent, kind: Kind): string[] => {
  const offered = ofKind(agent.offered, kind)
  const out = plus(ofKind(agent.used, kind), offered)
  if (isEmpty(offered) || contains(ofKind(agent.total, kind), only(out, offered))) return []
  return [
    `I1 ${agent.id}: ${kind} ${format(out)} is out of ${format(ofKind(agent.total, kind))}, free ${format(freeOf(agent))}`,
  ]
}

/** The part of `all` whose names are offered. */
const only = (all: Resources, offered: Resources): Resources =>
  all.filter(({ name }) => offered.some((one) => one.name === name))

const frameworkProblems = (state: MasterState, framework: Framework): string[] => {
  const problems: string[] = []
  const held = new Map<string, Held>()
  const charge = (role: string, agent: AgentId, resources: Resources) => {
    const sums = held.get(role) ?? newHeld()
    book(sums, agent, resources)
    if (!holdsNothing(sums)) held.set(role, sums)
  }
  for (const offer of framework.offers) charge(offer.role, offer.agent.id, offer.resources)
  for (const agent of state.agents.values())
    for (const executor of agent.executors.values())
      if (executor.framework === framework.id) charge(executor.role, agent.id, executor.resources)
  for (const task of framework.tasks.values()) {
    if (!isTerminal(task.state)) charge(task.role, task.agent, task.resources)
    if (state.agents.get(task.agent)?.tasks.has(task) !== true)
      problems.push(`${framework.id} has task ${task.id}, which its agent has not`)
    const mixed = task.resources.find(
      ({ name, revocable }) =>
        revocable && named(task.resources, name).some((other) => !other.revocable),
    )
    if (mixed !== undefined) problems.push(`I2 task ${task.id} mixes kinds of ${mixed.name}`)
  }
  if (show(held) !== show(framework.held))
    problems.push(`I11 ${framework.id}: holds ${show(framework.held)}, should ${show(held)}`)
  return problems
}

const offerProblems = (state: MasterState): string[] =>
  [...state.offers.values()].flatMap((offer) => {
    const { id, framework, agent, resources } = offer
    const problems: string[] = []
    if (isEmpty(resources)) problems.push(`offer ${id} is empty`)
    if (!agent.offers.has(offer) || !framework.offers.has(offer))
      problems.push(`offer ${id} is not in the books of its agent and framework`)
    if (framework.stream === undefined)
      problems.push(`offer ${id} is out to a disconnected framework`)
    if (
      resources.some(({ revocable }) => revocable) &&
      !framework.capabilities.has('REVOCABLE_RESOURCES')
    )
      problems.push(`I2 offer ${id} has revocable resources for a framework that takes none`)
    return problems
  })

const inverseOfferProblems = (state: MasterState): string[] => [
  ...[...state.inverseOffers.values()].flatMap((inverse) => {
    const { id, framework, agent, unavailability } = inverse
    const problems: string[] = []
    if (!agent.inverseOffers.has(inverse) || !framework.inverseOffers.has(inverse))
      problems.push(`inverse offer ${id} is not in the books of its agent and framework`)
    if (framework.stream === undefined || agent.session === undefined)
      problems.push(`inverse offer ${id} is out to or of somebody who is disconnected`)
    if (state.agents.get(agent.id) !== agent || state.frameworks.get(framework.id) !== framework)
      problems.push(`inverse offer ${id} is out to or of somebody who is gone`)
    if (agent.unavailability !== unavailability)
      problems.push(`inverse offer ${id} is about another unavailability than the agent's`)
    return problems
  }),
  ...[...state.agents.values(), ...state.frameworks.values()].flatMap((one) =>
    [...one.inverseOffers]
      .filter((inverse) => state.inverseOffers.get(inverse.id) !== inverse)
      .map(({ id }) => `${one.id} has inverse offer ${id}, which is not out`),
  ),
]

const show = (held: ReadonlyMap<string, Held>): string =>
  JSON.stringify(
    [...held]
      .map(
        ([role, { regular, revocable, unreserved, copies }]) =>
          [
            role,
            ...[regular, revocable, unreserved, copies].map((sums) => [...sums].sort(byName)),
          ] as const,
      )
      .sort(byName),
  )

const byName = (
  [a]: readonly [string, ...unknown[]],
  [b]: readonly [string, ...unknown[]],
): number => (a < b ? -1 : 1)
