import type { DomainInfo } from '../mesos/wire.ts'
import { parseResources } from '../resources/parse.ts'
import { roleProblem } from '../resources/roles.ts'
import {
  ConfigError,
  type FlagTable,
  last,
  optional,
  parseBoolean,
  parsePort,
  parsePositiveDuration,
  parseText,
  readFlags,
  shownFlags,
} from '../runtime/flags.ts'
import { hierarchical } from './allocator/allocate.ts'
import { drfSorter } from './allocator/drf-sorter.ts'
import { type Quantities, scalarsOf } from './allocator/quantities.ts'
import { randomSorter } from './allocator/random-sorter.ts'
import type { Allocator } from './allocator/snapshot.ts'
import type { CreateSorter } from './allocator/sorter.ts'
import { type Acls, openAcls } from './security/acls.ts'
import { authenticationOf, securityFlags } from './security/flags.ts'
import { noRateLimits, type RateLimits } from './security/rate-limits.ts'
import type { Authentication } from './security/realms.ts'

/** What a master must be told before it can run: its settings, and what only its process knows. */
export interface MasterConfig extends MasterSettings {
  /** Of this package. */
  readonly version: string
  /** Where it is reached, which it tells frameworks and people. */
  readonly address: { readonly ip: string; readonly port: number }
}

/** The flags as values. */
export interface MasterSettings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly advertise: { readonly ip: string | undefined; readonly port: number | undefined }
  readonly hostname: string
  readonly workDir: string | undefined
  readonly registry: 'file' | 'in_memory'
  readonly registryFetchTimeoutMs: number
  readonly registryStoreTimeoutMs: number
  readonly registryGcIntervalMs: number
  readonly registryMaxAgentAgeMs: number
  /** Unreachable ones, and gone ones. */
  readonly registryMaxAgentCount: number
  readonly cluster: string | undefined
  readonly allocationIntervalMs: number
  readonly minAllocatable: readonly Quantities[]
  readonly offerTimeoutMs: number | undefined
  /** How long an offer may lie unanswered while another framework has none. */
  readonly offerPatienceMs: number
  readonly weights: ReadonlyMap<string, number>
  /** Roles that may subscribe; undefined: all. */
  readonly roles: ReadonlySet<string> | undefined
  readonly agentPingTimeoutMs: number
  readonly maxAgentPingTimeouts: number
  readonly agentReregisterTimeoutMs: number
  /** Between two agents that become unreachable; 0: as they come. */
  readonly agentRemovalIntervalMs: number
  readonly recoveryAgentRemovalLimitPercent: number
  readonly allocatorRecoveryTimeoutMs: number
  /** Share of the last master's agents, from 0 to 1. */
  readonly allocatorAgentRecoveryFactor: number
  readonly maxCompletedFrameworks: number
  readonly maxCompletedTasksPerFramework: number
  readonly maxUnreachableTasksPerFramework: number
  readonly filterGpuResources: boolean
  readonly allocator: Allocator
  /** Names that count for no share. */
  readonly fairnessExcludes: ReadonlySet<string>
  /** File that lists the agents that may be offered; undefined: all may. */
  readonly whitelist: string | undefined
  /** Where this master is; undefined: nowhere in particular. */
  readonly region: string | undefined
  readonly requireAgentDomain: boolean
  readonly heartbeatIntervalMs: number
  readonly jointOffers: boolean
  readonly fastReoffer: boolean
  readonly authentication: Authentication
  readonly acls: Acls
  readonly rateLimits: RateLimits
  /** Whether frameworks may be of the user root. */
  readonly rootSubmissions: boolean
  /** Endpoints that are answered 403, without the /master prefix. */
  readonly disabledPaths: ReadonlySet<string>
  /** Every flag that has a value, as text: what `/flags` shows. */
  readonly flags: Readonly<Record<string, string>>
}

const env = (name: string): readonly string[] => [`MESOS_${name.toUpperCase()}`]

const sorters: Readonly<Record<string, CreateSorter>> = { drf: drfSorter, random: randomSorter }

const allocators: Readonly<Record<string, typeof hierarchical>> = { HierarchicalDRF: hierarchical }

/** Mesos' names and defaults (core-master §11); offer_patience, heartbeat_interval and what follows it are ours. */
export const masterFlags = {
  ip: {
    value: 'IP',
    env: env('ip'),
    fallback: '127.0.0.1',
    help: 'IP address to listen on',
    parse: last(parseText),
  },
  port: {
    value: 'PORT',
    env: env('port'),
    fallback: '5050',
    help: 'port to listen on; 0 for any free one',
    parse: last(parsePort),
  },
  advertise_ip: {
    value: 'IP',
    env: env('advertise_ip'),
    fallback: undefined,
    help: 'IP address at which frameworks and agents reach this master (default: --ip)',
    parse: optional(parseText),
  },
  advertise_port: {
    value: 'PORT',
    env: env('advertise_port'),
    fallback: undefined,
    help: 'port at which frameworks and agents reach this master (default: --port)',
    parse: optional(parsePort),
  },
  hostname: {
    value: 'NAME',
    env: env('hostname'),
    fallback: undefined,
    help: 'hostname to advertise (default: the advertised IP address)',
    parse: optional(parseText),
  },
  work_dir: {
    value: 'DIR',
    env: env('work_dir'),
    fallback: undefined,
    help: 'where a master keeps what must last',
    parse: optional(parseText),
  },
  registry: {
    value: 'NAME',
    env: env('registry'),
    fallback: undefined,
    help: 'where what must outlive the master is kept: file (below --work_dir) or in_memory (default: file if there is a --work_dir)',
    parse: optional(oneOf({ file: 'file', in_memory: 'in_memory' } as const)),
  },
  registry_fetch_timeout: {
    value: 'DURATION',
    env: env('registry_fetch_timeout'),
    fallback: '1mins',
    help: 'time in which the registry must be read, else the master does not start',
    parse: last(parsePositiveDuration),
  },
  registry_store_timeout: {
    value: 'DURATION',
    env: env('registry_store_timeout'),
    fallback: '20secs',
    help: 'time in which the registry must be written, else the master ends',
    parse: last(parsePositiveDuration),
  },
  registry_gc_interval: {
    value: 'DURATION',
    env: env('registry_gc_interval'),
    fallback: '15mins',
    help: 'time between two looks for old unreachable and gone agents in the registry',
    parse: last(parsePositiveDuration),
  },
  registry_max_agent_age: {
    value: 'DURATION',
    env: env('registry_max_agent_age'),
    fallback: '2weeks',
    help: 'time after which unreachable and gone agents are forgotten',
    parse: last(parsePositiveDuration),
  },
  registry_max_agent_count: {
    value: 'N',
    env: env('registry_max_agent_count'),
    fallback: '102400',
    help: 'unreachable agents, and gone agents, to remember; the oldest are forgotten first',
    parse: last(parseCount),
  },
  cluster: {
    value: 'NAME',
    env: env('cluster'),
    fallback: undefined,
    help: 'name of the cluster, as people read it',
    parse: optional(parseText),
  },
  allocation_interval: {
    value: 'DURATION',
    env: env('allocation_interval'),
    fallback: '1secs',
    help: 'time between two runs of the allocator over all agents',
    parse: last(parsePositiveDuration),
  },
  min_allocatable_resources: {
    value: 'RESOURCES',
    env: env('min_allocatable_resources'),
    fallback: 'cpus:0.01|mem:32',
    help: 'sets of amounts, separated by |, of which an offer must reach one',
    parse: last(parseMinimums),
  },
  offer_timeout: {
    value: 'DURATION',
    env: env('offer_timeout'),
    fallback: undefined,
    help: 'time after which an unanswered offer is rescinded (default: never)',
    parse: optional(parsePositiveDuration),
  },
  offer_patience: {
    value: 'DURATION',
    env: env('offer_patience'),
    fallback: '10secs',
    help: 'time after which unanswered offers are shared with frameworks that have none; or never, as in Mesos',
    parse: last(parsePatience),
  },
  weights: {
    value: 'ROLE=WEIGHT,…',
    env: env('weights'),
    fallback: '',
    help: 'how much of the cluster roles get, relative to each other; 1 for roles not named',
    parse: last(parseWeights),
  },
  roles: {
    value: 'ROLE,…',
    env: env('roles'),
    fallback: undefined,
    help: 'roles that frameworks may subscribe to, besides * (default: all)',
    parse: optional(parseRoles),
  },
  agent_ping_timeout: {
    value: 'DURATION',
    env: env('agent_ping_timeout'),
    fallback: '15secs',
    help: 'time an agent has to answer a ping',
    parse: last(parsePositiveDuration),
  },
  max_agent_ping_timeouts: {
    value: 'N',
    env: env('max_agent_ping_timeouts'),
    fallback: '5',
    help: 'missed pings in a row after which an agent is unreachable',
    parse: last(parseCount),
  },
  agent_reregister_timeout: {
    value: 'DURATION',
    env: env('agent_reregister_timeout'),
    fallback: '10mins',
    help: 'time a disconnected agent, or one known to an earlier master, has to come back',
    parse: last(parsePositiveDuration),
  },
  agent_removal_rate_limit: {
    value: 'N/DURATION',
    env: env('agent_removal_rate_limit'),
    fallback: undefined,
    help: 'how many agents may become unreachable in a time, such as 1/10mins (default: no limit)',
    parse: optional(parseRate),
  },
  recovery_agent_removal_limit: {
    value: 'PERCENT',
    env: env('recovery_agent_removal_limit'),
    fallback: '100%',
    help: 'share of all agents that may be missing after the master was replaced; beyond it the master ends',
    parse: last(parsePercent),
  },
  allocator_recovery_timeout: {
    value: 'DURATION',
    env: env('allocator_recovery_timeout'),
    fallback: '10mins',
    help: 'where there is quota: time a new master waits for agents of the last one before it offers anything',
    parse: last(parsePositiveDuration),
  },
  allocator_agent_recovery_factor: {
    value: 'SHARE',
    env: env('allocator_agent_recovery_factor'),
    fallback: '0.8',
    help: 'share of those agents that are enough not to wait longer',
    parse: last(parseShare),
  },
  max_completed_frameworks: {
    value: 'N',
    env: env('max_completed_frameworks'),
    fallback: '50',
    help: 'removed frameworks to remember',
    parse: last(parseCount),
  },
  max_completed_tasks_per_framework: {
    value: 'N',
    env: env('max_completed_tasks_per_framework'),
    fallback: '1000',
    help: 'ended tasks of a framework to remember',
    parse: last(parseCount),
  },
  max_unreachable_tasks_per_framework: {
    value: 'N',
    env: env('max_unreachable_tasks_per_framework'),
    fallback: '1000',
    help: 'tasks of a framework on unreachable agents to remember',
    parse: last(parseCount),
  },
  filter_gpu_resources: {
    env: env('filter_gpu_resources'),
    fallback: 'true',
    help: 'offer agents with gpus only to frameworks with GPU_RESOURCES',
    parse: last(parseBoolean),
  },
  allocator: {
    value: 'NAME',
    env: env('allocator'),
    fallback: 'HierarchicalDRF',
    help: 'who decides on offers: HierarchicalDRF',
    parse: last(oneOf(allocators)),
  },
  role_sorter: {
    value: 'NAME',
    env: env('role_sorter'),
    fallback: 'drf',
    help: 'which role is served first: drf (the least dominant share) or random (by weight)',
    parse: last(oneOf(sorters)),
  },
  framework_sorter: {
    value: 'NAME',
    env: env('framework_sorter'),
    fallback: 'drf',
    help: 'which framework of a role is served first: drf or random',
    parse: last(oneOf(sorters)),
  },
  fair_sharing_excluded_resource_names: {
    value: 'NAME,…',
    env: env('fair_sharing_excluded_resource_names'),
    fallback: '',
    help: 'resources that count for no share, such as gpus',
    parse: last(parseNames),
  },
  whitelist: {
    value: 'FILE',
    env: env('whitelist'),
    fallback: undefined,
    help: 'file with the hostnames of agents that may be offered, one a line, read again every 5s (default: all)',
    parse: optional(parseText),
  },
  domain: {
    value: 'JSON',
    env: env('domain'),
    fallback: undefined,
    help: 'region and zone of this master, as JSON DomainInfo; agents elsewhere are for REGION_AWARE frameworks',
    parse: optional(parseRegion),
  },
  require_agent_domain: {
    env: env('require_agent_domain'),
    fallback: 'false',
    help: 'let no agent in that names no region and zone',
    parse: last(parseBoolean),
  },
  heartbeat_interval: {
    value: 'DURATION',
    env: env('heartbeat_interval'),
    fallback: '15secs',
    help: 'time between two heartbeats to a framework',
    parse: last(parsePositiveDuration),
  },
  joint_offers: {
    env: env('joint_offers'),
    fallback: 'false',
    help: 'offer regular and revocable resources of an agent in one offer, as Mesos does',
    parse: last(parseBoolean),
  },
  fast_reoffer: {
    env: env('fast_reoffer'),
    fallback: 'true',
    help: 'offer again at once what an ended task or a launch leaves, not at the next interval',
    parse: last(parseBoolean),
  },
  ...securityFlags,
} satisfies FlagTable

/** Command line over environment over default. Throws ConfigError with one line a mistake. */
export const parseMasterConfig = (
  given: Readonly<Record<string, readonly string[] | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): MasterSettings => {
  const values = readFlags(masterFlags, given, environment)
  const { registry = values.work_dir === undefined ? 'in_memory' : 'file' } = values
  if (registry === 'file' && values.work_dir === undefined)
    throw new ConfigError(['--registry: file needs --work_dir, the folder to keep it in'])
  const advertised = values.advertise_ip ?? values.ip
  return {
    listen: { host: values.ip, port: values.port },
    advertise: { ip: values.advertise_ip, port: values.advertise_port },
    hostname: values.hostname ?? advertised,
    workDir: values.work_dir,
    registry,
    registryFetchTimeoutMs: values.registry_fetch_timeout,
    registryStoreTimeoutMs: values.registry_store_timeout,
    registryGcIntervalMs: values.registry_gc_interval,
    registryMaxAgentAgeMs: values.registry_max_agent_age,
    registryMaxAgentCount: values.registry_max_agent_count,
    cluster: values.cluster,
    allocationIntervalMs: values.allocation_interval,
    minAllocatable: values.min_allocatable_resources,
    offerTimeoutMs: values.offer_timeout,
    offerPatienceMs: values.offer_patience,
    weights: values.weights,
    roles: values.roles,
    agentPingTimeoutMs: values.agent_ping_timeout,
    maxAgentPingTimeouts: values.max_agent_ping_timeouts,
    agentReregisterTimeoutMs: values.agent_reregister_timeout,
    agentRemovalIntervalMs: values.agent_removal_rate_limit ?? 0,
    recoveryAgentRemovalLimitPercent: values.recovery_agent_removal_limit,
    allocatorRecoveryTimeoutMs: values.allocator_recovery_timeout,
    allocatorAgentRecoveryFactor: values.allocator_agent_recovery_factor,
    maxCompletedFrameworks: values.max_completed_frameworks,
    maxCompletedTasksPerFramework: values.max_completed_tasks_per_framework,
    maxUnreachableTasksPerFramework: values.max_unreachable_tasks_per_framework,
    filterGpuResources: values.filter_gpu_resources,
    allocator: values.allocator({ roles: values.role_sorter, frameworks: values.framework_sorter }),
    fairnessExcludes: values.fair_sharing_excluded_resource_names,
    whitelist: values.whitelist,
    region: values.domain,
    requireAgentDomain: values.require_agent_domain,
    heartbeatIntervalMs: values.heartbeat_interval,
    jointOffers: values.joint_offers,
    fastReoffer: values.fast_reoffer,
    authentication: authenticationOf(values),
    acls: values.acls ?? openAcls,
    rateLimits: values.rate_limits ?? noRateLimits,
    rootSubmissions: values.root_submissions,
    disabledPaths: values.firewall_rules ?? new Set(),
    flags: shownFlags(masterFlags, given, environment),
  }
}

/** The value that a name of the table stands for. */
function oneOf<T>(table: Readonly<Record<string, T>>): (text: string) => T {
  return (text) => {
    const value = Object.hasOwn(table, text) ? table[text] : undefined
    if (value === undefined)
      throw new Error(`wanted one of ${Object.keys(table).join(', ')}, got "${text}"`)
    return value
  }
}

function parsePatience(text: string): number {
  return text === 'never' ? Number.POSITIVE_INFINITY : parsePositiveDuration(text)
}

function parseNames(text: string): ReadonlySet<string> {
  return new Set(text.split(',').filter((name) => name !== ''))
}

function parseRegion(text: string): string {
  const problem = new Error(
    'wanted {"fault_domain":{"region":{"name":"…"},"zone":{"name":"…"}}}, got other JSON',
  )
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw problem
  }
  const domain = parsed as DomainInfo | null
  const region = domain?.fault_domain?.region?.name
  if (typeof region !== 'string' || region === '') throw problem
  return region
}

/** `N/DURATION`, as the time between two. */
function parseRate(text: string): number {
  const [, permits = '', duration = ''] = /^([1-9]\d{0,8})\/(.+)$/.exec(text) ?? []
  if (permits === '') throw new Error(`wanted N/DURATION, such as 1/10mins, got "${text}"`)
  return parsePositiveDuration(duration) / Number(permits)
}

function parsePercent(text: string): number {
  const [, percent = ''] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? []
  if (percent === '' || Number(percent) > 100) throw new Error(`wanted 0% to 100%, got "${text}"`)
  return Number(percent)
}

function parseShare(text: string): number {
  const share = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(share <= 1)) throw new Error(`wanted a share from 0 to 1, got "${text}"`)
  return share
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`wanted a whole number from 1, got "${text}"`)
  return Number(text)
}

function parseMinimums(text: string): readonly Quantities[] {
  return text
    .split('|')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const { resources, mentioned } = parseResources(part)
      const amounts = scalarsOf(resources)
      const other = [...mentioned].find((name) => !amounts.has(name))
      if (other !== undefined)
        throw new Error(`wanted a positive amount of ${other}, got "${part}"`)
      return amounts
    })
}

function parseWeights(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const pair of text.split(',').filter((one) => one !== '')) {
    const match = /^(.+)=(\d+(?:\.\d+)?)$/.exec(pair)
    const [role, weight] = [match?.[1] ?? '', Number(match?.[2])]
    if (!(weight > 0)) throw new Error(`wanted role=weight with a weight above 0, got "${pair}"`)
    const problem = roleProblem(role)
    if (problem !== undefined) throw new Error(problem)
    weights.set(role, weight)
  }
  return weights
}

function parseRoles(text: string): ReadonlySet<string> {
  const roles = text.split(',').filter((role) => role !== '')
  const problem = roles.map(roleProblem).find((one) => one !== undefined)
  if (problem !== undefined) throw new Error(problem)
  return new Set(['*', ...roles])
}
