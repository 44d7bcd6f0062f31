import type { Change } from '../docker/engine.ts'
import { stateOf, stopTimeoutSeconds } from '../docker/inspect.ts'
import type { MessageOf, Outcome } from '../message.ts'
import { type Container, type Task, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, launchFailed, removeContainer } from './end.ts'
import { recordEnding } from './ending.ts'
import { hasRun, pursue } from './kill.ts'
import { updateProblem } from './update-limits.ts'
import { startTimer } from './updates.ts'

/**
 * CHANGE: a client's call on a container of its framework (docker-frontend §2.5, §6.8). What it means for the task is
 * recorded before the engine hears of it; what would bypass accounting is refused (409).
 */
export const change = (turn: Turn, message: MessageOf<'CHANGE'>): void => {
  const { container: engineId, change, request } = message
  const container = turn.state.containers.get(engineId)
  if (container === undefined) return reply(turn, request, change, noSuch(engineId))
  if (turn.state.stuck !== undefined) return changeUnrecorded(turn, container, message)
  const refusal = prepare(turn, container, change)
  if (refusal === undefined)
    turn.do({ type: 'change', container: engineId, change: forEngine(container, change), request })
  else reply(turn, request, change, { ok: false, status: 409, message: refusal })
}

/** While the journal cannot be written: only what has ended may go, for that makes room. */
const changeUnrecorded = (
  turn: Turn,
  container: Container,
  { change, request }: MessageOf<'CHANGE'>,
): void => {
  const { engineId } = container
  if (change.type === 'remove' && taskOf(turn.state, container) === undefined)
    return turn.doAtOnce({ type: 'change', container: engineId, change, request })
  const message = `The agent cannot write its journal: ${turn.state.stuck}. Meanwhile only containers that have ended can be removed`
  reply(turn, request, change, { ok: false, status: 503, message })
}

/** The agent starts a container by itself: for frameworks that know of no start. */
export const start = (turn: Turn, task: Task, { engineId }: Container): void => {
  task.starting = true
  turn.do({ type: 'cancel', timer: startTimer(task) })
  turn.do({ type: 'change', container: engineId, change: { type: 'start' } })
}

const noSuch = (engineId: string) =>
  ({ ok: false, status: 404, message: `No such container: ${engineId}` }) as const

/** Changes the task as the call will; a text says why the call cannot be. */
const prepare = (turn: Turn, container: Container, change: Change): string | undefined => {
  const task = taskOf(turn.state, container)
  const alive = container.inspect !== undefined && stateOf(container.inspect).alive
  if (change.type === 'start' || change.type === 'restart')
    return prepareStart(turn, container, change, task, alive)
  if (change.type === 'update') {
    const problem = updateProblem(container.engineId, task?.resources, change.body)
    const { CpuShares } = change.body
    if (problem === undefined && CpuShares !== undefined) askedAnew(turn, container, { CpuShares })
    return problem
  }
  if (task !== undefined && ends(change, alive, task.starting)) {
    const message = `The container's user called ${change.type}`
    recordEnding(
      turn,
      task,
      { cause: 'killed', by: 'client', message },
      graceMsOf(container, change),
    )
  }
  return undefined
}

/** How long the call gives the container; undefined: it does not say, or as long as it takes. */
const graceMsOf = (container: Container, change: Change): number | undefined => {
  if (change.type !== 'stop') return undefined
  const seconds = change.timeoutSeconds ?? ownStopSeconds(container)
  return seconds === undefined || seconds < 0 ? undefined : seconds * 1000
}

const ownStopSeconds = ({ inspect }: Container): number | undefined =>
  inspect === undefined ? undefined : stopTimeoutSeconds(inspect)

/** Of what inspect shows as asked for, these were changed; the rest the engine itself shows. */
const askedAnew = (
  turn: Turn,
  { engineId, asked }: Container,
  body: Readonly<Record<string, unknown>>,
): void => {
  const changed = Object.entries(body).filter(([field]) => Object.hasOwn(asked, field))
  if (changed.length > 0)
    turn.record({ type: 'ASKED', engineId, asked: { ...asked, ...Object.fromEntries(changed) } })
}

/** Whether the call is meant to end what runs, or to take away what would yet run. */
const ends = (change: Change, alive: boolean, starting: boolean): boolean => {
  if (change.type === 'stop') return alive || starting
  if (change.type === 'kill') return alive && isFatal(change.signal)
  return change.type === 'remove' && (change.force || !alive)
}

const prepareStart = (
  turn: Turn,
  container: Container,
  { type }: Change,
  task: Task | undefined,
  alive: boolean,
): string | undefined => {
  if (task === undefined)
    return alive
      ? undefined
      : `Container ${container.engineId} holds no resources since its task ended: it needs a new task to start`
  if (task.ending !== undefined) return `Container ${container.engineId} is being stopped`
  turn.do({ type: 'cancel', timer: startTimer(task) })
  if (!alive) task.starting = true
  if (type === 'restart') container.restarting += 1
  return undefined
}

/** Signals that a process is sent to end it, by name or number; after others it lives on. */
const fatalSignals: ReadonlySet<string> = new Set(
  ['KILL', 'TERM', 'INT', 'QUIT', 'ABRT', '9', '15', '2', '3', '6', ''].flatMap((name) => [
    name,
    `SIG${name}`,
  ]),
)

const isFatal = (signal: string): boolean => fatalSignals.has(signal.toUpperCase())

/** Weights are the agent's own; a stop's deadline needs the time that it may take. */
const forEngine = (container: Container, change: Change): Change => {
  if (change.type === 'update') {
    const { CpuShares: _, ...body } = change.body
    return { type: 'update', body }
  }
  if (change.type !== 'stop' && change.type !== 'restart') return change
  return { ...change, timeoutSeconds: change.timeoutSeconds ?? ownStopSeconds(container) }
}

/** CHANGED: the engine's answer, the client's or the agent's own call. */
export const changed = (turn: Turn, message: MessageOf<'CHANGED'>): void => {
  const { container: engineId, change, request, outcome } = message
  const container = turn.state.containers.get(engineId)
  if (container !== undefined) {
    if (change.type === 'start' || change.type === 'restart') started(turn, container, message)
    else if (change.type === 'remove') removed(turn, container, message)
    else if (change.type === 'kill' && request === undefined) container.kills -= 1
    else if (outcome.ok && change.type === 'update') askedAnew(turn, container, change.body)
    if (!outcome.ok) failed(turn, container, message)
    else turn.do(lookLater(engineId))
  }
  if (request !== undefined) reply(turn, request, change, outcome)
}

/** Events tell what follows from a change; should one be lost, a look at the container does. */
const lookLater = (engineId: string) =>
  ({
    type: 'after',
    timer: `unseen ${engineId}`,
    delayMs: eventPatienceMs,
    message: { type: 'UNSEEN', container: engineId },
  }) as const

const eventPatienceMs = 1000

/** UNSEEN: looks again where container or task is not yet what the last change should have made it. */
export const unseen = (turn: Turn, container: Container): void => {
  const task = taskOf(turn.state, container)
  if (container.inspect === undefined)
    return turn.do({ type: 'inspect', container: container.engineId })
  if (task === undefined || (task.ending === undefined && task.state === 'TASK_RUNNING')) return
  turn.do({ type: 'inspect', container: container.engineId })
}

const started = (turn: Turn, container: Container, message: MessageOf<'CHANGED'>): void => {
  const { change, outcome } = message
  if (change.type === 'restart') container.restarting = Math.max(0, container.restarting - 1)
  const task = taskOf(turn.state, container)
  if (task !== undefined) task.starting = false
  if (change.type === 'restart' || !outcome.ok)
    turn.do({ type: 'inspect', container: container.engineId })
  if (task === undefined) return
  if (outcome.ok && task.ending !== undefined) {
    task.killAtMs = Infinity // A stop that came before the start found nothing to stop.
    pursue(turn, task, 0)
  }
  if (!outcome.ok && !hasRun(turn, task)) notStarted(turn, container, task, outcome)
}

/** The engine refused the first start: the task is over, as is a container that nobody keeps. */
const notStarted = (
  turn: Turn,
  container: Container,
  task: Task,
  outcome: Extract<Outcome, { ok: false }>,
): void => {
  if (outcome.status === undefined && container.kept) return // It may have started: the look tells.
  if (task.ending === undefined) launchFailed(turn, task, { ...outcome, phase: 'start' })
  else endTask(turn, task, undefined)
  if (container.autoRemove || !container.kept) removeContainer(turn, container)
}

const removed = (turn: Turn, container: Container, message: MessageOf<'CHANGED'>): void => {
  const { outcome, request } = message
  if (outcome.ok || outcome.status === 404) {
    const task = taskOf(turn.state, container)
    container.inspect = undefined
    if (task !== undefined) endTask(turn, task, undefined) // Its resources are free now; an event ends the rest.
    return turn.do(lookLater(container.engineId))
  }
  if (request !== undefined) return
  container.removing = false
  turn.do({
    type: 'after',
    timer: `outlived ${container.engineId}`,
    delayMs: removeAgainMs,
    message: { type: 'OUTLIVED', container: container.engineId },
  })
}

const removeAgainMs = 10_000

/**
 * A client's call that the engine refused means nothing for the task after all. One of the agent's own may find that
 * the container has ended already, and that nobody was told.
 */
const failed = (
  turn: Turn,
  container: Container,
  { request, change }: MessageOf<'CHANGED'>,
): void => {
  const task = taskOf(turn.state, container)
  if (request === undefined && (change.type === 'stop' || change.type === 'kill'))
    return turn.do({ type: 'inspect', container: container.engineId })
  if (request === undefined || task?.ending?.by !== 'client') return
  turn.record({ type: 'ENDING', task: task.key, ending: null })
  turn.do({ type: 'inspect', container: container.engineId })
}

/** While the journal is stuck a client hears of it all the same. */
const answer = (turn: Turn, request: number, status: number, body?: unknown): void => {
  const act = { type: 'reply', request, status, body } as const
  if (turn.state.stuck === undefined) turn.do(act)
  else turn.doAtOnce(act)
}

/** As dockerd answers: 204, 304 where it was so already, 200 with a body, or its refusal. */
const reply = (turn: Turn, request: number, change: Change, outcome: Outcome): void => {
  if (!outcome.ok) {
    const { status = 500, message } = outcome
    return answer(turn, request, status, { message })
  }
  if (change.type === 'update') return answer(turn, request, 200, outcome.body ?? { Warnings: [] })
  answer(turn, request, outcome.changed ? 204 : 304)
}
