import { type AgentState, type Executor, executorKey, liveTasks, type Task } from '../state.ts'

/** The executor that a task names; undefined for commands, whose executor is the agent. */
export const executorOf = (state: AgentState, task: Task): Executor | undefined => {
  const named = task.info.executor
  return named && state.executors.get(executorKey(task.frameworkId, named.executor_id.value))
}

/** Whether an executor process of the framework's runs the task; the default executor is the agent itself. */
export const isCustom = ({ info }: Pick<Task, 'info'>): boolean =>
  info.executor !== undefined && info.executor.type !== 'DEFAULT'

/** Tasks of an executor that have not ended. */
export const tasksOf = (state: AgentState, executor: Executor): readonly Task[] =>
  liveTasks(state).filter((task) => executorOf(state, task) === executor)

/** Those that were launched together with a task; only itself where it came alone. */
export const groupOf = (state: AgentState, task: Task): readonly Task[] =>
  task.group === undefined
    ? [task]
    : [...state.tasks.values()].filter(
        ({ group, frameworkId }) => group === task.group && frameworkId === task.frameworkId,
      )
