import { hasRevocable } from '../../resources/resources.ts'
import { formatMilli } from '../../resources/scalar.ts'
import type { Correction, LoadAverage } from '../qos/controller.ts'
import { containerOf, liveTasks, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { killTask } from './kill.ts'
import { showEvents } from './show.ts'

/** How many of the last corrections `/oversubscription` shows. */
const maxActions = 100

/** CORRECT: asks the controller who has to go, and why (core-agent §6). Works also while there is no master. */
export const correct = (turn: Turn, load: LoadAverage): void => {
  const revocable = liveTasks(turn.state).filter(
    (task) => hasRevocable(task.resources) && task.ending?.cause !== 'preempted',
  )
  for (const correction of turn.context.qos.corrections({ load, revocable }))
    preempt(turn, correction)
}

const preempt = (
  turn: Turn,
  { victim: task, signal, value, threshold }: Correction<Task>,
): void => {
  const { state, context } = turn
  const cause = `${signal} ${formatNumber(value)} above ${formatNumber(threshold)}`
  state.actions.push({
    atMs: context.nowMs,
    action: 'kill',
    task: task.key,
    signal,
    value,
    threshold,
    freed: task.resources,
  })
  state.actions.splice(0, state.actions.length - maxActions)
  tellWatchers(turn, task, {
    signal,
    value: formatNumber(value),
    threshold: formatNumber(threshold),
  })
  killTask(
    turn,
    task,
    {
      cause: 'preempted',
      by: 'agent',
      message: `Container preempted by QoS correction: ${cause}`,
    },
    context.settings.dockerStopTimeoutMs,
  )
}

/** The event `revoke` of docker-frontend §4.5. */
const tellWatchers = (
  turn: Turn,
  task: Task,
  attributes: Readonly<Record<string, string>>,
): void => {
  const container = containerOf(turn.state, task)
  if (container === undefined) return
  const { nowMs } = turn.context
  const freed = task.resources
    .filter(({ revocable }) => revocable)
    .map(({ name, value }) => `${name}:${value.type === 'SCALAR' ? formatMilli(value.milli) : ''}`)
  showEvents(turn, container, [
    {
      status: 'revoke',
      id: container.engineId,
      Type: 'container',
      Action: 'revoke',
      Actor: { ID: container.engineId, Attributes: { ...attributes, freed: freed.join(';') } },
      scope: 'local',
      time: Math.floor(nowMs / 1000),
      timeNano: nowMs * 1e6,
    },
  ])
}

const formatNumber = (value: number): string => String(Number(value.toFixed(2)))
