import type { AgentId, FrameworkId } from '../../mesos/ids.ts'

/** What is asked back is decided from. */
export interface InverseSnapshot {
  /** Monotonic, as the deadlines of the filters. */
  readonly nowMs: number
  /** Connected agents whose machines will be unavailable. */
  readonly agents: readonly {
    readonly id: AgentId
    /** Connected frameworks that have something of it, offered or used. */
    readonly holders: readonly FrameworkId[]
    /** Who has not answered yet. */
    readonly asked: ReadonlySet<FrameworkId>
  }[]
  /** Until when a framework does not want to be asked about an agent. */
  readonly filters: ReadonlyMap<FrameworkId, ReadonlyMap<AgentId, number>>
}

/** Which frameworks are asked about which agents: one inverse offer a framework and agent at a time (core-master §3.5). */
export const inverseOffers = ({
  nowMs,
  agents,
  filters,
}: InverseSnapshot): ReadonlyMap<FrameworkId, readonly AgentId[]> => {
  const plan = new Map<FrameworkId, AgentId[]>()
  for (const { id, holders, asked } of agents)
    for (const framework of holders) {
      if (asked.has(framework) || (filters.get(framework)?.get(id) ?? nowMs) > nowMs) continue
      plan.set(framework, [...(plan.get(framework) ?? []), id])
    }
  return plan
}
