import { frameworkHeader } from '../../mesos/engine-endpoint.ts'
import { type FrameworkId, id } from '../../mesos/ids.ts'
import type { Exchange, Headers, HttpRequest } from '../../runtime/transport.ts'
import { enginePrefix } from '../attributes.ts'
import { leaksDescriptors, workingDirText } from '../docker/container-spec.ts'
import { type Change, type Engine, EngineError } from '../docker/engine.ts'
import { record, text } from '../docker/inspect.ts'
import { type DockerPolicy, execProblem } from '../docker/policy.ts'
import { present } from '../docker/present.ts'
import type { AgentState, Container } from '../state.ts'
import { networkProblem, relayProblem } from './engine-policy.ts'
import {
  clampVersion,
  type EngineRoute,
  engineRoute,
  isTrue,
  type Relayed,
  readFilters,
  withLabels,
} from './engine-routes.ts'
import { ownContainer, ownerLabels } from './ownership.ts'
import type { Watchers } from './watchers.ts'

export interface EndpointPorts {
  readonly state: AgentState
  readonly engine: Engine
  readonly watchers: Watchers
  readonly policy: DockerPolicy
  /** Puts a change through the agent's handlers, which answer the exchange. */
  change(container: string, change: Change, exchange: Exchange): void
}

/** What to do with a request before its body is read. */
export type Admission =
  | { readonly kind: 'application' }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  | { readonly kind: 'relay'; readonly path: string; readonly hijacked: boolean }

type Head = Pick<HttpRequest, 'method' | 'path' | 'headers'>
type Refusal = Extract<Admission, { kind: 'refused' }>

/** The engine as one framework may use it: its own containers, and what belongs to the whole node (docker-frontend §2.5). */
export class EngineEndpoint {
  readonly #ports: EndpointPorts

  constructor(ports: EndpointPorts) {
    this.#ports = ports
  }

  /** Whether a request is answered here, refused, or passed on to the engine as it is, and under which path. */
  async admit(head: Head): Promise<Admission> {
    const framework = frameworkOf(head.headers)
    if (framework === undefined) return noFramework
    const { route, version } = this.#route(head)
    if (route.kind === 'refused') return route
    if (route.kind !== 'relay') return { kind: 'application' }
    const problem = relayProblem(this.#ports.policy, head.method, head.path)
    if (problem !== undefined) return { kind: 'refused', status: 403, message: problem }
    const prefix = version === undefined ? '' : `/v${version}`
    if (route.owner.by === 'filter') {
      const path = withLabels(route.path(''), ownerLabels(this.#ports.state, framework))
      return { kind: 'relay', path: `${prefix}${path}`, hijacked: false }
    }
    const owner = await this.#ownerOf(route.owner, framework)
    if (typeof owner !== 'string') return owner
    return { kind: 'relay', path: `${prefix}${route.path(owner)}`, hijacked: route.hijacked }
  }

  /** Answers what needs no relay. */
  answer(request: HttpRequest, exchange: Exchange): void {
    const framework = frameworkOf(request.headers)
    if (framework === undefined) return refuse(exchange, noFramework)
    const { route } = this.#route(request)
    if (route.kind === 'refused') return refuse(exchange, route)
    if (route.kind === 'relay')
      return refuse(exchange, { status: 501, message: 'this listener relays nothing' })
    if (route.kind === 'watch') return this.#watch(framework, exchange)
    const body = parse(request.body)
    if (route.kind === 'network-create')
      return void this.#createNetwork(body).then(
        (created) => reply(exchange, 201, created),
        (error: unknown) => refuse(exchange, refusalOf(error)),
      )
    const container = this.#subject(framework, route, body)
    if (container !== undefined && 'kind' in container) return refuse(exchange, container)
    if (route.kind === 'change' && container !== undefined)
      return this.#ports.change(container.engineId, route.change, exchange)
    if (route.kind === 'update' && container !== undefined) {
      const change: Change = { type: 'update', body }
      return this.#ports.change(container.engineId, change, exchange)
    }
    this.#ask(framework, route, container, body).then(
      ({ status, body }) => reply(exchange, status, body),
      (error: unknown) => refuse(exchange, refusalOf(error)),
    )
  }

  #route({ method, path }: Head) {
    const [, version, rest = '/'] =
      /^(?:\/v(\d+\.\d+))?(\/.*)?$/.exec(path.slice(enginePrefix.length)) ?? []
    const engine = this.#ports.state.engine
    return {
      route: engineRoute(method, rest),
      version: engine === undefined ? version : clampVersion(version, engine),
    }
  }

  /** The full id of the container that a relayed request is about, empty where it is about none. */
  async #ownerOf(owner: Relayed['owner'], framework: FrameworkId): Promise<string | Refusal> {
    if (owner.by === 'container') {
      const container = this.#own(framework, owner.reference)
      return container?.engineId ?? noSuchContainer(owner.reference)
    }
    if (owner.by !== 'exec') return ''
    const container = await this.#ports.engine.execContainer(owner.id).catch(() => undefined)
    if (container !== undefined && this.#own(framework, container) !== undefined) return container
    return { kind: 'refused', status: 404, message: `No such exec instance: ${owner.id}` }
  }

  #own(framework: FrameworkId, reference: string): Container | undefined {
    return ownContainer(this.#ports.state, framework, reference)
  }

  #watch(framework: FrameworkId, exchange: Exchange): void {
    const { engine, images, containers, recovered } = this.#ports.state
    if (!recovered || engine === undefined)
      return refuse(exchange, { status: 503, message: 'the agent has not reached its engine yet' })
    this.#ports.watchers.open(exchange, framework, {
      type: 'SNAPSHOT',
      engine,
      images,
      containers: [...containers.values()].flatMap((container) =>
        container.frameworkId === framework && container.inspect !== undefined
          ? [present(container.inspect, container)]
          : [],
      ),
    })
  }

  /** The container that a request is about, undefined for a list of them. */
  #subject(
    framework: FrameworkId,
    route: Answered,
    body: Readonly<Record<string, unknown>>,
  ): Container | Refusal | undefined {
    if (route.kind === 'list') return undefined
    const reference = route.kind === 'network-member' ? text(body['Container']) : route.container
    return this.#own(framework, reference) ?? noSuchContainer(reference)
  }

  async #createNetwork(body: Readonly<Record<string, unknown>>): Promise<unknown> {
    const problem = networkProblem(this.#ports.policy, body)
    if (problem !== undefined) throw new EngineError(403, problem)
    return this.#ports.engine.createNetwork(body)
  }

  /** What the engine answers whole. */
  async #ask(
    framework: FrameworkId,
    route: Answered,
    container: Container | undefined,
    body: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const { engine, state } = this.#ports
    if (container === undefined || route.kind === 'list') {
      const query = route.kind === 'list' ? route.query : new URLSearchParams()
      return {
        status: 200,
        body: await engine.list(listQuery(query, ownerLabels(state, framework))),
      }
    }
    const { engineId } = container
    if (route.kind === 'network-member') {
      await engine.changeNetwork(route.network, route.action, { ...body, Container: engineId })
      return { status: 200, body: '' }
    }
    if (route.kind === 'exec-create') {
      if (leaksDescriptors(text(body['WorkingDir']))) throw new EngineError(400, workingDirText)
      const problem = execProblem(this.#ports.policy, body)
      if (problem !== undefined) throw new EngineError(403, problem)
      return { status: 201, body: await engine.createExec(engineId, body) }
    }
    const size = route.kind === 'inspect' && route.size
    const inspect = await engine.inspect(engineId, { size })
    if (inspect === undefined) throw new EngineError(404, `No such container: ${engineId}`)
    return { status: 200, body: present(inspect, container) }
  }
}

/** What has no relay and no stream. */
type Answered = Exclude<EngineRoute, { kind: 'watch' | 'relay' | 'refused' | 'network-create' }>

const frameworkOf = (headers: Headers): FrameworkId | undefined => {
  const value = headers[frameworkHeader]
  return value === undefined || value === '' ? undefined : id<FrameworkId>(value)
}

const noFramework: Refusal = {
  kind: 'refused',
  status: 400,
  message: `the header ${frameworkHeader} must name the calling framework`,
}

const noSuchContainer = (reference: string): Refusal => ({
  kind: 'refused',
  status: 404,
  message: `No such container: ${reference}`,
})

const refusalOf = (error: unknown) => ({
  status: error instanceof EngineError ? error.status : 500,
  message: error instanceof Error ? error.message : '',
})

const listQuery = (query: URLSearchParams, labels: readonly string[]) => {
  const filters = readFilters(query.get('filters'))
  const limit = Number(query.get('limit') ?? 0)
  return {
    all: isTrue(query, 'all'),
    size: isTrue(query, 'size'),
    ...(limit > 0 ? { limit } : {}),
    filters: { ...filters, label: [...(filters['label'] ?? []), ...labels] },
  }
}

/** A JSON object; anything else is an empty one, which the engine then judges. */
const parse = (body: Uint8Array): Readonly<Record<string, unknown>> => {
  try {
    return record(JSON.parse(Buffer.from(body).toString()))
  } catch {
    return {}
  }
}

const refuse = (
  exchange: Exchange,
  { status, message }: { readonly status: number; readonly message: string },
): void => reply(exchange, status, { message })

/** As dockerd answers: JSON, or nothing at all. */
export const reply = (exchange: Exchange, status: number, body: unknown): void => {
  if (body === undefined || body === '') exchange.reply(status, {})
  else exchange.reply(status, { 'content-type': 'application/json' }, JSON.stringify(body))
}
