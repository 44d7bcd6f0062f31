import { hasRevocable } from '../../resources/resources.ts'
import { stateOf } from '../docker/inspect.ts'
import { containerOf, isTerminal, type Task } from '../state.ts'
import { graceOf, killTask } from '../tasks/kill.ts'
import { networkInfos } from '../tasks/network-infos.ts'
import { type News, update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { checkStatus, isSameStatus, judgeHealth, type ProbeResult, type Taken } from './judge.ts'
import type { CheckMessage } from './message.ts'
import { type CheckKind, type CheckPlan, planOf } from './plan.ts'
import { lookIn, newHealth } from './schedule.ts'
import { targetOf } from './target.ts'

type Handlers = {
  readonly [T in CheckMessage['type']]: (
    turn: Turn,
    message: Extract<CheckMessage, { type: T }>,
  ) => void
}

/** While so many updates of a task wait for their acknowledgement, results of its checks are told no more. */
export const maxWaitingUpdates = 100

export const checkHandlers: Handlers = {
  CHECK_DUE: (turn, { task: key, kind }) => {
    const looked = checked(turn, key, kind)
    if (looked === undefined) return
    if (standsStill(turn, looked)) return lookAgain(turn, looked)
    const target = targetOf(turn, looked.task, looked.plan.probe)
    if (typeof target === 'string')
      return probed(turn, looked, { type: 'problem', message: target })
    const { timeoutMs } = looked.plan
    turn.do({ type: 'probe', task: key, kind, target, timeoutMs })
  },
  PROBED: (turn, { task: key, kind, result }) => {
    const looked = checked(turn, key, kind)
    if (looked !== undefined) probed(turn, looked, result)
  },
}

interface Looked {
  readonly task: Task
  readonly plan: CheckPlan
}

const checked = ({ state }: Turn, key: Task['key'], kind: CheckKind): Looked | undefined => {
  const task = state.tasks.get(key)
  const plan = task && planOf(task.info, kind)
  return task === undefined || isTerminal(task.state) || plan === undefined
    ? undefined
    : { task, plan }
}

/**
 * Nothing is to be learned that the task could be blamed for. It is on its way out (core-agent §3.4), which a client's
 * call that fails takes back; it was paused, or is frozen with its tier; or its engine does not answer.
 */
const standsStill = ({ state }: Turn, { task, plan }: Looked): boolean => {
  if (task.ending !== undefined) return true
  if (state.lending.frozen && hasRevocable(task.resources)) return true
  const container = containerOf(state, task)
  if (container === undefined) return false
  if (container.restarting > 0) return true
  if (container.inspect !== undefined && stateOf(container.inspect).status === 'paused') return true
  return plan.probe.type === 'COMMAND' && state.engine?.healthy !== true
}

const lookAgain = (turn: Turn, { task, plan }: Looked): void =>
  lookIn(turn, task, plan, plan.intervalMs)

const probed = (turn: Turn, looked: Looked, result: ProbeResult): void => {
  lookAgain(turn, looked)
  if (result.type === 'untaken' || standsStill(turn, looked)) return
  if (looked.plan.kind === 'health') healthProbed(turn, looked, result)
  else checkProbed(turn, looked, result)
}

const healthProbed = (turn: Turn, { task, plan }: Looked, result: Taken): void => {
  const { monotonicMs, settings } = turn.context
  const { health, healthy, message, isOver } = judgeHealth(
    plan,
    task.health ?? newHealth(turn, task),
    result,
    { monotonicMs, told: task.healthy },
  )
  task.health = health
  if (healthy !== undefined)
    tell(turn, task, { reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED', healthy, message })
  if (isOver !== true) return
  const ending = { cause: 'unhealthy', by: 'agent', message: message ?? '' } as const
  killTask(turn, task, ending, graceOf(task.info.kill_policy) ?? settings.killGraceMs)
}

const checkProbed = (turn: Turn, { task, plan }: Looked, result: Taken): void => {
  const status = checkStatus(plan.probe.type, result)
  if (isSameStatus(task.checkStatus, status)) return
  tell(turn, task, {
    reason: 'REASON_TASK_CHECK_STATUS_UPDATED',
    check_status: status,
    ...(result.type === 'problem' ? { message: `Check failed: ${result.message}` } : {}),
  })
}

/** What finds no room is told once there is: results are compared with what was told last. */
const tell = (turn: Turn, task: Task, news: Omit<News, 'state'>): void => {
  if (task.updates.length >= maxWaitingUpdates) return
  const inspect = containerOf(turn.state, task)?.inspect ?? { Id: task.containerId }
  const network_infos = networkInfos(task.info, inspect, turn.context.settings.advertiseIp)
  update(turn, task, { state: 'TASK_RUNNING', ...news, container_status: { network_infos } })
}
