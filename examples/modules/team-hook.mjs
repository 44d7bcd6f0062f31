/**
 * A hook that tells tasks which team owns the machine, and lets nobody in whose labels name another one.
 * Parameters: `team`, such as web.
 */
export const teamHook = {
  apiVersion: '1.0',
  kind: 'Hook',
  name: 'example_team_hook',
  description: 'Adds TEAM to environments and a label to tasks, and refuses tasks of other teams.',
  // A task of another team must not slip in while this hook is unwell.
  failurePolicy: 'fail-closed',
  compatible: () => true,

  create({ team }, { log }) {
    if (!team) throw new Error('parameter team is missing: name the team that owns this machine')

    return {
      // Before anything else: what the task's labels are to be.
      agentRunTaskLabelDecorator({ task }) {
        const labels = task.labels.labels ?? []
        const isNamed = labels.some(({ key }) => key === 'team')
        return isNamed ? undefined : { labels: [...labels, { key: 'team', value: team }] }
      },

      // Commands and executors: variables that are added.
      executorEnvironmentDecorator: () => ({ TEAM: team }),

      // Docker tasks: variables, or the reason why the task must not run.
      async preLaunchDockerTaskExecutorDecorator({ task }) {
        const label = task.labels?.labels?.find(({ key }) => key === 'team')
        if (label !== undefined && label.value !== team)
          return { reject: `this machine belongs to ${team}, the task to ${label.value}` }
        return { taskEnvironment: { TEAM: team } }
      },

      removeExecutor({ task, executor }) {
        log(`${task?.name ?? executor?.executor_id.value} has left`)
      },

      // Constraints can select by it.
      attributesDecorator: ({ attributes }) => [
        ...attributes,
        { name: 'team', type: 'TEXT', text: { value: team } },
      ],
    }
  },
}
