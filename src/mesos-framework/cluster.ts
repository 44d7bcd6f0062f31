import type { PlacementRequest } from '../constraints/node.ts'
import type { DockerEvent, EngineFacts, ImageFacts, Inspect } from '../mesos/engine-endpoint.ts'
import type { AgentId } from '../mesos/ids.ts'
import type { Kind, Resources } from '../resources/resources.ts'

/** The port that the Docker endpoint talks to. Types only: it is served by framework.ts, and by fakes in tests. */
export interface Cluster {
  /** Answers from memory. */
  summary(): ClusterSummary
  nodes(): readonly NodeView[]
  offers(): readonly OfferView[]
  /** This framework's containers on all known agents, newest first. */
  containers(): readonly ContainerView[]
  /** By full id, 12-character id, name, `/name`, `node/name`, unique id prefix, in this order (docker-frontend §1.4). */
  find(reference: string): Found

  /** Waits for a place, launches, and answers when the container exists (docker-frontend §6.5, §6.6). */
  create(request: CreateRequest, signal: AbortSignal): Promise<CreateOutcome>
  /** Starts a created container, or a stopped one as a new task on its agent (§6.8). */
  start(container: ContainerView, signal: AbortSignal): Promise<StartOutcome>
  /**
   * The container's user wants it down: it does not run again after a revocation, this one or one that comes meanwhile.
   * True where it was about to.
   */
  endRequeue(container: ContainerView): boolean
  /**
   * Of a container whose run has ended: what its work goes on in, the same or what took its place after a revocation,
   * when that is known; undefined where that was its end, or `signal` came (label `shoal.revocation=promote`).
   */
  nextRun(container: ContainerView, signal: AbortSignal): Promise<ContainerView | undefined>
  /** Takes the new name in the name table, or says who has it; the caller then renames on the engine. */
  reserveName(name: string, holder: string): NameOutcome
  releaseName(name: string, holder: string): void
  /** Reads one container again after a change through the engine endpoint, so that the next read sees it. */
  refresh(container: ContainerView): Promise<void>
  /** The engine said that the container is removed: no read shows it from now on. */
  removed(container: ContainerView): void

  /** Where engine requests for an agent go; undefined when the agent is not known. */
  engine(agent: AgentId): EngineAddress | undefined
  /** Every event of this framework's containers and of the engines' images, networks and volumes, from now on. */
  events(signal: AbortSignal): AsyncIterable<ClusterEvent>
  /** Those of them that no engine can be asked for, of this process's time: the last ones, oldest first. */
  ownEvents(): readonly ClusterEvent[]
}

export interface EngineAddress {
  readonly host: string
  readonly port: number
  /** Path prefix before the Docker path, such as `/engine`. */
  readonly prefix: string
  /** Headers that every request to it carries. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ClusterSummary {
  readonly clusterId: string
  readonly frameworkId: string | undefined
  /** `host:port` of the master that we are subscribed to. */
  readonly master: string | undefined
  readonly strategy: string
  readonly filters: readonly string[]
  /** Creates that wait for an offer. */
  readonly waiting: number
}

export interface NodeView {
  readonly id: AgentId
  readonly hostname: string
  /** `ip:port` of the agent. */
  readonly address: string
  readonly ip: string
  readonly status: 'Healthy' | 'Unhealthy' | 'Unreachable' | 'Draining'
  /** Why it is not healthy. */
  readonly error: string | undefined
  /** Absent until the agent's endpoint has answered once. */
  readonly engine: EngineFacts | undefined
  readonly images: readonly ImageFacts[]
  /** Built-ins over engine labels over attributes, with `res-type` computed from the offers held (§8.1). */
  readonly labels: ReadonlyMap<string, string>
  /** Held by our live tasks. */
  readonly held: Resources
  readonly offered: Resources
  readonly updatedAtMs: number
}

/** One offer of the book; those of one agent are shown as one block. */
export interface OfferView {
  readonly id: string
  readonly agent: AgentId
  readonly hostname: string
  readonly resources: Resources
}

export interface ContainerView {
  readonly agent: AgentId
  readonly hostname: string
  /** `docker inspect` with the user's own values; `Name` has its leading slash. */
  readonly inspect: Inspect
  /** Parsed from the inspect once: full id, name without slash, creation in unix seconds. */
  readonly id: string
  readonly name: string
  readonly createdSeconds: number
  /** The agent does not answer: shown as `Host Down`. */
  readonly unreachableSinceMs: number | undefined
  /** It was revoked, and its labels say more than `stop`. */
  readonly requeue: RequeueView | undefined
}

export interface RequeueView {
  readonly phase: 'backing-off' | 'waiting' | 'given-up'
  readonly attempt: number
  readonly max: number
  /** What the next run is to be on. */
  readonly on: Kind
  /** Why it does not run. */
  readonly cause: string
  /** Wall clock: the end of the back-off. */
  readonly nextTryMs: number
  /** While it waits: what its node did not have when it was last looked at, such as `cpus 2 wanted, 0.5 offered`. */
  readonly lacks: string | undefined
}

export type Found =
  | { readonly kind: 'found'; readonly container: ContainerView }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous'; readonly by: 'name' | 'prefix' }

export interface CreateRequest {
  readonly placement: PlacementRequest
  /** Asked name, or empty for a generated one; taken in the same step as it is checked. */
  readonly name: string
  /** The create body after intake: expressions out of Env, the union in the labels. Unknown fields kept. */
  readonly body: Readonly<Record<string, unknown>>
  /** `platform` of the query. */
  readonly platform: string
}

export type CreateOutcome =
  | { readonly kind: 'created'; readonly id: string; readonly warnings: readonly string[] }
  | { readonly kind: 'name-in-use'; readonly name: string; readonly holder: string | undefined }
  /** Complete text: `container failed to start after 5s: …` with one line a node. */
  | { readonly kind: 'failed'; readonly message: string }
  /** The engine refused: its own status and text. */
  | { readonly kind: 'engine'; readonly status: number; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'cancelled' }

export type StartOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'already-started' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'engine'; readonly status: number; readonly message: string }
  | { readonly kind: 'cancelled' }

export type NameOutcome =
  | { readonly kind: 'taken' }
  | { readonly kind: 'in-use'; readonly holder: string | undefined }

export interface ClusterEvent {
  /** Absent on events of the frontend itself (`engine_connect`, …). */
  readonly agent: AgentId | undefined
  readonly event: DockerEvent
}
