import type { CheckStatusInfo } from '../../mesos/wire.ts'
import { isCustom } from '../executors/find.ts'
import type { Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { checkStatus, type Health } from './judge.ts'
import { type CheckKind, type CheckPlan, planOf, plansOf } from './plan.ts'

/** The task runs, or the agent has found it running: its first looks come after their delays. Once a life. */
export const startChecks = (turn: Turn, task: Task): void => {
  if (isCustom(task) || task.health !== undefined) return // An executor of a framework looks itself.
  task.health = newHealth(turn, task)
  for (const plan of plansOf(task.info)) lookIn(turn, task, plan, plan.delayMs)
}

/** From what the journal knows: who told of a failure has no grace any more either. */
export const newHealth = ({ context }: Turn, { healthy, failures }: Task): Health => ({
  sinceMs: context.monotonicMs,
  wasHealthy: healthy !== undefined,
  failures,
})

/** The last result, empty before there is one (src/launcher/executor.cpp); undefined: the task has no check. */
export const checkStatusOf = (task: Task): CheckStatusInfo | undefined => {
  const plan = isCustom(task) ? undefined : planOf(task.info, 'check')
  return plan && (task.checkStatus ?? checkStatus(plan.probe.type, undefined))
}

export const stopChecks = (turn: Turn, task: Task): void => {
  if (task.health === undefined) return
  const plans = plansOf(task.info)
  for (const { kind } of plans) turn.do({ type: 'cancel', timer: timerOf(task, kind) })
  if (plans.length > 0) turn.do({ type: 'stop-probes', task: task.key })
}

export const lookIn = (turn: Turn, task: Task, { kind }: CheckPlan, delayMs: number): void =>
  turn.do({
    type: 'after',
    timer: timerOf(task, kind),
    delayMs,
    message: { type: 'CHECK_DUE', task: task.key, kind },
  })

const timerOf = ({ key }: Task, kind: CheckKind): string => `${kind} ${key}`
