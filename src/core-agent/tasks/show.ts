import type { DockerEvent } from '../../mesos/engine-endpoint.ts'
import { present } from '../docker/present.ts'
import type { Container } from '../state.ts'
import type { Turn } from '../turn.ts'

/** Tells the watchers of its framework how the container is now. */
export const showContainer = (turn: Turn, container: Container): void => {
  if (container.inspect === undefined) return
  turn.do({
    type: 'publish',
    framework: container.frameworkId,
    record: { type: 'CONTAINER', container: present(container.inspect, container) },
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
