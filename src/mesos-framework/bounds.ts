/** A request that waits longer than this many others is refused: `busy` (docker-frontend §6.5). */
export const maxWaiting = 10_000

/** The longest create body, as JSON: a launch travels in records of 4 MB, with labels and environment in it twice. */
export const maxBodyBytes = 1024 * 1024

/** Bodies in one ACCEPT: what is beyond waits for the next turn. */
export const maxAcceptBytes = 4 * maxBodyBytes

/** How long a declined offer of an agent without engine endpoint is not wanted again. */
export const refuseStockAgentsSeconds = 3600

/** Between two explicit reconciliations while something is unanswered (docker-frontend §6.6). */
export const reconcileEveryMs = 10_000

/** The second kind is taken this long after the first found no place, at most (docker-frontend §8.3). */
export const maxGraceMs = 1000

/** Abandoned tasks that are remembered, so that a container which they still make is removed. */
export const maxAbandoned = 10_000

/** Events that a reader of `events()` may fall behind. */
export const maxEventsBehind = 10_000

/** Events that no engine remembers, kept for `docker events --since`. */
export const maxOwnEvents = 1000

/** Log records after the last snapshot; one more makes a new snapshot. */
export const maxLogRecords = 1000

/** After this long an agent that did not answer about a container is asked again. */
export const askAgainMs = 5_000
