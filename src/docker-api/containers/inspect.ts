import type { Inspect } from '../../mesos/engine-endpoint.ts'
import type { NodeView } from '../../mesos-framework/cluster.ts'
import { plus, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { type Answer, type Api, type Call, json, verbatim } from '../call.ts'
import { askAll, isSuccess, jsonOf } from '../engine.ts'
import { list, object, text } from '../json.ts'
import { withNodeAddress } from './addresses.ts'
import { findContainer } from './find.ts'
import { withRequeue } from './requeue.ts'

/** `GET /containers/{name}/json`: the engine's own answer, completed; from memory when the agent is lost. */
export const inspectContainer = async (api: Api, call: Call): Promise<Answer> => {
  const container = findContainer(api.cluster, call.params['name'] ?? '')
  const node = api.cluster.nodes().find(({ id }) => id === container.agent)
  const shown = (inspect: Readonly<Record<string, unknown>>) =>
    json(200, withNode({ ...inspect, State: withRequeue(inspect['State'], container) }, node))
  if (node === undefined || container.unreachableSinceMs !== undefined)
    return shown(container.inspect)
  const path = `/containers/${container.id}/json${call.search}`
  const request = { method: 'GET', path, version: call.version }
  const [answer] = await askAll(api, [node], request)
  if (answer === undefined) return shown(container.inspect)
  if (!isSuccess(answer)) return verbatim(answer.response)
  const inspect = object(jsonOf(node, answer.response))
  return shown(call.version < 44 ? inspect : withDnsNames(inspect))
}

/** Adds where the container is, `Node` after `LogPath`, and the node's address to published ports (docker-frontend §4.4). */
const withNode = (
  inspect: Inspect | Readonly<Record<string, unknown>>,
  node: NodeView | undefined,
): Readonly<Record<string, unknown>> => {
  if (node === undefined) return inspect
  const settings = object(inspect['NetworkSettings'])
  const entries: [string, unknown][] = Object.entries({
    ...inspect,
    NetworkSettings: { ...settings, Ports: withNodeAddress(settings['Ports'], node.ip) },
  })
  const at = entries.findIndex(([key]) => key === 'LogPath') + 1
  entries.splice(at === 0 ? entries.length : at, 0, ['Node', nodeObject(node)])
  return Object.fromEntries(entries)
}

/** Docker API v1.44: the names by which a container is found on a network, which older engines do not list. */
const withDnsNames = (
  inspect: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => {
  const settings = object(inspect['NetworkSettings'])
  const own = [text(inspect['Name']).replace(/^\//, ''), text(inspect['Id']).slice(0, 12)]
  const Networks = Object.fromEntries(
    Object.entries(object(settings['Networks'])).map(([network, endpoint]) => {
      const { DNSNames, Aliases } = object(endpoint)
      if (DNSNames !== undefined || isPredefined(network)) return [network, endpoint]
      const names = [...new Set([own[0], ...list(Aliases).map(text), own[1]])]
      return [network, { ...object(endpoint), DNSNames: names }]
    }),
  )
  return { ...inspect, NetworkSettings: { ...settings, Networks } }
}

/** No name server answers on these. */
const isPredefined = (network: string): boolean => /^(bridge|host|none)$/.test(network)

/** As classic Swarm wrote it; `Cpus` and `Memory` (bytes) are what the framework holds and is offered there. */
const nodeObject = (node: NodeView) => {
  const total = plus(node.held, node.offered)
  return {
    ID: node.id,
    IP: node.ip,
    Addr: node.address,
    Name: node.hostname,
    Cpus: units(scalarOf(total, 'cpus')),
    Memory: Math.round(units(scalarOf(total, 'mem')) * 1_048_576),
    Labels: Object.fromEntries(node.labels),
  }
}
