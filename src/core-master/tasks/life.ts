import type { TaskState, TaskStatus } from '../../mesos/wire.ts'
import { charge, release } from '../ledger.ts'
import { type Agent, assert, type Framework, type Task } from '../state.ts'
import { count, runAllocator, type Turn } from '../turn.ts'
import { isTerminal } from './states.ts'

/** Statuses kept of one task: real tasks see a handful of states. */
const maxStatuses = 64

/** Puts a task on its agent and into its framework; unless it has ended already, its resources are used from now on. */
export const addTask = (agent: Agent, framework: Framework, task: Task): void => {
  assert(!framework.tasks.has(task.id), `task ${task.id} is new to framework ${framework.id}`)
  framework.tasks.set(task.id, task)
  agent.tasks.add(task)
  if (!isTerminal(task.state))
    charge({ agent, framework, role: task.role, as: 'used' }, task.resources)
}

/**
 * Moves a task to the newest state its agent tells of. A terminal one frees the resources at once, before anybody
 * acknowledged it, and is never left again (core-master M17, M18).
 */
export const setState = (turn: Turn, task: Task, state: TaskState): void => {
  if (isTerminal(task.state) || task.state === state) return
  task.state = state
  if (!isTerminal(state)) return
  const [agent, framework] = ownersOf(turn, task)
  release({ agent, framework, role: task.role, as: 'used' }, task.resources)
  if (turn.config.fastReoffer) runAllocator(turn, [agent.id])
}

/** Keeps a status for the views: without data, consecutive ones of the same state replace each other (M18). */
export const recordStatus = (turn: Turn, task: Task, status: TaskStatus): void => {
  const before = task.statuses.at(-1)?.state
  if (before === status.state) task.statuses.pop()
  task.statuses.push({ ...status, data: undefined })
  if (task.statuses.length > maxStatuses) task.statuses.shift()
  const hadEnded = before !== undefined && isTerminal(before)
  if (isTerminal(status.state) && !hadEnded) countEnd(turn, status)
}

/** Takes a task off its agent; what it still used is free again. */
const takeOff = (turn: Turn, task: Task): Framework => {
  const [agent, framework] = ownersOf(turn, task)
  if (!isTerminal(task.state))
    release({ agent, framework, role: task.role, as: 'used' }, task.resources)
  agent.tasks.delete(task)
  framework.tasks.delete(task.id)
  return framework
}

/** Moves a task into its framework's bounded history (core-master M14, M17), as ended in `state`. */
export const completeTask = (turn: Turn, task: Task, state: TaskState = task.state): void => {
  const framework = takeOff(turn, task)
  task.state = state
  addToHistory(turn, framework, task)
}

export const addToHistory = (turn: Turn, framework: Framework, task: Task): void => {
  framework.completedTasks.push(task)
  if (framework.completedTasks.length > turn.config.maxCompletedTasksPerFramework)
    framework.completedTasks.shift()
}

/** Sets a task aside that may come back with its agent (core-master M7). */
export const setAside = (turn: Turn, task: Task, state: TaskState): void => {
  const framework = takeOff(turn, task)
  task.state = state
  framework.unreachableTasks.set(task.id, task)
  if (framework.unreachableTasks.size <= turn.config.maxUnreachableTasksPerFramework) return
  const [oldest] = framework.unreachableTasks.values()
  if (oldest === undefined) return
  framework.unreachableTasks.delete(oldest.id)
  addToHistory(turn, framework, oldest)
}

const ownersOf = ({ state }: Turn, task: Task): readonly [Agent, Framework] => {
  const agent = state.agents.get(task.agent)
  const framework = state.frameworks.get(task.framework)
  assert(agent !== undefined, `agent ${task.agent} of task ${task.id} is registered`)
  assert(framework !== undefined, `framework ${task.framework} of task ${task.id} is known`)
  return [agent, framework]
}

/** `tasks_lost` and, as Mesos names it, `task_lost/source_master/reason_agent_removed` (core-master §10). */
export const countEnd = (turn: Turn, { state, source, reason }: TaskStatus): void => {
  const name = state.slice('TASK_'.length).toLowerCase()
  count(turn, `tasks_${name}`)
  if (source !== undefined && reason !== undefined)
    count(turn, `task_${name}/${source.toLowerCase()}/${reason.toLowerCase()}`)
}
