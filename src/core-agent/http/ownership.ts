import { agentLabels } from '../../mesos/engine-endpoint.ts'
import type { FrameworkId } from '../../mesos/ids.ts'
import { nameOf } from '../docker/inspect.ts'
import type { AgentState, Container } from '../state.ts'

/** The shortest beginning of an id that stands for it. */
const shortestPrefix = 4

/**
 * The framework's own container that `reference` names: by full id, by name, by a beginning of the id that no other
 * shares. Decided by the journal's ids, never by labels, which an image may carry (docker-frontend D62).
 */
export const ownContainer = (
  { containers }: AgentState,
  frameworkId: FrameworkId,
  reference: string,
): Container | undefined => {
  const exact = containers.get(reference)
  if (exact !== undefined) return exact.frameworkId === frameworkId ? exact : undefined
  const own = [...containers.values()].filter((one) => one.frameworkId === frameworkId)
  const name = reference.replace(/^\//, '')
  const named = own.find(({ inspect }) => inspect !== undefined && nameOf(inspect) === name)
  if (named !== undefined) return named
  const begun = own.filter(({ engineId }) => engineId.startsWith(reference))
  return reference.length >= shortestPrefix && begun.length === 1 ? begun[0] : undefined
}

/** Label filters that admit the framework's containers of this agent: another agent may share the engine. */
export const ownerLabels = (
  { agentId }: Pick<AgentState, 'agentId'>,
  frameworkId: FrameworkId,
): readonly string[] => [
  `${agentLabels.frameworkId}=${frameworkId}`,
  `${agentLabels.agentId}=${agentId ?? ''}`,
]
