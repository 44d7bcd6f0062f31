import type { FrameworkInfo } from '../../mesos/wire.ts'
import { startChecks } from '../checks/schedule.ts'
import { cpuQuota, memory } from '../docker/limits.ts'
import type { Failure } from '../message.ts'
import { isTerminal, type Task } from '../state.ts'
import { dropTask, launchFailed } from '../tasks/end.ts'
import { graceAgain } from '../tasks/ending.ts'
import { update, watchDeadline } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { commandSpec } from './command-spec.ts'
import type { CommandExit } from './containers.ts'
import { runOf, taskEnvironment } from './environment.ts'
import { commandNews } from './exit.ts'
import { memberEnded } from './group.ts'
import { killCommand, strike } from './kill.ts'
import type { CommandAct } from './message.ts'
import { sandboxPath } from './sandbox-path.ts'

/** A task with a command and no executor of its framework's: the agent itself is Mesos' command executor (core-agent §3.9). */
export const launchCommand = (turn: Turn, task: Task): void => {
  const { state, context } = turn
  const framework = state.frameworks.get(task.frameworkId)
  const run = runOf(state, task)
  const sandbox = sandboxPath(context.settings.workDir, run)
  const spec = commandSpec(task.info.command ?? {}, task.info.container, {
    containerId: task.containerId,
    sandbox,
    user: userOf(framework),
    resources: task.resources,
    limits: {
      ...cpuQuota(task.info, task.resources, context.settings.enforcement),
      ...memory(task.info, task.resources, context.settings.enforcement),
    },
    environment: taskEnvironment(task, run, sandbox, context.settings),
  })
  if (task.ending !== undefined) return endUnstarted(turn, task) // Another of its group could not be.
  if (typeof spec === 'string') {
    update(turn, task, {
      state: 'TASK_ERROR',
      source: 'SOURCE_AGENT',
      reason: 'REASON_TASK_INVALID',
      message: spec,
    })
    return memberEnded(turn, task)
  }
  update(turn, task, { state: 'TASK_STARTING' })
  task.creating = true
  act(turn, { type: 'launch', spec })
}

/** COMMAND_STARTED. */
export const commandStarted = (turn: Turn, task: Task): void => {
  task.creating = false
  if (isTerminal(task.state)) return strike(turn, task.containerId)
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
export const commandFailed = (turn: Turn, task: Task, failure: Failure): void => {
  task.creating = false
  turn.state.counters.launchErrors += 1
  if (isTerminal(task.state)) return
  if (task.ending !== undefined) return endUnstarted(turn, task)
  launchFailed(turn, task, failure)
  memberEnded(turn, task)
}

/** COMMAND_EXITED. */
export const commandExited = (turn: Turn, task: Task, exit: CommandExit): void => {
  if (!isTerminal(task.state)) {
    if (task.ending?.cause === 'preempted') turn.state.counters.preempted += 1
    update(turn, task, commandNews(task, exit, turn.state.frameworks.get(task.frameworkId)))
    memberEnded(turn, task)
  }
  act(turn, { type: 'remove', container: task.containerId })
}

/** After a restart: `found` is whether its container is there, alive or not. */
export const resumeCommand = (turn: Turn, task: Task, found: boolean): void => {
  watchDeadline(turn, task)
  if (found) {
    if (task.state === 'TASK_STAGING' || task.state === 'TASK_STARTING') commandStarted(turn, task)
    else if (task.ending !== undefined) killCommand(turn, task, graceAgain(turn, task))
    else startChecks(turn, task)
  } else if (task.ending !== undefined) endUnstarted(turn, task)
  else if (task.state === 'TASK_STAGING' || task.state === 'TASK_STARTING') {
    dropTask(turn, task, 'REASON_AGENT_RESTARTED', 'The agent restarted before the command ran')
    memberEnded(turn, task)
  } else commandExited(turn, task, { status: undefined })
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
  memberEnded(turn, task)
}

const act = (turn: Turn, command: CommandAct): void => turn.do({ type: 'command', command })

const userOf = (framework: FrameworkInfo | undefined): string => framework?.user ?? ''
