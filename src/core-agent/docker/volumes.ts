import type { ContainerInfo, Volume } from '../../mesos/wire.ts'
import type { Draft } from './parameters.ts'

/** Where a task's sandbox lies on this machine, and where its container sees it. */
export interface Sandbox {
  readonly hostPath: string
  readonly mappedPath: string
}

/**
 * ContainerInfo.volumes as Binds (core-agent §3.2; docker/docker.cpp). Relative paths are below the sandbox; without
 * one, they cannot be. Binds, because the engine makes a missing host folder for them, as Mesos' agents do.
 */
export const volumes = (
  draft: Draft,
  { volumes: all = [], docker }: ContainerInfo,
  sandbox: Sandbox | undefined,
): string | undefined => {
  const binds: string[] = []
  for (const volume of all) {
    const bind = bindOf(volume, sandbox, docker?.volume_driver !== undefined)
    if (typeof bind !== 'string') return bind.problem
    binds.push(bind)
  }
  if (binds.length > 0) draft.host['Binds'] = binds
  return driver(draft, all, docker?.volume_driver)
}

interface Problem {
  readonly problem: string
}

/** `source:path:mode`. */
const bindOf = (
  volume: Volume,
  sandbox: Sandbox | undefined,
  hasDriver: boolean,
): string | Problem => {
  const { container_path: path, source, mode } = volume
  const named = source?.docker_volume?.name
  const host = volume.host_path ?? source?.host_path?.path
  const from = named ?? host
  const isKnown = source?.type === undefined || knownSources.has(source.type)
  if (from === undefined || volume.image !== undefined || !isKnown)
    return problem(path, 'only host paths and docker volumes are supported')
  const isHostPath = named === undefined && !hasDriver
  if (isHostPath && !from.startsWith('/') && !path.startsWith('/'))
    return problem(
      path,
      `host_path '${from}' and container_path are both relative: make one absolute`,
    )
  const at = resolve(sandbox?.mappedPath, path, 'container_path')
  const of = isHostPath ? resolve(sandbox?.hostPath, from, 'host_path') : from
  if (typeof at !== 'string') return at
  if (typeof of !== 'string') return of
  if (`${of}${at}`.includes(':'))
    return problem(path, `'${of}' and '${at}' must not hold a colon, which parts them`)
  return `${of}:${at}:${mode.toLowerCase()}${propagation(volume)}`
}

const knownSources: ReadonlySet<string> = new Set(['DOCKER_VOLUME', 'HOST_PATH'])

const problem = (path: string, why: string): Problem => ({
  problem: `Volume for '${path}': ${why}`,
})

const resolve = (base: string | undefined, path: string, field: string): string | Problem => {
  if (path.startsWith('/')) return path
  if (base === undefined)
    return {
      problem: `Volume.${field} '${path}' is relative, and this agent gives tasks no sandbox: make it absolute`,
    }
  return path === '' || path.split('/').includes('..')
    ? { problem: `Volume.${field} '${path}' leaves the sandbox: name a path in it` }
    : `${base}/${path}`
}

const propagation = ({ source }: Volume): string => {
  const asked = source?.host_path?.mount_propagation?.mode
  if (asked === 'HOST_TO_CONTAINER') return ',rslave'
  return asked === 'BIDIRECTIONAL' ? ',rshared' : ''
}

/** The engine takes one driver for all volumes of a container. */
const driver = (
  draft: Draft,
  all: readonly Volume[],
  ofDockerInfo: string | undefined,
): string | undefined => {
  const drivers = new Set(
    [...all.map(({ source }) => source?.docker_volume?.driver), ofDockerInfo].filter(
      (one) => one !== undefined,
    ),
  )
  const [first, second] = drivers
  if (second !== undefined)
    return `Volume drivers '${first}' and '${second}': only one volume driver per task is supported`
  if (first !== undefined) draft.host['VolumeDriver'] = first
  return undefined
}
