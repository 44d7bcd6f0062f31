import { number, object, text } from '../json.ts'
import { humanDuration } from '../units.ts'

/**
 * `State` of an inspect in the words of `docker ps` (moby `container.State.String`): `Up 3 seconds (healthy)`,
 * `Exited (0) 2 minutes ago`, `Created`.
 */
export const statusText = (state: Readonly<Record<string, unknown>>, nowMs: number): string => {
  const since = (field: string) => humanDuration(nowMs - Date.parse(text(state[field])))
  const exitCode = number(state['ExitCode'])
  if (state['Running'] === true) {
    if (state['Paused'] === true) return `Up ${since('StartedAt')} (Paused)`
    if (state['Restarting'] === true) return `Restarting (${exitCode}) ${since('FinishedAt')} ago`
    const health = healthText(healthOf(state))
    return `Up ${since('StartedAt')}${health === '' ? '' : ` (${health})`}`
  }
  if (state['Status'] === 'removing') return 'Removal In Progress'
  if (state['Dead'] === true) return 'Dead'
  if (isZero(state['StartedAt'])) return 'Created'
  if (isZero(state['FinishedAt'])) return ''
  return `Exited (${exitCode}) ${since('FinishedAt')} ago`
}

/** `none` where there is no health check. */
export const healthOf = (state: Readonly<Record<string, unknown>>): string =>
  text(object(state['Health'])['Status']) || 'none'

const healthText = (health: string): string => {
  if (health === 'none') return ''
  return health === 'starting' ? 'health: starting' : health
}

/** Go's zero time: it never happened. */
const isZero = (time: unknown): boolean => text(time) === '' || text(time).startsWith('0001-01-01')
