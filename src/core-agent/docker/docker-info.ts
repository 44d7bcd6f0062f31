import type { TaskInfo, Volume } from '../../mesos/wire.ts'
import { containsRanges } from '../../resources/ranges.ts'
import { type Resources, rangesOf } from '../../resources/resources.ts'
import { type Draft, parameters } from './parameters.ts'

export interface DockerInfoBody extends Draft {
  readonly image: string
  readonly pullFirst: boolean
}

/**
 * The create body for a task of any Mesos framework (core-agent §3.2), without accounting. A text says what the
 * engine cannot do for it, naming field and remedy.
 */
export const dockerInfoBody = (
  task: TaskInfo,
  placement: { readonly resources: Resources; readonly containerId: string },
): DockerInfoBody | string => {
  const { container, command } = task
  const docker = container?.docker
  if (container?.type !== 'DOCKER' || docker === undefined)
    return 'This agent runs docker containers only: give the task a ContainerInfo of type DOCKER'
  if (task.executor !== undefined && task.command === undefined)
    return 'This agent has no custom executors: give the task a CommandInfo instead of an ExecutorInfo'
  if (command !== undefined && (command.shell ?? true) && command.value === undefined)
    return 'CommandInfo.value is required where shell is true: set it, or set shell to false'
  if ((command?.uris ?? []).length > 0)
    return 'CommandInfo.uris: this agent fetches no files, put them into the image or a volume'
  const draft: Draft = {
    body: {
      Image: withTag(docker.image),
      ...commandOf(task),
      Env: environment(task, placement.containerId),
    },
    host: { Privileged: docker.privileged === true },
  }
  const problem =
    network(draft, task) ??
    portMappings(draft, task, placement) ??
    volumes(draft, container.volumes ?? []) ??
    applyParameters(draft, docker.parameters ?? [])
  return (
    problem ?? {
      ...draft,
      image: withTag(docker.image),
      pullFirst: docker.force_pull_image === true,
    }
  )
}

/** `:latest` where the last path component has neither tag nor digest. */
export const withTag = (image: string): string => {
  const last = image.split('/').at(-1) ?? ''
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`
}

const commandOf = ({ command, container }: TaskInfo) => {
  const base = {
    ...(command?.user === undefined ? {} : { User: command.user }),
    ...(container?.tty_info === undefined ? {} : { Tty: true }),
  }
  if (command === undefined) return base
  if (command.shell ?? true) return { ...base, Entrypoint: ['/bin/sh'], Cmd: ['-c', command.value] }
  const words = [
    ...(command.value === undefined ? [] : [command.value]),
    ...(command.arguments ?? []),
  ]
  return words.length === 0 ? base : { ...base, Cmd: words }
}

const environment = (task: TaskInfo, containerId: string): string[] => {
  const given = (task.command?.environment?.variables ?? [])
    .filter(({ type }) => type !== 'SECRET')
    .map(({ name, value }) => `${name}=${value ?? ''}`)
  const role = task.resources?.find((resource) => resource.allocation_info?.role !== undefined)
  return [
    ...given,
    `MESOS_CONTAINER_NAME=mesos-${containerId}`,
    `MESOS_ALLOCATION_ROLE=${role?.allocation_info?.role ?? '*'}`,
    `MESOS_TASK_ID=${task.task_id.value}`,
  ]
}

const network = (draft: Draft, { container }: TaskInfo): string | undefined => {
  const kind = container?.docker?.network ?? 'HOST'
  const [info, ...more] = container?.network_infos ?? []
  if (kind === 'USER') {
    if (info?.name === undefined || more.length > 0)
      return 'DockerInfo.network USER needs exactly one network_infos entry, with a name'
    draft.host['NetworkMode'] = info.name
  } else draft.host['NetworkMode'] = kind.toLowerCase()
  if (container?.hostname === undefined) return undefined
  if (kind === 'HOST') return 'ContainerInfo.hostname cannot be set with network HOST'
  draft.body['Hostname'] = container.hostname
  return undefined
}

const portMappings = (
  draft: Draft,
  { container }: TaskInfo,
  { resources }: { readonly resources: Resources },
): string | undefined => {
  const mappings = container?.docker?.port_mappings ?? []
  if (mappings.length === 0) return undefined
  const kind = container?.docker?.network ?? 'HOST'
  if (kind !== 'BRIDGE' && kind !== 'USER')
    return `DockerInfo.port_mappings need network BRIDGE or USER, not ${kind}`
  const exposed: Record<string, object> = {}
  const bindings: Record<string, { HostPort: string }[]> = {}
  for (const { host_port, container_port, protocol } of mappings) {
    const port = { begin: host_port, end: host_port }
    if (!containsRanges(rangesOf(resources, 'ports'), [port]))
      return `Port ${host_port} of DockerInfo.port_mappings is not in the task's ports resource`
    const key = `${container_port}/${(protocol ?? 'tcp').toLowerCase()}`
    exposed[key] = {}
    bindings[key] = [...(bindings[key] ?? []), { HostPort: String(host_port) }]
  }
  draft.body['ExposedPorts'] = exposed
  draft.host['PortBindings'] = bindings
  return undefined
}

const volumes = (draft: Draft, all: readonly Volume[]): string | undefined => {
  const binds: string[] = []
  for (const volume of all) {
    const bind = bindOf(volume)
    if (typeof bind !== 'string') return bind.problem
    binds.push(bind)
  }
  if (binds.length > 0) draft.host['Binds'] = binds
  const driver = all.find(({ source }) => source?.docker_volume?.driver !== undefined)
  if (driver !== undefined) draft.host['VolumeDriver'] = driver.source?.docker_volume?.driver
  return undefined
}

/** `source:path:mode`. */
const bindOf = (volume: Volume): string | { readonly problem: string } => {
  const { container_path: path, source, mode } = volume
  if (!path.startsWith('/')) return relative('container_path', path)
  const suffix = `${path}:${mode.toLowerCase()}`
  const named = source?.docker_volume?.name
  if (named !== undefined) return `${named}:${suffix}`
  const host = volume.host_path ?? source?.host_path?.path
  if (host === undefined)
    return { problem: `Volume for '${path}': only host paths and docker volumes are supported` }
  return host.startsWith('/') ? `${host}:${suffix}` : relative('host_path', host)
}

const relative = (field: string, path: string) => ({
  problem: `Volume.${field} '${path}' is relative, and this agent gives tasks no sandbox: make it absolute`,
})

const applyParameters = (
  draft: Draft,
  given: readonly { readonly key: string; readonly value: string }[],
): string | undefined => {
  for (const { key, value } of given) {
    const apply = Object.hasOwn(parameters, key) ? parameters[key] : undefined
    if (apply === undefined)
      return `DockerInfo.parameters: '${key}' is not an option that this agent knows`
    const problem = apply(draft, value)
    if (problem !== undefined) return `DockerInfo.parameters: '${key}' ${problem}`
  }
  return undefined
}
