import { contains, minus, plus, type Resources } from '../resources/resources.ts'
import { addTo, scalarsOf } from './allocator/quantities.ts'
import { type Agent, assert, type Framework } from './state.ts'

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
  const held = framework.held.get(role) ?? new Map<string, number>()
  addTo(held, scalarsOf(resources))
  framework.held.set(role, held)
}

/** Takes an amount that was charged out of the books again: recovered is spent (reliability I11). */
export const release = ({ agent, framework, role, as }: Account, resources: Resources): void => {
  assert(contains(agent[as], resources), `${as} resources of agent ${agent.id} cover what returns`)
  agent[as] = minus(agent[as], resources)
  const held = framework.held.get(role)
  assert(held !== undefined, `framework ${framework.id} holds something in role ${role}`)
  addTo(held, scalarsOf(resources), -1)
  if (held.size === 0) framework.held.delete(role)
}

/** What may be offered: empty where a total that shrank is below what is out (core-master R2). */
export const freeOf = (agent: Agent): Resources =>
  minus(agent.total, plus(agent.used, agent.offered))
