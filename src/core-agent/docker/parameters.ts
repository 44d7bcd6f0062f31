/** A create body in the making. */
export interface Draft {
  readonly body: Record<string, unknown>
  /** Its HostConfig. */
  readonly host: Record<string, unknown>
}

/** Puts one option into the draft, or says why it cannot be. */
export type Parameter = (draft: Draft, value: string) => string | undefined

type Part = keyof Draft
type Read = (value: string) => unknown

const asText: Read = (value) => value

const set =
  (part: Part, field: string, read: Read = asText): Parameter =>
  (draft, value) => {
    const result = read(value)
    if (result === undefined) return `has a value that cannot be read: '${value}'`
    draft[part][field] = result
    return undefined
  }

const append =
  (part: Part, field: string, read: Read = asText): Parameter =>
  (draft, value) => {
    const result = read(value)
    if (result === undefined) return `has a value that cannot be read: '${value}'`
    draft[part][field] = [...((draft[part][field] as unknown[] | undefined) ?? []), result]
    return undefined
  }

/** `key=value` into an object; `separator` and all after it may be missing. */
const entry =
  (part: Part, field: string, separator = '='): Parameter =>
  (draft, value) => {
    const at = value.indexOf(separator)
    const [key, rest] = at === -1 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)]
    draft[part][field] = { ...(draft[part][field] as object | undefined), [key]: rest }
    return undefined
  }

const ignore: Parameter = () => undefined

const refuse =
  (why: string): Parameter =>
  () =>
    why

const wholeNumber: Read = (value) => (/^-?\d+$/.test(value) ? Number(value) : undefined)

const flag: Read = (value) =>
  value === 'true' || value === '' ? true : value === 'false' ? false : undefined

const byteFactors: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
}

/** Docker's sizes: `64m`, `1g`, plain bytes, and -1. */
const bytes: Read = (value) => {
  if (value === '-1') return -1
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([bkmg]?)b?$/i.exec(value) ?? []
  const factor = byteFactors[unit.toLowerCase()]
  return amount === undefined || factor === undefined
    ? undefined
    : Math.floor(Number(amount) * factor)
}

const device: Read = (value) => {
  const [host, container = host, permissions = 'rwm'] = value.split(':')
  return host
    ? { PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions }
    : undefined
}

const ulimit: Read = (value) => {
  const [, name, soft, hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? []
  return name === undefined ? undefined : { Name: name, Soft: Number(soft), Hard: Number(hard) }
}

const gpus: Read = (value) => {
  const count = value === 'all' ? -1 : wholeNumber(value)
  return count === undefined ? undefined : [{ Count: count, Capabilities: [['gpu']] }]
}

/** `type=bind,source=/a,target=/b,readonly` */
const mount: Read = (value) => {
  const options = new Map(
    value.split(',').map((part) => {
      const [key = '', ...rest] = part.split('=')
      return [key, rest.join('=')] as const
    }),
  )
  const target = options.get('target') ?? options.get('destination') ?? options.get('dst')
  if (target === undefined) return undefined
  const readOnly = options.get('readonly') ?? options.get('ro')
  return {
    Type: options.get('type') ?? 'volume',
    Source: options.get('source') ?? options.get('src') ?? '',
    Target: target,
    ReadOnly: readOnly !== undefined && readOnly !== 'false',
  }
}

const logDriver: Parameter = ({ host }, value) => {
  host['LogConfig'] = { Config: {}, ...(host['LogConfig'] as object | undefined), Type: value }
  return undefined
}

const logOption: Parameter = ({ host }, value) => {
  const config = host['LogConfig'] as { Type?: string; Config?: object } | undefined
  const [key = '', ...rest] = value.split('=')
  host['LogConfig'] = {
    Type: config?.Type ?? '',
    Config: { ...config?.Config, [key]: rest.join('=') },
  }
  return undefined
}

const bypassesAccounting = refuse('would bypass accounting: ask for cpus in the task resources')
const network = set('host', 'NetworkMode')
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
  'cpuset-cpus': set('host', 'CpusetCpus'),
  device: append('host', 'Devices', device),
  dns: append('host', 'Dns'),
  'dns-opt': dnsOption,
  'dns-option': dnsOption,
  'dns-search': append('host', 'DnsSearch'),
  entrypoint: set('body', 'Entrypoint', (value) => [value]),
  env: append('body', 'Env'),
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
  'memory-swap': set('host', 'MemorySwap', bytes),
  'memory-swappiness': set('host', 'MemorySwappiness', wholeNumber),
  mount: append('host', 'Mounts', mount),
  /** The agent names the container, so that it finds it again. */
  name: ignore,
  net: network,
  network,
  'oom-score-adj': set('host', 'OomScoreAdj', wholeNumber),
  pid: set('host', 'PidMode'),
  'read-only': set('host', 'ReadonlyRootfs', flag),
  restart: (_draft, value) =>
    value === 'no' ? undefined : 'must be no: the framework decides about the next task',
  /** The agent needs the exit state; it removes the container later. */
  rm: ignore,
  runtime: set('host', 'Runtime'),
  'security-opt': append('host', 'SecurityOpt'),
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
