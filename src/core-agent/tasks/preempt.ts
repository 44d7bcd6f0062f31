import { preempted, readRevocation, revocationLabels } from '../../mesos/revocation.ts'
import { formatMilli } from '../../resources/scalar.ts'
import { labelOf } from '../docker/container-spec.ts'
import { record } from '../docker/inspect.ts'
import { isCustom } from '../executors/find.ts'
import type { Correction } from '../qos/controller.ts'
import { containerOf, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { commandGroup } from '../usage/processes.ts'
import { killGroup, killTask } from './kill.ts'
import { keepAction, numberText, showLent } from './lent.ts'

/**
 * Takes lent resources back from a task (core-agent §6, §7.3, kill procedure): the cause is recorded before anything is
 * signalled, and wins over however the process takes it. Of a cpu cause it has its grace; memory is wanted at once.
 */
export const preempt = (
  turn: Turn,
  { victim: task, resource, signal, value, threshold }: Correction<Task>,
): void => {
  const beyond = value > threshold ? 'above' : 'below'
  const cause = `${signal} ${numberText(value)} ${beyond} ${numberText(threshold)}`
  keepAction(turn, {
    action: 'kill',
    task: task.key,
    signal,
    value,
    threshold,
    freed: task.resources,
  })
  showLent(turn, task, 'revoke', {
    signal,
    value: numberText(value),
    threshold: numberText(threshold),
    freed: freedText(task),
  })
  const graceMs = resource === 'mem' ? 0 : graceMsOf(turn, task)
  const message = `${preempted}: ${cause}`
  killTask(turn, task, { cause: 'preempted', by: 'agent', message }, graceMs)
  if (graceMs > 0) return
  if (isCommand(task)) return killCommandGroup(turn, task)
  const container = containerOf(turn.state, task)
  if (container?.inspect !== undefined) killGroup(turn, container)
}

const isCommand = (task: Task): boolean => task.containerizer === 'mesos' && !isCustom(task)

/** Whose launch is not done has no group yet, and no process. */
const killCommandGroup = (turn: Turn, task: Task): void => {
  const group = commandGroup(turn.state, task)
  if (group === undefined) return
  const { containerId: container } = task
  turn.do({ type: 'kill-group', container, revocable: true, group })
}

/**
 * What the operator grants everybody, or what the container's label asks for, if that is more. A command has no
 * container of the engine's: its task's label asks, and `--docker_stop_timeout` is not meant for it.
 */
const graceMsOf = ({ state, context }: Turn, task: Task): number => {
  if (isCommand(task)) {
    const label = revocationLabels.grace
    return readRevocation({ [label]: labelOf(task.info.labels, label) }).graceMs
  }
  const config = record(containerOf(state, task)?.inspect?.['Config'])
  const { graceMs } = readRevocation(record(config['Labels']))
  return Math.max(context.settings.dockerStopTimeoutMs, graceMs)
}

/** `cpus:1;mem:64`, of what was lent. */
const freedText = ({ resources }: Task): string =>
  resources
    .filter(({ revocable }) => revocable)
    .map(({ name, value }) => `${name}:${value.type === 'SCALAR' ? formatMilli(value.milli) : ''}`)
    .join(';')
