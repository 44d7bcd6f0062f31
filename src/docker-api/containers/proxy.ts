import type { ContainerView } from '../../mesos-framework/cluster.ts'
import type { Answer, Api, Call } from '../call.ts'
import { assertReachable, versioned } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { object } from '../json.ts'
import { findContainer } from './find.ts'

/** The call as it is, to the container's agent, with the full id for its name. */
export const toContainer =
  (path: string) =>
  (api: Api, call: Call): Answer => {
    const container = findContainer(api.cluster, call.params['name'] ?? '')
    assertReachable(api, container)
    return relayed(container, call, path)
  }

/** Attach and logs, whose content type tells new clients whether the stream has frames (docker-frontend §1.2). */
export const toContainerStream =
  (path: string) =>
  (api: Api, call: Call): Answer => {
    const container = findContainer(api.cluster, call.params['name'] ?? '')
    assertReachable(api, container)
    const tty = object(container.inspect['Config'])['Tty'] === true
    return { ...relayed(container, call, path), contentType: streamType(tty, call) }
  }

/** `POST /commit?container=`: the container is a parameter here. */
export const commitContainer = (api: Api, call: Call): Answer => {
  const reference = call.query.get('container') ?? ''
  if (reference === '')
    throw new ApiError('INVALID_PARAMETER', 'container: name the container to commit')
  const container = findContainer(api.cluster, reference)
  assertReachable(api, container)
  const query = new URLSearchParams(call.query)
  query.set('container', container.id)
  return {
    kind: 'relay',
    agent: container.agent,
    path: versioned(`/commit?${query.toString()}`, call.version),
  }
}

/** Docker API v1.42 names framed streams; before that every stream is called raw. */
export const streamType = (tty: boolean, call: Pick<Call, 'version'>): string =>
  tty || call.version < 42
    ? 'application/vnd.docker.raw-stream'
    : 'application/vnd.docker.multiplexed-stream'

const relayed = (container: ContainerView, call: Call, path: string) => ({
  kind: 'relay' as const,
  agent: container.agent,
  path: versioned(`/containers/${container.id}${path}${call.search}`, call.version),
})
