import { executorExited, executorFailed } from '../executors/end.ts'
import { executorOf, isCustom } from '../executors/find.ts'
import { executorStarted, resumeExecutor } from '../executors/subscribe.ts'
import { type AgentState, type Executor, isTerminal, liveTasks, type Task } from '../state.ts'
import { dropTask } from '../tasks/end.ts'
import type { Turn } from '../turn.ts'
import { strike } from './kill.ts'
import { commandExited, commandFailed, commandStarted, resumeCommand } from './life.ts'
import type { CommandMessage } from './message.ts'

type Handlers = {
  readonly [T in CommandMessage['type']]: (
    turn: Turn,
    message: Extract<CommandMessage, { type: T }>,
  ) => void
}

/** What the agent makes of the command containerizer's news. */
export const commandHandlers: Handlers = {
  COMMANDS_FOUND: (turn, { containers, tiers }) => {
    const { state } = turn
    state.commandTiers = tiers
    state.commandsRecovered = true
    const found = new Set(containers)
    for (const executor of state.executors.values())
      resumeExecutor(turn, executor, found.has(executor.containerId))
    for (const task of liveTasks(state))
      if (task.containerizer === 'mesos' && !isCustom(task))
        resumeCommand(turn, task, found.has(task.containerId))
      else if (isCustom(task) && executorOf(state, task) === undefined)
        dropTask(turn, task, 'REASON_AGENT_RESTARTED', 'The agent restarted before the launch')
    for (const container of containers) if (!isWanted(state, container)) strike(turn, container)
  },
  COMMAND_STARTED: (turn, { container }) => {
    const owner = ownerOf(turn.state, container)
    if (owner.task !== undefined) commandStarted(turn, owner.task)
    else if (owner.executor !== undefined) executorStarted(turn, owner.executor)
    else strike(turn, container)
  },
  COMMAND_FAILED: (turn, { container, message, phase }) => {
    const { task, executor } = ownerOf(turn.state, container)
    if (task !== undefined)
      commandFailed(turn, task, { status: undefined, message, ...(phase && { phase }) })
    if (executor !== undefined)
      executorFailed(turn, executor, phase ? `fetching files: ${message}` : message)
  },
  COMMAND_EXITED: (turn, { container, exit }) => {
    const { task, executor } = ownerOf(turn.state, container)
    if (task !== undefined) commandExited(turn, task, exit)
    else if (executor !== undefined) executorExited(turn, executor, exit)
    else turn.do({ type: 'command', command: { type: 'remove', container } })
  },
}

const ownerOf = (
  state: AgentState,
  container: string,
): { readonly task?: Task | undefined; readonly executor?: Executor | undefined } => ({
  task: [...state.tasks.values()].find(
    (task) => task.containerizer === 'mesos' && task.containerId === container && !isCustom(task),
  ),
  executor: [...state.executors.values()].find(({ containerId }) => containerId === container),
})

/** Whether anybody still waits for what runs there. */
const isWanted = (state: AgentState, container: string): boolean => {
  const { task, executor } = ownerOf(state, container)
  const owner = task ?? executor
  if (owner === undefined || !state.frameworks.has(owner.frameworkId)) return false
  return task === undefined || !isTerminal(task.state)
}
