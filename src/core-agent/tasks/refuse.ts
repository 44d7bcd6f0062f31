import type { AgentLinkEventLaunch } from '../../mesos/wire.ts'
import { type TaskKey, taskKey } from '../state.ts'
import type { Turn } from '../turn.ts'
import { firstRetryMs, refusal } from './updates.ts'

/** Refusals that nobody acknowledged; of older ones the master asks when the agent subscribes the next time. */
export const maxRefused = 1000

/**
 * A launch that comes while the journal cannot be written: nothing is started that the next life of the agent would not
 * know of. Told until it is acknowledged, from memory alone.
 */
export const refuseUnrecorded = (turn: Turn, event: AgentLinkEventLaunch, why: string): void => {
  const { refused } = turn.state
  const { framework_info: framework, task_info: info } = event
  const key = taskKey(framework.id?.value ?? '', info.task_id.value)
  refused.set(key, refusal(turn, event, `The agent cannot write its journal: ${why}`))
  const [oldest] = refused.keys()
  if (refused.size > maxRefused && oldest !== undefined) refused.delete(oldest)
  turn.state.counters.launchErrors += 1
  tellRefusal(turn, key)
}

export const tellRefusal = (turn: Turn, key: TaskKey): void => {
  const call = turn.state.refused.get(key)
  if (call === undefined || !turn.state.connected) return
  turn.doAtOnce({ type: 'status-update', call })
  turn.doAtOnce({
    type: 'after',
    timer: `refusal ${key}`,
    delayMs: firstRetryMs,
    message: { type: 'REFUSAL_UNACKNOWLEDGED', task: key },
  })
}

/** ACKNOWLEDGE of a task that the journal knows nothing of. */
export const acknowledgeRefusal = (turn: Turn, key: TaskKey, uuid: Uint8Array): void => {
  const told = turn.state.refused.get(key)?.status.uuid
  if (told === undefined || Buffer.compare(told, uuid) !== 0) return
  turn.state.refused.delete(key)
  turn.doAtOnce({ type: 'cancel', timer: `refusal ${key}` })
}
