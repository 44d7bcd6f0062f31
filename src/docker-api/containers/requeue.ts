import type { ContainerView, RequeueView } from '../../mesos-framework/cluster.ts'
import { object } from '../json.ts'

/** `State` of an inspect whose `Error` says why a revoked container does not run, and when it will (docker-frontend §8.6). */
export const withRequeue = (
  state: unknown,
  { requeue, hostname }: Pick<ContainerView, 'requeue' | 'hostname'>,
): unknown =>
  requeue === undefined
    ? state
    : { ...object(state), Error: `${requeue.cause}; ${whatComes(requeue, hostname)}` }

/** What `docker ps` adds to `Exited (137) 5 seconds ago`. */
export const requeueSuffix = (requeue: RequeueView | undefined): string => {
  if (requeue === undefined) return ''
  return requeue.phase === 'given-up' ? ` (requeued ${requeue.max} times)` : ` (${count(requeue)})`
}

const count = ({ attempt, max, on }: RequeueView): string =>
  on === 'regular'
    ? `to be promoted, attempt ${attempt - max + 1}`
    : `requeued, attempt ${attempt} of ${max}`

const whatComes = (requeue: RequeueView, hostname: string): string => {
  const { phase, max, nextTryMs } = requeue
  if (phase === 'given-up')
    return `not requeued any more: it was ${max} times, and shoal.revocation.max allows no more`
  return phase === 'waiting'
    ? `${count(requeue)}, ${waitsFor(requeue, hostname)}`
    : `${count(requeue)}, next try ${new Date(nextTryMs).toISOString()}`
}

/** `waiting for regular resources of node1: cpus 2 wanted, 0.5 offered`. */
export const waitsFor = ({ on, lacks }: RequeueView, hostname: string): string =>
  `waiting for ${on} resources of ${hostname}${lacks === undefined ? '' : `: ${lacks}`}`
