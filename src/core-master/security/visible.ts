import type { Agent, Executor, Framework, MasterState, Task } from '../state.ts'
import { type Acls, allowed, seesAll } from './acls.ts'

/**
 * The state as a principal may see it: frameworks, tasks, executors and roles that are not its to see are left out, and
 * nothing is refused (AU4). The state itself where nothing is hidden from anybody.
 */
export const visibleTo = (
  state: MasterState,
  acls: Acls,
  principal: string | undefined,
): MasterState => {
  if (seesAll(acls)) return state
  const sees = sightOf(acls, principal)
  const frameworks = narrowAll(state.frameworks, sees)
  return {
    ...state,
    frameworks,
    completedFrameworks: narrowAll(state.completedFrameworks, sees),
    agents: new Map(
      [...state.agents].map(([id, agent]) => [id, narrowAgent(agent, frameworks, sees)]),
    ),
    weights: new Map([...state.weights].filter(([role]) => sees.role(role))),
    quotas: new Map([...state.quotas].filter(([role]) => sees.role(role) && sees.quota(role))),
  }
}

interface Sight {
  readonly role: (role: string) => boolean
  readonly quota: (role: string) => boolean
  readonly framework: (framework: Framework) => boolean
  readonly task: (task: Task) => boolean
  readonly executor: (executor: Executor) => boolean
}

const sightOf = (acls: Acls, principal: string | undefined): Sight => {
  const may = (
    action: 'view_roles' | 'get_quotas' | 'view_frameworks' | 'view_tasks' | 'view_executors',
  ): ((object: string | undefined) => boolean) => {
    const known = new Map<string | undefined, boolean>()
    return (object) => {
      const answer = known.get(object) ?? allowed(acls, principal, action, object)
      known.set(object, answer)
      return answer
    }
  }
  const [role, quota, framework, task, executor] = [
    may('view_roles'),
    may('get_quotas'),
    may('view_frameworks'),
    may('view_tasks'),
    may('view_executors'),
  ]
  return {
    role,
    quota,
    framework: ({ info }) => framework(info.user),
    task: ({ shown }) => task(shown.user),
    executor: ({ info }) => executor(info.command?.user),
  }
}

const narrowAll = <Id>(all: ReadonlyMap<Id, Framework>, sees: Sight): Map<Id, Framework> =>
  new Map(
    [...all]
      .filter(([, framework]) => sees.framework(framework))
      .map(([id, framework]) => [id, narrowFramework(framework, sees)]),
  )

const narrowFramework = (framework: Framework, sees: Sight): Framework => ({
  ...framework,
  roles: framework.roles.filter(sees.role),
  tasks: new Map([...framework.tasks].filter(([, task]) => sees.task(task))),
  unreachableTasks: new Map([...framework.unreachableTasks].filter(([, task]) => sees.task(task))),
  completedTasks: framework.completedTasks.filter(sees.task),
})

const narrowAgent = (agent: Agent, frameworks: MasterState['frameworks'], sees: Sight): Agent => ({
  ...agent,
  tasks: new Set(
    [...agent.tasks].filter((task) => frameworks.has(task.framework) && sees.task(task)),
  ),
  executors: new Map(
    [...agent.executors].filter(
      ([, executor]) => frameworks.has(executor.framework) && sees.executor(executor),
    ),
  ),
})
