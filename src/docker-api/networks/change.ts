import type { ContainerView } from '../../mesos-framework/cluster.ts'
import { readJsonObject } from '../body.ts'
import { type Answer, type Api, type Call, verbatim } from '../call.ts'
import { findContainer } from '../containers/find.ts'
import { ask, assertReachable, jsonOf, postJson } from '../engine.ts'
import { ApiError } from '../errors.ts'
import { object, text, textMap } from '../json.ts'
import { fill } from '../paths.ts'
import { pickNode, splitNode } from '../pick-node.ts'
import { allNetworks, findNetworks } from './find.ts'

/** `POST /networks/create`: on one node; the name must be free on all of them. */
export const createNetwork = async (api: Api, call: Call): Promise<Answer> => {
  const body = await readJsonObject(call.request)
  const { node: pinned, name } = splitNode(text(body['Name']))
  if (name === '') throw new ApiError('INVALID_BODY', 'Name must be given: the name of the network')
  const networks = await allNetworks(api, call)
  if (networks.some(({ item }) => item['Name'] === name)) throw new ApiError('NETWORK_EXISTS', name)
  const node = pickNode(api, `network ${name}`, pinned, textMap(body['Labels']))
  return verbatim(await postJson(api, call, node.id, '/networks/create', { ...body, Name: name }))
}

/** `POST /networks/{name}/connect` and `disconnect`: on the node of the container. */
export const joinNetwork =
  (verb: 'connect' | 'disconnect') =>
  async (api: Api, call: Call): Promise<Answer> => {
    const body = await readJsonObject(call.request)
    const container = findContainer(api.cluster, text(body['Container']))
    assertReachable(api, container)
    const id = await networkIdOn(api, call, container)
    const path = `/networks/${id}/${verb}`
    const named = { ...body, Container: container.id }
    const response = await postJson(api, call, container.agent, path, named)
    await api.cluster.refresh(container)
    return verbatim(response)
  }

/** `DELETE /networks/{name}`. */
export const removeNetwork = async (api: Api, call: Call): Promise<Answer> => {
  const [{ node, item }] = await findNetworks(api, call, call.params['name'] ?? '')
  const path = `/networks/${text(item['Id'])}`
  return verbatim(await ask(api, node.id, { method: 'DELETE', path, version: call.version }))
}

/** Throws NO_SUCH_NETWORK, and WRONG_NODE naming both nodes when the network is on another. */
const networkIdOn = async (api: Api, call: Call, container: ContainerView): Promise<string> => {
  const reference = call.params['name'] ?? ''
  const { node, name } = splitNode(reference)
  const here = node === container.hostname || node === container.agent ? name : reference
  const path = fill('/networks/{name}', { name: here })
  const request = { method: 'GET', path, version: call.version }
  const response = await ask(api, container.agent, request)
  if (response.status === 200) return text(object(jsonOf(container, response))['Id'])
  const [other] = await findNetworks(api, call, reference)
  throw new ApiError(
    'WRONG_NODE',
    `network ${reference} is on ${other.node.hostname}, container ${container.name} is on ${container.hostname}`,
  )
}
