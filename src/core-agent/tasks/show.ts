import type { DockerEvent } from '../../mesos/engine-endpoint.ts'
import { present } from '../docker/present.ts'
import type { Container } from '../state.ts'
import type { Turn } from '../turn.ts'

/**
 * Tells the watchers of its framework how the container is now; with the warnings of its create, that the launch they
 * wait for has made it.
 */
export const showContainer = (
  turn: Turn,
  container: Container,
  made: { readonly warnings?: readonly string[] } = {},
): void => {
  if (container.inspect === undefined) return
  turn.do({
    type: 'publish',
    framework: container.frameworkId,
    record: { type: 'CONTAINER', container: present(container.inspect, container), ...made },
  })
}

export const showEvents = (
  turn: Turn,
  container: Container | undefined,
  events: readonly DockerEvent[],
): void => {
  for (const event of events)
    turn.do({
      type: 'publish',
      framework: container?.frameworkId,
      record: { type: 'EVENT', event },
    })
}
