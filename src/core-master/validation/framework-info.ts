import type { FrameworkInfo, OfferFilters } from '../../mesos/wire.ts'
import { roleProblem } from '../../resources/roles.ts'
import { idProblem } from './ids.ts'
import { twiceOf } from './twice.ts'

/** The longest duration that Mesos can represent: 2^63 nanoseconds. */
const maxFailoverSeconds = 9_223_372_036

/** What is wrong with a subscription's FrameworkInfo, in Mesos' words (core-master W10, master/validation.cpp). */
export const frameworkInfoProblem = (
  info: FrameworkInfo,
  options: {
    readonly suppressed: readonly string[]
    readonly whitelist: ReadonlySet<string> | undefined
  },
): string | undefined =>
  rolesProblem(info) ??
  frameworkIdProblem(info) ??
  offerFiltersProblem(info) ??
  failoverProblem(info.failover_timeout ?? 0) ??
  whitelistProblem(info, options.whitelist) ??
  suppressedProblem(info, options.suppressed)

/** Capability names that the framework has (core-master §2). */
export const capabilitiesOf = (info: FrameworkInfo): ReadonlySet<string> =>
  new Set((info.capabilities ?? []).flatMap(({ type }) => (type === undefined ? [] : [type])))

/** `roles` with MULTI_ROLE, else `role`, by default `*` (core-master §2). */
export const rolesOf = (info: FrameworkInfo): readonly string[] =>
  capabilitiesOf(info).has('MULTI_ROLE') ? (info.roles ?? []) : [info.role ?? '*']

const rolesProblem = (info: FrameworkInfo): string | undefined => {
  const multiRole = capabilitiesOf(info).has('MULTI_ROLE')
  if (multiRole && info.role !== undefined)
    return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
  if (!multiRole && (info.roles ?? []).length > 0)
    return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
  const roles = rolesOf(info)
  const twice = twiceOf(roles)
  if (twice.length > 0) return `'FrameworkInfo.roles' contains duplicate items: ${set(twice)}`
  const problem = roles.map(roleProblem).find((one) => one !== undefined)
  if (problem === undefined) return undefined
  return multiRole
    ? `'FrameworkInfo.roles' contains invalid role: ${problem}`
    : `'FrameworkInfo.role' is not a valid role: ${problem}`
}

const frameworkIdProblem = ({ id }: FrameworkInfo): string | undefined =>
  id === undefined || id.value === '' ? undefined : idProblem(id.value)

const offerFiltersProblem = (info: FrameworkInfo): string | undefined =>
  Object.values(info.offer_filters ?? {}).flatMap(minimumsProblem)[0]

const minimumsProblem = (filters: OfferFilters): readonly string[] =>
  (filters.min_allocatable_resources?.quantities ?? []).flatMap(({ quantities }) => {
    const amounts = Object.entries(quantities ?? {})
    if (amounts.length === 0) return ['Resource quantities must contain at least one quantity']
    return amounts.flatMap(([name, { value }]) =>
      value >= 0 && Number.isFinite(value)
        ? []
        : [`Invalid resource quantity for '${name}': ${value} is not a non-negative number`],
    )
  })

const failoverProblem = (seconds: number): string | undefined =>
  Math.abs(seconds) <= maxFailoverSeconds
    ? undefined
    : `The framework failover_timeout (${seconds}) is invalid`

const whitelistProblem = (
  info: FrameworkInfo,
  whitelist: ReadonlySet<string> | undefined,
): string | undefined => {
  const unknown = rolesOf(info).filter((role) => whitelist?.has(role) === false)
  return unknown.length === 0
    ? undefined
    : `Roles ${set(unknown)} are not present in the master's --roles`
}

const suppressedProblem = (
  info: FrameworkInfo,
  suppressed: readonly string[],
): string | undefined => {
  const roles = new Set(rolesOf(info))
  const unknown = suppressed.filter((role) => !roles.has(role))
  return unknown.length === 0
    ? undefined
    : `Suppressed roles ${set(unknown)} are not contained in the set of roles`
}

/** What may not change while a framework lives (core-master W10, UPDATE_FRAMEWORK). */
export const updateProblem = (old: FrameworkInfo, info: FrameworkInfo): string | undefined => {
  if (info.principal !== old.principal) return "Changing framework's principal is not allowed."
  if (info.user !== old.user)
    return `Updating 'FrameworkInfo.user' is unsupported; attempted to update from '${old.user}' to '${info.user}'`
  const [was, is] = [old.checkpoint ?? false, info.checkpoint ?? false]
  return was === is
    ? undefined
    : `Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from '${was}' to '${is}'`
}

/** As stout prints a set. */
const set = (items: readonly string[]): string => `{ ${[...new Set(items)].join(', ')} }`
