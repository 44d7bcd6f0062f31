import type { DockerApiConfig } from '../../../src/docker-api/config.ts'
import { createDockerApi } from '../../../src/docker-api/server.ts'
import { type AgentId, id } from '../../../src/mesos/ids.ts'
import type {
  Cluster,
  ClusterEvent,
  ClusterSummary,
  ContainerView,
  CreateOutcome,
  CreateRequest,
  EngineAddress,
  Found,
  NameOutcome,
  NodeView,
  OfferView,
  StartOutcome,
} from '../../../src/mesos-framework/cluster.ts'
import { resources, scalar } from '../../../src/resources/resources.ts'
import { EventHub } from '../../../src/runtime/event-stream.ts'
import { silent } from '../../../src/runtime/logger.ts'
import {
  type HttpRequest,
  type HttpResponse,
  type Transport,
  TransportError,
} from '../../../src/runtime/transport.ts'
import { SimClock } from '../../support/sim-clock.ts'

export const nowMs = Date.parse('2025-06-01T12:00:00Z')

export const config: DockerApiConfig = {
  version: '0.1.0',
  hostname: 'front',
  architecture: 'x86_64',
  kernelVersion: '6.1.0',
  operatingSystem: 'Debian GNU/Linux 12',
  defaultCpusMilli: 100,
  defaultMemoryMiB: 64,
  requireResources: false,
  revocableEnabled: true,
  defaultResType: 'regular',
  revocableMemory: false,
  names: 'node',
  warnings: [],
}

export const hexId = (letter: string): string => letter.repeat(64)

export const node = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  id: id<AgentId>(`agent-${name}`),
  hostname: name,
  address: `10.0.0.${name.slice(-1)}:5051`,
  ip: `10.0.0.${name.slice(-1)}`,
  status: 'Healthy',
  error: undefined,
  engine: {
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
  },
  images: [],
  labels: new Map([['storagedriver', 'overlay2']]),
  held: [],
  offered: resources([scalar('cpus', 2), scalar('mem', 1024)]),
  updatedAtMs: nowMs,
  ...more,
})

/** A running container as an engine would show it; `inspect` is laid over it. */
export const container = (
  name: string,
  { inspect = {}, ...more }: Partial<Omit<ContainerView, 'inspect'>> & { inspect?: object } = {},
): ContainerView => {
  const fullId = more.id ?? hexId(name.slice(-1).replace(/[^0-9a-f]/, 'a'))
  return {
    agent: id<AgentId>('agent-node1'),
    hostname: 'node1',
    id: fullId,
    name,
    createdSeconds: nowMs / 1000 - 60,
    unreachableSinceMs: undefined,
    requeue: undefined,
    ...more,
    inspect: {
      Id: fullId,
      Name: `/${name}`,
      Path: 'sleep',
      Args: ['100'],
      Image: 'sha256:1111',
      State: {
        Status: 'running',
        Running: true,
        ExitCode: 0,
        StartedAt: '2025-06-01T11:59:57Z',
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      LogPath: '/var/log/x',
      Config: { Image: 'busybox', Labels: {}, Tty: false },
      HostConfig: { NetworkMode: 'default' },
      NetworkSettings: { Ports: {}, Networks: {} },
      Mounts: [],
      ...inspect,
    },
  }
}

/** A cluster that answers what it was told to and remembers what it was asked. */
export class FakeCluster implements Cluster {
  nodeViews: NodeView[] = [node('node1'), node('node2')]
  offerViews: OfferView[] = []
  containerViews: ContainerView[] = []
  summaryView: ClusterSummary = {
    clusterId: 'cluster-1',
    frameworkId: 'framework-1',
    master: '127.0.0.1:5050',
    strategy: 'spread',
    filters: ['health', 'port', 'constraint'],
    waiting: 0,
  }
  createOutcome: CreateOutcome | Promise<CreateOutcome> = {
    kind: 'created',
    id: hexId('c'),
    warnings: [],
  }
  startOutcome: StartOutcome = { kind: 'started' }
  nameOutcome: NameOutcome = { kind: 'taken' }
  /** Real sockets of a fake agent, where a test has one. */
  engineAddress: EngineAddress | undefined
  readonly hub = new EventHub<ClusterEvent>({ limit: 10_000 })
  readonly calls: string[] = []
  readonly requests: CreateRequest[] = []
  lastSignal: AbortSignal | undefined

  summary = () => this.summaryView
  nodes = () => this.nodeViews
  offers = () => this.offerViews
  containers = () => this.containerViews

  find(reference: string): Found {
    const plain = reference.replace(/^\//, '')
    const hit = this.containerViews.find(
      ({ id: fullId, name, hostname }) =>
        fullId === plain ||
        fullId.startsWith(plain) ||
        [name, `${hostname}/${name}`].includes(plain),
    )
    return hit === undefined ? { kind: 'none' } : { kind: 'found', container: hit }
  }

  async create(request: CreateRequest, signal: AbortSignal): Promise<CreateOutcome> {
    this.requests.push(request)
    this.lastSignal = signal
    return this.createOutcome
  }

  async start({ name }: ContainerView, signal: AbortSignal): Promise<StartOutcome> {
    this.calls.push(`start ${name}`)
    this.lastSignal = signal
    return this.startOutcome
  }

  endRequeue({ name, requeue }: ContainerView): boolean {
    this.calls.push(`end requeue ${name}`)
    return requeue !== undefined && requeue.phase !== 'given-up'
  }

  reserveName(name: string): NameOutcome {
    this.calls.push(`reserve ${name}`)
    return this.nameOutcome
  }

  releaseName(name: string): void {
    this.calls.push(`release ${name}`)
  }

  removed({ name }: ContainerView): void {
    this.calls.push(`removed ${name}`)
  }

  async refresh({ name }: ContainerView): Promise<void> {
    this.calls.push(`refresh ${name}`)
  }

  /** By name of the container that has ended. */
  readonly nextRuns = new Map<string, ContainerView>()

  nextRun({ name }: ContainerView): Promise<ContainerView | undefined> {
    return Promise.resolve(this.nextRuns.get(name))
  }

  engine(agent: AgentId): EngineAddress | undefined {
    const host = this.nodeViews.find((one) => one.id === agent)?.hostname
    if (host === undefined) return undefined
    return (
      this.engineAddress ?? {
        host,
        port: 5051,
        prefix: '/engine',
        headers: { 'shoal-framework-id': 'framework-1' },
      }
    )
  }

  pastOwnEvents: readonly ClusterEvent[] = []

  ownEvents(): readonly ClusterEvent[] {
    return this.pastOwnEvents
  }

  events(signal: AbortSignal): AsyncIterable<ClusterEvent> {
    return this.hub.subscribe(signal)
  }
}

type Reply = { readonly status: number; readonly body?: unknown; readonly type?: string }

/** Engines as a function: `node1 GET /containers/x/json` → answer. Undefined: the agent cannot be reached. */
class FakeEngines implements Transport {
  readonly asked: string[] = []
  readonly sent: HttpRequest[] = []
  answer: (asked: string, request: HttpRequest) => Reply | undefined = () => ({ status: 204 })

  async request(origin: string, request: HttpRequest): Promise<HttpResponse> {
    const reply = this.#reply(origin, request)
    if (reply === undefined) throw new TransportError('connection refused')
    return { status: reply.status, headers: headersOf(reply), body: bytesOf(reply) }
  }

  stream: Transport['stream'] = (origin, request, listener) => {
    let closed = false
    queueMicrotask(() => {
      const reply = this.#reply(origin, request)
      if (closed) return
      if (reply === undefined) return listener.onEnd(new TransportError('connection refused'))
      listener.onResponse({ status: reply.status, headers: headersOf(reply) })
      // In two pieces, so that lines are split over chunks.
      const bytes = bytesOf(reply)
      const middle = Math.floor(bytes.byteLength / 2)
      listener.onData(bytes.subarray(0, middle))
      listener.onData(bytes.subarray(middle))
      listener.onEnd()
    })
    return {
      close: () => {
        closed = true
      },
    }
  }

  #reply(origin: string, request: HttpRequest): Reply | undefined {
    const path = request.path.replace(/^\/engine\/v1\.\d+/, '')
    const asked = `${origin.split(':')[0]} ${request.method} ${path}`
    this.asked.push(asked)
    this.sent.push(request)
    return this.answer(asked, request)
  }
}

const headersOf = ({ type = 'application/json' }: Reply) => ({
  'content-type': type,
  server: 'Docker/20.10.24',
  'api-version': '1.41',
})

const bytesOf = ({ body }: Reply): Uint8Array => {
  if (body === undefined) return new Uint8Array()
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** The endpoint over fakes, at noon of a fixed day. */
export const endpoint = (changes: Partial<DockerApiConfig> = {}) => {
  const cluster = new FakeCluster()
  const engines = new FakeEngines()
  const clock = new SimClock(nowMs)
  const app = createDockerApi(
    cluster,
    { ...config, ...changes },
    { clock, logger: silent, transport: engines },
  )
  return { app, cluster, engines, clock }
}
