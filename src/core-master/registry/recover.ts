import { type AgentId, id } from '../../mesos/ids.ts'
import { scheduleRemoval } from '../agents/removals.ts'
import type { Quantities } from '../allocator/quantities.ts'
import { masterInfo } from '../master-info.ts'
import { pauseForRecovery } from '../offers/pause.ts'
import type { MasterState, Standing } from '../state.ts'
import { log, setTimer, store, type Turn } from '../turn.ts'
import { scheduleCollection } from './collect.ts'
import { changeOf, type Stored, type StoredKind } from './entries.ts'

type Recoveries = {
  readonly [Kind in StoredKind]: (state: MasterState, name: string, value: Stored[Kind]) => void
}

/** What each kind of entry is in the state of a master that begins. */
const recoveries: Recoveries = {
  agent: (state, name, { info, standing }) => {
    const agentId = id<AgentId>(name)
    state.recoveredAgents.set(agentId, { id: agentId, info, standing: standingOf(standing) })
    if (standing.drain?.config.mark_gone === true) state.going.add(agentId)
  },
  unreachable: (state, name, { info, sinceMs, standing }) =>
    void state.unreachableAgents.set(id<AgentId>(name), {
      info,
      sinceMs,
      standing: standingOf(standing),
    }),
  gone: (state, name, { sinceMs }) => void state.goneAgents.set(id<AgentId>(name), sinceMs),
  quota: (state, role, { guarantees, limits }) => {
    const quota = { guarantees: quantities(guarantees), limits: quantities(limits) }
    state.quotas = new Map([...state.quotas, [role, quota]])
  },
  // Over what `--weights` says (core-master §6.7).
  weight: (state, role, weight) => {
    state.weights = new Map([...state.weights, [role, weight]])
  },
  maintenance: (state, _name, { windows, down }) => {
    state.maintenance = { windows, down: new Set(down) }
  },
  master: () => {},
}

/** The first message of a master: it knows what the last one stored, and waits for its agents (core-master M11). */
export const recover = (turn: Turn, entries: Iterable<readonly [string, unknown]>): void => {
  const { state, config } = turn
  for (const entry of entries) recoverOne(state, changeOf(entry))
  store(turn, 'master', 'last', masterInfo(state, config))
  scheduleCollection(turn)
  if (state.recoveredAgents.size === 0) return
  state.expectedAgents = state.recoveredAgents.size
  log(turn, 'info', { agents: state.recoveredAgents.size }, 'agents of the last master are awaited')
  pauseForRecovery(turn)
  setTimer(turn, 'recovery', config.agentReregisterTimeoutMs, { type: 'recovery-timeout' })
}

const recoverOne = <Kind extends StoredKind>(
  state: MasterState,
  { kind, name, value }: { kind: Kind; name: string; value: Stored[Kind] | undefined },
): void => {
  const recoverKind: Recoveries[Kind] | undefined = recoveries[kind]
  if (value !== undefined) recoverKind?.(state, name, value)
}

const standingOf = ({ deactivated, drain }: Stored['agent']['standing']): Standing => ({
  deactivated,
  drain,
})

const quantities = (amounts: Readonly<Record<string, number>>): Quantities =>
  new Map(Object.entries(amounts))

/**
 * Agents that are not back are unreachable, at the rate that --agent_removal_rate_limit allows. If they are more than
 * --recovery_agent_removal_limit of all that were known, that is rather a mistake than so many broken machines.
 */
export const endRecovery = (turn: Turn): void => {
  const { state, config } = turn
  const missing = state.recoveredAgents.size
  const percent = (missing / Math.max(1, state.expectedAgents)) * 100
  if (percent > config.recoveryAgentRemovalLimitPercent) {
    const text =
      `${missing} of ${state.expectedAgents} agents of the last master (${Math.round(percent)}%) did not come back in time, ` +
      `more than --recovery_agent_removal_limit (${config.recoveryAgentRemovalLimitPercent}%) allows to be removed: ` +
      'look for what keeps them away, or raise the limit'
    turn.effects.push({ type: 'fail', text })
    return
  }
  for (const agentId of state.recoveredAgents.keys())
    scheduleRemoval(turn, agentId, 'did not re-register after the master was replaced')
}
