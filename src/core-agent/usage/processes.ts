import { record } from '../docker/inspect.ts'
import { type AgentState, type Container, containerOf, liveTasks, type TaskKey } from '../state.ts'

/** The first process of a container; 0 of one that does not run. */
export const pidOf = (container: Pick<Container, 'inspect'> | undefined): number =>
  Number(record(container?.inspect?.['State'])['Pid'] ?? 0)

/** Of every task whose container runs. */
export const processesOf = (
  state: AgentState,
): readonly { readonly key: TaskKey; readonly pid: number }[] =>
  liveTasks(state)
    .map((task) => ({ key: task.key, pid: pidOf(containerOf(state, task)) }))
    .filter(({ pid }) => pid > 0)
