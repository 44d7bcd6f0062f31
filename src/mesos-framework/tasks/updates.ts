import { type Inspect, labels } from '../../mesos/engine-endpoint.ts'
import type { TaskId } from '../../mesos/ids.ts'
import type { SchedulerCall } from '../../mesos/wire.ts'
import { maxAbandoned, reconcileEveryMs } from '../bounds.ts'
import { acknowledge, kill, reconcile } from '../calls.ts'
import { endContainer, hideContainer, showContainer } from '../containers.ts'
import { readInspect } from '../inspect.ts'
import type { Effect } from '../messages.ts'
import { giveUp, holderOf, nameRefused, refuse, requeue } from '../requests.ts'
import { revoked } from '../requeues.ts'
import { type Context, type FrameworkState, touch } from '../state.ts'
import { isOver, judgeLaunch, type Status, type Task, type Verdict } from './lifecycle.ts'
import { isRevocation } from './revocation.ts'

type Launching = Extract<Task, { phase: 'launching' }>

/** One status of a task. It is acknowledged last: what follows from it is in the state by then. */
export const updateTask = (
  state: FrameworkState,
  context: Context,
  status: Status,
): readonly Effect[] => {
  const task = state.tasks.get(status.task)
  const effects =
    task === undefined ? stray(state, context, status) : known(state, context, task, status)
  return isRevocation(status)
    ? [...effects, ...revoked(state, context, status, task)]
    : [...effects, ...acknowledge(status)]
}

const known = (
  state: FrameworkState,
  context: Context,
  task: Task,
  status: Status,
): readonly Effect[] => {
  const { message } = status
  // An answer to our own question is no news of the launch.
  const news =
    status.reason === 'REASON_RECONCILIATION' ? {} : { heardMs: context.monotonicMs, message }
  const heard = { ...task, isAnswered: true, ...news }
  state.tasks.set(task.id, heard)
  if (heard.phase !== 'launching')
    return isOver(status) ? end(state, heard) : showFrom(state, context, status)
  const verdict = judgeLaunch(status)
  if (verdict.type === 'keep') return []
  if (verdict.type === 'created') return succeed(state, context, heard, verdict)
  state.tasks.delete(task.id)
  return [...disown(state, task), ...fail(state, context, heard, verdict)]
}

/** The launch came to nothing: once more, elsewhere, or the client hears why. */
const fail = (
  state: FrameworkState,
  context: Context,
  task: Launching,
  verdict: Exclude<Verdict, { type: 'keep' | 'created' }>,
): readonly Effect[] => {
  const { message } = verdict
  if (verdict.type === 'never-started') return requeue(state, context, task, message)
  if (verdict.type === 'failed') return giveUp(state, task.waiting, { kind: 'failed', message })
  return nameRefused(verdict.status, message)
    ? refuse(state, context, task, verdict.status, message)
    : giveUp(state, task.waiting, { kind: 'engine', status: verdict.status, message })
}

/**
 * A status of a task that is over or that another life of this process launched. A second terminal one means nothing
 * (D8); an abandoned task that lives after all is killed again.
 */
const stray = (state: FrameworkState, context: Context, status: Status): readonly Effect[] => {
  if (!state.abandoned.has(status.task) || isOver(status)) return []
  const shown = showFrom(state, context, status)
  return status.agent === undefined ? shown : [...shown, kill(status.task, status.agent)]
}

/**
 * The agent's own word that a launch has made its container is quicker than the status, which goes through the master.
 * What the status says later is no news then.
 */
export const launchMade = (
  state: FrameworkState,
  inspect: Inspect,
  warnings: readonly string[],
): readonly Effect[] => {
  const made = madeBy(inspect)
  const task = made === undefined ? undefined : state.tasks.get(made as TaskId)
  if (task?.phase !== 'launching' || !state.containers.has(inspect.Id)) return []
  return settle(state, task, inspect, warnings)
}

/** The launch brought a container: every read from now on shows it. */
const succeed = (
  state: FrameworkState,
  context: Context,
  task: Launching,
  { inspect, warnings }: Extract<Verdict, { type: 'created' }>,
): readonly Effect[] => {
  if (task.waiting.job.type === 'start') state.restarted.set(inspect.Id, task.id)
  const agent = state.agents.get(task.agent)
  const shown = agent === undefined ? [] : showContainer(state, context, agent, inspect, 'status')
  return [...shown, ...settle(state, task, inspect, warnings)]
}

/** The client of a launch learns of its container. */
const settle = (
  state: FrameworkState,
  task: Launching,
  inspect: Inspect,
  warnings: readonly string[],
): readonly Effect[] => {
  const { waiting, restMs: _r, deadlineMs: _d, pending: _p, ...facts } = task
  const { key, job } = waiting
  const isAgain = job.type === 'start'
  state.tasks.set(task.id, { ...facts, phase: 'live', container: inspect.Id })
  state.names.release(job.name, holderOf(key))
  return [
    ...(isAgain
      ? ([
          {
            type: 'append',
            record: { type: 'RESTARTED', container: inspect.Id, task: task.id },
          },
        ] as const)
      : []),
    { type: 'answer', key, outcome: { kind: 'created', id: inspect.Id, warnings } },
  ]
}

const end = (state: FrameworkState, task: Task): readonly Effect[] => {
  state.tasks.delete(task.id)
  touch(state)
  const container = task.phase === 'live' ? state.containers.get(task.container) : undefined
  return container?.task === task.id ? endContainer(state, container) : []
}

/**
 * A status brings news of a container that is known, or shows one that nobody wants. It introduces none: a status that
 * was sent again comes later than the word that its container is gone.
 */
const showFrom = (state: FrameworkState, context: Context, status: Status): readonly Effect[] => {
  const { inspect, task } = status
  const agent = status.agent === undefined ? undefined : state.agents.get(status.agent)
  if (agent === undefined || inspect === undefined) return []
  const isUnwanted = state.abandoned.has(task) && madeBy(inspect) === task
  if (!state.containers.has(inspect.Id) && !isUnwanted) return []
  return showContainer(state, context, agent, inspect, 'status')
}

/** A task that only starts a container again did not make it. */
const madeBy = (inspect: NonNullable<Status['inspect']>): string | undefined =>
  readInspect(inspect).facts.labels.get(labels.task)

/** Nobody waits for this launch any more: it is killed, and what it made is removed (D14). */
export const abandon = (
  state: FrameworkState,
  context: Context,
  task: Launching,
): readonly Effect[] => {
  const { waiting: _w, restMs: _r, deadlineMs: _d, pending: _p, ...facts } = task
  state.tasks.set(task.id, { ...facts, phase: 'abandoned' })
  state.reconcileAtMs ??= context.monotonicMs + reconcileEveryMs
  // A kill that overtakes its launch would be lost: it follows when the master has taken the launch.
  const kills = task.isAccepted ? [kill(task.id, task.agent)] : []
  return [...kills, ...disown(state, task)]
}

/** A container that this launch made, or will have made, is removed. */
const disown = (state: FrameworkState, { id, agent }: Task): readonly Effect[] => {
  touch(state)
  state.abandoned.add(id)
  const [oldest] = state.abandoned
  if (state.abandoned.size > maxAbandoned && oldest !== undefined) state.abandoned.delete(oldest)
  const made = [...state.containers.values()].find((container) => container.task === id)
  if (made === undefined) return []
  hideContainer(state, made.facts.id)
  return [{ type: 'remove-container', agent, container: made.facts.id }]
}

/** The master has the launches of this ACCEPT: from now on it can be asked about them, and told to kill them. */
export const launchTaken = (state: FrameworkState, call: SchedulerCall): readonly Effect[] =>
  launchedBy(state, call).flatMap((task) => {
    state.tasks.set(task.id, { ...task, isAccepted: true })
    return task.phase === 'abandoned' ? [kill(task.id, task.agent)] : []
  })

/** The master refused this ACCEPT: its tasks never started. Where it may have acted, reconciliation will tell. */
export const launchRefused = (
  state: FrameworkState,
  context: Context,
  call: SchedulerCall,
  why: string,
): readonly Effect[] =>
  launchedBy(state, call).flatMap((task) => {
    state.tasks.delete(task.id)
    touch(state)
    return task.phase === 'launching' ? requeue(state, context, task, why) : []
  })

const launchedBy = (state: FrameworkState, call: SchedulerCall): readonly Task[] =>
  (call.accept?.operations ?? [])
    .flatMap((operation) => operation.launch?.task_infos ?? [])
    .flatMap((info) => state.tasks.get(info.task_id.value as TaskId) ?? [])

/**
 * What was under way with the old subscription is settled: calls with its stream id are refused now, so the master's
 * answer about each task is the truth (core-master §15).
 */
export const reconcileAll = (state: FrameworkState, context: Context): readonly Effect[] => {
  for (const task of state.tasks.values())
    state.tasks.set(task.id, { ...task, isAccepted: true, isAnswered: false })
  return reconcileOpen(state, context)
}

/** Asks again about every task that is unanswered, is being launched, or should be dead; and kills the last anew. */
export const reconcileOpen = (state: FrameworkState, context: Context): readonly Effect[] => {
  const open = [...state.tasks.values()].filter(
    (task) => task.isAccepted && (!task.isAnswered || task.phase !== 'live'),
  )
  const isWaiting = [...state.tasks.values()].some(
    (task) => !task.isAnswered || task.phase !== 'live',
  )
  state.reconcileAtMs = isWaiting ? context.monotonicMs + reconcileEveryMs : undefined
  if (open.length === 0 || state.master === undefined) return []
  return [
    ...open.flatMap((task) => (task.phase === 'abandoned' ? [kill(task.id, task.agent)] : [])),
    reconcile(open),
  ]
}
