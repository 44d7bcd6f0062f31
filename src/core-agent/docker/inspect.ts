import type { Inspect } from '../../mesos/engine-endpoint.ts'

/** `State` of a container as far as the agent decides by it. */
export interface ContainerState {
  /** created, running, paused, restarting, removing, exited, dead. */
  readonly status: string
  /** Its process lives, or its restart policy will start it again. */
  readonly alive: boolean
  /** RFC 3339, or `neverStarted`. Differs from run to run, so it tells one run from the next. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly exit: Exit
}

export interface Exit {
  readonly code: number
  readonly oomKilled: boolean
  /** The engine's own complaint, empty where it has none. */
  readonly error: string
}

/** Go's zero time, which the engine writes for "never". */
export const neverStarted = '0001-01-01T00:00:00Z'

export const stateOf = (inspect: Inspect): ContainerState => {
  const state = record(inspect['State'])
  return {
    status: text(state['Status']),
    alive: state['Running'] === true || state['Restarting'] === true,
    startedAt: text(state['StartedAt']) || neverStarted,
    finishedAt: text(state['FinishedAt']),
    exit: {
      code: Number(state['ExitCode'] ?? 0),
      oomKilled: state['OOMKilled'] === true,
      error: text(state['Error']),
    },
  }
}

/** Without the leading slash. */
export const nameOf = (inspect: Inspect): string => text(inspect['Name']).replace(/^\//, '')

export const labelsOf = (inspect: Inspect): Readonly<Record<string, unknown>> =>
  record(record(inspect['Config'])['Labels'])

/** Seconds that `docker stop` without `-t` waits: the container's own, or the engine's default. */
export const stopTimeoutSeconds = (inspect: Inspect): number => {
  const own = record(inspect['Config'])['StopTimeout']
  return typeof own === 'number' ? own : defaultStopTimeoutSeconds
}

const defaultStopTimeoutSeconds = 10

/** A JSON object, empty where there is none. */
export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

/** A JSON string, empty where there is none. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
