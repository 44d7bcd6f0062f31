import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { Emptied } from '../container-groups.ts'
import { stateOf } from '../docker/inspect.ts'
import { type Container, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, removeContainer, runsAgain } from './end.ts'

/** The engine's turn to say how the container ended: so long if it does not answer, so long if it says that it runs. */
const silenceMs = 1000
const denialMs = 10_000

/** SIGKILL's. */
const struckExit = { code: 137, oomKilled: false, error: '' }

/**
 * GROUP_EMPTY: a task that is being ended has no process any more. The engine is asked; where it does not answer, or
 * does not notice, its task ends all the same (core-agent §3.4).
 */
export const groupEmpty = (turn: Turn, { container: engineId, struck }: Emptied): void => {
  const container = turn.state.containers.get(engineId)
  if (container === undefined || taskOf(turn.state, container)?.ending === undefined) return
  container.emptied ??= { atMs: turn.context.monotonicMs, struck }
  turn.do({ type: 'inspect', container: engineId })
  awaitEngine(turn, container, silenceMs)
}

/** A look at a container whose group was found empty; to be told before the container is as it shows. */
export const lookedAt = (turn: Turn, container: Container, inspect: Inspect): void => {
  const { emptied } = container
  if (emptied === undefined) return
  const { alive, startedAt } = stateOf(inspect)
  const before = container.inspect === undefined ? undefined : stateOf(container.inspect).startedAt
  if (alive && startedAt === before)
    return awaitEngine(turn, container, emptied.atMs + denialMs - turn.context.monotonicMs)
  container.emptied = undefined
  turn.do({ type: 'cancel', timer: untoldTimer(container) })
}

/** UNTOLD: the kernel's word is enough. Whatever the engine says later is about a container without a task. */
export const untold = (turn: Turn, container: Container): void => {
  const task = taskOf(turn.state, container)
  if (task?.ending === undefined || container.emptied === undefined) return
  const { struck } = container.emptied
  turn.do({
    type: 'warn',
    fields: { container: container.engineId, task: task.key, struck },
    message: 'the engine does not say how a container ended: its control group is empty',
  })
  const message = struck
    ? `Container killed without the engine, which does not answer: status ${struckExit.code}`
    : 'Container ended, with a status that is not known: the engine does not answer'
  const ownMessage = task.ending.cause === 'killed' ? message : undefined
  if (container.autoRemove && !runsAgain(container)) removeContainer(turn, container)
  endTask(turn, task, struck ? struckExit : undefined, ownMessage)
}

const awaitEngine = (turn: Turn, container: Container, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: untoldTimer(container),
    delayMs: Math.max(0, delayMs),
    message: { type: 'UNTOLD', container: container.engineId },
  })

const untoldTimer = ({ engineId }: Container) => `untold ${engineId}`
