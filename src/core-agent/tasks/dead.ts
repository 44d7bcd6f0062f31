import { stateOf } from '../docker/inspect.ts'
import { type AgentState, type Container, taskOf } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * How much longer a container of another framework may stay after its end (core-agent §3.8): what is left of
 * `--docker_remove_delay`, whatever happened to the agent meanwhile.
 */
export const remainingMs = (turn: Turn, container: Container): number => {
  const { dockerRemoveDelayMs } = turn.context.settings
  const endedMs = endedAtMs(container)
  const leftMs = endedMs > 0 ? endedMs + dockerRemoveDelayMs - turn.context.nowMs : Infinity
  return Math.min(dockerRemoveDelayMs, Math.max(0, leftMs))
}

/** Those that are too many, the oldest first: at most `--max_dead_containers` of them stay. */
export const surplus = ({ state, context }: Turn): readonly Container[] => {
  const dead = [...state.containers.values()].filter((one) => isDead(state, one))
  const tooMany = dead.length - context.settings.maxDeadContainers
  if (tooMany <= 0) return []
  return dead.sort((a, b) => endedAtMs(a) - endedAtMs(b)).slice(0, tooMany)
}

const isDead = (state: AgentState, container: Container): boolean =>
  !container.kept &&
  !container.removing &&
  container.inspect !== undefined &&
  !stateOf(container.inspect).alive &&
  taskOf(state, container) === undefined

/** Wall time; zero or below where it never ran. */
const endedAtMs = ({ inspect }: Container): number => {
  const endedMs = inspect === undefined ? 0 : Date.parse(stateOf(inspect).finishedAt)
  return Number.isNaN(endedMs) ? 0 : endedMs
}
