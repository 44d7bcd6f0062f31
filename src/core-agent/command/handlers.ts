import { type AgentState, isTerminal, liveTasks, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
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
  COMMANDS_FOUND: (turn, { containers }) => {
    const found = new Set(containers)
    for (const task of liveTasks(turn.state).filter(isCommand))
      resumeCommand(turn, task, found.has(task.containerId))
    for (const container of containers) {
      const task = commandOf(turn.state, container)
      if (task === undefined || isTerminal(task.state) || isOrphan(turn.state, task))
        turn.do({ type: 'command', command: { type: 'signal', container, signal: 'SIGKILL' } })
    }
  },
  COMMAND_STARTED: (turn, { container }) => {
    const task = commandOf(turn.state, container)
    if (task !== undefined) commandStarted(turn, task)
    else turn.do({ type: 'command', command: { type: 'signal', container, signal: 'SIGKILL' } })
  },
  COMMAND_FAILED: (turn, { container, message }) => {
    const task = commandOf(turn.state, container)
    if (task !== undefined) commandFailed(turn, task, message)
  },
  COMMAND_EXITED: (turn, { container, exit }) => {
    const task = commandOf(turn.state, container)
    if (task !== undefined) commandExited(turn, task, exit)
    else turn.do({ type: 'command', command: { type: 'remove', container } })
  },
}

const isOrphan = ({ frameworks }: AgentState, { frameworkId }: Task) => !frameworks.has(frameworkId)

const isCommand = ({ containerizer }: Task): boolean => containerizer === 'mesos'

const commandOf = (state: AgentState, container: string): Task | undefined =>
  [...state.tasks.values()].find(
    (task) => task.containerizer === 'mesos' && task.containerId === container,
  )
