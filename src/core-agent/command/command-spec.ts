import type { CommandInfo, ContainerInfo, RLimitInfoRLimit } from '../../mesos/wire.ts'
import { hasRevocable, type Resources, scalarOf } from '../../resources/resources.ts'
import { units } from '../../resources/scalar.ts'
import { planFetch } from '../fetch/plan.ts'
import type { Bounds, CommandSpec, Rlimit } from './containers.ts'

/** What is to run, where, and for whom. */
export interface CommandPlace {
  readonly containerId: string
  readonly sandbox: string
  /** Of the framework: who runs it where the command names nobody. */
  readonly user: string
  readonly resources: Resources
  /** Hard ones of CPU and memory. */
  readonly limits: Limits
  /** Beside what the command brings; the command's own values win. */
  readonly environment: ReadonlyMap<string, string>
}

/** A command as the command containerizer runs it; a text says what it cannot do, naming field and remedy. Pure. */
export const commandSpec = (
  command: CommandInfo,
  container: ContainerInfo | undefined,
  place: CommandPlace,
): CommandSpec | string => {
  const problem = containerProblem(container) ?? commandProblem(command)
  if (problem !== undefined) return problem
  const environment = new Map([['PATH', defaultPath], ...place.environment])
  for (const { name, value } of command.environment?.variables ?? [])
    environment.set(name, value ?? '')
  const { resources } = place
  return {
    containerId: place.containerId,
    sandbox: place.sandbox,
    user: command.user ?? (place.user === '' ? undefined : place.user),
    uris: command.uris ?? [],
    tier: hasRevocable(resources) ? 'revocable' : 'regular',
    argv: argvOf(command),
    environment,
    rlimits: (container?.rlimit_info?.rlimits ?? []).map(rlimitOf),
    bounds: boundsOf(resources, place.limits),
  }
}

/** As the engine's create body names them (docker/limits.ts). */
export type Limits = Readonly<
  Partial<Record<'CpuQuota' | 'Memory' | 'MemoryReservation', number | undefined>>
>

export const boundsOf = (resources: Resources, limits: Limits): Bounds => ({
  cpusMilli: scalarOf(resources, 'cpus'),
  cpuQuotaMicros: limits.CpuQuota ?? 0,
  memoryBytes: limits.Memory ?? 0,
  memorySoftBytes: limits.MemoryReservation ?? 0,
  diskBytes: bytes(scalarOf(resources, 'disk')),
})

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const bytes = (megabytesMilli: number): number => Math.floor(units(megabytesMilli) * 1024 ** 2)

/** Without a shell Mesos' arguments begin with the program's own name, as C's argv does. */
export const argvOf = ({ shell = true, value = '', arguments: given = [] }: CommandInfo) =>
  shell ? ['/bin/sh', '-c', value] : [value, ...given.slice(1)]

const containerProblem = (container: ContainerInfo | undefined): string | undefined => {
  if (container === undefined) return undefined
  if (container.mesos?.image !== undefined)
    return 'ContainerInfo.mesos.image: this agent has images for containers of type DOCKER only, give the task such a one'
  if ((container.volumes ?? []).length > 0)
    return 'ContainerInfo.volumes: containers of type MESOS have no volumes here, use paths of the machine or type DOCKER'
  if ((container.network_infos ?? []).some(({ name }) => name !== undefined))
    return 'ContainerInfo.network_infos: containers of type MESOS share the network of the machine, leave the name out'
  if (container.tty_info !== undefined)
    return 'ContainerInfo.tty_info: containers of type MESOS have no terminal, leave it out'
  const unknown = container.rlimit_info?.rlimits?.find(({ type }) => rlimitName(type) === undefined)
  return unknown && `ContainerInfo.rlimit_info: ${unknown.type ?? 'UNKNOWN'} is no limit of Linux`
}

const commandProblem = (command: CommandInfo): string | undefined => {
  const { shell = true, value, arguments: given = [], uris = [] } = command
  if (value === undefined || value === '')
    return shell
      ? 'CommandInfo.value is required where shell is true: give it a command line'
      : 'CommandInfo.value is required: give it the path of an executable'
  for (const uri of uris) {
    const plan = planFetch(uri)
    if ('problem' in plan) return `CommandInfo.uris: '${uri.value}': ${plan.problem}`
  }
  const variables = command.environment?.variables ?? []
  const secret = variables.find(({ type }) => type === 'SECRET')
  if (secret !== undefined)
    return `CommandInfo.environment: this agent resolves no secrets, give ${secret.name} a value`
  const odd = variables.find(({ name }) => name === '' || name.includes('='))
  if (odd !== undefined)
    return `CommandInfo.environment: "${odd.name}" cannot be the name of a variable`
  return [value, ...given, ...variables.flatMap((one) => [one.name, one.value ?? ''])].some(
    (text) => text.includes('\0'),
  )
    ? 'CommandInfo: no text in it can hold a zero byte'
    : undefined
}

/** `RLMT_NOFILE` is `nofile` for prlimit(1). */
const rlimitNames: Readonly<Partial<Record<string, string>>> = Object.fromEntries(
  [
    'as',
    'core',
    'cpu',
    'data',
    'fsize',
    'locks',
    'memlock',
    'msgqueue',
    'nice',
    'nofile',
    'nproc',
    'rss',
    'rtprio',
    'rttime',
    'sigpending',
    'stack',
  ].map((name) => [`RLMT_${name.toUpperCase()}`, name]),
)

const rlimitName = (type: string | undefined): string | undefined =>
  type === undefined || !Object.hasOwn(rlimitNames, type) ? undefined : rlimitNames[type]

/** Without values a limit is lifted (mesos.proto, RLimitInfo). */
const rlimitOf = ({ type, soft, hard }: RLimitInfoRLimit): Rlimit => ({
  resource: rlimitName(type) ?? '',
  soft,
  hard,
})
