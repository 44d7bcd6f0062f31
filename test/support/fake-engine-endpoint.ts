import {
  agentLabels,
  type CreateData,
  type EngineFacts,
  type ImageFacts,
  type Inspect,
  labels,
  type WatchRecord,
} from '../../src/mesos/engine-endpoint.ts'
import { encodeRecord } from '../../src/mesos/recordio.ts'
import { object } from '../../src/mesos-framework/inspect.ts'
import type { Application, Exchange, Outflow } from '../../src/runtime/transport.ts'

export const engineFacts: EngineFacts = {
  healthy: true,
  version: '20.10.24',
  apiVersion: '1.41',
  minApiVersion: '1.12',
  storageDriver: 'overlay2',
  kernelVersion: '6.1.0',
  operatingSystem: 'Debian GNU/Linux 12',
  osType: 'linux',
  architecture: 'x86_64',
  labels: [],
  liveRestore: true,
}

/** The engine endpoint of one agent, with an engine behind it that keeps containers in memory. */
export class FakeEngineEndpoint {
  readonly containers = new Map<string, Inspect>()
  readonly requests: string[] = []
  engine: EngineFacts = engineFacts
  images: readonly ImageFacts[] = []
  /** Told what an engine would: the container was started, or is gone. */
  onChange: (change: 'started' | 'removed', container: Inspect) => void = () => {}
  startedAt = (): string => '2026-01-01T00:00:02Z'
  /** Why a start is refused with 409, as where the container holds no resources. */
  refuseStart: (container: Inspect) => string | undefined = () => undefined
  readonly #watchers = new Set<Outflow>()
  readonly #idDigit: string
  #nextId = 1

  /** Ids of its containers begin with `idDigit`. */
  constructor(idDigit: string) {
    this.#idDigit = idDigit
  }

  readonly application: Application = (request, exchange) => {
    const path = request.path.replace(/^\/engine/, '')
    if (path === '/watch') return this.#watch(exchange)
    this.requests.push(`${request.method} ${path}`)
    const [, id = '', verb] = /^\/containers\/([0-9a-f]+)(?:\/(\w+))?/.exec(path) ?? []
    const [, name] = /\/rename\?name=(.+)$/.exec(path) ?? []
    const container = this.containers.get(id)
    if (path === '/networks') return json(exchange, 200, [{ Name: 'bridge' }, { Name: 'backend' }])
    if (path === '/volumes') return json(exchange, 200, { Volumes: [{ Name: 'data' }] })
    if (container === undefined) return json(exchange, 404, { message: `No such container: ${id}` })
    if (request.method === 'DELETE') {
      this.remove(id)
      return exchange.reply(204, {})
    }
    if (name !== undefined) {
      this.rename(id, name)
      return exchange.reply(204, {})
    }
    if (verb !== 'start') return json(exchange, 200, container)
    const refusal = this.refuseStart(container)
    if (refusal !== undefined) return json(exchange, 409, { message: refusal })
    if (stateOf(container) === 'running') return exchange.reply(304, {})
    this.setState(id, 'running', this.startedAt())
    this.onChange('started', this.#get(id))
    exchange.reply(204, {})
  }

  create({ name, body }: CreateData, taskId: string): Inspect {
    const id = String(this.#nextId++).padStart(64, this.#idDigit)
    const container: Inspect = {
      Id: id,
      Name: `/${name}`,
      Created: '2026-01-01T00:00:01Z',
      Image: 'sha256:1',
      State: { Status: 'created' },
      Config: {
        Image: body['Image'],
        Labels: { ...object(body['Labels']), [agentLabels.taskId]: taskId },
      },
      HostConfig: object(body['HostConfig']),
    }
    this.containers.set(id, container)
    this.tell({ type: 'CONTAINER', container })
    return container
  }

  setState(id: string, status: string, at: string): void {
    const container = this.#get(id)
    const time = status === 'running' ? { StartedAt: at } : { FinishedAt: at }
    const changed = {
      ...container,
      State: { ...object(container['State']), Status: status, ...time },
    }
    this.containers.set(id, changed)
    this.tell({ type: 'CONTAINER', container: changed })
  }

  rename(id: string, name: string): void {
    const renamed = { ...this.#get(id), Name: `/${name}` }
    this.containers.set(id, renamed)
    this.tell({ type: 'CONTAINER', container: renamed })
  }

  /** As an agent shows why it took a container down. */
  setError(id: string, Error: string): void {
    const container = this.#get(id)
    const changed = { ...container, State: { ...object(container['State']), Error } }
    this.containers.set(id, changed)
    this.tell({ type: 'CONTAINER', container: changed })
  }

  remove(id: string): void {
    const container = this.#get(id)
    this.containers.delete(id)
    this.onChange('removed', container)
    this.tell({ type: 'REMOVED', id })
  }

  tell(record: WatchRecord): void {
    for (const watcher of this.#watchers)
      watcher.write(encodeRecord(Buffer.from(JSON.stringify(record))))
  }

  get watchers(): number {
    return this.#watchers.size
  }

  #watch(exchange: Exchange): void {
    const watcher = exchange.open(200, {})
    const { engine, images } = this
    const snapshot = { type: 'SNAPSHOT', engine, images, containers: [...this.containers.values()] }
    watcher.write(encodeRecord(Buffer.from(JSON.stringify(snapshot))))
    this.#watchers.add(watcher)
    watcher.onClose(() => this.#watchers.delete(watcher))
  }

  #get(id: string): Inspect {
    const container = this.containers.get(id)
    if (container === undefined) throw new Error(`no container ${id}`)
    return container
  }
}

export const labelsOf = (container: Inspect): Readonly<Record<string, string>> =>
  object(object(container['Config'])['Labels']) as Record<string, string>

export const resourceTypeOf = (container: Inspect): string | undefined =>
  labelsOf(container)[labels.resourceType]

const stateOf = (container: Inspect): unknown => object(container['State'])['Status']

const json = (exchange: Exchange, status: number, value: unknown): void =>
  exchange.reply(status, { 'content-type': 'application/json' }, JSON.stringify(value))
