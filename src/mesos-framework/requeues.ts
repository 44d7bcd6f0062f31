import { type Revocation, readRevocation } from '../mesos/revocation.ts'
import { askAgainMs } from './bounds.ts'
import { acknowledge, kill } from './calls.ts'
import { holdsTask, isRunning } from './containers.ts'
import { object, text } from './inspect.ts'
import type { Effect, MessageOf } from './messages.ts'
import { requeuedContainer } from './queue.ts'
import { giveUp } from './requests.ts'
import { requeueEvent } from './requeue-event.ts'
import type { Container, Context, FrameworkState } from './state.ts'
import type { Status, Task } from './tasks/lifecycle.ts'
import { written } from './tasks/requeue-record.ts'
import { isPending, judgeRevocation, maxBackoffMs, type Requeue } from './tasks/revocation.ts'

/**
 * A task was revoked. Whether its container runs again is on disk before the status is acknowledged, and is decided
 * once a task. A container that its agent has not shown yet is waited for: the agent says the status again.
 */
export const revoked = (
  state: FrameworkState,
  context: Context,
  status: Status,
  task: Task | undefined,
): readonly Effect[] => {
  if (task !== undefined && task.phase !== 'live') return acknowledge(status)
  const container = containerOf(state, status, task)
  if (container === undefined)
    return task === undefined && isConnecting(state, status) ? [] : acknowledge(status)
  const before = state.requeues.get(container.facts.id)
  if (before?.task === status.task)
    return state.unacknowledged.has(status.task) ? [] : acknowledge(status)
  // Created and never started: its user has yet to say that it shall run.
  if (!status.hasRun && !isPending(before)) return acknowledge(status)
  const effects = judge(state, context, container, {
    before: before ?? firstOf(container, status.task),
    task: status.task,
    cause: status.message,
    ranMs: status.hasRun ? ranMsOf(container, context) : 0,
  })
  if (effects.length === 0) return acknowledge(status)
  state.unacknowledged.set(status.task, status)
  return effects
}

/** The record of a requeue is on disk: the revocation that it answers is acknowledged. */
export const requeueLogged = (state: FrameworkState, task: Requeue['task']): readonly Effect[] => {
  const status = state.unacknowledged.get(task)
  state.unacknowledged.delete(task)
  return status === undefined ? [] : acknowledge(status)
}

/** Those whose back-off is over join the queue. */
export const runDue = (state: FrameworkState, context: Context): readonly Effect[] =>
  nextRetryMs(state) > context.monotonicMs
    ? []
    : [...state.requeues.values()]
        .filter(({ phase, retryAtMs }) => isDue(phase, retryAtMs, context))
        .flatMap((requeue) => runAgain(state, context, requeue))

/** Monotonic clock: the first end of a back-off. */
export const nextRetryMs = (state: FrameworkState): number =>
  state.halted === undefined
    ? [...state.requeues.values()].reduce(
        (least, { phase, retryAtMs }) =>
          phase === 'backing-off' ? Math.min(least, retryAtMs) : least,
        Infinity,
      )
    : Infinity

/** How a try ended; what was overtaken meanwhile, by its user or by another revocation, says nothing. */
export const ranAgain = (
  state: FrameworkState,
  context: Context,
  { container: id, attempt, outcome }: MessageOf<'RAN_AGAIN'>,
): readonly Effect[] => {
  const requeue = state.requeues.get(id)
  const container = state.containers.get(id)
  if (requeue?.phase !== 'waiting' || requeue.attempt !== attempt) return []
  if (container === undefined || outcome.kind === 'cancelled' || state.halted !== undefined)
    return []
  if (outcome.kind === 'started' || outcome.kind === 'already-started')
    return [put(state, { ...requeue, phase: 'settled' })]
  if (outcome.kind === 'busy') return [backOff(state, context, requeue)]
  const { message: cause } = outcome
  const task = container.task ?? requeue.task // The new one where only the engine would not.
  return judge(state, context, container, { before: requeue, task, cause, ranMs: 0 })
}

/** Its user starts the container: that begins the count anew. A launch already under way is this start. */
export const userStarts = (state: FrameworkState, container: string): readonly Effect[] => {
  const before = state.requeues.get(container)
  if (before === undefined) return []
  return [
    put(state, { ...before, phase: 'settled', attempt: 0, backoffMs: 0 }),
    ...withdraw(state, (id) => id === container),
  ]
}

/** Its user wants the container down: it does not run again, though its task be revoked this very moment. */
export const userStops = (state: FrameworkState, id: string): readonly Effect[] => {
  const container = state.containers.get(id)
  const before = state.requeues.get(id)
  if (container === undefined || revocationOf(container).policy === 'stop') return []
  const task = container.task ?? before?.task
  if (task === undefined) return []
  return [
    put(state, { ...(before ?? firstOf(container, task)), task, phase: 'settled' }),
    ...withdraw(state, (waiting) => waiting === id),
    ...(isPending(before) ? [...killHeld(state, container), ...removeIfAsked(container)] : []),
  ]
}

/** Waits for containers that are gone are over. */
export const withdrawGone = (state: FrameworkState): readonly Effect[] =>
  withdraw(state, (id) => !state.containers.has(id))

/**
 * A promotion has found no place within the grace in which an offer may come: what its node lacks is told, once. It
 * waits on.
 */
export const tellWaiting = (state: FrameworkState, context: Context): readonly Effect[] =>
  state.queue.inOrder().flatMap((waiting) => {
    const { job, graceUntilMs, lacks } = waiting
    const promotes = job.type === 'create' ? job.promotes : undefined
    const container = state.containers.get(promotes?.container ?? '')
    if (promotes === undefined || container === undefined || lacks.text === undefined) return []
    if (graceUntilMs === told || graceUntilMs > context.monotonicMs) return []
    state.queue.replace({ ...waiting, graceUntilMs: told })
    return [
      requeueEvent(context, container, 'promote-waiting', {
        resources: 'regular',
        lacks: lacks.text,
        revocations: String(promotes.revocations),
      }),
    ]
  })

/** In place of the grace of one that waits for one kind only: that was its only use. */
const told = -1

/** What a snapshot of the agent leaves out does not run again. */
export const forgetRequeues = (state: FrameworkState, agent: Requeue['agent']): void => {
  for (const [id, requeue] of state.requeues)
    if (requeue.agent === agent && !state.containers.has(id)) state.requeues.delete(id)
}

interface Revoked {
  readonly before: Requeue
  readonly task: Requeue['task']
  readonly cause: string
  readonly ranMs: number
}

const judge = (
  state: FrameworkState,
  context: Context,
  container: Container,
  { before, task, cause, ranMs }: Revoked,
): readonly Effect[] => {
  const revocation = revocationOf(container)
  const { max } = revocation
  const verdict = judgeRevocation(before, revocation, ranMs)
  const known = { ...before, task, cause, max }
  if (verdict.type === 'stay') return []
  if (verdict.type === 'give-up')
    return [
      put(state, { ...known, phase: 'given-up' }),
      requeueEvent(context, container, 'requeue-failed', { max: String(max), cause }),
      ...removeIfAsked(container),
    ]
  const { on, attempt, backoffMs } = verdict
  const backingOff = {
    ...known,
    on,
    attempt,
    ...after(backoffMs, context),
    phase: 'backing-off',
  } as const
  return [
    put(state, backingOff),
    requeueEvent(context, container, 'requeue', {
      attempt: String(attempt),
      max: String(max),
      cause,
      backoff: `${backoffMs / 1000}s`,
      resources: on,
    }),
  ]
}

const runAgain = (state: FrameworkState, context: Context, requeue: Requeue): readonly Effect[] => {
  const { container: id, attempt } = requeue
  const container = state.containers.get(id)
  if (container === undefined) {
    state.requeues.set(id, { ...requeue, retryAtMs: context.monotonicMs + askAgainMs })
    return []
  }
  // It got its new task before this process was started.
  if (isRunning(container) || container.task !== requeue.task)
    return [put(state, { ...requeue, phase: 'settled' })]
  state.requeues.set(id, { ...requeue, phase: 'waiting' })
  const type = requeue.on === 'regular' ? 'promote' : 'run-again'
  return [{ type, container: id, attempt }]
}

/** No room in the queue: later, and that counts as no attempt. */
const backOff = (state: FrameworkState, context: Context, requeue: Requeue): Effect => {
  const backoffMs = Math.min(maxBackoffMs, 2 * requeue.backoffMs)
  return put(state, { ...requeue, ...after(backoffMs, context), phase: 'backing-off' })
}

const after = (backoffMs: number, { nowMs, monotonicMs }: Context) => ({
  backoffMs,
  retryAtMs: monotonicMs + backoffMs,
  retryAtWallMs: nowMs + backoffMs,
})

const put = (state: FrameworkState, requeue: Requeue): Effect => {
  state.requeues.set(requeue.container, requeue)
  return { type: 'append', record: { type: 'REQUEUE', requeue: written(requeue) } }
}

const withdraw = (
  state: FrameworkState,
  isMeant: (container: string) => boolean,
): readonly Effect[] =>
  state.queue
    .inOrder()
    .filter((waiting) => {
      const container = requeuedContainer(waiting)
      return container !== undefined && isMeant(container)
    })
    .flatMap((waiting) => giveUp(state, waiting, { kind: 'cancelled' }))

const containerOf = (
  state: FrameworkState,
  { task: id }: Status,
  task: Extract<Task, { phase: 'live' }> | undefined,
): Container | undefined =>
  task === undefined
    ? [...state.containers.values()].find((container) => container.task === id)
    : state.containers.get(task.container)

const isConnecting = (state: FrameworkState, { agent }: Status): boolean => {
  const link = agent === undefined ? undefined : state.agents.get(agent)?.link
  return link !== undefined && link.kind !== 'open'
}

const firstOf = ({ facts, agent }: Container, task: Requeue['task']): Requeue => ({
  container: facts.id,
  agent,
  task,
  attempt: 0,
  max: 0,
  on: 'revocable',
  backoffMs: 0,
  retryAtMs: 0,
  retryAtWallMs: 0,
  cause: '',
  phase: 'settled',
})

const revocationOf = ({ facts }: Container): Revocation =>
  readRevocation(Object.fromEntries(facts.labels))

/** Of the run that was just ended: the engine's time beside ours, which is near enough for minutes. */
const ranMsOf = ({ inspect }: Container, { nowMs }: Context): number =>
  nowMs - (Date.parse(text(object(inspect['State'])['StartedAt'])) || nowMs)

/** Its new task, where it has one already and is about to be started. */
const killHeld = (state: FrameworkState, { task, agent, facts }: Container): readonly Effect[] =>
  task !== undefined && holdsTask(state, facts.id) ? [kill(task, agent)] : []

/** `--rm`: removed at its real end, which the agent cannot know. */
const removeIfAsked = ({ inspect, agent, facts }: Container): readonly Effect[] =>
  object(inspect['HostConfig'])['AutoRemove'] === true
    ? [{ type: 'remove-container', agent, container: facts.id }]
    : []

const isDue = (phase: Requeue['phase'], retryAtMs: number, { monotonicMs }: Context): boolean =>
  phase === 'backing-off' && retryAtMs <= monotonicMs
