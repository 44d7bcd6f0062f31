import type { CheckInfoType, CheckStatusInfo } from '../../mesos/wire.ts'
import type { CheckPlan } from './plan.ts'

/** What came of one look. */
export type ProbeResult =
  | Taken
  /** It says nothing of the task: the engine gave no answer, the container is paused. */
  | { readonly type: 'untaken'; readonly message: string }

/** What one look brought. */
export type Taken =
  | { readonly type: 'COMMAND'; readonly exitCode: number }
  | { readonly type: 'HTTP'; readonly statusCode: number }
  | { readonly type: 'TCP'; readonly succeeded: boolean }
  /** It took too long, or what it asked did not answer. */
  | { readonly type: 'problem'; readonly message: string }

/** How a task does, as far as its health check has told. */
export interface Health {
  /** When its task began to run, or the agent to look again; monotonic clock. */
  readonly sinceMs: number
  /** It was healthy at some time: there is no grace any more. */
  readonly wasHealthy: boolean
  /** In a row. */
  readonly failures: number
}

export interface Verdict {
  readonly health: Health
  /** Undefined: nobody needs to know. */
  readonly healthy?: boolean
  /** Of a failure, for whoever reads the status. */
  readonly message?: string
  /** The task has failed too often. */
  readonly isOver?: boolean
}

/**
 * What a look means for a task's health (src/checks/health_checker.cpp): a success where `healthy` was not told last is
 * told, and every failure; failures within the grace count for nothing until the task was healthy once. Pure.
 */
export const judgeHealth = (
  plan: Pick<CheckPlan, 'graceMs' | 'maxFailures'>,
  health: Health,
  result: Taken,
  { monotonicMs, told }: { readonly monotonicMs: number; readonly told: boolean | undefined },
): Verdict => {
  const failure = failureOf(result)
  if (failure === undefined) {
    const next = { ...health, wasHealthy: true, failures: 0 }
    return told === true ? { health: next } : { health: next, healthy: true }
  }
  if (!health.wasHealthy && monotonicMs - health.sinceMs <= plan.graceMs) return { health }
  const failures = health.failures + 1
  const isOver = failures >= plan.maxFailures
  const message = `Health check failed ${failures} ${failures === 1 ? 'time' : 'times in a row'}: ${failure}`
  return { health: { ...health, failures }, healthy: false, message, isOver }
}

/** Undefined: all is well. */
const failureOf = (result: Taken): string | undefined => {
  if (result.type === 'problem') return result.message
  if (result.type === 'TCP') return result.succeeded ? undefined : 'no connection'
  if (result.type === 'COMMAND')
    return result.exitCode === 0 ? undefined : `the command exited with ${result.exitCode}`
  const { statusCode } = result
  return statusCode >= 200 && statusCode < 400 ? undefined : `HTTP status ${statusCode}`
}

/** A general check's result as the wire has it: without a value where nothing can be said (src/checks/checker.cpp). */
export const checkStatus = (
  type: Exclude<CheckInfoType, 'UNKNOWN'>,
  result: Taken | undefined,
): CheckStatusInfo => {
  if (type === 'COMMAND')
    return { type, command: result?.type === type ? { exit_code: result.exitCode } : {} }
  if (type === 'HTTP')
    return { type, http: result?.type === type ? { status_code: result.statusCode } : {} }
  return { type, tcp: result?.type === type ? { succeeded: result.succeeded } : {} }
}

export const isSameStatus = (a: CheckStatusInfo | undefined, b: CheckStatusInfo): boolean =>
  a?.type === b.type &&
  a?.command?.exit_code === b.command?.exit_code &&
  a?.http?.status_code === b.http?.status_code &&
  a?.tcp?.succeeded === b.tcp?.succeeded
