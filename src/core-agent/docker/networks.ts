import type { ContainerInfo } from '../../mesos/wire.ts'
import { containsRanges } from '../../resources/ranges.ts'
import { type Resources, rangesOf } from '../../resources/resources.ts'
import type { Draft } from './parameters.ts'

/**
 * NetworkMode and published ports (core-agent §3.2): the first `net` parameter counts more than DockerInfo.network. A
 * text says what cannot be. To be called before the parameters are applied, `hostnameProblem` after it.
 */
export const network = (
  draft: Draft,
  container: ContainerInfo,
  held: Resources,
): string | undefined => {
  const mode = modeOf(container)
  if (typeof mode !== 'string') return mode.problem
  draft.host['NetworkMode'] = mode
  if (container.hostname !== undefined) draft.body['Hostname'] = container.hostname
  return portMappings(draft, container, mode, held)
}

/** A name of its own belongs to a network namespace of its own. */
export const hostnameProblem = ({ body, host }: Draft): string | undefined => {
  const mode = String(host['NetworkMode'])
  return body['Hostname'] !== undefined && isShared(mode)
    ? `ContainerInfo.hostname cannot be set with network ${mode === 'host' ? 'HOST' : mode}: leave it out, or use BRIDGE or USER`
    : undefined
}

const modeOf = ({ docker, network_infos: infos = [] }: ContainerInfo) => {
  const given = docker?.parameters?.find(({ key }) => key === 'net' || key === 'network')
  if (given !== undefined && given.value !== '') return given.value
  const kind = docker?.network ?? 'HOST'
  if (kind !== 'USER') return kind.toLowerCase()
  const [info, ...more] = infos
  return info?.name === undefined || info.name === '' || more.length > 0
    ? { problem: 'DockerInfo.network USER needs exactly one network_infos entry, with a name' }
    : info.name
}

const isShared = (mode: string): boolean => mode === 'host' || mode.startsWith('container:')

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])

const portMappings = (
  draft: Draft,
  { docker }: ContainerInfo,
  mode: string,
  held: Resources,
): string | undefined => {
  const mappings = docker?.port_mappings ?? []
  if (mappings.length === 0) return undefined
  if (isShared(mode) || mode === 'none')
    return `DockerInfo.port_mappings need network BRIDGE or USER, not ${mode.toUpperCase()}`
  const exposed: Record<string, object> = {}
  const bindings: Record<string, { HostPort: string }[]> = {}
  for (const { host_port, container_port, protocol = 'tcp' } of mappings) {
    const port = { begin: host_port, end: host_port }
    if (!containsRanges(rangesOf(held, 'ports'), [port]))
      return `Port ${host_port} of DockerInfo.port_mappings is not in the task's ports resource`
    if (container_port < 1 || container_port > maxPort)
      return `DockerInfo.port_mappings: container_port ${container_port} is not between 1 and ${maxPort}`
    if (!protocols.has(protocol.toLowerCase()))
      return `DockerInfo.port_mappings: protocol '${protocol}' is not tcp, udp or sctp`
    const key = `${container_port}/${protocol.toLowerCase()}`
    exposed[key] = {}
    bindings[key] = [...(bindings[key] ?? []), { HostPort: String(host_port) }]
  }
  draft.body['ExposedPorts'] = exposed
  draft.host['PortBindings'] = bindings
  return undefined
}

const maxPort = 65_535
