import { roleProblem } from '../../resources/roles.ts'
import { log, store, type Turn } from '../turn.ts'

/** Sets weights of roles; the others keep theirs. Answers what is wrong, or undefined. No run is due (core-master O3). */
export const setWeights = (turn: Turn, given: ReadonlyMap<string, number>): string | undefined => {
  for (const [role, weight] of given) {
    const problem = roleProblem(role)
    if (problem !== undefined) return `Invalid role '${role}': ${problem}`
    if (!(weight > 0 && Number.isFinite(weight)))
      return `Invalid weight '${weight}' for role '${role}': Weights must be positive`
  }
  for (const [role, weight] of given) store(turn, 'weight', role, weight)
  turn.state.weights = new Map([...turn.state.weights, ...given])
  log(turn, 'info', { roles: [...given.keys()] }, 'weights set')
  return undefined
}
