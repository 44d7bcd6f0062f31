import { filters } from '../constraints/filters/index.ts'
import type { Policy } from '../constraints/place.ts'
import { resourceKinds } from '../constraints/res-type.ts'
import { strategies } from '../constraints/strategies/index.ts'
import { roleProblem } from '../resources/roles.ts'
import type { Credential } from '../runtime/credential.ts'
import { parseGoDuration } from '../runtime/durations.ts'
import {
  ConfigError,
  type Flag,
  type FlagTable,
  last,
  optional,
  parseBoolean,
  readFlags,
} from '../runtime/flags.ts'

/** A time that has to pass: negative ones and none at all are mistakes. */
const duration = last((text) => {
  const durationMs = parseGoDuration(text)
  if (durationMs <= 0) throw new Error(`wanted a duration above zero, got "${text}"`)
  return durationMs
})

const boolean = last(parseBoolean)

const plain = last((text) => text)

const row = <T>(env: string | undefined, flag: Omit<Flag<T>, 'env'>): Flag<T> => ({
  ...flag,
  env: env === undefined ? [] : [env],
})

/** Every `--cluster-opt` (docker-frontend §5.2), by key; an option beats its environment variable. */
export const clusterOptions = {
  'mesos.address': row('SWARM_MESOS_ADDRESS', {
    value: 'IP',
    fallback: undefined,
    help: 'Accepted; no port is opened towards the master.',
    parse: optional((text) => {
      if (isIp(text)) return text
      throw new Error(`invalid IP address for cluster-opt mesos.address: ${JSON.stringify(text)}`)
    }),
  }),
  'mesos.port': row('SWARM_MESOS_PORT', {
    value: 'PORT',
    fallback: undefined,
    help: 'Accepted, no effect.',
    parse: optional((text) => {
      if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
      throw new Error(`wanted a port from 0 to 65535, got "${text}"`)
    }),
  }),
  'mesos.user': {
    value: 'USER',
    env: ['SWARM_MESOS_USER', 'USER'],
    fallback: 'root',
    help: 'Framework user; by default the user of this process.',
    parse: plain,
  },
  'mesos.tasktimeout': row('SWARM_MESOS_TASK_TIMEOUT', {
    value: 'DURATION',
    fallback: '5s',
    help: 'How long a create waits for a place.',
    parse: duration,
  }),
  'mesos.launchtimeout': row('SWARM_MESOS_LAUNCH_TIMEOUT', {
    value: 'DURATION',
    fallback: '10m',
    help: 'How long a launch may take, the pull of its image included.',
    parse: duration,
  }),
  'mesos.starttimeout': row('SWARM_MESOS_START_TIMEOUT', {
    value: 'DURATION',
    fallback: '10m',
    help: 'How long a created, never started container keeps its resources.',
    parse: duration,
  }),
  'mesos.offertimeout': row('SWARM_MESOS_OFFER_TIMEOUT', {
    value: 'DURATION',
    fallback: '30s',
    help: 'How long an offer is held.',
    parse: duration,
  }),
  'mesos.offerrefusetimeout': row('SWARM_MESOS_OFFER_REFUSE_TIMEOUT', {
    value: 'DURATION',
    fallback: '5s',
    help: 'How long a declined offer is not wanted again.',
    parse: duration,
  }),
  'mesos.checkpointfailover': row('SWARM_MESOS_CHECKPOINT_FAILOVER', {
    value: 'BOOL',
    fallback: 'true',
    help: 'Tasks survive a restart of their agent.',
    parse: boolean,
  }),
  'mesos.enablerevocable': row('SWARM_MESOS_ENABLE_REVOCABLE', {
    value: 'BOOL',
    fallback: 'false',
    help: 'Take offers of revocable resources.',
    parse: boolean,
  }),
  'mesos.revocablemem': row('SWARM_MESOS_REVOCABLE_MEM', {
    value: 'BOOL',
    fallback: 'false',
    help: 'A revocable container takes its memory as revocable too, where offered.',
    parse: boolean,
  }),
  'mesos.restype': row('SWARM_MESOS_RES_TYPE', {
    value: 'FORM',
    fallback: 'regular',
    help: 'res-type of a create that names none: regular, ~regular, revocable, ~revocable or *.',
    parse: last((text) => {
      resourceKinds([], { revocableEnabled: true, fallback: text })
      return text
    }),
  }),
  'mesos.role': row('SWARM_MESOS_ROLE', {
    value: 'ROLE',
    fallback: '*',
    help: 'Role to register with; its reserved resources are taken first.',
    parse: last((text) => {
      const role = text.trim() || '*'
      const problem = roleProblem(role)
      if (problem !== undefined) throw new Error(problem)
      return role
    }),
  }),
  'mesos.principal': row('SWARM_MESOS_PRINCIPAL', {
    value: 'NAME',
    fallback: undefined,
    help: 'Who this endpoint is to a master with --authenticate_http_frameworks.',
    parse: optional((text) => text),
  }),
  'mesos.secret': row('SWARM_MESOS_SECRET', {
    value: 'TEXT',
    fallback: undefined,
    isSecret: true,
    help: 'The secret of mesos.principal; its environment variable keeps it out of lists of processes.',
    parse: optional((text) => text),
  }),
  'mesos.frameworkid': row('SWARM_MESOS_FRAMEWORKID', {
    value: 'ID',
    fallback: undefined,
    help: 'Register as this framework instead of the remembered one.',
    parse: optional((text) => text),
  }),
  'mesos.failovertimeout': row('SWARM_MESOS_FAILOVER_TIMEOUT', {
    value: 'DURATION',
    fallback: '168h',
    help: 'How long tasks outlive this process: a duration, or seconds.',
    parse: (texts) => {
      const text = texts.at(-1) ?? ''
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : duration(texts)
    },
  }),
  'mesos.defaultcpushares': row('SWARM_MESOS_DEFAULT_CPU_SHARES', {
    value: 'CPUS',
    fallback: '0.1',
    help: 'CPUs of a create that states none.',
    parse: last((text) => {
      const cpusMilli = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : 0
      if (cpusMilli > 0) return cpusMilli
      throw new Error(`wanted a number of CPUs such as 0.5, got "${text}"`)
    }),
  }),
  'mesos.defaultmemory': row('SWARM_MESOS_DEFAULT_MEMORY', {
    value: 'SIZE',
    fallback: '64m',
    help: 'Memory of a create that states none.',
    parse: last((text) => parseSize(text)),
  }),
  'mesos.requireresources': row('SWARM_MESOS_REQUIRE_RESOURCES', {
    value: 'BOOL',
    fallback: 'false',
    help: 'Refuse a create that states neither CPUs nor memory.',
    parse: boolean,
  }),
  'docker.names': row(undefined, {
    value: 'node|both',
    fallback: 'node',
    help: 'Names in docker ps: node/name, or name beside it.',
    parse: last((text): 'node' | 'both' => {
      if (text === 'node' || text === 'both') return text
      throw new Error(`wanted node or both, got "${text}"`)
    }),
  }),
  'swarm.overcommit': row(undefined, {
    value: 'NUMBER',
    fallback: undefined,
    help: 'Checked, no effect.',
    parse: optional((text) => {
      const overcommit = number(text)
      if (overcommit > -1) return overcommit
      throw new Error(
        `swarm.overcommit should be larger than -1, ${overcommit.toFixed(6)} is invalid`,
      )
    }),
  }),
  'swarm.createretry': row(undefined, {
    value: 'NUMBER',
    fallback: undefined,
    help: 'Checked, no effect.',
    parse: optional((text) => {
      const retries = number(text)
      if (retries >= 0) return retries
      throw new Error(`swarm.createretry can not be negative, ${retries} is invalid`)
    }),
  }),
} satisfies FlagTable

export interface ClusterOptions {
  readonly user: string
  readonly taskTimeoutMs: number
  readonly launchTimeoutMs: number
  readonly startTimeoutMs: number
  readonly offerTimeoutMs: number
  readonly offerRefuseMs: number
  readonly checkpoint: boolean
  readonly revocableEnabled: boolean
  readonly revocableMemory: boolean
  /** A form of docker-frontend §8.2 without its key, such as `~revocable`. */
  readonly defaultResType: string
  readonly role: string
  readonly frameworkId: string | undefined
  /** Presented to the master, never shown. */
  readonly credential: Credential | undefined
  readonly failoverTimeoutMs: number
  readonly defaultCpusMilli: number
  readonly defaultMemoryBytes: number
  readonly requireResources: boolean
  readonly containerNames: 'node' | 'both'
}

/** All that the framework is told at its start. */
export interface FrameworkConfig extends ClusterOptions {
  /** `host:port` of a master; a master that is not the leader names the one that is. */
  readonly master: string
  readonly strategy: string
  /** Names of the filters, in order (docker-frontend §7.2). */
  readonly filters: readonly string[]
  readonly frameworkName: string
  /** Of the machine that this process runs on. */
  readonly hostname: string
}

/** The filters and the strategy of a configuration. Throws ConfigError in Swarm's words (docker-frontend §5.1). */
export const policyOf = (
  config: Pick<FrameworkConfig, 'strategy' | 'filters'>,
  random: Policy['random'],
): Policy => {
  const strategy = strategies.get(config.strategy)
  if (strategy === undefined) throw new ConfigError(['--strategy: strategy not supported'])
  const chosen = config.filters.map((name) => {
    const filter = filters.find((one) => one.name === name)
    if (filter === undefined) throw new ConfigError(['--filter: filter not supported'])
    return filter
  })
  return { filters: chosen, strategy, random }
}

/** The values of `--cluster-opt key=value` texts. Throws ConfigError with every mistake (D17). */
export const parseClusterOptions = (
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ClusterOptions => {
  const { given, problems } = split(texts)
  try {
    const read = readFlags(clusterOptions, given, env)
    if (problems.length === 0) return named(read)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems.map((problem) => problem.replace(/^--/, '--cluster-opt ')))
  }
  throw new ConfigError(problems)
}

const credentialOf = (
  principal: string | undefined,
  secret: string | undefined,
): Credential | undefined => {
  if (principal === undefined && secret === undefined) return undefined
  if (principal === undefined || secret === undefined)
    throw new ConfigError([
      '--mesos.principal and mesos.secret: one is of no use without the other',
    ])
  return { principal, secret }
}

const named = (read: ReturnType<typeof readFlags<typeof clusterOptions>>): ClusterOptions => ({
  user: read['mesos.user'],
  taskTimeoutMs: read['mesos.tasktimeout'],
  launchTimeoutMs: read['mesos.launchtimeout'],
  startTimeoutMs: read['mesos.starttimeout'],
  offerTimeoutMs: read['mesos.offertimeout'],
  offerRefuseMs: read['mesos.offerrefusetimeout'],
  checkpoint: read['mesos.checkpointfailover'],
  revocableEnabled: read['mesos.enablerevocable'],
  revocableMemory: read['mesos.revocablemem'],
  defaultResType: read['mesos.restype'],
  role: read['mesos.role'],
  frameworkId: read['mesos.frameworkid'],
  credential: credentialOf(read['mesos.principal'], read['mesos.secret']),
  failoverTimeoutMs: read['mesos.failovertimeout'],
  defaultCpusMilli: read['mesos.defaultcpushares'],
  defaultMemoryBytes: read['mesos.defaultmemory'],
  requireResources: read['mesos.requireresources'],
  containerNames: read['docker.names'],
})

const split = (texts: readonly string[]) => {
  const given: Record<string, readonly string[]> = {}
  const problems: string[] = []
  for (const text of texts) {
    const at = text.indexOf('=')
    const key = at === -1 ? text : text.slice(0, at)
    const value = text.slice(at + 1)
    const earlier = given[key]
    if (at === -1)
      problems.push(
        `--cluster-opt ${JSON.stringify(text)}: wanted key=value, such as mesos.tasktimeout=10s`,
      )
    else if (!Object.hasOwn(clusterOptions, key))
      problems.push(`--cluster-opt ${key}: no such option; did you mean ${nearest(key)}?`)
    else if (earlier !== undefined)
      problems.push(`--cluster-opt ${key}: given twice, as "${earlier[0]}" and as "${value}"`)
    else given[key] = [value]
  }
  return { given, problems }
}

const number = (text: string): number => {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new Error(`wanted a number, got "${text}"`)
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
}

/** Bytes of a size as Docker's flags take it: `64m`, `1g`, `512kb`. */
const parseSize = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)([kmgtb]?)b?$/i.exec(text)
  const bytes = Math.floor(Number(match?.[1]) * (sizeUnits[match?.[2]?.toLowerCase() ?? ''] ?? 0))
  if (match === null || bytes === 0) throw new Error(`wanted a size such as 64m, got "${text}"`)
  return bytes
}

const isIp = (text: string): boolean => {
  const v4 = text.split('.')
  if (v4.length === 4) return v4.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)
  return /^[0-9a-f:.]+$/i.test(text) && text.split(':').length > 2
}

const nearest = (key: string): string =>
  Object.keys(clusterOptions).reduce((best, known) =>
    editDistance(key, known) < editDistance(key, best) ? known : best,
  )

/** Levenshtein's: insertions, deletions and replacements from `a` to `b`. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replace, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
