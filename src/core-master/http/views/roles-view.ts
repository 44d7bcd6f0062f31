import { plus, type Resources } from '../../../resources/resources.ts'
import { knownRoles } from '../../known-roles.ts'
import type { Framework } from '../../state.ts'
import { isTerminal } from '../../tasks/states.ts'
import type { ViewContext } from './context.ts'
import { resourcesView } from './resources-view.ts'

/** /roles: every role that exists (core-master §8.2, L10). */
export const rolesView = ({ state }: ViewContext) => {
  const frameworks = [...state.frameworks.values()]
  return {
    roles: knownRoles(state).map((name) => {
      const offered = plus(...frameworks.flatMap((framework) => offeredIn(framework, name)))
      const allocated = plus(...frameworks.flatMap((framework) => usedIn(framework, name)))
      return {
        name,
        weight: state.weights.get(name) ?? 1,
        resources: resourcesView(plus(offered, allocated)),
        allocated: resourcesView(allocated),
        offered: resourcesView(offered),
        frameworks: frameworks.filter(({ roles }) => roles.includes(name)).map(({ id }) => id),
      }
    }),
  }
}

/** /weights: those that were set. */
export const weightsView = ({ state }: ViewContext) =>
  [...state.weights].map(([role, weight]) => ({ role, weight }))

const offeredIn = ({ offers }: Framework, role: string): readonly Resources[] =>
  [...offers].filter((offer) => offer.role === role).map(({ resources }) => resources)

const usedIn = ({ tasks }: Framework, role: string): readonly Resources[] =>
  [...tasks.values()]
    .filter((task) => task.role === role && !isTerminal(task.state))
    .map(({ resources }) => resources)
