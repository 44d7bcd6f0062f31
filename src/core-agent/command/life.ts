import type { FrameworkInfo } from '../../mesos/wire.ts'
import { hasCapability, isTerminal, type Task } from '../state.ts'
import { dropTask, launchFailed } from '../tasks/end.ts'
import { killTimer, update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { commandSpec } from './command-spec.ts'
import type { CommandExit } from './containers.ts'
import { taskEnvironment } from './environment.ts'
import { commandNews } from './exit.ts'
import type { CommandAct } from './message.ts'
import { sandboxPath } from './sandbox-path.ts'

/** How often SIGKILL is repeated until the container is really gone. */
const killAgainMs = 5000

/** A task with a command and no executor of its framework's: the agent itself is Mesos' command executor (core-agent §3.9). */
export const launchCommand = (turn: Turn, task: Task): void => {
  const { state, context } = turn
  const framework = state.frameworks.get(task.frameworkId)
  const run = { ...idsOf(turn, task), containerId: task.containerId }
  const sandbox = sandboxPath(context.settings.workDir, run)
  const spec = commandSpec(task.info.command ?? {}, task.info.container, {
    containerId: task.containerId,
    sandbox,
    user: userOf(framework),
    resources: task.resources,
    environment: taskEnvironment(task, run, sandbox, context.settings),
  })
  if (typeof spec === 'string')
    return update(turn, task, {
      state: 'TASK_ERROR',
      source: 'SOURCE_AGENT',
      reason: 'REASON_TASK_INVALID',
      message: spec,
    })
  update(turn, task, { state: 'TASK_STARTING' })
  task.creating = true
  act(turn, { type: 'launch', spec })
}

const idsOf = ({ state }: Turn, task: Task) => ({
  agentId: state.agentId ?? '',
  frameworkId: task.frameworkId,
  executorId: task.taskId,
})

/** COMMAND_STARTED. */
export const commandStarted = (turn: Turn, task: Task): void => {
  task.creating = false
  if (isTerminal(task.state)) return act(turn, kill(task))
  const ip_address = turn.context.settings.advertiseIp
  update(turn, task, {
    state: 'TASK_RUNNING',
    container_status: {
      network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address }] }],
    },
  })
  if (task.ending !== undefined) killCommand(turn, task, 0)
}

/** COMMAND_FAILED. */
export const commandFailed = (turn: Turn, task: Task, message: string): void => {
  task.creating = false
  turn.state.counters.launchErrors += 1
  if (isTerminal(task.state)) return
  if (task.ending === undefined) launchFailed(turn, task, { status: undefined, message })
  else endUnstarted(turn, task)
}

/** COMMAND_EXITED. */
export const commandExited = (turn: Turn, task: Task, exit: CommandExit): void => {
  if (!isTerminal(task.state)) {
    if (task.ending?.cause === 'preempted') turn.state.counters.preempted += 1
    update(turn, task, commandNews(task, exit, turn.state.frameworks.get(task.frameworkId)))
  }
  act(turn, { type: 'remove', container: task.containerId })
}

/** Ends a command whose ending is recorded: SIGTERM, and SIGKILL after `graceMs`, which a later call may shorten. */
export const killCommand = (turn: Turn, task: Task, graceMs: number): void => {
  if (task.creating) return // COMMAND_STARTED or COMMAND_FAILED ends it.
  const killAtMs = turn.context.monotonicMs + graceMs
  if (task.killAtMs <= killAtMs) return
  const first = task.killAtMs === Infinity
  task.killAtMs = killAtMs
  const framework = turn.state.frameworks.get(task.frameworkId)
  if (first && task.ending?.cause === 'killed' && hasCapability(framework, 'TASK_KILLING_STATE'))
    update(turn, task, { state: 'TASK_KILLING' })
  if (graceMs <= 0) return killCommandAgain(turn, task)
  if (first) act(turn, { type: 'signal', container: task.containerId, signal: 'SIGTERM' })
  stillAlive(turn, task, graceMs)
}

/** STILL_ALIVE. */
export const killCommandAgain = (turn: Turn, task: Task): void => {
  if (isTerminal(task.state)) return
  act(turn, kill(task))
  stillAlive(turn, task, killAgainMs)
}

/** After a restart: `found` is whether its container is there, alive or not. */
export const resumeCommand = (turn: Turn, task: Task, found: boolean): void => {
  if (found) {
    if (task.state === 'TASK_STAGING' || task.state === 'TASK_STARTING') commandStarted(turn, task)
    else if (task.ending !== undefined) killCommand(turn, task, turn.context.settings.killGraceMs)
  } else if (task.ending !== undefined) endUnstarted(turn, task)
  else if (task.state === 'TASK_STAGING' || task.state === 'TASK_STARTING')
    dropTask(turn, task, 'REASON_AGENT_RESTARTED', 'The agent restarted before the command ran')
  else commandExited(turn, task, { status: undefined })
}

/** Its framework is no more: it goes at once, and nobody is told. */
export const abandonCommand = (turn: Turn, task: Task): void => {
  if (!task.creating) killCommandAgain(turn, task)
}

const endUnstarted = (turn: Turn, task: Task): void => {
  const framework = turn.state.frameworks.get(task.frameworkId)
  if (task.ending?.cause === 'preempted')
    update(turn, task, commandNews(task, { status: undefined }, framework))
  else
    update(turn, task, {
      state: 'TASK_KILLED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_TASK_KILLED_DURING_LAUNCH',
      message: task.ending?.message,
    })
}

const stillAlive = (turn: Turn, task: Task, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: killTimer(task),
    delayMs,
    message: { type: 'STILL_ALIVE', task: task.key },
  })

const kill = ({ containerId }: Task) =>
  ({ type: 'signal', container: containerId, signal: 'SIGKILL' }) as const

const act = (turn: Turn, command: CommandAct): void => turn.do({ type: 'command', command })

const userOf = (framework: FrameworkInfo | undefined): string => framework?.user ?? ''
