import type { Inspect } from '../../mesos/engine-endpoint.ts'
import { secretNames } from '../docker/environment.ts'
import { stateOf } from '../docker/inspect.ts'
import { inspectData, present } from '../docker/present.ts'
import type { Inspected } from '../message.ts'
import { followLogs } from '../sandboxes/handlers.ts'
import { type Container, isTerminal, type Task, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { endTask, removeContainer, runsAgain, tidyContainer } from './end.ts'
import { lookedAt } from './kernel-end.ts'
import { strike } from './kill.ts'
import { networkInfos } from './network-infos.ts'
import { showContainer, showEvents } from './show.ts'
import { startTimer, update } from './updates.ts'

/** INSPECTED: the task follows what the engine shows of its container. */
export const observe = (turn: Turn, look: Inspected): void => {
  const container = turn.state.containers.get(look.container)
  if (container === undefined) return
  if (look.inspect === undefined) gone(turn, container, look.diedWith)
  else {
    lookedAt(turn, container, look.inspect)
    container.inspect = look.inspect
    showContainer(turn, container)
    const task = taskOf(turn.state, container)
    if (task === undefined) outliving(turn, container, look.inspect)
    else follow(turn, task, container, look.inspect)
  }
  showEvents(turn, container, look.events)
}

/** SIGKILL's exit code: only a look tells whether it was for want of memory. */
const killedCode = 137

/**
 * DIED: a `--rm` container whose end explains itself goes at once; a look would wait until the engine has tidied up.
 * One that nobody saw running ends without TASK_RUNNING, as in Mesos' docker executor.
 */
export const died = (turn: Turn, engineId: string, code: number): void => {
  const container = turn.state.containers.get(engineId)
  const task = container === undefined ? undefined : taskOf(turn.state, container)
  if (container === undefined || task === undefined || isTerminal(task.state)) return
  if (!container.autoRemove || container.restarting > 0 || code === killedCode) return
  if (runsAgain(container)) return
  removeContainer(turn, container)
  endTask(turn, task, { code, oomKilled: false, error: '' })
}

/** The container is no more on the engine. */
const gone = (turn: Turn, container: Container, diedWith: number | undefined): void => {
  const { engineId, frameworkId } = container
  const task = taskOf(turn.state, container)
  container.inspect = undefined
  const exit = diedWith === undefined ? undefined : { code: diedWith, oomKilled: false, error: '' }
  if (task !== undefined) endTask(turn, task, exit)
  turn.record({ type: 'CONTAINER_REMOVED', engineId })
  turn.do({ type: 'publish', framework: frameworkId, record: { type: 'REMOVED', id: engineId } })
}

/**
 * No task holds resources for it: what ended without the engine may have been started again by its restart policy, for
 * which a stop that the engine never heard of is none.
 */
const outliving = (turn: Turn, container: Container, inspect: Inspect): void => {
  if (stateOf(inspect).alive && !container.removing) strike(turn, container)
  else tidyContainer(turn, container)
}

const follow = (turn: Turn, task: Task, container: Container, inspect: Inspect): void => {
  const { startedAt, alive, exit } = stateOf(inspect)
  if (startedAt === task.startedBefore) return // Not yet started.
  if (task.state === 'TASK_STARTING') running(turn, task, container, inspect)
  if (!alive && container.restarting === 0 && !isTerminal(task.state)) endTask(turn, task, exit)
}

/** Also told of a container that has ended since: a task runs before it ends. */
const running = (turn: Turn, task: Task, container: Container, inspect: Inspect): void => {
  followLogs(turn, container)
  turn.do({ type: 'cancel', timer: startTimer(task) })
  update(turn, task, {
    state: 'TASK_RUNNING',
    data: inspectData(present(inspect, container), secretNames(task.info)),
    container_status: {
      network_infos: networkInfos(task.info, inspect, turn.context.settings.advertiseIp),
    },
  })
}
