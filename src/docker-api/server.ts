import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Cluster } from '../mesos-framework/cluster.ts'
import type { Clock } from '../runtime/clock.ts'
import { createServer, onUpgrade, serveUnrouted } from '../runtime/http-server.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Transport } from '../runtime/transport.ts'
import { splitVersion } from './api-version.ts'
import type { Api, Call } from './call.ts'
import type { DockerApiConfig } from './config.ts'
import { maxConcurrentAgents } from './engine.ts'
import { ApiError } from './errors.ts'
import { ExecIds } from './exec/exec-ids.ts'
import { type Decision, perform, performUpgrade } from './perform.ts'
import { errorAnswer, onwardOf } from './replies.ts'
import { type CompiledRoute, compile, type Match, match } from './router.ts'
import { routes } from './routes.ts'

/** Of a request's head: some clients repeat the create body in the query string (docker-frontend §1.4). */
const maxHeaderBytes = 256 * 1024

/** Each agent that one request asks listens for the client's leaving; Node would warn of a leak at 11. */
const maxLeavingListeners = 2 * maxConcurrentAgents

export interface DockerApiPorts {
  readonly clock: Clock
  readonly logger: Logger
  /** Reaches the agents' engine endpoints. */
  readonly transport: Transport
}

/**
 * The Docker endpoint of a cluster, without sockets: `listen` of http-server.ts gives it some, `inject()` needs none.
 * Every request goes one way: match a row, let its handler decide, perform what it decided.
 */
export const createDockerApi = (
  cluster: Cluster,
  config: DockerApiConfig,
  ports: DockerApiPorts,
): FastifyInstance => {
  const api: Api = { cluster, config, ...ports, execs: new ExecIds() }
  const rows = compile(routes)
  const app = createServer({ maxHeaderBytes })
  // Every row is matched here: router.ts says why.
  serveUnrouted(app, (request, response) => {
    void decide(api, rows, request, leaving(response)).then((decision) =>
      perform(api, decision, request, response),
    )
  })
  onUpgrade(app, (request, socket, head) => {
    void decide(api, rows, request, leaving(socket)).then((decision) =>
      performUpgrade(api, decision, request, socket, head),
    )
  })
  return app
}

const decide = async (
  api: Api,
  rows: readonly CompiledRoute[],
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Decision> => {
  try {
    const { route, call } = callOf(rows, request, signal)
    const answer = await route.handle(api, call)
    if (answer.kind !== 'relay') return { kind: 'tell', answer }
    return { kind: 'relay', onward: onwardOf(api, answer), hijacks: route.hijacks === true }
  } catch (error) {
    return { kind: 'tell', answer: errorAnswer(api, error) }
  }
}

const callOf = (
  rows: readonly CompiledRoute[],
  request: IncomingMessage,
  signal: AbortSignal,
): { readonly route: Match['route']; readonly call: Call } => {
  const { method = 'GET', url = '/' } = request
  const at = url.indexOf('?')
  const search = at === -1 ? '' : url.slice(at)
  const { version, path } = splitVersion(decodePath(at === -1 ? url : url.slice(0, at)))
  const { route, params } = match(rows, method, path)
  const query = new URLSearchParams(search)
  return { route, call: { method, params, query, search, version, request, signal } }
}

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new ApiError('MALFORMED_URL', path.slice(0, 256))
  }
}

/** Aborts when the stream to the client closes before it was ended. */
const leaving = (stream: Writable): AbortSignal => {
  const left = new AbortController()
  setMaxListeners(maxLeavingListeners, left.signal)
  stream.on('close', () => {
    if (!stream.writableFinished) left.abort()
  })
  return left.signal
}
