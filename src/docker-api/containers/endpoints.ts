import type { ContainerView, CreateRequest } from '../../mesos-framework/cluster.ts'
import type { HttpResponse } from '../../runtime/transport.ts'
import type { Api, Call } from '../call.ts'
import { ask, postJson } from '../engine.ts'
import { object, text } from '../json.ts'
import { fill } from '../paths.ts'

/** Networks that a container joins besides the one of its network mode, with their endpoint settings. */
export type FurtherEndpoints = readonly (readonly [network: string, settings: unknown])[]

/**
 * Several `EndpointsConfig` entries, which API 1.44 allows and older engines refuse: the one of the network mode stays
 * in the create, the others are joined afterwards (docker-frontend §1.2).
 */
export const splitEndpoints = (
  request: CreateRequest,
): { readonly request: CreateRequest; readonly further: FurtherEndpoints } => {
  const networking = object(request.body['NetworkingConfig'])
  const endpoints = Object.entries(object(networking['EndpointsConfig']))
  if (endpoints.length < 2) return { request, further: [] }
  const mode = text(object(request.body['HostConfig'])['NetworkMode'])
  const own = ['', 'default'].includes(mode) ? 'bridge' : mode
  const isOwn = ([network]: readonly [string, unknown]) => network === own
  const EndpointsConfig = Object.fromEntries(endpoints.filter(isOwn))
  const body = { ...request.body, NetworkingConfig: { ...networking, EndpointsConfig } }
  return { request: { ...request, body }, further: endpoints.filter((one) => !isOwn(one)) }
}

/** Joins them before the client hears of the container. A refusal removes the container, and is the answer. */
export const joinFurther = async (
  api: Api,
  call: Call,
  container: ContainerView,
  further: FurtherEndpoints,
): Promise<HttpResponse | undefined> => {
  for (const [network, settings] of further) {
    const path = fill('/networks/{network}/connect', { network })
    const body = { Container: container.id, EndpointConfig: settings }
    const response = await postJson(api, call, container.agent, path, body)
    if (response.status !== 200) {
      const remove = `/containers/${container.id}?force=1&v=1`
      await ask(api, container.agent, { method: 'DELETE', path: remove, version: call.version })
      await api.cluster.refresh(container)
      return response
    }
  }
  await api.cluster.refresh(container)
  return undefined
}
