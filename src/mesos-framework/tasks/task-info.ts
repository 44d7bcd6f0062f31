import { isFixed } from '../../constraints/host-ports.ts'
import type { Node, PublishedPort } from '../../constraints/node.ts'
import {
  type CreateData,
  labels,
  startsContainerLabel,
  taskLabels,
} from '../../mesos/engine-endpoint.ts'
import type { TaskId } from '../../mesos/ids.ts'
import { toWire } from '../../mesos/resources.ts'
import type { CommandInfo, ContainerInfo, NetworkInfo, TaskInfo } from '../../mesos/wire.ts'
import { type Kind, type Resources, scalarOf } from '../../resources/resources.ts'
import { list, object, text } from '../inspect.ts'
import type { Job } from '../queue.ts'
import { resourcesLabel, writeHeld } from './held.ts'

/** What a placement adds to a job. */
export interface Placed {
  readonly task: TaskId
  readonly node: Node
  readonly kind: Kind
  readonly resources: Resources
  readonly ports: readonly PublishedPort[]
}

interface Settings {
  readonly role: string
  readonly startTimeoutMs: number
}

/**
 * The launch of a job (docker-frontend §6.4). Our agent creates from `data` alone, which loses no option; everything
 * beside it is what another reader of the task, or a stock agent, expects.
 */
export const taskInfo = (job: Job, placed: Placed, settings: Settings): TaskInfo => {
  const body = job.type === 'create' ? writtenBody(job, placed) : bodyOf(job.container)
  return {
    name: job.name,
    task_id: { value: placed.task },
    agent_id: { value: placed.node.id },
    resources: toWire(placed.resources, { allocationRole: settings.role, format: 'stacks' }),
    ...limitsOf(body, placed),
    command: commandOf(body),
    container: containerOf(body, placed.ports),
    ...(job.type === 'create' ? { data: dataOf(job.name, body, job.request.platform) } : {}),
    labels: {
      labels: [
        { key: 'SWARM_CONTAINER_NAME', value: job.name },
        { key: taskLabels.startTimeoutMs, value: String(settings.startTimeoutMs) },
        job.type === 'create'
          ? { key: taskLabels.create, value: 'body' }
          : { key: startsContainerLabel, value: job.container.Id },
      ],
    },
  }
}

type Body = Readonly<Record<string, unknown>>

/**
 * What a regular container was not told to keep to, it is only counted with (docker-frontend §6.3). A revocable one
 * has what it holds as its limit.
 */
const limitsOf = (body: Body, { kind, resources }: Placed): Pick<TaskInfo, 'limits'> => {
  const host = object(body['HostConfig'])
  const isStated = (...fields: readonly string[]) => fields.some((field) => Number(host[field]) > 0)
  const open = [
    ...(isStated('NanoCpus', 'CpuQuota') ? [] : ['cpus']),
    ...(isStated('Memory') ? [] : ['mem']),
  ].filter((name) => kind === 'regular' && scalarOf(resources, name) > 0)
  return open.length === 0
    ? {}
    : { limits: Object.fromEntries(open.map((name) => [name, { value: Infinity }])) }
}

/** The create body with our labels and the ports that were drawn (docker-frontend §4.4, §6.2). */
const writtenBody = (
  { request: { body, placement, name }, promotes }: Extract<Job, { type: 'create' }>,
  placed: Placed,
): Body => {
  const isAttached = ['AttachStdin', 'AttachStdout', 'AttachStderr'].some(
    (key) => body[key] === true,
  )
  const drewPorts = !placement.publishedPorts.every(isFixed)
  return {
    ...body,
    Labels: {
      ...object(body['Labels']),
      [labels.task]: placed.task,
      [labels.name]: promotes?.name ?? name,
      ...(promotes === undefined
        ? {}
        : {
            [labels.promotedFrom]: promotes.container,
            [labels.promotedBy]: placed.task,
            [labels.revocations]: String(promotes.revocations),
          }),
      ...(isAttached ? {} : { [labels.detach]: 'true' }),
      [labels.resourceType]: placed.kind === 'revocable' ? 'Revocable' : 'Regular',
      [labels.node]: placed.node.hostname,
      [resourcesLabel]: writeHeld(placed.resources),
    },
    ...(drewPorts
      ? { HostConfig: { ...object(body['HostConfig']), PortBindings: bindingsOf(placed.ports) } }
      : {}),
  }
}

/** What an existing container was created from, as far as a task says it. */
const bodyOf = (container: Body): Body => ({
  ...object(container['Config']),
  HostConfig: object(container['HostConfig']),
})

const dataOf = (name: string, body: Body, platform: string): Uint8Array =>
  Buffer.from(JSON.stringify({ name, body, platform } satisfies CreateData))

const bindingsOf = (ports: readonly PublishedPort[]) => {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const { hostIp, hostPort, containerPort, protocol } of ports)
    (bindings[`${containerPort}/${protocol}`] ??= []).push({
      HostIp: hostIp,
      HostPort: String(hostPort),
    })
  return bindings
}

/** `Cmd` as words; an older client's single text is one. */
const commandOf = (body: Body): CommandInfo => {
  const command = body['Cmd']
  const [value, ...rest] = typeof command === 'string' ? [command] : list(command).map(text)
  return {
    shell: false,
    ...(value === undefined ? {} : { value }),
    ...(rest.length > 0 ? { arguments: rest } : {}),
  }
}

const containerOf = (body: Body, ports: readonly PublishedPort[]): ContainerInfo => {
  const host = object(body['HostConfig'])
  const hostname = [text(body['Hostname']), text(body['Domainname'])].filter(Boolean).join('.')
  const network = networkOf(text(host['NetworkMode']))
  const isMapped = network.type === 'BRIDGE' || network.type === 'USER'
  return {
    type: 'DOCKER',
    ...(hostname === '' ? {} : { hostname }),
    docker: {
      image: text(body['Image']),
      network: network.type,
      ...(host['Privileged'] === true ? { privileged: true } : {}),
      port_mappings: isMapped
        ? ports.map(({ hostPort, containerPort, protocol }) => ({
            host_port: hostPort,
            container_port: containerPort,
            protocol,
          }))
        : [],
      parameters: [
        ...Object.entries(object(body['Labels'])).map(([key, value]) => ({
          key: 'label',
          value: `${key}=${text(value)}`,
        })),
        ...list(body['Env']).map((entry) => ({ key: 'env', value: text(entry) })),
      ],
    },
    ...(network.infos === undefined ? {} : { network_infos: network.infos }),
  }
}

const networkOf = (
  mode: string,
): {
  readonly type: 'NONE' | 'HOST' | 'BRIDGE' | 'USER'
  readonly infos?: readonly NetworkInfo[]
} => {
  if (mode === 'none') return { type: 'NONE' }
  if (mode === 'host') return { type: 'HOST' }
  if (mode === '' || mode === 'default' || mode === 'bridge') return { type: 'BRIDGE' }
  return { type: 'USER', infos: [{ name: mode }] }
}
