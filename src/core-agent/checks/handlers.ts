import type { Task } from '../state.ts'
import { graceOf, killTask } from '../tasks/kill.ts'
import { update } from '../tasks/updates.ts'
import type { Turn } from '../turn.ts'
import { checkStatus, isSameStatus, judgeHealth, type ProbeResult } from './judge.ts'
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

export const checkHandlers: Handlers = {
  CHECK_DUE: (turn, { task: key, kind }) => {
    const looked = checked(turn, key, kind)
    if (looked === undefined) return
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

/** A task that is on its way out is not looked at any more (core-agent §3.4). */
const checked = ({ state }: Turn, key: Task['key'], kind: CheckKind): Looked | undefined => {
  const task = state.tasks.get(key)
  const plan = task && planOf(task.info, kind)
  return task?.state !== 'TASK_RUNNING' || task.ending !== undefined || plan === undefined
    ? undefined
    : { task, plan }
}

const probed = (turn: Turn, looked: Looked, result: ProbeResult): void => {
  const { task, plan } = looked
  if (plan.kind === 'health') healthProbed(turn, looked, result)
  else checkProbed(turn, looked, result)
  if (task.ending === undefined) lookIn(turn, task, plan, plan.intervalMs)
}

const healthProbed = (turn: Turn, { task, plan }: Looked, result: ProbeResult): void => {
  const { monotonicMs, settings } = turn.context
  const { health, healthy, message, isOver } = judgeHealth(
    plan,
    task.health ?? newHealth(turn, task),
    result,
    monotonicMs,
  )
  task.health = health
  if (healthy === undefined) return
  update(turn, task, {
    state: 'TASK_RUNNING',
    reason: 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED',
    healthy,
    message,
  })
  if (isOver !== true) return
  const ending = { cause: 'unhealthy', by: 'agent', message: message ?? '' } as const
  killTask(turn, task, ending, graceOf(task.info.kill_policy) ?? settings.killGraceMs)
}

const checkProbed = (turn: Turn, { task, plan }: Looked, result: ProbeResult): void => {
  const status = checkStatus(plan.probe.type, result)
  if (isSameStatus(task.checkStatus, status)) return
  update(turn, task, {
    state: 'TASK_RUNNING',
    reason: 'REASON_TASK_CHECK_STATUS_UPDATED',
    check_status: status,
    ...(result.type === 'problem' ? { message: `Check failed: ${result.message}` } : {}),
  })
}
