import type { PlacementRequest } from '../../constraints/node.ts'
import type { CreateBody } from './create-body.ts'

/** Networks that every engine has: they tie a container to no node. */
export const predefinedNetworks: readonly string[] = ['bridge', 'host', 'none', 'default']

/** What must be on the node already: containers, user networks, named volumes (docker-frontend §7.2, row dependency). */
export const dependenciesOf = (body: CreateBody): PlacementRequest['dependencies'] => {
  const host = body.HostConfig ?? {}
  const mode = host.NetworkMode ?? ''
  return {
    volumesFrom: host.VolumesFrom ?? [],
    links: host.Links ?? [],
    networkContainer: mode.startsWith('container:') ? mode.slice('container:'.length) : undefined,
    networks: userNetworks(mode, Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {})),
    volumes: namedVolumes(host.Binds ?? [], host.Mounts ?? []),
  }
}

const userNetworks = (mode: string, endpoints: readonly string[]): readonly string[] =>
  [...new Set([mode, ...endpoints])].filter(
    (name) => name !== '' && !name.startsWith('container:') && !predefinedNetworks.includes(name),
  )

/** `name:/path` of binds, and mounts of type volume with a source; a path or an empty source is no volume name. */
const namedVolumes = (
  binds: readonly string[],
  mounts: readonly { readonly Type?: string | null; readonly Source?: string | null }[],
): readonly string[] => {
  const bound = binds
    .filter((bind) => bind.includes(':'))
    .map((bind) => bind.slice(0, bind.indexOf(':')))
  const mounted = mounts.filter(({ Type }) => Type === 'volume').map(({ Source }) => Source ?? '')
  return [...new Set([...bound, ...mounted])].filter((name) => /^[a-zA-Z0-9][\w.-]*$/.test(name))
}
