import { flagJson } from '../../runtime/credential.ts'

/** Actions that something here guards, each with the name of its object in the file (AU4). */
export const actions = {
  register_frameworks: 'roles',
  run_tasks: 'users',
  get_quotas: 'roles',
  update_quotas: 'roles',
  update_weights: 'roles',
  view_roles: 'roles',
  get_endpoints: 'paths',
  view_frameworks: 'users',
  view_tasks: 'users',
  view_executors: 'users',
  view_flags: 'flags',
  register_agents: 'agents',
  update_maintenance_schedules: 'machines',
  get_maintenance_schedules: 'machines',
  get_maintenance_statuses: 'machines',
  start_maintenances: 'machines',
  stop_maintenances: 'machines',
  drain_agents: 'agents',
  deactivate_agents: 'agents',
  reactivate_agents: 'agents',
  mark_agents_gone: 'agents',
} as const

export type Action = keyof typeof actions

/** Some of them, or all, or nobody: a rule whose entity is nobody refuses whoever it is asked about (AU3). */
type Entity = 'any' | 'none' | ReadonlySet<string>

interface Rule {
  readonly principals: Entity
  readonly objects: Entity
}

export interface Acls {
  /** What no rule decides. */
  readonly permissive: boolean
  readonly rules: ReadonlyMap<Action, readonly Rule[]>
}

/** Everybody may do everything. */
export const openAcls: Acls = { permissive: true, rules: new Map() }

/**
 * Whether a principal may do something to an object: the first rule that both match decides (AU3). Undefined is
 * anybody, or anything: only a rule about any, or none, is about them.
 */
export const allowed = (
  { rules, permissive }: Acls,
  principal: string | undefined,
  action: Action,
  object: string | undefined,
): boolean => {
  const isOfRoles = actions[action] === 'roles'
  const rule = rules
    .get(action)
    ?.find(
      ({ principals, objects }) =>
        matches(principals, principal, false) && matches(objects, object, isOfRoles),
    )
  return rule === undefined ? permissive : rule.principals !== 'none' && rule.objects !== 'none'
}

/** Whether a principal may see all there is, so that nothing need be looked through. */
export const seesAll = (acls: Acls): boolean =>
  acls.permissive &&
  !(['view_roles', 'get_quotas', 'view_frameworks', 'view_tasks', 'view_executors'] as const).some(
    (action) => acls.rules.has(action),
  )

const matches = (entity: Entity, value: string | undefined, isRole: boolean): boolean => {
  if (typeof entity === 'string') return true
  if (value === undefined) return false
  if (entity.has(value)) return true
  // `a/%` is every role below `a`, and not `a` itself.
  return isRole && ancestors(value).some((role) => entity.has(`${role}/%`))
}

const ancestors = (role: string): readonly string[] =>
  role.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))

/** ACLs from JSON or a path of it; an action or an object that is not known is an error of the start. */
export const parseAcls = (text: string): Acls => {
  const { permissive = true, ...given } = parseObject(text)
  if (typeof permissive !== 'boolean') throw new Error('"permissive": wanted true or false')
  const rules = Object.entries(given).map(([name, list]): [Action, readonly Rule[]] => {
    if (!isAction(name))
      throw new Error(`"${name}" is no action; there are ${Object.keys(actions).join(', ')}`)
    if (!Array.isArray(list)) throw new Error(`"${name}": wanted a list of rules`)
    return [name, list.map((rule: unknown) => ruleOf(name, rule))]
  })
  return { permissive, rules: new Map(rules) }
}

const isAction = (name: string): name is Action => Object.hasOwn(actions, name)

const ruleOf = (action: Action, value: unknown): Rule => {
  const object = actions[action]
  const { principals, [object]: objects, ...others } = asObject(value, `"${action}"`)
  const other = Object.keys(others)[0]
  if (other !== undefined)
    throw new Error(`"${action}": wanted "principals" and "${object}", got "${other}"`)
  return {
    principals: entityOf(principals, `"${action}"."principals"`),
    objects: entityOf(objects, `"${action}"."${object}"`),
  }
}

const entityOf = (value: unknown, at: string): Entity => {
  const { type = 'SOME', values = [] } = asObject(value, at)
  if (type === 'ANY') return 'any'
  if (type === 'NONE') return 'none'
  const isList = Array.isArray(values) && values.every((one) => typeof one === 'string')
  if (type !== 'SOME' || !isList || values.length === 0)
    throw new Error(`${at}: wanted {"type":"ANY"}, {"type":"NONE"} or {"values":["…"]}`)
  return new Set(values as string[])
}

const parseObject = (text: string): Readonly<Record<string, unknown>> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(flagJson(text))
  } catch (error) {
    throw new Error(
      `not JSON, nor the path of it: ${error instanceof Error ? error.message : ''}`,
      {
        cause: error,
      },
    )
  }
  return asObject(parsed, 'the ACLs')
}

const asObject = (value: unknown, at: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${at}: wanted an object`)
  return value as Readonly<Record<string, unknown>>
}
