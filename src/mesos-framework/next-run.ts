import { isPreemption, readRevocation } from '../mesos/revocation.ts'
import { isRunning } from './containers.ts'
import { object, text } from './inspect.ts'
import { promotedFrom, successorOf } from './promotions.ts'
import type { Container, FrameworkState } from './state.ts'
import { isPending } from './tasks/revocation.ts'

/**
 * What comes after a run that has ended, for whoever waits for the end of a container (docker-frontend §8.6). With
 * `promote` a revocation is no end: the next run is waited for, and then for its end, until one ends by itself.
 */
export type NextRun =
  | { readonly type: 'over' }
  | { readonly type: 'undecided' }
  | { readonly type: 'runs'; readonly container: string }

/** `id` is that of the container whose run has ended. Pure. */
export const nextRun = (state: FrameworkState, id: string): NextRun => {
  const container = state.containers.get(id)
  if (container === undefined) return afterRemoval(state, id)
  if (policyOf(container) !== 'promote') return over
  if (isRunning(container)) return { type: 'runs', container: id }
  const requeue = state.requeues.get(id)
  if (isPending(requeue)) return undecided
  // The new one is there, or goes again: either is about to be known.
  if (successorOf(state, id) !== undefined) return undecided
  const isJudged = requeue?.task === container.task
  return isPreemption(errorOf(container)) && !isJudged ? undecided : over
}

const over = { type: 'over' } as const
const undecided = { type: 'undecided' } as const

/** It went because another one has taken its place, or because its user wanted that. */
const afterRemoval = (state: FrameworkState, id: string): NextRun => {
  const successor = [...state.containers.values()].find((one) => promotedFrom(one) === id)
  return successor === undefined ? over : { type: 'runs', container: successor.facts.id }
}

const policyOf = ({ facts }: Container) => readRevocation(Object.fromEntries(facts.labels)).policy

/** Its agent says there why it took it down, sooner than the status of the task can come. */
const errorOf = ({ inspect }: Container): string => text(object(inspect['State'])['Error'])
