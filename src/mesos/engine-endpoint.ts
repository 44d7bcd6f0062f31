/**
 * What a framework and an agent's engine endpoint say to each other (docker-frontend §2.5): the Docker API under a
 * path prefix of the agent, for containers of the calling framework only, and one stream that tells what changes.
 */

/** Text attribute of an agent that has the endpoint; its value is the path prefix, `/engine`. Stock agents lack it. */
export const engineAttribute = 'shoal_engine'

/** Names the calling framework on every request to the endpoint. */
export const frameworkHeader = 'shoal-framework-id'

/** GET, under the prefix: an endless RecordIO stream of `WatchRecord`s as JSON, the snapshot first. */
export const watchPath = '/watch'

/** Task label by which a launch starts an existing container again instead of creating one: its full id. */
export const startsContainerLabel = 'io.shoal.container'

/** Labels of a task by which the framework tells the agent what TaskInfo has no field for. */
export const taskLabels = {
  /** `body`: `TaskInfo.data` is a CreateData, and the container is created but not started. */
  create: 'io.shoal.create',
  /** Milliseconds that a created container may wait for its first start. */
  startTimeoutMs: 'io.shoal.start_timeout_ms',
} as const

/** `TaskInfo.data` as JSON text, of a task whose label `create` says `body` (docker-frontend §6.4). */
export interface CreateData {
  /** Name of the container on the engine. */
  readonly name: string
  /** The complete Docker create body. */
  readonly body: Readonly<Record<string, unknown>>
  /** `platform` of the create's query, or empty. */
  readonly platform: string
}

/** Labels of a TaskStatus by which the agent tells what TaskStatus has no field for. */
export const statusLabels = {
  /** HTTP status with which the engine refused; the status message is its text. */
  engineStatus: 'io.shoal.engine_status',
  exitCode: 'io.shoal.exit_code',
  /** Of a launch that failed: pull, create or start. */
  phase: 'io.shoal.phase',
  /** What of a create the engine could not do as it was asked: a JSON list of texts. */
  warnings: 'io.shoal.warnings',
} as const

/** Labels that `create` writes into a container (docker-frontend §4.4). */
export const labels = {
  constraints: 'com.docker.swarm.constraints',
  affinities: 'com.docker.swarm.affinities',
  whitelists: 'com.docker.swarm.whitelists',
  reschedulePolicies: 'com.docker.swarm.reschedule-policies',
  task: 'com.docker.swarm.mesos.task',
  name: 'com.docker.swarm.mesos.name',
  detach: 'com.docker.swarm.mesos.detach',
  resourceType: 'com.docker.swarm.mesos.resourceType',
  node: 'io.shoal.node',
  /** Full id of the container on lent resources whose place it took. */
  promotedFrom: 'io.shoal.promoted-from',
  /** The task that made it: in an image that was committed of it, the label above says nothing of a later container. */
  promotedBy: 'io.shoal.promoted-by',
  /** How often it was revoked before. */
  revocations: 'io.shoal.revocations',
} as const

/** Labels that the agent adds for its own recovery (core-agent §3.2). */
export const agentLabels = {
  agentId: 'org.mesos.agent_id',
  frameworkId: 'org.mesos.framework_id',
  executorId: 'org.mesos.executor_id',
  taskId: 'org.mesos.task_id',
  containerId: 'org.mesos.container_id',
  revocable: 'org.mesos.revocable',
  tier: 'org.mesos.tier',
} as const

/** `docker inspect` of one container, as the engine gives it with the user's own values put back. */
export type Inspect = Readonly<Record<string, unknown>> & { readonly Id: string }

/** One line of an engine's `/events`. */
export type DockerEvent = Readonly<Record<string, unknown>>

export interface ImageFacts {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
}

/** What is known of the machine and its engine. */
export interface EngineFacts {
  /** False while dockerd does not answer: nothing is placed there. */
  readonly healthy: boolean
  readonly version: string
  readonly apiVersion: string
  readonly minApiVersion: string
  readonly storageDriver: string
  readonly kernelVersion: string
  readonly operatingSystem: string
  readonly osType: string
  readonly architecture: string
  /** dockerd's own `--label key=value` entries. */
  readonly labels: readonly string[]
  readonly liveRestore: boolean
}

export type WatchRecord =
  | {
      readonly type: 'SNAPSHOT'
      readonly engine: EngineFacts
      readonly containers: readonly Inspect[]
      readonly images: readonly ImageFacts[]
    }
  | {
      readonly type: 'CONTAINER'
      readonly container: Inspect
      /** Its task's launch has just made it: what of the create the engine could not do as it was asked. */
      readonly warnings?: readonly string[]
    }
  | { readonly type: 'REMOVED'; readonly id: string }
  | { readonly type: 'ENGINE'; readonly engine: EngineFacts }
  | { readonly type: 'IMAGES'; readonly images: readonly ImageFacts[] }
  | { readonly type: 'EVENT'; readonly event: DockerEvent }
  | { readonly type: 'HEARTBEAT' }
