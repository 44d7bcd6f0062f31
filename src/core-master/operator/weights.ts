import type { MasterCallUpdateWeights } from '../../mesos/wire.ts'
import { roleProblem } from '../../resources/roles.ts'
import { answer, log, store, type Turn } from '../turn.ts'

/** UPDATE_WEIGHTS: all of them, or none and a 400 that says why. Roles not named keep theirs; no run is due (O3). */
export const updateWeights = (
  turn: Turn,
  { weight_infos: infos = [] }: MasterCallUpdateWeights,
): void => {
  const weights = new Map<string, number>()
  for (const { role = '', weight } of infos) {
    const problem = weightProblem(turn, role, weight)
    if (problem !== undefined)
      return answer(turn, 400, `Failed to validate update weights request: ${problem}`)
    weights.set(role, weight)
  }
  for (const [role, weight] of weights) store(turn, 'weight', role, weight)
  turn.state.weights = new Map([...turn.state.weights, ...weights])
  log(turn, 'info', { roles: [...weights.keys()] }, 'weights set')
  answer(turn, 200, '')
}

const weightProblem = (
  { config: { roles } }: Turn,
  role: string,
  weight: number,
): string | undefined => {
  const problem = roleProblem(role)
  if (problem !== undefined) return `Invalid role '${role}': ${problem}`
  if (roles?.has(role) === false) return `Unknown role '${role}'`
  return weight > 0 && Number.isFinite(weight)
    ? undefined
    : `Invalid weight '${weight}' for role '${role}': Weights must be positive`
}
