import { ExpressionError, parseExpression } from '../../constraints/expression.ts'
import type { Expression } from '../../constraints/node.ts'
import { labels as swarmLabels } from '../../mesos/engine-endpoint.ts'
import { ApiError } from '../errors.ts'

/** Where expressions of each family are written: an environment prefix, and the label that keeps them. */
const families = {
  constraint: swarmLabels.constraints,
  affinity: swarmLabels.affinities,
  whitelist: swarmLabels.whitelists,
  reschedule: swarmLabels.reschedulePolicies,
} as const
type Family = keyof typeof families

const reschedulePolicies = ['off', 'on-node-failure']

export interface TakenExpressions {
  readonly constraints: readonly Expression[]
  readonly affinities: readonly Expression[]
  readonly whitelists: readonly Expression[]
  /** The environment without the entries that were expressions. */
  readonly env: readonly string[]
  /** The labels with every expression written back, families without any left out (docker-frontend §6.1.2). */
  readonly labels: Readonly<Record<string, string>>
}

/** Takes the expressions out of environment and labels. Throws INVALID_PARAMETER naming the expression. */
export const takeExpressions = (
  env: readonly string[],
  labels: Readonly<Record<string, string>>,
): TakenExpressions => {
  const inEnv = new Map<Family, string[]>()
  const kept = env.filter((entry) => {
    const at = entry.indexOf(':')
    const family = entry.slice(0, Math.max(at, 0))
    if (!isFamily(family)) return true
    inEnv.set(family, [...(inEnv.get(family) ?? []), entry.slice(at + 1)])
    return false
  })
  const union = (family: Family): readonly string[] => {
    const inLabel = fromLabel(labels, family)
    return [...inLabel, ...(inEnv.get(family) ?? []).filter((text) => !inLabel.includes(text))]
  }
  const found = {
    constraint: union('constraint'),
    affinity: union('affinity'),
    whitelist: union('whitelist'),
    reschedule: union('reschedule'),
  }
  checkReschedule(found.reschedule)
  return {
    constraints: parseAll('constraint', found.constraint),
    affinities: parseAll('affinity', found.affinity),
    whitelists: parseAll('whitelist', found.whitelist),
    env: kept,
    labels: withExpressions(labels, found),
  }
}

const isFamily = (text: string): text is Family => Object.hasOwn(families, text)

const fromLabel = (labels: Readonly<Record<string, string>>, family: Family): string[] => {
  const label = families[family]
  const text = labels[label]
  if (text === undefined || text === '') return []
  const problem = `label ${label}: wanted a JSON array of texts such as ["region==eu"], got ${JSON.stringify(text)}`
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ApiError('INVALID_PARAMETER', problem)
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw new ApiError('INVALID_PARAMETER', problem)
  return value
}

const parseAll = (family: Exclude<Family, 'reschedule'>, texts: readonly string[]) =>
  texts.map((text) => {
    try {
      return parseExpression(family, text)
    } catch (error) {
      if (error instanceof ExpressionError) throw new ApiError('INVALID_PARAMETER', error.message)
      throw error
    }
  })

const checkReschedule = (policies: readonly string[]): void => {
  if (policies.length > 1) throw new ApiError('INVALID_PARAMETER', 'too many reschedule policies')
  const [policy] = policies
  if (policy !== undefined && !reschedulePolicies.includes(policy))
    throw new ApiError('INVALID_PARAMETER', `invalid reschedule policy: ${policy}`)
}

const withExpressions = (
  labels: Readonly<Record<string, string>>,
  found: Readonly<Record<Family, readonly string[]>>,
): Readonly<Record<string, string>> => {
  const written = { ...labels }
  for (const [family, label] of Object.entries(families)) {
    const texts = found[family as Family]
    if (texts.length > 0) written[label] = JSON.stringify(texts)
    else delete written[label]
  }
  return written
}
