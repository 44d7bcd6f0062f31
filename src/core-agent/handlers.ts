import { type AgentId, id } from '../mesos/ids.ts'
import type { FrameworkID, TaskID } from '../mesos/wire.ts'
import { checkHandlers } from './checks/handlers.ts'
import { commandHandlers } from './command/handlers.ts'
import { killCommandAgain } from './command/kill.ts'
import type { Effect } from './effect.ts'
import { executorHandlers } from './executors/handlers.ts'
import { tellUnheard } from './executors/tell-exit.ts'
import { schemaVersion } from './journal.ts'
import type { Message, MessageOf } from './message.ts'
import { publish, reestimate } from './oversubscription.ts'
import { collectSandboxes } from './sandboxes/handlers.ts'
import { type AgentState, type Task, type TaskKey, taskKey, taskOf } from './state.ts'
import { askEstimator, corrected, estimated } from './tasks/asked.ts'
import { change, changed, unseen } from './tasks/change.ts'
import { correct, react } from './tasks/correct.ts'
import { overdue } from './tasks/deadline.ts'
import { decide } from './tasks/drain.ts'
import { removeContainer, removeStray } from './tasks/end.ts'
import { engineGone, groupsEmpty, watchEngine } from './tasks/engine-gone.ts'
import { groupEmpty, untold } from './tasks/kernel-end.ts'
import { graceOf, killAgain, killTask, neverStarted } from './tasks/kill.ts'
import { labeled } from './tasks/labeled.ts'
import { created, createFailed, knowFramework, launch } from './tasks/launch.ts'
import { died, observe } from './tasks/observe.ts'
import { acknowledgeRefusal, tellRefusal } from './tasks/refuse.ts'
import { showEvents } from './tasks/show.ts'
import { beginAnew, leave, leaveForGood, shutDownFramework } from './tasks/shutdown.ts'
import { orphaned, surveyed } from './tasks/survey.ts'
import { acknowledge, send, sendAgain, tellTruth, tellUnknown } from './tasks/updates.ts'
import { type Context, Turn } from './turn.ts'

/** Message in, state changed, effects out. Never suspends, never acts. */
export const handle = (
  state: AgentState,
  message: Message,
  context: Context,
): readonly Effect[] => {
  const turn = new Turn(state, context)
  handlers[message.type](turn, message as never)
  renewed(turn)
  return turn.effects
}

type Handlers = {
  readonly [T in Message['type']]: (turn: Turn, message: MessageOf<T>) => void
}

/** Everything an agent reacts to, on one screen. A new `Message` does not compile until it is here. */
const handlers: Handlers = {
  SUBSCRIBED: (turn, { subscribed, told }) => {
    const { state } = turn
    const agentId = subscribed.agent_id.value
    if (state.agentId === undefined) turn.record({ type: 'AGENT', agentId })
    if (state.agentId !== id<AgentId>(agentId)) {
      turn.do({
        type: 'warn',
        fields: { given: agentId, own: state.agentId },
        message: 'the master gave another agent id than ours: subscribing again',
      })
      return turn.do({ type: 'resubscribe' })
    }
    if (JSON.stringify(told) !== JSON.stringify(state.told)) turn.record({ type: 'TOLD', ...told })
    state.connected = true
    for (const task of state.tasks.values()) send(turn, task)
    for (const task of state.refused.keys()) tellRefusal(turn, task)
    tellUnheard(turn)
    publish(turn, 'subscribed')
  },
  DISCONNECTED: ({ state }) => {
    state.connected = false
  },
  LAUNCH: (turn, { launch: event }) => launch(turn, event),
  KILL: (turn, { kill }) => {
    const task = find(turn, kill)
    if (task === undefined) return // It has ended; one that never came is asked for by RECONCILE.
    const graceMs = graceOf(kill.kill_policy) ?? graceOf(task.info.kill_policy)
    killTask(
      turn,
      task,
      { cause: 'killed', by: 'master', message: 'Killed before it was started' },
      graceMs ?? turn.context.settings.killGraceMs,
      kill.kill_policy,
    )
  },
  ACKNOWLEDGE: (turn, { acknowledge: event }) => {
    const task = find(turn, event)
    if (task !== undefined) acknowledge(turn, task, event.uuid)
    else acknowledgeRefusal(turn, keyOf(event), event.uuid)
  },
  RECONCILE: (turn, { reconcile }) => {
    for (const item of reconcile.tasks ?? []) {
      const task = find(turn, item)
      if (task === undefined) tellUnknown(turn, item)
      else tellTruth(turn, task)
    }
  },
  UPDATE_FRAMEWORK: (turn, { update }) => {
    knowFramework(turn, update.framework_info)
    // It is back, perhaps: what it missed comes now instead of at the next repetition.
    const { value } = update.framework_info.id ?? {}
    for (const task of turn.state.tasks.values()) if (task.frameworkId === value) send(turn, task)
  },
  SHUTDOWN_FRAMEWORK: (turn, { shutdown }) => shutDownFramework(turn, shutdown.framework_id.value),
  SHUTDOWN: (turn, { message, gone }) =>
    gone ? leaveForGood(turn, message) : beginAnew(turn, message),
  STANDING: (turn, { standing }) => decide(turn, standing),
  LEAVE: (turn) => leave(turn),
  OPENED: (turn) => {
    if (turn.state.schema < schemaVersion) turn.record({ type: 'SCHEMA', version: schemaVersion })
  },

  ENGINE: (turn, { facts, tiers }) => {
    const before = turn.state.engine
    turn.state.engine = facts
    if (tiers !== undefined) turn.state.tiers = tiers
    turn.do({ type: 'publish', framework: undefined, record: { type: 'ENGINE', engine: facts } })
    watchEngine(turn, before)
  },
  IMAGES: (turn, { images }) => {
    turn.state.images = images
    turn.do({ type: 'publish', framework: undefined, record: { type: 'IMAGES', images } })
  },
  SURVEYED: (turn, { strangers }) => surveyed(turn, strangers),
  CREATED: (turn, { task: key, inspect, warnings }) => {
    const task = turn.state.tasks.get(key)
    if (task === undefined) removeStray(turn, inspect.Id)
    else created(turn, task, inspect, warnings)
  },
  CREATE_FAILED: (turn, { task: key, failure }) => {
    withTask(turn, key, (task) => createFailed(turn, task, failure))
  },
  INSPECTED: (turn, look) => observe(turn, look),
  GROUP_EMPTY: (turn, emptied) => groupEmpty(turn, emptied),
  ENGINE_GONE: (turn) => engineGone(turn),
  GROUPS_EMPTY: (turn, { containers }) => groupsEmpty(turn, containers),
  DIED: (turn, { container, code }) => died(turn, container, code),
  CHANGED: (turn, message) => changed(turn, message),
  EVENT: (turn, { event, container }) => {
    showEvents(turn, turn.state.containers.get(container ?? ''), [event])
  },

  ...checkHandlers,
  ...commandHandlers,
  ...executorHandlers,

  LABELED: (turn, message) => labeled(turn, message),

  CHANGE: (turn, message) => change(turn, message),

  JOURNAL: ({ state }, { problem }) => {
    state.stuck = problem
  },

  SANDBOXES: (turn, message) => {
    if (turn.state.recovered) collectSandboxes(turn, message)
  },

  UPDATE_UNACKNOWLEDGED: (turn, { task }) => withTask(turn, task, (one) => sendAgain(turn, one)),
  REFUSAL_UNACKNOWLEDGED: (turn, { task }) => tellRefusal(turn, task),
  NEVER_STARTED: (turn, { task }) => {
    withTask(turn, task, (one) => neverStarted(turn, one))
  },
  STILL_ALIVE: (turn, { task }) => {
    withTask(turn, task, (one) => {
      if (one.containerizer === 'mesos') killCommandAgain(turn, one)
      else killAgain(turn, one)
    })
  },
  OVERDUE: (turn, { task }) => withTask(turn, task, (one) => overdue(turn, one)),
  OUTLIVED: (turn, { container: engineId }) => {
    const container = turn.state.containers.get(engineId)
    if (container !== undefined && taskOf(turn.state, container) === undefined)
      removeContainer(turn, container)
  },
  ORPHANED: (turn, { container }) => orphaned(turn, container),
  UNSEEN: (turn, { container: engineId }) => {
    const container = turn.state.containers.get(engineId)
    if (container !== undefined) unseen(turn, container)
  },
  UNTOLD: (turn, { container: engineId }) => {
    const container = turn.state.containers.get(engineId)
    if (container !== undefined) untold(turn, container)
  },
  ESTIMATE: (turn) => {
    reestimate(turn, 'periodic')
    askEstimator(turn)
  },
  ESTIMATED: (turn, message) => estimated(turn, message),
  CORRECT: (turn, message) => correct(turn, message),
  CORRECTED: (turn, message) => corrected(turn, message),
  GLANCE: (turn, { glance }) => react(turn, glance),
}

/** The last task has left, its end is acknowledged: the agent goes on as what it was started as. */
const renewed = (turn: Turn): void => {
  const { state } = turn
  if (!state.retiring || !state.recovered || state.tasks.size > 0) return
  state.retiring = false
  turn.do({ type: 'renew' })
}

interface Named {
  readonly framework_id: FrameworkID
  readonly task_id: TaskID
}

const keyOf = ({ framework_id, task_id }: Named): TaskKey =>
  taskKey(framework_id.value, task_id.value)

const find = ({ state }: Turn, named: Named): Task | undefined => state.tasks.get(keyOf(named))

const withTask = ({ state }: Turn, key: TaskKey, act: (task: Task) => void): void => {
  const task = state.tasks.get(key)
  if (task !== undefined) act(task)
}
