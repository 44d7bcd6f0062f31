import { toWire } from '../../mesos/resources.ts'
import { none, plus } from '../../resources/resources.ts'
import type { MessageOf } from '../message.ts'
import { reestimate } from '../oversubscription.ts'
import { atEase } from '../qos/controller.ts'
import { allocatedRevocable, isTerminal, type Task, type TaskKey } from '../state.ts'
import type { Turn } from '../turn.ts'
import { carryOut, regularTasks, revocableTasks } from './correct.ts'

/** So many failures of a module in a row, or its end, and what it said last counts no more (core-agent §6). */
const maxFailures = 3
/** While there is no controller nothing more is lent: said anew with each question that it cannot answer. */
const closeForMs = 60_000

/** Has an estimator module asked; ESTIMATED comes of it. */
export const askEstimator = (turn: Turn): void => {
  const { state, context } = turn
  if (context.estimator.asks !== true) return
  const allocated = allocatedRevocable(state)
  const { sample, recent } = state.lending
  turn.do({
    type: 'ask-estimator',
    allocated,
    question: {
      allocatedRevocable: toWire(allocated, { format: 'stacks' }),
      node: sample ?? null,
      history: [...recent],
      regular: regularTasks(turn),
    },
  })
}

/** ESTIMATED. */
export const estimated = (
  turn: Turn,
  { allocated, answer, isDisabled }: MessageOf<'ESTIMATED'>,
): void => {
  const { lending } = turn.state
  if (answer !== undefined) {
    lending.told = plus(answer, allocated)
    lending.estimatorFailures = 0
  } else {
    lending.estimatorFailures += 1
    if (isDisabled || lending.estimatorFailures >= maxFailures) lending.told = none
  }
  reestimate(turn, 'module')
}

/** CORRECTED: what a controller module wants done. Of victims that are none any more nothing is done. */
export const corrected = (turn: Turn, { answer, isDisabled }: MessageOf<'CORRECTED'>): void => {
  const { state } = turn
  const { lending } = state
  const revocable = revocableTasks(turn)
  if (answer === undefined) {
    lending.controllerFailures += 1
    if (isDisabled || lending.controllerFailures >= maxFailures)
      carryOut(turn, { ...atEase, closeForMs }, revocable)
    return
  }
  lending.controllerFailures = 0
  const victims = new Map<string, Task>(revocable.map(({ victim }) => [victim.key, victim]))
  const kills = answer.kills.flatMap((kill) => {
    const victim = victims.get(kill.victim)
    if (victim !== undefined) return [{ ...kill, victim }]
    const known = state.tasks.get(kill.victim as TaskKey)
    if (known === undefined || !isTerminal(known.state))
      turn.do({
        type: 'warn',
        fields: { task: kill.victim },
        message: 'the QoS controller wants a task killed that runs on nothing lent: it stays',
      })
    return []
  })
  carryOut(turn, { ...answer, kills }, revocable)
}
