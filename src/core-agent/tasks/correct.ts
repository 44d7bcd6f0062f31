import { hasRevocable, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { labelOf } from '../docker/container-spec.ts'
import { stateOf } from '../docker/inspect.ts'
import type { RegularTask } from '../estimator/estimator.ts'
import type { MessageOf } from '../message.ts'
import { reestimate } from '../oversubscription.ts'
import type { Candidate, Decision, Level } from '../qos/controller.ts'
import { containerOf, type Lending, liveTasks, type Task } from '../state.ts'
import type { Turn } from '../turn.ts'
import { usageOf } from '../usage/processes.ts'
import type { Glance } from '../usage/sample.ts'
import { keepAction, numberText, showLent } from './lent.ts'
import { preempt } from './preempt.ts'

/** Between two events that the tier is throttled: it may come and go each second. */
const throttleEventMs = 10_000
/** A quota that differs by less is not worth a write. */
const quotaStepShare = 0.01
/** A minute of them. */
export const maxRecent = 60
const mib = 1024 ** 2

/** CORRECT, each second: what was measured goes to the estimator, and the controller says what has to give way. */
export const correct = (turn: Turn, { load, sample, tasks }: MessageOf<'CORRECT'>): void => {
  const { state, context } = turn
  state.lending.sample = sample
  state.lending.tasks = tasks
  if (sample !== undefined) context.estimator.observe?.(sample, regularTasks(turn))
  if (sample !== undefined && context.estimator.asks === true)
    state.lending.recent = [...state.lending.recent, sample].slice(-maxRecent)
  const revocable = revocableTasks(turn)
  if (context.qos.asks === true) {
    const question = {
      load,
      node: sample ?? null,
      revocable: revocable.map(({ victim, ...candidate }) => ({ task: victim.key, ...candidate })),
    }
    return turn.do({ type: 'ask-controller', question })
  }
  const decision = context.qos.decide({ atMs: context.monotonicMs, load, sample, revocable })
  carryOut(turn, decision, revocable)
}

/** GLANCE, many times a second: almost always there is nothing to do, and nothing is looked up. */
export const react = (turn: Turn, glance: Glance): void => {
  const decision = turn.context.qos.react?.(glance, () => revocableTasks(turn))
  if (decision !== undefined) carryOut(turn, decision, revocableTasks(turn))
}

export const regularTasks = (turn: Turn): readonly RegularTask[] =>
  liveTasks(turn.state)
    .filter((task) => !hasRevocable(task.resources))
    .map((task) => regularOf(turn, task))

/** All that may be corrected. */
export const revocableTasks = (turn: Turn): readonly Candidate<Task>[] =>
  liveTasks(turn.state)
    .filter((task) => hasRevocable(task.resources) && task.ending?.cause !== 'preempted')
    .map((task) => candidateOf(turn, task))

const regularOf = (turn: Turn, task: Task): RegularTask => ({
  id: task.key,
  requestCpus: cpusOf(task),
  requestMemoryBytes: memoryOf(task),
  ageMs: ageOf(turn, task),
  usage: usageOf(turn.state, task),
})

const candidateOf = (turn: Turn, task: Task): Candidate<Task> => ({
  victim: task,
  requestCpus: cpusOf(task),
  requestMemoryBytes: memoryOf(task),
  ageMs: ageOf(turn, task),
  cost: costOf(task),
  usage: usageOf(turn.state, task),
})

const cpusOf = ({ resources }: Task): number => units(scalarOf(resources, 'cpus'))
const memoryOf = ({ resources }: Task): number => units(scalarOf(resources, 'mem')) * mib

/** Since its container, or its command, started; 0 of one that has not, or of which nothing is known. */
const ageOf = ({ state, context }: Turn, task: Task): number => {
  const inspect = containerOf(state, task)?.inspect
  const startedMs =
    inspect === undefined ? (task.runningAtMs ?? 0) : Date.parse(stateOf(inspect).startedAt)
  return startedMs > 0 ? Math.max(0, context.nowMs - startedMs) : 0
}

/** Task label by which its framework says how much dearer its work is than another's. */
const costLabel = 'qos.cost'

const costOf = ({ info }: Task): number => {
  const cost = Number(labelOf(info.labels, costLabel) ?? 1)
  return cost > 0 && cost < 1e6 ? cost : 1
}

/** What was decided, by whomever. */
export const carryOut = (
  turn: Turn,
  decision: Decision<Task>,
  revocable: readonly Candidate<Task>[],
): void => {
  const { lending } = turn.state
  const nowMs = turn.context.monotonicMs
  const wasOpen = lending.closedUntilMs <= nowMs
  lending.closedUntilMs = nowMs + decision.closeForMs
  tellLevel(turn, decision, revocable)
  setTier(turn, decision)
  lending.level = decision.level
  for (const correction of decision.kills) preempt(turn, correction)
  if (wasOpen && decision.closeForMs > 0) reestimate(turn, 'qos')
}

/** The kernel is told what has changed; at first everything, for an earlier life of the agent may have left the tier frozen. */
const setTier = (turn: Turn, { quotaCpus, frozen }: Decision<Task>): void => {
  const { lending } = turn.state
  const step = Math.abs((quotaCpus ?? Infinity) - (lending.quotaCpus ?? Infinity))
  const isSame = quotaCpus === lending.quotaCpus || step < quotaStepShare * (lending.quotaCpus ?? 0)
  if (lending.isSet && isSame && frozen === lending.frozen) return
  lending.isSet = true
  lending.quotaCpus = quotaCpus
  lending.frozen = frozen
  turn.do({ type: 'set-tier', quotaCpus, frozen })
}

/** Everybody who has something on lent resources hears why it is slow. */
const tellLevel = (
  turn: Turn,
  { level, quotaCpus, frozen, cause }: Decision<Task>,
  revocable: readonly Candidate<Task>[],
): void => {
  const { lending } = turn.state
  const action = actionOf(lending, level, frozen)
  if (action === undefined || revocable.length === 0) return
  const { signal, value, threshold } = cause ?? { signal: 'clear', value: 0, threshold: 0 }
  if (action === 'throttle') {
    if (turn.context.monotonicMs < lending.quietUntilMs) return
    lending.quietUntilMs = turn.context.monotonicMs + throttleEventMs
  }
  keepAction(turn, { action, signal, value, threshold, quotaCpus })
  const attributes = {
    level,
    signal,
    value: numberText(value),
    threshold: numberText(threshold),
    ...(quotaCpus === undefined ? {} : { quota: numberText(quotaCpus) }),
  }
  for (const { victim } of revocable) showLent(turn, victim, action, attributes)
}

const actionOf = (before: Lending, level: Level, frozen: boolean) => {
  if (frozen !== before.frozen) return frozen ? 'freeze' : 'thaw'
  return level === 'throttle' && before.level === 'run' ? 'throttle' : undefined
}
