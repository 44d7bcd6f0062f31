import { type Inspect, statusLabels, taskLabels } from '../../mesos/engine-endpoint.ts'
import { type FrameworkId, id } from '../../mesos/ids.ts'
import type { AgentLinkEventLaunch, FrameworkInfo } from '../../mesos/wire.ts'
import { hasRevocable } from '../../resources/resources.ts'
import { unreachableProblem } from '../checks/plan.ts'
import { launchCommand } from '../command/life.ts'
import { containerizerOf } from '../containerizers.ts'
import { labelOf, type Plan, planContainer } from '../docker/container-spec.ts'
import { secretNames, withoutSecrets } from '../docker/environment.ts'
import { stateOf } from '../docker/inspect.ts'
import { inspectData, present } from '../docker/present.ts'
import { giveBack } from '../executors/give-back.ts'
import { launchOnExecutor } from '../executors/launch.ts'
import type { Failure } from '../message.ts'
import { reestimate } from '../oversubscription.ts'
import { sandboxOf, sandboxSpec, segmentProblem } from '../sandboxes/spec.ts'
import { type Container, drainOf, type Task, taskKey, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'
import { start } from './change.ts'
import { drainingText } from './drain.ts'
import { dropTask, endTask, launchFailed, removeContainer } from './end.ts'
import { awaitsLabels } from './label.ts'
import { refuseUnrecorded } from './refuse.ts'
import { showContainer } from './show.ts'
import { startTimer, update } from './updates.ts'

/** LAUNCH: the intent is on disk before the engine hears of it. A launch or a task seen before does nothing (I4). */
export const launch = (turn: Turn, event: AgentLinkEventLaunch): void => {
  const { state, context } = turn
  const { launch_id: launchId, framework_info: framework, task_info: info } = event
  const frameworkId = framework.id?.value ?? ''
  const key = taskKey(frameworkId, info.task_id.value)
  if (state.launches.has(launchId) || state.tasks.has(key)) return
  if (info.agent_id.value !== state.agentId) return // Meant for an earlier life of this agent.
  const { executor: named } = info
  if (state.stuck !== undefined) {
    refuseUnrecorded(turn, event, state.stuck)
    return giveBack(turn, frameworkId, named, event)
  }

  knowFramework(turn, framework)
  const owner = containerizerOf(context.settings.containerizers, info)
  const containerizer = 'name' in owner ? owner.name : 'docker'
  const containerId = context.uuid()
  const written = containerizer === 'docker' ? withoutSecrets(info) : info
  turn.record({ type: 'LAUNCH', launchId, frameworkId, task: written, containerId, containerizer })
  const task = state.tasks.get(key)
  if (task === undefined) throw new Error(`a launch of ${key} left no task`)
  reestimate(turn, 'task launched')

  if (drainOf(state) !== undefined) {
    dropTask(turn, task, 'REASON_AGENT_DRAINING', drainingText)
    return giveBack(turn, frameworkId, named, event)
  }
  if ('refused' in owner || (named !== undefined && owner.name === 'docker')) {
    refuse(turn, task, 'refused' in owner ? owner.refused : dockerExecutorText)
    return giveBack(turn, frameworkId, named, event)
  }
  if (named !== undefined) task.delivered = false
  if (!awaitsLabels(turn, [task], { type: 'LAUNCH', event })) proceed(turn, task, event)
}

/** A recorded launch that nothing is against, its labels as they are to be. */
export const proceed = (turn: Turn, task: Task, event: AgentLinkEventLaunch): void => {
  const { state } = turn
  const { framework_info: framework, task_info: given } = event
  const { executor: named } = given
  if (named !== undefined) return launchOnExecutor(turn, [task], named, event)
  if (task.containerizer === 'mesos') return launchCommand(turn, task)
  const info = { ...given, labels: task.info.labels } // Secrets are in the launch alone.
  const plan = planOf(turn, task, info)
  const misnamed = segmentProblem('TaskInfo.task_id', task.taskId)
  if (misnamed !== undefined) return refuse(turn, task, misnamed)
  const unreachable = unreachableProblem(info)
  if (unreachable !== undefined) return refuse(turn, task, unreachable)
  if (plan.kind === 'refused') return refuse(turn, task, plan.message)
  if (plan.kind === 'forbidden')
    return launchFailed(turn, task, { status: 403, message: plan.message })
  if (state.engine?.healthy !== true)
    return dropTask(
      turn,
      task,
      'REASON_CONTAINER_LAUNCH_FAILED',
      'The Docker engine does not answer',
    )
  if (plan.kind === 'adopt') return adopt(turn, task, plan.container)
  task.creating = true
  turn.do({
    type: 'create',
    task: task.key,
    request: plan.request,
    image: plan.image,
    pullFirst: plan.pullFirst,
    containerId: task.containerId,
    sandbox: plan.kept
      ? undefined
      : sandboxSpec(sandboxOf(turn, task).hostPath, info.command?.user),
    uris: plan.kept ? [] : (info.command?.uris ?? []),
    user: info.command?.user ?? framework.user,
  })
}

const dockerExecutorText =
  'ExecutorInfo.container: executors run as plain processes here, leave the container of type DOCKER out'

/** Recorded where it is news: every launch brings its framework. */
export const knowFramework = (turn: Turn, info: FrameworkInfo): void => {
  const known = turn.state.frameworks.get(id<FrameworkId>(info.id?.value ?? ''))
  if (JSON.stringify(known) !== JSON.stringify(info)) turn.record({ type: 'FRAMEWORK', info })
}

const planOf = (turn: Turn, task: Task, info = task.info): Plan => {
  const { state, context } = turn
  return planContainer(info, {
    agentId: state.agentId,
    frameworkId: task.frameworkId,
    containerId: task.containerId,
    resources: task.resources,
    tiers: state.tiers,
    enforcement: context.settings.enforcement,
    policy: context.settings.dockerPolicy,
    sandbox: sandboxOf(turn, task),
  })
}

export const refuse = (turn: Turn, task: Task, message: string): void =>
  update(turn, task, {
    state: 'TASK_ERROR',
    source: 'SOURCE_AGENT',
    reason: 'REASON_TASK_INVALID',
    message,
  })

/** A container that stands still gets a new task (docker-frontend §6.8). Its start comes as the first one did. */
const adopt = (turn: Turn, task: Task, engineId: string): void => {
  const container = turn.state.containers.get(engineId)
  const inspect = container?.inspect
  if (container?.frameworkId !== task.frameworkId || inspect === undefined)
    return launchFailed(turn, task, { status: 404, message: `No such container: ${engineId}` })
  if (taskOf(turn.state, container) !== undefined || stateOf(inspect).alive)
    return launchFailed(turn, task, {
      status: 409,
      message: `Container ${engineId} belongs to a task that has not ended: stop it first`,
    })
  if (container.revocable !== hasRevocable(task.resources))
    return launchFailed(turn, task, {
      status: 409,
      message: `Container ${engineId} is ${container.revocable ? 'revocable' : 'regular'}, which it stays: take resources of that kind for it`,
    })
  turn.record({
    type: 'ADOPT',
    task: task.key,
    engineId,
    startedBefore: stateOf(inspect).startedAt,
  })
  ready(turn, task, container, inspect)
}

/** CREATED: the container exists, not started. */
export const created = (
  turn: Turn,
  task: Task,
  inspect: Inspect,
  warnings: readonly string[],
): void => {
  const plan = planOf(turn, task)
  task.creating = false
  if (plan.kind !== 'create') throw new Error(`${task.key} has a container that it never asked for`)
  turn.record({
    type: 'CONTAINER',
    engineId: inspect.Id,
    containerId: task.containerId,
    frameworkId: task.frameworkId,
    task: task.key,
    revocable: hasRevocable(task.resources),
    asked: plan.asked,
    autoRemove: plan.autoRemove,
    kept: plan.kept,
  })
  const container = turn.state.containers.get(inspect.Id)
  if (container === undefined) throw new Error(`${inspect.Id} was not recorded`)
  container.inspect = inspect
  showContainer(turn, container, task.ending === undefined ? { warnings } : {})
  turn.do({ type: 'known', container: inspect.Id })
  if (task.ending !== undefined) {
    endTask(turn, task, undefined)
    removeContainer(turn, container)
    return
  }
  ready(turn, task, container, inspect, warnings)
  if (!plan.kept) start(turn, task, container)
}

/** CREATE_FAILED. */
export const createFailed = (turn: Turn, task: Task, failure: Failure): void => {
  task.creating = false
  turn.state.counters.launchErrors += 1
  if (failure.status === undefined && !beforeContainer.has(failure.phase))
    turn.record({ type: 'ABANDONED', containerId: task.containerId })
  if (task.ending !== undefined) endTask(turn, task, undefined)
  else launchFailed(turn, task, failure)
}

/** Phases in which the engine is not asked for a container yet. */
const beforeContainer: ReadonlySet<Failure['phase']> = new Set(['sandbox', 'fetch', 'hook'])

const ready = (
  turn: Turn,
  task: Task,
  container: Container,
  inspect: Inspect,
  warnings: readonly string[] = [],
): void => {
  const told = { key: statusLabels.warnings, value: JSON.stringify(warnings) }
  update(turn, task, {
    state: 'TASK_STARTING',
    data: inspectData(present(inspect, container), secretNames(task.info)),
    ...(warnings.length === 0 ? {} : { labels: { labels: [told] } }),
  })
  awaitStart(turn, task)
}

/** A created container may wait for its first start for as long as its task says. */
export const awaitStart = (turn: Turn, task: Task): void => {
  const timeoutMs = Number(labelOf(task.info.labels, taskLabels.startTimeoutMs) ?? 0)
  if (!(timeoutMs > 0)) return
  turn.do({
    type: 'after',
    timer: startTimer(task),
    delayMs: timeoutMs,
    message: { type: 'NEVER_STARTED', task: task.key },
  })
}
