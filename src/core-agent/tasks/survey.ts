import { agentLabels, type Inspect } from '../../mesos/engine-endpoint.ts'
import { startChecks } from '../checks/schedule.ts'
import { labelsOf, text } from '../docker/inspect.ts'
import { followLogs } from '../sandboxes/handlers.ts'
import { containerOf, liveTasks, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { start } from './change.ts'
import { drainTasks } from './drain.ts'
import { dropTask, endTask, removeContainer, removeStray, tidyContainer } from './end.ts'
import { graceAgain } from './ending.ts'
import { hasRun, pursue } from './kill.ts'
import { awaitStart, created } from './launch.ts'
import { beginAnew, leaveForGood } from './shutdown.ts'
import { watchDeadline } from './updates.ts'

/**
 * SURVEYED: journal and engine are compared, after a restart or a gap in the events (core-agent §8). The engine is
 * right about what lives, the journal about whose it is. Running it twice changes nothing.
 */
export const surveyed = (turn: Turn, strangers: readonly Inspect[]): void => {
  for (const stranger of strangers) claim(turn, stranger)
  turn.state.recovered = true
  if (turn.state.estranged !== undefined) return beginAnew(turn, turn.state.estranged)
  if (turn.state.standing.gone === true) return leaveForGood(turn, 'an operator marked it gone')
  for (const task of liveTasks(turn.state)) if (task.containerizer === 'docker') resume(turn, task)
  for (const container of turn.state.containers.values())
    if (turn.state.frameworks.has(container.frameworkId)) tidyContainer(turn, container)
    else removeContainer(turn, container) // Its framework was shut down just before the agent ended.
  for (const container of turn.state.containers.values()) followLogs(turn, container)
  drainTasks(turn)
}

/** An orphan may yet be claimed: another look at the engine, or its create's answer, may be on the way. */
export const orphanGraceMs = 60_000

/**
 * A container with our labels that the journal does not know: made for a launch whose answer was lost, or one whose
 * records are lost with a damaged end of the journal.
 */
const claim = (turn: Turn, inspect: Inspect): void => {
  const { state } = turn
  if (state.containers.has(inspect.Id)) return
  const containerId = text(labelsOf(inspect)[agentLabels.containerId])
  const task = liveTasks(state).find((one) => one.containerId === containerId)
  if (task !== undefined && task.engineId === undefined && !task.creating)
    created(turn, task, inspect, [])
  else if (state.abandoned.has(containerId)) removeStray(turn, inspect.Id)
  else if (task === undefined) {
    turn.do({
      type: 'warn',
      fields: { container: inspect.Id, containerId, graceMs: orphanGraceMs },
      message:
        'a container carries this agent’s labels and no task knows it: it is removed in a while',
    })
    turn.do({
      type: 'after',
      timer: `orphan ${inspect.Id}`,
      delayMs: orphanGraceMs,
      message: { type: 'ORPHANED', container: inspect.Id },
    })
  }
}

/** ORPHANED: nobody has claimed it. */
export const orphaned = (turn: Turn, engineId: string): void => {
  if (!turn.state.containers.has(engineId)) removeStray(turn, engineId)
}

/** What was under way for a live task goes on. */
const resume = (turn: Turn, task: Task): void => {
  watchDeadline(turn, task)
  if (task.state === 'TASK_RUNNING') startChecks(turn, task)
  if (task.creating || task.starting) return
  const container = containerOf(turn.state, task)
  if (container === undefined) {
    const message = 'The agent restarted before the container was created'
    if (task.ending === undefined) dropTask(turn, task, 'REASON_AGENT_RESTARTED', message)
    else endTask(turn, task, undefined)
  } else if (task.ending !== undefined) {
    if (!hasRun(turn, task)) endTask(turn, task, undefined)
    else if (task.killAtMs === Infinity) pursue(turn, task, graceAgain(turn, task))
  } else if (!hasRun(turn, task)) {
    if (container.kept) awaitStart(turn, task)
    else start(turn, task, container)
  }
}
