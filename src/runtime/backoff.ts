import type { Random } from './random.ts'

export interface BackoffLimits {
  /** Upper end of the first wait. */
  readonly baseMs: number
  /** Upper end of every wait. */
  readonly capMs: number
}

/**
 * How long to wait before try `attempt` (0 is the first): anywhere in [0, base × 2^attempt], capped, so that peers
 * which failed together come back apart (full jitter, as Mesos' agent draws its registration delay).
 */
export const backoffMs = (attempt: number, limits: BackoffLimits, random: Random): number =>
  random.next() * Math.min(limits.capMs, limits.baseMs * 2 ** attempt)
