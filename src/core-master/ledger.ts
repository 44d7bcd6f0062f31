import { contains, minus, ofKind, plus, type Resources } from '../resources/resources.ts'
import { book, holdsNothing, newHeld } from './allocator/held.ts'
import { addTo, scalarsOf } from './allocator/quantities.ts'
import { type Agent, assert, type Framework, type MasterState } from './state.ts'

/** Whose books an amount is in: the agent's, as offered or used, and the framework's, under a role. */
export interface Account {
  readonly agent: Agent
  readonly framework: Framework
  readonly role: string
  readonly as: 'offered' | 'used'
}

/** Writes an amount into the books. */
export const charge = ({ agent, framework, role, as }: Account, resources: Resources): void => {
  agent[as] = plus(agent[as], resources)
  const held = framework.held.get(role) ?? newHeld()
  book(held, agent.id, resources)
  framework.held.set(role, held)
}

/** Takes an amount that was charged out of the books again: recovered is spent (reliability I11). */
export const release = ({ agent, framework, role, as }: Account, resources: Resources): void => {
  assert(contains(agent[as], resources), `${as} resources of agent ${agent.id} cover what returns`)
  agent[as] = minus(agent[as], resources)
  const held = framework.held.get(role)
  assert(held !== undefined, `framework ${framework.id} holds something in role ${role}`)
  book(held, agent.id, resources, -1)
  if (holdsNothing(held)) framework.held.delete(role)
}

/** What may be offered: empty where a total that shrank is below what is out (core-master R2). */
export const freeOf = (agent: Agent): Resources => {
  const { total, used, offered, known } = agent
  if (known?.total === total && known.used === used && known.offered === offered) return known.free
  const free = minus(total, plus(used, offered))
  agent.known = { total, used, offered, free }
  return free
}

/** Sets what an agent has, and the sum of all agents with it. */
export const changeTotal = (state: MasterState, agent: Agent, total: Resources): void => {
  for (const kind of ['regular', 'revocable'] as const) {
    addTo(state.totals[kind], scalarsOf(ofKind(agent.total, kind)), -1)
    addTo(state.totals[kind], scalarsOf(ofKind(total, kind)))
  }
  agent.total = total
}
