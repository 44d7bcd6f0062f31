import { agentLabels, type Inspect, labels } from '../mesos/engine-endpoint.ts'
import { id, type TaskId } from '../mesos/ids.ts'
import { object, readInspect } from './inspect.ts'
import type { Effect } from './messages.ts'
import { type Agent, type Container, type Context, type FrameworkState, touch } from './state.ts'
import { kindOf, readHeld } from './tasks/held.ts'

/**
 * Takes in what `docker inspect` says of a container, whoever brought it: a status, the watch or a reading of our own.
 * An inspect older than what is known changes nothing, and one of an abandoned task is removed instead (D14).
 */
export const showContainer = (
  state: FrameworkState,
  context: Context,
  agent: Agent,
  inspect: Inspect,
  by: 'watch' | 'status' | 'reading',
): readonly Effect[] => {
  const { facts, createdSeconds, changed } = readInspect(inspect)
  const before = state.containers.get(facts.id)
  if (state.gone.has(facts.id) || (before !== undefined && before.changed > changed)) return []
  const task = taskOf(state, facts.id, facts.labels)
  if (task !== undefined && state.abandoned.has(task)) {
    hideContainer(state, facts.id)
    return [{ type: 'remove-container', agent: agent.id, container: facts.id }]
  }
  const container: Container = {
    agent: agent.id,
    inspect,
    facts,
    createdSeconds,
    changed,
    task,
    isConfirmed: by === 'watch' || before?.isConfirmed === true,
    hasEnded: before?.hasEnded === true && before.task === task,
  }
  if (before !== undefined && before.facts.name !== facts.name)
    state.names.hide(before.facts.name, facts.id)
  state.names.show(facts.name, facts.id)
  put(state, agent, container)
  adoptTask(state, context, container)
  return []
}

/**
 * A container that the engine has just started runs in every read from now on. Asking the engine instead would wait for
 * as long as it is busy with a container that ends at once. Whatever was heard since it was asked is newer, and what
 * the watch brings later replaces this.
 */
export const showStarted = (
  state: FrameworkState,
  context: Context,
  id: string,
  changed: string,
): void => {
  const known = state.containers.get(id)
  const agent = known === undefined ? undefined : state.agents.get(known.agent)
  if (known?.changed !== changed || agent === undefined) return
  const StartedAt = new Date(context.nowMs).toISOString()
  const State = {
    ...object(known.inspect['State']),
    Status: 'running',
    Running: true,
    ExitCode: 0,
    StartedAt,
  }
  const inspect = { ...known.inspect, State }
  put(state, agent, { ...known, inspect, facts: readInspect(inspect).facts })
}

/** Forgets a container: it is not in the lists any more and its name is free. */
export const hideContainer = (state: FrameworkState, container: string): void => {
  const known = state.containers.get(container)
  if (known === undefined) return
  state.containers.delete(container)
  state.restarted.delete(container)
  state.requeues.delete(container)
  state.names.hide(known.facts.name, container)
  state.agents.get(known.agent)?.containers.delete(container)
  touch(state)
}

/** Its task is over: it holds nothing, and starting it again takes a new task. */
export const endContainer = (state: FrameworkState, container: Container): readonly Effect[] => {
  const agent = state.agents.get(container.agent)
  if (agent !== undefined) put(state, agent, { ...container, hasEnded: true })
  return container.isConfirmed
    ? []
    : [{ type: 'inspect', agent: container.agent, container: container.facts.id }]
}

/**
 * Starting it takes a new task (docker-frontend §6.8): it has ended, though the word of its task may still be on the
 * way, or it was created and its task is over.
 */
export const needsTask = (state: FrameworkState, id: string): boolean => {
  const container = state.containers.get(id)
  if (container === undefined || isRunning(container)) return false
  if (container.facts.state !== 'created') return true
  return !holdsTask(state, id)
}

/** A task of its own is there, only its process is not. */
export const holdsTask = (state: FrameworkState, id: string): boolean => {
  const task = state.containers.get(id)?.task
  return task !== undefined && state.tasks.get(task)?.phase === 'live'
}

/** Its process lives, or its engine will start it again. */
export const isRunning = ({ facts }: Container): boolean => runs.has(facts.state)

const runs: ReadonlySet<string> = new Set(['running', 'paused', 'restarting'])

const put = (state: FrameworkState, agent: Agent, container: Container): void => {
  state.containers.set(container.facts.id, container)
  agent.containers.set(container.facts.id, container)
  touch(state)
}

const taskOf = (
  state: FrameworkState,
  container: string,
  written: ReadonlyMap<string, string>,
): TaskId | undefined => {
  const named = written.get(labels.task) ?? written.get(agentLabels.taskId)
  return state.restarted.get(container) ?? (named === undefined ? undefined : id<TaskId>(named))
}

const lives = (state: string): boolean => state === 'created' || runs.has(state)

/**
 * A container that lives holds what its task holds, though this process did not launch it: after a restart it is known
 * from the watch alone. Whether the task still is, the master is asked.
 */
const adoptTask = (
  state: FrameworkState,
  context: Context,
  { agent, facts, task, hasEnded }: Container,
): void => {
  if (task === undefined || hasEnded || !lives(facts.state) || state.tasks.has(task)) return
  state.tasks.set(task, {
    phase: 'live',
    id: task,
    agent,
    kind: kindOf(facts.labels),
    container: facts.id,
    resources: readHeld(facts.labels),
    isAccepted: true,
    isAnswered: false,
    heardMs: context.monotonicMs,
    message: '',
  })
  state.reconcileAtMs ??= context.monotonicMs
}
