import {
  ConfigError,
  type Flag,
  type FlagTable,
  type FlagValues,
  last,
  optional,
  parseBoolean,
  readFlags,
} from '../runtime/flags.ts'
import type { ListenAddress } from '../runtime/http-server.ts'
import {
  durationAtLeast,
  isLoopback,
  oneOf,
  parseAdvertise,
  parseDiscoveryOptions,
  parseList,
  parseListenAddress,
  parseRetryCount,
} from './flag-parsers.ts'

/** What the Docker endpoint must know besides the cluster. Plain parsed values; the process that starts it fills them. */
export interface DockerApiConfig {
  /** Of shoal, such as `0.1.0`. */
  readonly version: string
  /** Facts about the machine that the endpoint runs on, as `docker info` shows them. */
  readonly hostname: string
  /** As the kernel names it: `x86_64`. */
  readonly architecture: string
  readonly kernelVersion: string
  readonly operatingSystem: string

  /** What a create that states none is counted with (docker-frontend §6.3). */
  readonly defaultCpusMilli: number
  readonly defaultMemoryMiB: number
  /** No default sizes: a create must state what it needs. */
  readonly requireResources: boolean
  readonly revocableEnabled: boolean
  /** `res-type` of a create that names none, in any form of docker-frontend §8.2. */
  readonly defaultResType: string
  readonly revocableMemory: boolean
  /** `both` shows `web` beside `node1/web` in lists (docker-frontend §4.3). */
  readonly names: 'node' | 'both'
  /** Lines for the warnings of `docker info`, such as a listener that anybody can reach. */
  readonly warnings: readonly string[]
}

const strategies = { spread: 'spread', binpack: 'binpack', binpacking: 'binpack', random: 'random' }
const drivers = { mesos: 'mesos', 'mesos-experimental': 'mesos' }
const filters = {
  health: 'health',
  port: 'port',
  containerslots: 'containerslots',
  dependency: 'dependency',
  affinity: 'affinity',
  constraint: 'constraint',
  whitelist: 'whitelist',
}

const inert = 'accepted for compatibility, without effect: state is pushed, not polled'

const inertDuration = (fallback: string, minimumMs: number, problem: string): Flag<number> => ({
  value: 'DURATION',
  env: [],
  fallback,
  help: inert,
  parse: last(durationAtLeast(minimumMs, problem)),
})

const inertSwitch: Flag<boolean> = {
  env: [],
  fallback: 'false',
  help: inert,
  parse: last(parseBoolean),
}

/** Flags of `shoal manage`: those of `swarm manage` that mean something here, and a few of ours (docker-frontend §5.1). */
export const manageFlags = {
  host: {
    value: 'ADDRESS',
    env: ['SWARM_HOST'],
    fallback: 'tcp://127.0.0.1:4375',
    repeatable: true,
    help: 'listen on tcp://host:port or unix:///path',
    parse: (texts) => parseList(texts).map(parseListenAddress),
  } satisfies Flag<readonly ListenAddress[]>,
  'insecure-bind': {
    env: ['SHOAL_INSECURE_BIND'],
    fallback: 'false',
    help: 'allow an address that other machines can reach, without authentication',
    parse: last(parseBoolean),
  },
  strategy: {
    value: 'NAME',
    env: [],
    fallback: 'spread',
    help: 'spread, binpack or random',
    parse: last(oneOf(strategies, () => 'strategy not supported')),
  },
  filter: {
    value: 'NAME',
    env: [],
    fallback: undefined,
    repeatable: true,
    help: 'filters to use, in this order; all when not given',
    parse: (texts) =>
      (texts.length === 0 ? Object.keys(filters) : texts).map(
        oneOf(filters, () => 'filter not supported'),
      ),
  } satisfies Flag<readonly string[]>,
  'cluster-driver': {
    value: 'NAME',
    env: [],
    fallback: 'mesos',
    help: 'mesos',
    parse: last(oneOf(drivers, (text) => `unsupported cluster "${text}"`)),
  },
  'cluster-opt': {
    value: 'KEY=VALUE',
    env: [],
    fallback: undefined,
    repeatable: true,
    help: 'option of the cluster driver, such as mesos.enablerevocable=true',
    parse: (texts) => texts,
  } satisfies Flag<readonly string[]>,
  'discovery-opt': {
    value: 'KEY=VALUE',
    env: [],
    fallback: undefined,
    repeatable: true,
    help: 'accepted for compatibility, without effect: the master is the discovery',
    parse: parseDiscoveryOptions,
  } satisfies Flag<readonly string[]>,
  advertise: {
    value: 'HOST:PORT',
    env: ['SWARM_ADVERTISE'],
    fallback: undefined,
    help: 'address at which other machines reach this endpoint',
    parse: optional(parseAdvertise),
  },
  'framework-name': {
    value: 'NAME',
    env: ['SHOAL_FRAMEWORK_NAME'],
    fallback: 'shoal',
    help: 'name that the master shows for this frontend',
    parse: last((text: string) => text),
  },
  'work-dir': {
    value: 'DIR',
    env: ['SHOAL_WORK_DIR'],
    fallback: '/var/lib/shoal/manage',
    help: 'where the framework id and the names are kept',
    parse: last((text: string) => text),
  },
  heartbeat: inertDuration('60s', 1000, '--heartbeat should be at least one second'),
  'engine-refresh-min-interval': inertDuration(
    '30s',
    0,
    'min refresh interval should be a positive number',
  ),
  'engine-refresh-max-interval': inertDuration(
    '60s',
    0,
    'max refresh interval should be a positive number',
  ),
  'engine-failure-retry': {
    value: 'COUNT',
    env: [],
    fallback: '3',
    help: inert,
    parse: last(parseRetryCount),
  },
  'engine-refresh-retry': {
    value: 'COUNT',
    env: [],
    fallback: '3',
    help: 'deprecated: use --engine-failure-retry',
    parse: last(parseRetryCount),
  },
  'refresh-on-node-filter': inertSwitch,
  'container-name-refresh-filter': inertSwitch,
} as const satisfies FlagTable

/** Short and older spellings of the flags above. */
export const manageAliases: Readonly<Record<string, keyof typeof manageFlags>> = {
  H: 'host',
  f: 'filter',
  c: 'cluster-driver',
  addr: 'advertise',
}

/**
 * Values of `manageFlags`, with the rules that join two flags. An address that other machines can reach is refused
 * unless allowed, and then leaves a warning: whoever reaches it is root on every node (reliability §2, "open 2375").
 * Throws ConfigError with one line a mistake.
 */
export const parseManageFlags = (
  given: Readonly<Record<string, readonly string[] | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly values: FlagValues<typeof manageFlags>; readonly warnings: readonly string[] } => {
  const values = readFlags(manageFlags, given, env)
  const problems: string[] = []
  if (values['engine-refresh-max-interval'] < values['engine-refresh-min-interval'])
    problems.push('max refresh interval cannot be less than min refresh interval')
  const open = values.host.flatMap((address) =>
    'socketPath' in address || isLoopback(address.host) ? [] : [`${address.host}:${address.port}`],
  )
  if (!values['insecure-bind'])
    for (const where of open)
      problems.push(
        `--host: ${where} can be reached from other machines, and whoever reaches it is root on every node; listen on 127.0.0.1 or a unix socket, or say --insecure-bind`,
      )
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    values,
    warnings: open.map(
      (where) =>
        `${where} is open to every machine that reaches it: whoever connects is root on every node`,
    ),
  }
}
