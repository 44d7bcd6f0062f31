import { fromWire, ResourceError } from '../../mesos/resources.ts'
import type {
  MasterCallUpdateQuota,
  QuotaQuotaConfig,
  QuotaQuotaRequest,
  QuotaQuotaStatus,
  Resource,
  ValueScalar,
} from '../../mesos/wire.ts'
import type { Resources } from '../../resources/resources.ts'
import { roleProblem } from '../../resources/roles.ts'
import { units } from '../../resources/scalar.ts'
import { addTo, type Quantities, scalarsOf } from '../allocator/quantities.ts'
import { unreservedOf } from '../allocator/quota.ts'
import type { Quota } from '../allocator/snapshot.ts'
import type { MasterState } from '../state.ts'
import { answer, type Turn } from '../turn.ts'
import { consumedBy, setQuotas } from './quota.ts'

/** UPDATE_QUOTA: all of it, or nothing and a 400 that says why (core-master §8.1). */
export const updateQuota = (
  turn: Turn,
  { quota_configs: configs = [], force = false }: MasterCallUpdateQuota,
): void => {
  const quotas = new Map<string, Quota>()
  for (const config of configs) {
    const problem = configProblem(turn, config, quotas)
    if (problem !== undefined) return answer(turn, 400, problem)
    quotas.set(config.role, quotaOf(config))
  }
  const problem = force ? undefined : (consumptionProblem(turn, quotas) ?? excess(turn, quotas))
  if (problem !== undefined) return answer(turn, 400, `Invalid QuotaConfig: ${problem}`)
  setQuotas(turn, quotas)
  answer(turn, 200, '')
}

/** SET_QUOTA, deprecated: a role that has none gets one, with the guarantee as its limit. */
export const setQuota = (
  turn: Turn,
  { role = '', guarantee = [], force = false }: QuotaQuotaRequest,
): void => {
  const refuse = (problem: string) =>
    answer(turn, 400, `Failed to validate set quota request: ${problem}`)
  const problem = roleProblem(role)
  if (problem !== undefined) return refuse(`QuotaInfo with invalid role: ${problem}`)
  if (!isAllowed(turn, role)) return refuse(`Unknown role '${role}'`)
  if (turn.state.quotas.has(role))
    return refuse(`Cannot set quota for role '${role}' which already has quota`)
  if (role.includes('/'))
    return answer(turn, 400, `Setting quota on nested role '${role}' is not supported yet`)
  if (guarantee.length === 0) return refuse("QuotaInfo with empty 'guarantee'")
  const resources = readResources(guarantee)
  if (typeof resources === 'string') return refuse(`QuotaInfo with invalid resource: ${resources}`)
  const amounts = scalarsOf(resources)
  if (guarantee.some(({ type }) => type !== 'SCALAR'))
    return refuse('QuotaInfo must not contain non-scalar resources')
  if (amountsOf(unreservedOf(resources)) !== amountsOf(amounts))
    return refuse('QuotaInfo must not contain reserved, revocable or disk resources')
  if (new Set(guarantee.map(({ name }) => name)).size < guarantee.length)
    return refuse('QuotaInfo contains duplicate resource names')
  const tooMuch = guarantee.map(({ name, scalar }) => amountProblem(name, scalar))
  const wrong = tooMuch.find((one) => one !== undefined)
  if (wrong !== undefined) return refuse(wrong)
  const quotas = new Map([[role, { guarantees: amounts, limits: amounts }]])
  const over = force ? undefined : overcommitment(turn, quotas)
  if (over !== undefined)
    return answer(
      turn,
      409,
      "Quota guarantees overcommit the cluster (use 'force' to bypass this check): " +
        `Total quota guarantees '${over.wanted}' exceed cluster capacity '${over.capacity}'`,
    )
  setQuotas(turn, quotas)
  answer(turn, 200, '')
}

/** Or what is wrong with them. */
const readResources = (wire: readonly Resource[]): Resources | string => {
  try {
    return fromWire(wire)
  } catch (error) {
    if (!(error instanceof ResourceError)) throw error
    return error.message
  }
}

/** REMOVE_QUOTA, deprecated. */
export const removeQuota = (turn: Turn, role: string): void => {
  const refuse = (problem: string) =>
    answer(turn, 400, `Failed to validate remove quota request: ${problem}`)
  if (!isAllowed(turn, role)) return refuse(`Unknown role '${role}'`)
  if (!turn.state.quotas.has(role)) return refuse(`Role '${role}' has no quota set`)
  setQuotas(turn, new Map([[role, { guarantees: new Map(), limits: new Map() }]]))
  answer(turn, 200, '')
}

/** GET_QUOTA and GET /quota: each quota in the older form, too, where it promises something. */
export const quotaStatus = ({ quotas }: Pick<MasterState, 'quotas'>): QuotaQuotaStatus => ({
  infos: [...quotas].map(([role, { guarantees }]) => ({
    role,
    guarantee: [...guarantees].map(([name, milli]) => ({
      name,
      type: 'SCALAR',
      scalar: { value: units(milli) },
    })),
  })),
  configs: [...quotas].map(([role, { guarantees, limits }]) => ({
    role,
    guarantees: scalarMap(guarantees),
    limits: scalarMap(limits),
  })),
})

const scalarMap = (amounts: Quantities): Readonly<Record<string, ValueScalar>> =>
  Object.fromEntries([...amounts].map(([name, milli]) => [name, { value: units(milli) }]))

const configProblem = (
  turn: Turn,
  config: QuotaQuotaConfig,
  before: ReadonlyMap<string, Quota>,
): string | undefined => {
  const { role, guarantees = {}, limits = {} } = config
  if (!isAllowed(turn, role)) return `Invalid QuotaConfig: '${role}' is not on the roles whitelist`
  if (role.includes('/') && roleProblem(role) === undefined)
    return `Updating quota on nested role '${role}' is not supported yet`
  const problem =
    roleProblem(role) ??
    (before.has(role) ? `Role '${role}' appears more than once` : undefined) ??
    amountsProblem('guarantees', guarantees) ??
    amountsProblem('limits', limits)
  if (problem !== undefined) return `Invalid QuotaConfig: ${problem}`
  const quota = quotaOf(config)
  return [...quota.guarantees].some(([name, milli]) => milli > (quota.limits.get(name) ?? milli))
    ? "Invalid QuotaConfig: 'QuotaConfig.guarantees' " +
        `${shown(guarantees)} is not contained within the 'QuotaConfig.limits' ${shown(limits)}`
    : undefined
}

const shown = (amounts: Readonly<Record<string, ValueScalar>>): string =>
  `{ ${Object.entries(amounts)
    .map(([name, { value }]) => `${name}: ${value}`)
    .join(', ')} }`

const amountsProblem = (
  field: 'guarantees' | 'limits',
  amounts: Readonly<Record<string, ValueScalar>>,
): string | undefined => {
  for (const [name, scalar] of Object.entries(amounts)) {
    const problem = amountProblem(name, scalar)
    if (problem !== undefined) return `Invalid 'QuotaConfig.${field}': ${problem}`
  }
  return undefined
}

/** A sum of as many as there are roles is still exact (MESOS-10008). */
const maxAmount = 1e12

const amountProblem = (name: string, scalar: ValueScalar | undefined): string | undefined => {
  const value = scalar?.value ?? 0
  if (value > maxAmount)
    return `Quantity '${name}: ${value}' is greater than 1 trillion (10^12), which is not supported`
  return value >= 0 ? undefined : `Quantity '${name}: ${value}' is negative`
}

/** Limits of zero are kept: nothing of that name may be had. */
const quotaOf = ({ guarantees = {}, limits = {} }: QuotaQuotaConfig): Quota => {
  const promised = milliOf(guarantees)
  for (const [name, milli] of promised) if (milli === 0) promised.delete(name)
  return { guarantees: promised, limits: milliOf(limits) }
}

const milliOf = (amounts: Readonly<Record<string, ValueScalar>>): Map<string, number> =>
  new Map(Object.entries(amounts).map(([name, { value }]) => [name, Math.round(value * 1000)]))

/** Roles that frameworks may not have get no quota either. */
const isAllowed = ({ config: { roles } }: Turn, role: string): boolean => roles?.has(role) !== false

const consumptionProblem = (
  { state }: Turn,
  quotas: ReadonlyMap<string, Quota>,
): string | undefined => {
  for (const [role, { limits }] of quotas) {
    const consumed = consumedBy(state, role)
    if ([...limits].some(([name, milli]) => (consumed.get(name) ?? 0) > milli))
      return (
        `Role '${role}' is already consuming '${amountsOf(consumed)}'; this is more than the ` +
        `requested limits '${amountsOf(limits)}' (use 'force' flag to bypass this check)`
      )
  }
  return undefined
}

const excess = (turn: Turn, quotas: ReadonlyMap<string, Quota>): string | undefined => {
  const over = overcommitment(turn, quotas)
  return (
    over &&
    `total quota guarantees '${over.wanted}' exceed cluster capacity '${over.capacity}' ` +
      "(use 'force' flag to bypass this check)"
  )
}

/** Agents that are disconnected count: they soon are back, as a rule. */
const overcommitment = (
  { state }: Turn,
  quotas: ReadonlyMap<string, Quota>,
): { readonly wanted: string; readonly capacity: string } | undefined => {
  const wanted = new Map<string, number>()
  for (const { guarantees } of new Map([...state.quotas, ...quotas]).values())
    addTo(wanted, guarantees)
  const capacity = state.totals.regular
  const isWithin = [...wanted].every(([name, milli]) => milli <= (capacity.get(name) ?? 0))
  return isWithin ? undefined : { wanted: amountsOf(wanted), capacity: amountsOf(capacity) }
}

/** As Mesos writes quantities: `cpus:2; mem:64`. */
const amountsOf = (amounts: Quantities): string =>
  [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, milli]) => `${name}:${units(milli)}`)
    .join('; ')
