/**
 * What a task may have of its machine beside an ordinary container (reliability §2): everything, or what is listed.
 * Paths are those of the machine that may be mounted.
 */
export interface DockerPolicy {
  readonly allows: 'all' | ReadonlySet<Privilege>
  readonly paths: ReadonlySet<string>
}

/** Each word of `--docker_policy`, with what it is in words. */
const privileges = {
  privileged: 'privileged containers and commands',
  'host-network': 'the network of the machine or of another container',
  'host-namespaces': 'namespaces of the machine or of another container',
  capabilities: 'additional capabilities',
  devices: 'devices of the machine',
  security: 'other security settings than the agent’s',
  mounts: 'this path of the machine',
} as const

export type Privilege = keyof typeof privileges

/** `all`, `none`, or words and absolute paths, such as `host-network,/srv/shared`. Throws an Error naming the word. */
export const parsePolicy = (text: string): DockerPolicy => {
  const words = text.split(',').map((word) => word.trim())
  if (text.trim() === 'all') return { allows: 'all', paths: new Set() }
  if (text.trim() === 'none') return { allows: new Set(), paths: new Set() }
  const unknown = words.find((word) => !isPrivilege(word) && !isCleanPath(word))
  if (unknown !== undefined)
    throw new Error(
      `wanted all, none, or a list of ${Object.keys(privileges).join(', ')} and absolute paths, got "${unknown}"`,
    )
  return {
    allows: new Set(words.filter(isPrivilege)),
    paths: new Set(words.filter(isCleanPath)),
  }
}

const isPrivilege = (word: string): word is Privilege => Object.hasOwn(privileges, word)

/** Compared as text, so it must be as the engine would clean it. */
const isCleanPath = (word: string): boolean =>
  word === '/' || /^(\/(?!\.{1,2}(\/|$))[^/,]+)+$/.test(word)

/**
 * Why the policy refuses a create body; a text names the field, the flag and what would allow it. What is below `own`,
 * the task's sandbox, is the task's.
 */
export const policyProblem = (
  policy: DockerPolicy,
  body: Readonly<Record<string, unknown>>,
  own?: string,
): string | undefined => {
  const { allows } = policy
  if (allows === 'all') return undefined
  for (const { field, needs, path, isShared } of demands(body)) {
    if (allows.has(needs) || (path !== undefined && policy.paths.has(path))) continue
    if (isBelow(own, path) && isShared !== true) continue
    return refusal(`HostConfig.${field}`, needs, path)
  }
  return undefined
}

const isBelow = (folder: string | undefined, path: string | undefined): boolean =>
  folder !== undefined && path?.startsWith(`${folder}/`) === true && isCleanPath(path)

/** The same for a command in a running container. */
export const execProblem = (
  policy: DockerPolicy,
  body: Readonly<Record<string, unknown>>,
): string | undefined =>
  valuesOf(body, 'Privileged').some(isOn) && !permits(policy, 'privileged')
    ? refusal('Privileged', 'privileged')
    : undefined

export const refusal = (field: string, needs: Privilege, path?: string): string => {
  const [what, word] = path === undefined || path === '' ? [privileges[needs], needs] : [path, path]
  return `${field}: the --docker_policy of this agent does not allow ${what}: do without, or have its operator add ${word}`
}

/** Whether the policy has the word. */
export const permits = ({ allows }: DockerPolicy, needs: Privilege): boolean =>
  allows === 'all' || allows.has(needs)

interface Demand {
  readonly field: string
  readonly needs: Privilege
  /** Of the machine; empty where it cannot be told. */
  readonly path?: string
  /** What the container mounts there, the machine sees too. */
  readonly isShared?: boolean
}

/** What the body asks for beyond an ordinary container. */
const demands = (body: Readonly<Record<string, unknown>>): readonly Demand[] =>
  valuesOf(body, 'HostConfig').flatMap((host) => [
    ...fields.flatMap(({ field, needs, asks }) =>
      valuesOf(host, field).some(asks) ? [{ field, needs }] : [],
    ),
    ...valuesOf(host, 'Binds').flatMap(itemsOf).flatMap(bindDemand),
    ...valuesOf(host, 'Mounts').flatMap(itemsOf).flatMap(mountDemand),
  ])

/**
 * The values of a field however its name is spelt: the engine's JSON reader takes names without regard to case, with
 * Unicode's own idea of case, and of two spellings the later one counts.
 */
export const valuesOf = (object: unknown, name: string): readonly unknown[] =>
  typeof object === 'object' && object !== null
    ? Object.entries(object)
        .filter(([key]) => fold(key) === fold(name))
        .map(([, value]: [string, unknown]) => value)
    : []

export const fold = (name: string): string => name.toUpperCase().toLowerCase()

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

type Asks = (value: unknown) => boolean

const isOn: Asks = (value) => value !== undefined && value !== null && value !== false
const isListed: Asks = (value) =>
  Array.isArray(value) ? value.length > 0 : isOn(value) && value !== ''
const isNamed: Asks = (value) => isOn(value) && value !== ''
const isShared: Asks = (value) => typeof value === 'string' && /^(host|container:.*)$/is.test(value)
const isPositive: Asks = (value) => isOn(value) && value !== 0
const isBelowZero: Asks = (value) => typeof value === 'number' && value < 0
const weakens: Asks = (value) =>
  itemsOf(value).some((option) => !/^no-new-privileges(:true|=true)?$/.test(String(option)))
const isForeignDevice: Asks = (value) =>
  itemsOf(value).some((request) =>
    valuesOf(request, 'Driver').some((driver) => driver !== '' && driver !== 'nvidia'),
  )

const fields: readonly {
  readonly field: string
  readonly needs: Privilege
  readonly asks: Asks
}[] = [
  { field: 'Privileged', needs: 'privileged', asks: isOn },
  { field: 'NetworkMode', needs: 'host-network', asks: isShared },
  ...['PidMode', 'IpcMode', 'UTSMode', 'UsernsMode', 'CgroupnsMode', 'Cgroup'].map((field) => ({
    field,
    needs: 'host-namespaces' as const,
    asks: isShared,
  })),
  { field: 'CapAdd', needs: 'capabilities', asks: isListed },
  { field: 'Capabilities', needs: 'capabilities', asks: isListed },
  { field: 'Devices', needs: 'devices', asks: isListed },
  { field: 'DeviceCgroupRules', needs: 'devices', asks: isListed },
  { field: 'DeviceRequests', needs: 'devices', asks: isForeignDevice },
  { field: 'SecurityOpt', needs: 'security', asks: weakens },
  { field: 'Runtime', needs: 'security', asks: isNamed },
  { field: 'CgroupParent', needs: 'security', asks: isNamed },
  { field: 'MaskedPaths', needs: 'security', asks: isOn },
  { field: 'ReadonlyPaths', needs: 'security', asks: isOn },
  { field: 'OomKillDisable', needs: 'security', asks: isOn },
  { field: 'OomScoreAdj', needs: 'security', asks: isBelowZero },
  { field: 'CpuRealtimeRuntime', needs: 'security', asks: isPositive },
  { field: 'VolumesFrom', needs: 'mounts', asks: isListed },
]

/** `/host/path:/path:mode`; a bare `/path` and `name:/path` are volumes of the engine's own. */
const bindDemand = (bind: unknown): readonly Demand[] => {
  const [source = '', ...rest] = String(bind).split(':')
  return source.startsWith('/') && rest.length > 0
    ? [
        {
          field: 'Binds',
          needs: 'mounts',
          path: source,
          isShared: rest.slice(1).some((mode) => /(^|,)r?shared(,|$)/.test(mode)),
        },
      ]
    : []
}

const ownKinds: ReadonlySet<string> = new Set(['volume', 'tmpfs', 'image'])

const mountDemand = (mount: unknown): readonly Demand[] => {
  const kinds = valuesOf(mount, 'Type').map(String)
  const foreign = kinds.length === 0 || kinds.some((kind) => !ownKinds.has(kind))
  const sources = valuesOf(mount, 'Source').map(String)
  const options = valuesOf(mount, 'VolumeOptions')
    .flatMap((one) => valuesOf(one, 'DriverConfig'))
    .flatMap((driver) => valuesOf(driver, 'Options'))
    .some((one) => Object.keys(Object(one) as object).length > 0)
  return [
    ...(foreign ? (sources.length === 1 ? sources : ['']) : []).map(
      (path): Demand => ({ field: 'Mounts', needs: 'mounts', path }),
    ),
    ...(options
      ? [{ field: 'Mounts.VolumeOptions.DriverConfig.Options', needs: 'mounts' } as const]
      : []),
  ]
}
