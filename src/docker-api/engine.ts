import type { AgentId } from '../mesos/ids.ts'
import type { ContainerView, NodeView } from '../mesos-framework/cluster.ts'
import type { Headers, HttpResponse } from '../runtime/transport.ts'
import { TransportError } from '../runtime/transport.ts'
import type { ApiMinor } from './api-version.ts'
import type { Json } from './body.ts'
import type { Api, Call } from './call.ts'
import { ApiError } from './errors.ts'

/** How long an engine may take for an answer that does not depend on what the user asked it to wait for. */
export const engineTimeoutMs = 60_000

/** Agents asked at the same time by one request. */
export const maxConcurrentAgents = 20

export interface EngineRequest {
  readonly method: string
  /** Docker path without version, with its query. */
  readonly path: string
  readonly version: ApiMinor
  readonly headers?: Headers
  readonly body?: Uint8Array
  readonly timeoutMs?: number
}

/** One request to the engine behind an agent, answered whole. Throws AGENT_UNREACHABLE. */
export const ask = async (
  api: Api,
  agent: AgentId,
  request: EngineRequest,
): Promise<HttpResponse> => {
  const address = addressOf(api, agent)
  try {
    return await api.transport.request(
      address.origin,
      {
        method: request.method,
        path: `${address.prefix}${versioned(request.path, request.version)}`,
        headers: { ...request.headers, ...address.headers },
        body: request.body ?? new Uint8Array(),
      },
      { timeoutMs: request.timeoutMs ?? engineTimeoutMs },
    )
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    throw new ApiError('AGENT_UNREACHABLE', nodeName(api, agent), ` (${error.message})`)
  }
}

/** A call's JSON body, changed or not, to the engine behind an agent. Throws AGENT_UNREACHABLE. */
export const postJson = (
  api: Api,
  { version }: Pick<Call, 'version'>,
  agent: AgentId,
  path: string,
  body: object,
): Promise<HttpResponse> =>
  ask(api, agent, {
    method: 'POST',
    path,
    version,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  })

/** Where requests for an agent go, as a transport wants it. Throws AGENT_UNREACHABLE. */
export const addressOf = (api: Api, agent: AgentId) => {
  const address = api.cluster.engine(agent)
  if (address === undefined) throw new ApiError('AGENT_UNREACHABLE', nodeName(api, agent), '')
  const { host, port, prefix, headers } = address
  const origin = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return { host, port, origin, prefix, headers }
}

export const versioned = (path: string, version: ApiMinor): string => `/v1.${version}${path}`

/** The container's agent can be asked. Throws AGENT_UNREACHABLE with what is known (docker-frontend §1.5). */
export const assertReachable = (api: Api, container: ContainerView): void => {
  const { unreachableSinceMs, hostname, name } = container
  if (unreachableSinceMs === undefined) return
  const seconds = Math.max(0, Math.round((api.clock.now() - unreachableSinceMs) / 1000))
  throw new ApiError(
    'AGENT_UNREACHABLE',
    hostname,
    ` since ${seconds}s; container ${name} is known`,
  )
}

export interface NodeAnswer {
  readonly node: NodeView
  readonly response: HttpResponse
}

/** Asks the given nodes, `maxConcurrentAgents` at a time; those that cannot be reached are left out. Order as given. */
export const askAll = async (
  api: Api,
  nodes: readonly NodeView[],
  request: EngineRequest,
): Promise<readonly NodeAnswer[]> => {
  const answers = await mapBounded(nodes, maxConcurrentAgents, async (node) => {
    try {
      return { node, response: await ask(api, node.id, request) }
    } catch (error) {
      if (error instanceof ApiError) return undefined
      throw error
    }
  })
  return answers.filter((answer) => answer !== undefined)
}

/** Nodes whose engine can be asked, by hostname. */
export const askableNodes = (api: Api): readonly NodeView[] =>
  api.cluster
    .nodes()
    .filter(({ status }) => status === 'Healthy' || status === 'Draining')
    .sort((a, b) => (a.hostname < b.hostname ? -1 : 1))

/** The same, at least one of them. Throws NO_NODE naming what was wanted. */
export const healthyNodes = (api: Api, what: string): readonly [NodeView, ...NodeView[]] => {
  const [first, ...rest] = askableNodes(api)
  if (first === undefined) throw new ApiError('NO_NODE', what)
  return [first, ...rest]
}

export const isSuccess = ({ response }: NodeAnswer): boolean =>
  response.status >= 200 && response.status < 300

/** The body of an engine's answer. Throws ENGINE_ANSWER when it is not JSON. */
export const jsonOf = (
  { hostname }: { readonly hostname: string },
  { body }: HttpResponse,
): Json => {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Json
  } catch {
    throw new ApiError('ENGINE_ANSWER', hostname)
  }
}

/** Like `Promise.all` over `map`, with at most `limit` under way. */
export const mapBounded = async <T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await map(items[at] as T)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}

/** Hostname of an agent, or its id while nothing else is known of it. */
export const nodeName = (api: Api, agent: AgentId): string =>
  api.cluster.nodes().find((node) => node.id === agent)?.hostname ?? agent
