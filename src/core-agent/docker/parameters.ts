import {
  asText,
  bytes,
  device,
  flag,
  gpus,
  mount,
  type Read,
  splitOnce,
  ulimit,
  wholeNumber,
} from './parameter-values.ts'

/** A create body in the making. */
export interface Draft {
  readonly body: Record<string, unknown>
  /** Its HostConfig. */
  readonly host: Record<string, unknown>
}

/** Puts one option into the draft, or says why it cannot be. */
export type Parameter = (draft: Draft, value: string) => string | undefined

/** All of them in order; a text names the first that cannot be. Values may repeat. */
export const applyParameters = (
  draft: Draft,
  given: readonly { readonly key: string; readonly value: string }[],
): string | undefined => {
  for (const { key, value } of given) {
    const apply = Object.hasOwn(parameters, key) ? parameters[key] : undefined
    if (apply === undefined)
      return `DockerInfo.parameters: '${key}' is not an option that this agent knows: leave it out`
    const problem = apply(draft, value)
    if (problem !== undefined) return `DockerInfo.parameters: '${key}' ${problem}`
  }
  return undefined
}

type Part = keyof Draft

const unreadable = (value: string) => `has a value that cannot be read: '${value}'`

const set =
  (part: Part, field: string, read: Read = asText): Parameter =>
  (draft, value) => {
    const result = read(value)
    if (result === undefined) return unreadable(value)
    draft[part][field] = result
    return undefined
  }

const append =
  (part: Part, field: string, read: Read = asText): Parameter =>
  (draft, value) => {
    const result = read(value)
    if (result === undefined) return unreadable(value)
    draft[part][field] = [...((draft[part][field] as unknown[] | undefined) ?? []), result]
    return undefined
  }

/** `key=value` into an object; `separator` and all after it may be missing. */
const entry =
  (part: Part, field: string, separator = '='): Parameter =>
  (draft, value) => {
    const [key, rest] = splitOnce(value, separator)
    draft[part][field] = { ...(draft[part][field] as object | undefined), [key]: rest }
    return undefined
  }

const ignore: Parameter = () => undefined

const refuse =
  (why: string): Parameter =>
  () =>
    why

/** The docker command would take the value from its own environment, which here is the agent's. */
const variable: Read = (value) => (value.indexOf('=') > 0 ? value : undefined)

const logDriver: Parameter = ({ host }, value) => {
  host['LogConfig'] = { Config: {}, ...(host['LogConfig'] as object | undefined), Type: value }
  return undefined
}

const logOption: Parameter = ({ host }, value) => {
  const config = host['LogConfig'] as { Type?: string; Config?: object } | undefined
  const [key, rest] = splitOnce(value)
  host['LogConfig'] = { Type: config?.Type ?? '', Config: { ...config?.Config, [key]: rest } }
  return undefined
}

/** The docker command reads a seccomp profile from its own disk; the engine wants the profile itself. */
const securityOption: Parameter = (draft, value) => {
  const [name, profile] = splitOnce(value)
  return name === 'seccomp' && !/^(unconfined|builtin|\{.*)$/s.test(profile)
    ? `names a file of the client: give the profile itself as JSON, or unconfined`
    : append('host', 'SecurityOpt')(draft, value)
}

const bypassesAccounting = refuse('would bypass accounting: ask for cpus in the task resources')
const memoryBypassesAccounting = refuse(
  'would bypass accounting: ask for mem in the task resources and limits',
)
const notPublished = refuse('bypasses the ports resource: use DockerInfo.port_mappings')
const volume = append('host', 'Binds')
const user = set('body', 'User')
const workdir = set('body', 'WorkingDir')
const hostname = set('body', 'Hostname')
const dnsOption = append('host', 'DnsOptions')

/** `DockerInfo.parameters`: names of `docker run` options, and what each is in a create body (core-agent §3.2). */
export const parameters: Readonly<Record<string, Parameter>> = {
  'add-host': append('host', 'ExtraHosts'),
  'cap-add': append('host', 'CapAdd'),
  'cap-drop': append('host', 'CapDrop'),
  'cgroup-parent': refuse("is the agent's own, which puts containers under their tier"),
  'cpu-period': bypassesAccounting,
  'cpu-quota': bypassesAccounting,
  'cpu-shares': bypassesAccounting,
  cpus: bypassesAccounting,
  'cpuset-cpus': set('host', 'CpusetCpus'),
  device: append('host', 'Devices', device),
  dns: append('host', 'Dns'),
  'dns-opt': dnsOption,
  'dns-option': dnsOption,
  'dns-search': append('host', 'DnsSearch'),
  entrypoint: set('body', 'Entrypoint', (value) => [value]),
  env: append('body', 'Env', variable),
  'env-file': refuse('names a file of the client: give each variable as env'),
  gpus: set('host', 'DeviceRequests', gpus),
  'group-add': append('host', 'GroupAdd'),
  h: hostname,
  hostname,
  init: set('host', 'Init', flag),
  ipc: set('host', 'IpcMode'),
  label: entry('body', 'Labels'),
  link: append('host', 'Links'),
  'log-driver': logDriver,
  'log-opt': logOption,
  memory: memoryBypassesAccounting,
  'memory-reservation': memoryBypassesAccounting,
  'memory-swap': set('host', 'MemorySwap', bytes),
  'memory-swappiness': set('host', 'MemorySwappiness', wholeNumber),
  mount: append('host', 'Mounts', mount),
  /** The agent names the container, so that it finds it again. */
  name: ignore,
  /** networks.ts takes the first one; a container joins one network when it is made. */
  net: ignore,
  network: ignore,
  'oom-score-adj': set('host', 'OomScoreAdj', wholeNumber),
  pid: set('host', 'PidMode'),
  privileged: refuse('is a field of its own: set DockerInfo.privileged'),
  publish: notPublished,
  'publish-all': notPublished,
  'read-only': set('host', 'ReadonlyRootfs', flag),
  restart: (_draft, value) =>
    value === 'no' ? undefined : 'must be no: the framework decides about the next task',
  /** The agent needs the exit state; it removes the container later. */
  rm: ignore,
  runtime: set('host', 'Runtime'),
  'security-opt': securityOption,
  'shm-size': set('host', 'ShmSize', bytes),
  'stop-signal': set('body', 'StopSignal'),
  'stop-timeout': set('body', 'StopTimeout', wholeNumber),
  sysctl: entry('host', 'Sysctls'),
  tmpfs: entry('host', 'Tmpfs', ':'),
  u: user,
  ulimit: append('host', 'Ulimits', ulimit),
  user,
  userns: set('host', 'UsernsMode'),
  uts: set('host', 'UTSMode'),
  v: volume,
  volume,
  'volumes-from': append('host', 'VolumesFrom'),
  w: workdir,
  workdir,
}
