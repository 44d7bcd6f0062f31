import type { PlacementRequest } from '../constraints/node.ts'
import type { Inspect } from '../mesos/engine-endpoint.ts'
import type { AgentId } from '../mesos/ids.ts'
import type { Kind } from '../resources/resources.ts'
import type { CreateRequest } from './cluster.ts'

/** Names one waiting client: a number that is never used again. */
export type RequestKey = number

/** What a client waits for: a new container, or a new task for one that has ended. */
export type Job =
  | {
      readonly type: 'create'
      readonly request: CreateRequest
      readonly name: string
      /** The container that it takes the place of, and the name that it will then have. */
      readonly promotes?: {
        readonly container: string
        readonly name: string
        readonly revocations: number
      }
    }
  | { readonly type: 'start'; readonly container: Inspect; readonly name: string }

/** A request without a place yet. Times are on the monotonic clock. */
export interface Waiting {
  readonly key: RequestKey
  readonly job: Job
  readonly placement: PlacementRequest
  /** Of its create body as JSON. */
  readonly bodyBytes: number
  readonly deadlineMs: number
  /** Until then only the first kind of `placement.kinds` is taken (docker-frontend §8.3). */
  readonly graceUntilMs: number
  /** It has been launched before and is known not to have started: that is granted once. */
  readonly isRetry: boolean
  /** Version of the state at the last try with a kind: until it changes, the answer is the same. */
  readonly tried: Map<Kind, number>
  /** Why it found no place at its last try. */
  readonly lacks: { text: string | undefined }
  /** Agents whose engine refused the name, which a container of somebody else has there, with its answer. */
  readonly refusedBy: Map<AgentId, { readonly status: number; readonly message: string }>
}

/** A container that was revoked and is to run again: nobody waits for the answer, so it has no deadline. */
export const isRequeued = ({ deadlineMs }: Pick<Waiting, 'deadlineMs'>): boolean =>
  deadlineMs === Infinity

/** Its id; undefined where a client waits. */
export const requeuedContainer = (
  waiting: Pick<Waiting, 'job' | 'deadlineMs'>,
): string | undefined => {
  const { job } = waiting
  if (!isRequeued(waiting)) return undefined
  return job.type === 'start' ? job.container.Id : job.promotes?.container
}

/** Requests in order of arrival; what comes back from a lost launch goes before them (docker-frontend §6.5). */
export class Queue {
  readonly #returned = new Map<RequestKey, Waiting>()
  readonly #arrived = new Map<RequestKey, Waiting>()

  get size(): number {
    return this.#returned.size + this.#arrived.size
  }

  arrive(waiting: Waiting): void {
    this.#arrived.set(waiting.key, waiting)
  }

  comeBack(waiting: Waiting): void {
    this.#returned.set(waiting.key, waiting)
  }

  /** Keeps its place; one that is not there is not put in. */
  replace(waiting: Waiting): void {
    for (const part of [this.#returned, this.#arrived])
      if (part.has(waiting.key)) part.set(waiting.key, waiting)
  }

  remove(key: RequestKey): Waiting | undefined {
    const waiting = this.#returned.get(key) ?? this.#arrived.get(key)
    this.#returned.delete(key)
    this.#arrived.delete(key)
    return waiting
  }

  inOrder(): readonly Waiting[] {
    return [...this.#returned.values(), ...this.#arrived.values()]
  }

  /** When the next of them must be looked at for time alone. */
  nextDeadlineMs(monotonicMs: number): number {
    return this.inOrder().reduce((least, { deadlineMs, graceUntilMs }) => {
      const next = graceUntilMs > monotonicMs ? Math.min(deadlineMs, graceUntilMs) : deadlineMs
      return Math.min(least, next)
    }, Infinity)
  }
}
