import { maxOwnEvents } from './bounds.ts'
import type { ClusterEvent } from './cluster.ts'
import { text } from './inspect.ts'

/** What no engine says of a container: the agents take back what they lent, the frontend acts on that. */
const ownActions: ReadonlySet<string> = new Set([
  'throttle',
  'freeze',
  'thaw',
  'revoke',
  'requeue',
  'requeue-failed',
  'promote',
  'promote-waiting',
])

/**
 * The last events that no engine remembers, in the order in which they came: `docker events --since` asks the engines
 * for all others. The oldest goes where there are more than `maxOwnEvents`.
 */
export class OwnEvents {
  readonly #events: ClusterEvent[] = []

  keep(one: ClusterEvent): void {
    if (!isOwn(one)) return
    this.#events.push(one)
    if (this.#events.length > maxOwnEvents) this.#events.shift()
  }

  all(): readonly ClusterEvent[] {
    return [...this.#events]
  }
}

const isOwn = ({ event }: ClusterEvent): boolean =>
  event['Type'] === 'swarm' ||
  (event['Type'] === 'container' && ownActions.has(text(event['Action'])))
