import { statusLabels } from '../../mesos/engine-endpoint.ts'
import { toWire } from '../../mesos/resources.ts'
import type { FrameworkInfo } from '../../mesos/wire.ts'
import { named } from '../../resources/resources.ts'
import { hasCapability, type Task } from '../state.ts'
import { withCause } from '../tasks/end.ts'
import type { News } from '../tasks/updates.ts'
import type { CommandExit, Limitation } from './containers.ts'

/**
 * How a command ended, as Mesos' command executor says it: what was recorded before a signal wins over how the
 * process took it, then the bound that it broke, then its exit status. Pure.
 */
export const commandNews = (
  { ending, resources }: Pick<Task, 'ending' | 'resources'>,
  exit: CommandExit,
  framework: FrameworkInfo | undefined,
): News => {
  const { status, limitation } = exit
  const labels =
    status === undefined
      ? {}
      : { labels: { labels: [{ key: statusLabels.exitCode, value: String(status) }] } }
  if (ending?.cause === 'preempted')
    return {
      state: hasCapability(framework, 'PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
      source: 'SOURCE_AGENT',
      reason: 'REASON_CONTAINER_PREEMPTED',
      message: ending.message,
      ...labels,
    }
  if (ending?.cause === 'overdue')
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
      message: ending.message,
      ...labels,
    }
  if (ending !== undefined)
    return { state: 'TASK_KILLED', message: withCause(exitText(status), ending), ...labels }
  if (limitation !== undefined)
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: limitationReasons[limitation.resource],
      message: limitation.message,
      limitation: {
        resources: toWire(named(resources, limitation.resource), { format: 'stacks' }),
      },
      ...labels,
    }
  if (status === undefined)
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_EXECUTOR_TERMINATED',
      message: 'The supervisor of the container vanished, and its exit status with it',
    }
  return {
    state: status === 0 ? 'TASK_FINISHED' : 'TASK_FAILED',
    message: exitText(status),
    ...labels,
  }
}

const limitationReasons: Readonly<
  Record<
    Limitation['resource'],
    'REASON_CONTAINER_LIMITATION_MEMORY' | 'REASON_CONTAINER_LIMITATION_DISK'
  >
> = {
  mem: 'REASON_CONTAINER_LIMITATION_MEMORY',
  disk: 'REASON_CONTAINER_LIMITATION_DISK',
}

/** A shell tells of a signal by 128 and its number; what no signal has is a status that the command chose. */
export const exitText = (status: number | undefined): string => {
  if (status === undefined) return 'Command ended, and its exit status is not known'
  const signal = status > 128 ? signalNames[status - 128] : undefined
  return signal === undefined
    ? `Command exited with status ${status}`
    : `Command terminated with signal ${signal}`
}

/** strsignal(3) of those that end processes in practice. */
const signalNames: Readonly<Partial<Record<number, string>>> = {
  1: 'Hangup',
  2: 'Interrupt',
  3: 'Quit',
  4: 'Illegal instruction',
  6: 'Aborted',
  7: 'Bus error',
  8: 'Floating point exception',
  9: 'Killed',
  11: 'Segmentation fault',
  13: 'Broken pipe',
  14: 'Alarm clock',
  15: 'Terminated',
  24: 'CPU time limit exceeded',
  25: 'File size limit exceeded',
}
