import { type FrameworkId, id } from '../../mesos/ids.ts'
import type { FrameworkInfo, SchedulerCallSubscribe } from '../../mesos/wire.ts'
import { milli } from '../../resources/scalar.ts'
import { withdrawInverseOffers } from '../maintenance/inverse-offers.ts'
import { masterInfo } from '../master-info.ts'
import { withdrawAll } from '../offers/withdraw.ts'
import { unauthorizedRole } from '../security/authorize.ts'
import type { Framework } from '../state.ts'
import {
  cancelTimer,
  count,
  endStream,
  log,
  runAllocator,
  setTimer,
  type Turn,
  tell,
  tellAgent,
} from '../turn.ts'
import {
  capabilitiesOf,
  frameworkInfoProblem,
  rolesOf,
  updateProblem,
} from '../validation/framework-info.ts'

/** SUBSCRIBE on a fresh stream: a new framework, a scheduler failover, or one known from elsewhere (core-master W9–W11). */
export const subscribe = (turn: Turn, stream: string, call: SchedulerCallSubscribe): void => {
  const given = call.framework_info
  const isNew = (given.id?.value ?? '') === ''
  count(turn, isNew ? 'messages_register_framework' : 'messages_reregister_framework')
  if (call.offer_constraints !== undefined)
    log(turn, 'warn', { framework: given.name }, 'offer_constraints are ignored: not supported')

  const frameworkId = isNew ? undefined : id<FrameworkId>(given.id?.value ?? '')
  const known = frameworkId && turn.state.frameworks.get(frameworkId)
  const info = known === undefined ? given : withFixedFields(turn, known, given)
  const problem = subscriptionProblem(turn, call, known, info)
  if (problem !== undefined) return refuseSubscription(turn, stream, given, problem)

  const framework = known ?? newFramework(turn, frameworkId ?? nextId(turn), info)
  if (known !== undefined) failOver(turn, known)
  applyInfo(framework, info, call.suppressed_roles ?? [])
  connect(turn, framework, stream)
  if (known !== undefined) sendInfo(turn, framework)
  runAllocator(turn, 'all')
}

const subscriptionProblem = (
  { state, config }: Turn,
  call: SchedulerCallSubscribe,
  known: Framework | undefined,
  info: FrameworkInfo,
): string | undefined => {
  const suppressed = call.suppressed_roles ?? []
  const problem = frameworkInfoProblem(info, { suppressed, whitelist: config.roles })
  if (problem !== undefined) return problem
  if (info.user === 'root' && !config.rootSubmissions)
    return "User 'root' is not allowed to run frameworks without --root_submissions set"
  const unauthorized = unauthorizedRole(config.acls, info)
  if (unauthorized !== undefined) return unauthorized
  if (info.id !== undefined && state.completedFrameworks.has(id<FrameworkId>(info.id.value)))
    return 'Framework has been removed'
  return known && updateProblem(known.info, info)
}

/** Refusals arrive on the stream, which is then closed (core-master W10). */
const refuseSubscription = (
  turn: Turn,
  stream: string,
  info: FrameworkInfo,
  message: string,
): void => {
  log(turn, 'info', { framework: info.name, problem: message }, 'refused a subscription')
  turn.effects.push({
    type: 'tell-framework',
    stream,
    event: { type: 'ERROR', error: { message } },
  })
  endStream(turn, stream)
}

/** `user` and `checkpoint` stay what they were; a change is only worth a warning here (core-master W10). */
const withFixedFields = (turn: Turn, { info: old }: Framework, info: FrameworkInfo) => {
  const { user, checkpoint } = old
  if (info.user !== user || (info.checkpoint ?? false) !== (checkpoint ?? false))
    log(
      turn,
      'warn',
      { framework: old.id?.value },
      'FrameworkInfo.user and FrameworkInfo.checkpoint cannot change: the old ones stay',
    )
  return { ...info, user, checkpoint }
}

/** Somebody may have come with the id that is due. */
const nextId = ({ state }: Pick<Turn, 'state'>): FrameworkId => {
  const next = id<FrameworkId>(`${state.id}-${String(state.next.framework++).padStart(4, '0')}`)
  const isTaken = state.frameworks.has(next) || state.completedFrameworks.has(next)
  return isTaken ? nextId({ state }) : next
}

/** Adds a framework that is not yet connected: a new one, or one that only its agents know (core-master M3, M13). */
export const newFramework = (
  turn: Turn,
  frameworkId: FrameworkId,
  given: FrameworkInfo,
): Framework => {
  const info = { ...given, id: { value: frameworkId } }
  const framework: Framework = {
    id: frameworkId,
    info,
    capabilities: capabilitiesOf(info),
    roles: rolesOf(info),
    stream: undefined,
    recovered: true,
    suppressed: new Set(),
    minAllocatable: minimumsOf(info),
    filters: new Map(),
    tasks: new Map(),
    unreachableTasks: new Map(),
    completedTasks: [],
    offers: new Set(),
    inverseOffers: new Set(),
    inverseFilters: new Map(),
    waited: { declined: 0, isServed: false },
    held: new Map(),
    allocations: new Map(),
    registeredMs: turn.nowMs,
    reregisteredMs: undefined,
    unregisteredMs: undefined,
  }
  turn.state.frameworks.set(frameworkId, framework)
  return framework
}

/** The last one wins: the old stream is told and ended, its offers and filters are void (core-master W11 c). */
const failOver = (turn: Turn, framework: Framework): void => {
  withdrawAll(turn, framework)
  withdrawInverseOffers(turn, framework)
  framework.filters.clear()
  if (!framework.recovered) framework.reregisteredMs = turn.nowMs
  if (framework.stream === undefined) return
  tell(turn, framework, { type: 'ERROR', error: { message: 'Framework failed over' } })
  endStream(turn, framework.stream)
}

/** Takes over a FrameworkInfo that passed validation; the suppressed roles replace the old ones (core-master O10, W11). */
export const applyInfo = (
  framework: Framework,
  info: FrameworkInfo,
  suppressed: readonly string[],
): void => {
  framework.info = { ...info, id: { value: framework.id } }
  framework.capabilities = capabilitiesOf(info)
  framework.roles = rolesOf(info)
  framework.suppressed = new Set(suppressed)
  framework.minAllocatable = minimumsOf(info)
}

const minimumsOf = (info: FrameworkInfo) =>
  new Map(
    Object.entries(info.offer_filters ?? {}).flatMap(([role, filters]) => {
      const minimums = filters.min_allocatable_resources?.quantities
      if (filters.min_allocatable_resources === undefined) return []
      return [
        [
          role,
          (minimums ?? []).map(
            ({ quantities }) =>
              new Map(
                Object.entries(quantities ?? {}).map(([name, { value }]) => [name, milli(value)]),
              ),
          ),
        ] as const,
      ]
    }),
  )

const connect = (turn: Turn, framework: Framework, stream: string): void => {
  const { config } = turn
  framework.stream = stream
  framework.recovered = false
  cancelTimer(turn, `failover:${framework.id}`)
  tell(turn, framework, {
    type: 'SUBSCRIBED',
    subscribed: {
      framework_id: { value: framework.id },
      heartbeat_interval_seconds: config.heartbeatIntervalMs / 1000,
      master_info: masterInfo(turn.state, config),
    },
  })
  heartbeat(turn, framework)
}

/** At once after SUBSCRIBED, then in even intervals while the stream lives (core-master W8). */
export const heartbeat = (turn: Turn, framework: Framework): void => {
  if (framework.stream === undefined) return
  tell(turn, framework, { type: 'HEARTBEAT' })
  setTimer(turn, `heartbeat:${framework.id}`, turn.config.heartbeatIntervalMs, {
    type: 'framework-heartbeat',
    framework: framework.id,
  })
}

/** Agents that run its tasks decide by its capabilities. */
export const sendInfo = (turn: Turn, framework: Framework): void => {
  const agents = new Set([...framework.tasks.values()].map(({ agent }) => agent))
  for (const agentId of agents) {
    const agent = turn.state.agents.get(agentId)
    if (agent === undefined) continue
    tellAgent(turn, agent, {
      type: 'UPDATE_FRAMEWORK',
      update_framework: { framework_info: framework.info },
    })
  }
}
