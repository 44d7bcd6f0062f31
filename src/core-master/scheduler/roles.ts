import type { SchedulerCallRevive, SchedulerCallSuppress } from '../../mesos/wire.ts'
import { roleProblem } from '../../resources/roles.ts'
import type { Framework } from '../state.ts'
import { count, log, runAllocator, type Turn } from '../turn.ts'

/** REVIVE: offers of the roles (default all) flow again, their filters are gone, a run is due now (core-master §1.5). */
export const revive = (turn: Turn, framework: Framework, call: SchedulerCallRevive): void => {
  count(turn, 'messages_revive_offers')
  const roles = namedRoles(turn, framework, call.roles, 'REVIVE')
  if (roles === undefined) return
  const revived = new Set(roles)
  framework.suppressed = new Set([...framework.suppressed].filter((role) => !revived.has(role)))
  for (const role of roles) framework.filters.delete(role)
  framework.inverseFilters.clear()
  runAllocator(turn, 'all')
}

/** SUPPRESS: no more offers for the roles (default all); those that are out stay (core-master §1.5, O10). */
export const suppress = (turn: Turn, framework: Framework, call: SchedulerCallSuppress): void => {
  count(turn, 'messages_suppress_offers')
  const roles = namedRoles(turn, framework, call.roles, 'SUPPRESS')
  if (roles === undefined) return
  framework.suppressed = new Set([...framework.suppressed, ...roles])
}

/** One invalid or unsubscribed role drops the whole call. */
const namedRoles = (
  turn: Turn,
  framework: Framework,
  named: readonly string[] | undefined,
  call: string,
): readonly string[] | undefined => {
  if (named === undefined || named.length === 0) return framework.roles
  const subscribed = new Set(framework.roles)
  const wrong = named.find((role) => roleProblem(role) !== undefined || !subscribed.has(role))
  if (wrong === undefined) return named
  log(
    turn,
    'warn',
    { framework: framework.id, role: wrong },
    `a ${call} is dropped: it names a role that the framework is not subscribed to`,
  )
  return undefined
}
