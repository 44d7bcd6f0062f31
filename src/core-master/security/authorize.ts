import type {
  ExecutorInfo,
  FrameworkInfo,
  MasterCall,
  MasterCallType,
  TaskInfo,
} from '../../mesos/wire.ts'
import { rolesOf } from '../validation/framework-info.ts'
import { type Acls, type Action, allowed } from './acls.ts'

/** What a call does, and to what: each of it must be allowed. Undefined is not one thing in particular. */
type Deed = readonly [Action, string | undefined]

type Deeds = (call: MasterCall) => readonly Deed[]

const to =
  (action: Action): Deeds =>
  () => [[action, undefined]]

/** Calls of operators that ACLs refuse (AU4); of those that only look the answer is filtered instead. */
const deeds: Readonly<Partial<Record<MasterCallType, Deeds>>> = {
  DRAIN_AGENT: to('drain_agents'),
  DEACTIVATE_AGENT: to('deactivate_agents'),
  REACTIVATE_AGENT: to('reactivate_agents'),
  MARK_AGENT_GONE: to('mark_agents_gone'),
  UPDATE_MAINTENANCE_SCHEDULE: to('update_maintenance_schedules'),
  GET_MAINTENANCE_SCHEDULE: to('get_maintenance_schedules'),
  GET_MAINTENANCE_STATUS: to('get_maintenance_statuses'),
  START_MAINTENANCE: to('start_maintenances'),
  STOP_MAINTENANCE: to('stop_maintenances'),
  UPDATE_QUOTA: ({ update_quota: update }) =>
    (update?.quota_configs ?? []).map(({ role }) => ['update_quotas', role]),
  SET_QUOTA: ({ set_quota: set }) => [['update_quotas', set?.quota_request.role]],
  REMOVE_QUOTA: ({ remove_quota: remove }) => [['update_quotas', remove?.role]],
  UPDATE_WEIGHTS: ({ update_weights: update }) =>
    (update?.weight_infos ?? []).map(({ role }) => ['update_weights', role]),
}

/** Views that are refused; of the others the content is filtered. */
const viewActions: Readonly<Record<string, Action>> = {
  '/flags': 'view_flags',
  '/maintenance/schedule': 'get_maintenance_schedules',
  '/maintenance/status': 'get_maintenance_statuses',
}

/** Whether a principal may look at the view of a path. */
export const mayView = (acls: Acls, principal: string | undefined, path: string): boolean => {
  const action = Object.hasOwn(viewActions, path) ? viewActions[path] : undefined
  return (
    allowed(acls, principal, 'get_endpoints', path) &&
    (action === undefined || allowed(acls, principal, action, undefined))
  )
}

/** Why a principal may not make a call, or undefined where it may. */
export const forbidden = (
  acls: Acls,
  principal: string | undefined,
  { callType, call }: { readonly callType: MasterCallType; readonly call: MasterCall },
): string | undefined => {
  const refused = deeds[callType]?.(call).find(
    ([action, object]) => !allowed(acls, principal, action, object),
  )
  if (refused === undefined) return undefined
  const [action, object] = refused
  const who = principal === undefined ? 'Anybody' : `Principal '${principal}'`
  return `${who} is not authorized to ${action}${object === undefined ? '' : ` '${object}'`}`
}

/** Why a framework may not have one of its roles. */
export const unauthorizedRole = (acls: Acls, info: FrameworkInfo): string | undefined => {
  const role = rolesOf(info).find(
    (one) => !allowed(acls, info.principal, 'register_frameworks', one),
  )
  return role === undefined ? undefined : `Not authorized to use role '${role}'`
}

/** Why a framework may not run a task: as the user of its command, or of its executor's. */
export const unauthorizedUser = (
  acls: Acls,
  info: FrameworkInfo,
  task: TaskInfo,
  executor: ExecutorInfo | undefined = task.executor,
): string | undefined => {
  const users = [task.command?.user, executor?.command?.user].map((user) => user ?? info.user)
  const user = users.find((one) => !allowed(acls, info.principal, 'run_tasks', one))
  return user === undefined ? undefined : `Not authorized to launch as user '${user}'`
}
