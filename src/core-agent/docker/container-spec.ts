import {
  agentLabels,
  type CreateData,
  startsContainerLabel,
  taskLabels,
} from '../../mesos/engine-endpoint.ts'
import type { AgentId, FrameworkId } from '../../mesos/ids.ts'
import type { Labels, TaskInfo } from '../../mesos/wire.ts'
import { hasRevocable, type Resources } from '../../resources/resources.ts'
import type { Tiers } from '../cgroups.ts'
import { planFetch } from '../fetch/plan.ts'
import { dockerInfoBody } from './docker-info.ts'
import type { CreateRequest } from './engine.ts'
import { record, text } from './inspect.ts'
import {
  cpuQuota,
  cpuShares,
  type Enforcement,
  frontendMemory,
  lentMemory,
  memory,
} from './limits.ts'
import { type DockerPolicy, fold, policyProblem } from './policy.ts'
import { items } from './requests.ts'
import type { Sandbox } from './volumes.ts'

/** What a task means for the engine. */
export type Plan =
  | {
      readonly kind: 'create'
      readonly request: CreateRequest
      readonly image: string
      /** The image is pulled even where it is there. */
      readonly pullFirst: boolean
      /** HostConfig values of the user's that accounting replaced. */
      readonly asked: Readonly<Record<string, unknown>>
      readonly autoRemove: boolean
      /** Made for our frontend: it starts the container, and its user removes it. */
      readonly kept: boolean
    }
  /** Start this container again. */
  | { readonly kind: 'adopt'; readonly container: string }
  /** The task cannot be: what is wrong with it. */
  | { readonly kind: 'refused'; readonly message: string }
  /** `--docker_policy` is against it. */
  | { readonly kind: 'forbidden'; readonly message: string }

export interface Placement {
  readonly agentId: AgentId | undefined
  readonly frameworkId: FrameworkId
  /** Mesos' ContainerID. */
  readonly containerId: string
  readonly resources: Resources
  readonly tiers: Tiers
  readonly enforcement: Enforcement
  readonly policy: DockerPolicy
  /** Undefined: the task gets none. */
  readonly sandbox?: Sandbox | undefined
}

/** A task on the way to a container (core-agent §3.2, docker-frontend §6.4). Pure. */
export const planContainer = (task: TaskInfo, placement: Placement): Plan => {
  const again = labelOf(task.labels, startsContainerLabel)
  if (again !== undefined) return { kind: 'adopt', container: again }
  return labelOf(task.labels, taskLabels.create) === 'body'
    ? fromBody(task, placement)
    : fromDockerInfo(task, placement)
}

export const labelOf = (labels: Labels | undefined, key: string): string | undefined =>
  labels?.labels?.find((label) => label.key === key)?.value

/** The create body as the frontend's user wrote it, with what accounting and recovery need. */
const fromBody = (task: TaskInfo, placement: Placement): Plan => {
  const data = readData(task.data)
  if (data === undefined)
    return { kind: 'refused', message: 'TaskInfo.data is not {name, body, platform} as JSON' }
  const { name, body, platform } = data
  if (leaksDescriptors(text(body['WorkingDir'])))
    return { kind: 'refused', message: workingDirText }
  const misspelt = spellingProblem(body)
  if (misspelt !== undefined) return { kind: 'refused', message: `TaskInfo.data: ${misspelt}` }
  const forbidden = policyProblem(placement.policy, body)
  if (forbidden !== undefined) return { kind: 'forbidden', message: forbidden }
  const user = record(body['HostConfig'])
  const { resources, enforcement } = placement
  const isLimited = Number(user['NanoCpus']) > 0 || Number(user['CpuQuota']) > 0
  const accounted = {
    ...accountedHost(placement),
    ...(isLimited ? {} : cpuQuota(task, resources, enforcement)),
    ...frontendMemory(task, resources, Number(user['Memory']) || 0),
    ...lentMemory(resources),
  }
  return {
    kind: 'create',
    request: {
      name: name || defaultName(placement),
      platform,
      body: {
        ...body,
        Labels: { ...record(body['Labels']), ...ownLabels(task, placement) },
        HostConfig: { ...user, ...accounted },
      },
    },
    image: text(body['Image']),
    pullFirst: false,
    asked: Object.fromEntries(
      Object.keys(accounted).map((field) => [field, user[field] ?? unset[field]]),
    ),
    autoRemove: user['AutoRemove'] === true,
    kept: true,
  }
}

const fromDockerInfo = (task: TaskInfo, placement: Placement): Plan => {
  const mapped = dockerInfoBody(task, placement)
  if (typeof mapped === 'string') return { kind: 'refused', message: mapped }
  const { body, host, image, pullFirst } = mapped
  const forbidden =
    policyProblem(placement.policy, { HostConfig: host }, placement.sandbox?.hostPath) ??
    fileProblem(task, placement.policy)
  if (forbidden !== undefined) return { kind: 'forbidden', message: forbidden }
  const { resources, enforcement } = placement
  const accounted = {
    ...accountedHost(placement),
    ...cpuQuota(task, resources, enforcement),
    ...memory(task, resources, enforcement),
    ...lentMemory(resources),
  }
  return {
    kind: 'create',
    request: {
      name: defaultName(placement),
      platform: '',
      body: {
        ...body,
        Labels: { ...record(body['Labels']), ...ownLabels(task, placement) },
        HostConfig: { ...host, ...accounted, ...sandboxMount(host, placement.sandbox) },
      },
    },
    image,
    pullFirst,
    asked: {},
    autoRemove: false,
    kept: false,
  }
}

/** The agent reads files as root: whoever may not mount a path may not have it fetched. */
const fileProblem = ({ command }: TaskInfo, policy: DockerPolicy): string | undefined => {
  for (const uri of command?.uris ?? []) {
    const plan = planFetch(uri)
    if ('problem' in plan || plan.source.kind !== 'path') continue
    const mount = { Type: 'bind', Source: plan.source.path, Target: '/fetched' }
    if (policyProblem(policy, { HostConfig: { Mounts: [mount] } }) !== undefined)
      return `CommandInfo.uris: '${uri.value}' is a path of the agent's machine, which its --docker_policy does not allow to be mounted: serve it over http`
  }
  return undefined
}

const defaultName = ({ containerId }: Placement) => `mesos-${containerId}`

const accountedHost = ({ resources, tiers }: Placement) => {
  const parent = tiers[hasRevocable(resources) ? 'revocable' : 'regular']
  return {
    ...cpuShares(resources),
    AutoRemove: false,
    ...(parent === undefined ? {} : { CgroupParent: parent }),
  }
}

/** A mount and not a bind, for a task id may hold the colon that parts those. It is the agent's own: no policy asks. */
const sandboxMount = (host: Readonly<Record<string, unknown>>, sandbox: Sandbox | undefined) =>
  sandbox === undefined
    ? {}
    : {
        Mounts: [
          ...items(host['Mounts']),
          { Type: 'bind', Source: sandbox.hostPath, Target: sandbox.mappedPath },
        ],
      }

/** What inspect shows of a field that the user left out. */
const unset: Readonly<Record<string, unknown>> = {
  CpuShares: 0,
  AutoRemove: false,
  CgroupParent: '',
  CpuPeriod: 0,
  CpuQuota: 0,
  Memory: 0,
  OomScoreAdj: 0,
}

/** The engine reads names without regard to case, so another spelling could undo what the agent sets or counts. */
export const spellingProblem = (body: Readonly<Record<string, unknown>>): string | undefined => {
  const host = record(body['HostConfig'])
  const given = [
    ...Object.keys(body).map((name) => [name, setInBody] as const),
    ...Object.keys(host).map((name) => [name, setInHost] as const),
  ]
  for (const [name, ours] of given) {
    const right = ours.get(fold(name))
    if (right !== undefined && right !== name) return `the field '${name}' must be spelt ${right}`
  }
  return undefined
}

const byFold = (names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name) => [fold(name), name]))

const setInBody = byFold(['HostConfig', 'Image', 'Labels', 'WorkingDir'])
const setInHost = byFold([...Object.keys(unset), 'NanoCpus'])

/** All of ours, every time: an image committed from a container of ours carries old ones (docker-frontend D62). */
const ownLabels = (task: TaskInfo, placement: Placement): Readonly<Record<string, string>> => {
  const tier = hasRevocable(placement.resources) ? 'revocable' : 'regular'
  return {
    [agentLabels.agentId]: placement.agentId ?? '',
    [agentLabels.frameworkId]: placement.frameworkId,
    [agentLabels.executorId]: task.task_id.value,
    [agentLabels.taskId]: task.task_id.value,
    [agentLabels.containerId]: placement.containerId,
    [agentLabels.revocable]: String(tier === 'revocable'),
    [agentLabels.tier]: tier,
  }
}

const readData = (data: Uint8Array | undefined): CreateData | undefined => {
  try {
    const value = record(JSON.parse(Buffer.from(data ?? []).toString()))
    const body = value['body']
    if (typeof value['name'] !== 'string' || Object.keys(record(body)).length === 0)
      return undefined
    return { name: value['name'], body: record(body), platform: text(value['platform']) }
  } catch {
    return undefined
  }
}

/**
 * True for a working directory below `/proc/<pid>/fd`: through it runc up to 1.1.11 gives a container a descriptor
 * of the host (CVE-2024-21626).
 */
export const leaksDescriptors = (workingDir: string): boolean =>
  /^\/+proc\/+[^/]+\/+fd(\/|$)/.test(workingDir.replaceAll(/\/\.(?=\/|$)/g, ''))

export const workingDirText =
  'invalid working directory: a path below /proc/*/fd would reach into the host, choose another'
