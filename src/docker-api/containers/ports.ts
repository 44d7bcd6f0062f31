import type { PublishedPort } from '../../constraints/node.ts'
import { ApiError } from '../errors.ts'
import type { CreateBody } from './create-body.ts'

/** A container port as Docker writes it: `80/tcp`, `80` alone is tcp. */
export interface ContainerPort {
  readonly port: number
  readonly protocol: PublishedPort['protocol']
}

/**
 * The host ports a create asks for (docker-frontend §6.2, row ports); of a host range such as `8000-8010` one will do.
 * Throws INVALID_PARAMETER naming the binding.
 */
export const publishedPorts = (body: CreateBody): readonly PublishedPort[] => {
  const host = body.HostConfig ?? {}
  const bindings = host.PortBindings ?? {}
  const stated = Object.entries(bindings).flatMap(([key, list]) => {
    const { port: containerPort, protocol } = parseContainerPort(key)
    // A key without bindings, as in `-p 80`, wants any host port.
    const entries = list === null || list.length === 0 ? [{ HostIp: '', HostPort: '' }] : list
    return entries.map((entry) => ({
      hostIp: entry.HostIp ?? '',
      ...parseHostPort(key, entry.HostPort ?? ''),
      containerPort,
      protocol,
    }))
  })
  // Host and none have no port mappings; those of container:X are the other container's.
  if (/^(host|none|container:.*)$/s.test(host.NetworkMode ?? '')) return []
  if (host.PublishAllPorts !== true) return stated
  const rest = exposedPorts(body).filter((port) => !Object.hasOwn(bindings, port))
  return [
    ...stated,
    ...rest.map((key) => {
      const { port: containerPort, protocol } = parseContainerPort(key)
      return { hostIp: '', hostPort: 0, containerPort, protocol }
    }),
  ]
}

/** `80/tcp` of `ExposedPorts`, checked. Throws INVALID_PARAMETER. */
export const exposedPorts = (body: CreateBody): readonly string[] =>
  Object.keys(body.ExposedPorts ?? {}).map((key) => {
    const { port, protocol } = parseContainerPort(key)
    return `${port}/${protocol}`
  })

export const parseContainerPort = (text: string): ContainerPort => {
  const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text)
  const port = Number(match?.[1])
  if (match === null || port < 1 || port > 65_535)
    throw new ApiError(
      'INVALID_PARAMETER',
      `invalid port specification: "${text}"; wanted a port such as 80/tcp`,
    )
  return { port, protocol: (match[2]?.toLowerCase() ?? 'tcp') as ContainerPort['protocol'] }
}

const parseHostPort = (
  key: string,
  text: string,
): Pick<PublishedPort, 'hostPort' | 'lastHostPort'> => {
  if (text === '') return { hostPort: 0 }
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? first)
  if (match === null || first > last || last > 65_535)
    throw new ApiError(
      'INVALID_PARAMETER',
      `invalid port specification: "${text}" for ${key}; wanted a host port such as 8080 or 8000-8010`,
    )
  return first === last ? { hostPort: first } : { hostPort: first, lastHostPort: last }
}
