import type { Requeue } from './revocation.ts'

/** As the log has it: the monotonic clock ends with the machine. */
export const written = (requeue: Requeue): WrittenRequeue => {
  const { retryAtMs: _, ...rest } = requeue
  return rest
}

/** Logs of old know no promotion. */
export type WrittenRequeue = Omit<Requeue, 'retryAtMs' | 'on'> & Partial<Pick<Requeue, 'on'>>

/** What was waiting tries again; no clock that was set makes it wait longer than its back-off. */
export const readWritten = (
  requeue: WrittenRequeue,
  { nowMs, monotonicMs }: { readonly nowMs: number; readonly monotonicMs: number },
): Requeue => {
  const restMs = Math.min(requeue.backoffMs, Math.max(0, requeue.retryAtWallMs - nowMs))
  return { ...requeue, on: requeue.on ?? 'revocable', retryAtMs: monotonicMs + restMs }
}
