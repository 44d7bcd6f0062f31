import { readFileSync } from 'node:fs'
import type { Attribute } from '../mesos/wire.ts'
import { type ParsedResources, parseResources } from '../resources/parse.ts'
import { roleProblem } from '../resources/roles.ts'
import { type Credential, parseCredential } from '../runtime/credential.ts'
import { parseMesosDuration } from '../runtime/durations.ts'
import {
  ConfigError,
  type FlagTable,
  type FlagValues,
  last,
  oneOf,
  optional,
  parseBoolean,
  parseCount,
  parsePort,
  parsePositiveDuration,
  parseText,
  readFlags,
  shownFlags,
} from '../runtime/flags.ts'
import type { Origin } from '../runtime/transport.ts'
import { parseAttributes } from './attributes.ts'
import { isolatorNames } from './command/isolators/index.ts'
import { type ContainerizerName, containerizerNames } from './containerizers.ts'
import { type DockerPolicy, parsePolicy } from './docker/policy.ts'
import { type DockerConfig, parseDockerConfig } from './docker/registry-auth.ts'
import { usageDefaults } from './estimator/usage.ts'
import { type ImageGcConfig, parseImageGc } from './images/image-gc-config.ts'
import type { ModuleEntry } from './modules/manifest.ts'
import { readModules, readModulesFolder } from './modules/read-manifests.ts'
import type { EstimatorConfig, QosConfig } from './policies.ts'
import type { Reclaim } from './qos/graded.ts'
import type { LoadThresholds } from './qos/load.ts'
import { type ReconfigurationPolicy, reconfigurationPolicies } from './reconfiguration.ts'
import { parseAgentResources } from './resources.ts'

/** What an agent must be told before it can run. */
export interface AgentConfig {
  /** Of this package. */
  readonly version: string
  readonly master: Origin
  readonly credential: Credential | undefined
  readonly listen: { readonly host: string; readonly port: number }
  readonly advertiseIp: string
  /** Undefined: the machine's own. */
  readonly hostname: string | undefined
  readonly workDir: string
  readonly resources: ParsedResources
  readonly defaultRole: string
  readonly attributes: readonly Attribute[]
  readonly estimator: EstimatorConfig
  readonly estimateIntervalMs: number
  readonly qosController: QosConfig
  readonly correctionIntervalMs: number
  /** A container that is killed for what was lent to it gets full weight, so that its memory comes back at once. */
  readonly boostsDying: boolean
  /** Path of the engine's unix socket. */
  readonly engineSocket: string
  readonly cgroupsRoot: string
  /** In the order in which they are asked. */
  readonly containerizers: readonly ContainerizerName[]
  /** A module in the place of the agent's own containerizer `mesos`. */
  readonly commandModule: string | undefined
  /** Of the command containerizer, in the order in which they prepare. */
  readonly isolation: readonly string[]
  readonly diskIntervalMs: number
  readonly enforceDiskQuota: boolean
  readonly killGraceMs: number
  readonly executorRegistrationMs: number
  readonly executorReregistrationMs: number
  readonly dockerStopTimeoutMs: number
  readonly dockerRemoveDelayMs: number
  readonly sandboxDirectory: string
  readonly fetcherCacheBytes: number
  readonly fetcherUnpackedBytes: number
  readonly gcDelayMs: number
  readonly gcDiskHeadroom: number
  readonly diskWatchIntervalMs: number
  readonly maxDeadContainers: number
  /** A container without a cpus limit gets its cpus as one. */
  readonly cfs: boolean
  readonly dockerPolicy: DockerPolicy
  /** Plug-ins, whether or not a flag names them. */
  readonly modules: readonly ModuleEntry[]
  /** Names of modules, in the order in which they are asked. */
  readonly hooks: readonly string[]
  /** A module that output goes to besides. */
  readonly containerLogger: string | undefined
  readonly registrationBackoffMs: number
  /** Undefined: images are never removed unasked. */
  readonly imageGc: ImageGcConfig | undefined
  /** Logins for pulls, where a task brings none; undefined: pulls are anonymous. */
  readonly dockerConfig: DockerConfig | undefined
  /** What `/files` shows as `/slave/log`; the agent itself does not write to it. */
  readonly logFile: string | undefined
  /** `cleanup`: end what an earlier start left, and stop. */
  readonly recover: 'reconnect' | 'cleanup'
  readonly reconfigurationPolicy: ReconfigurationPolicy
  /** `--port=0`: another one at each start. */
  readonly anyPort: boolean
  /** Every flag that has a value, as text: what `/flags` shows. */
  readonly flags: Readonly<Record<string, string>>
  /** What an operator should be told at each start. */
  readonly warnings: readonly string[]
}

const estimators = ['usage', 'fixed', 'noop'] as const
const controllers = ['graded', 'load', 'noop'] as const

/** What modules cannot be called: flags would not tell them from ours. */
const ownNames: ReadonlySet<string> = new Set([
  ...estimators,
  ...controllers,
  ...isolatorNames,
  ...containerizerNames,
])

const env = (name: string): readonly string[] => [`MESOS_${name.toUpperCase()}`]

/** Mesos' names and defaults, and shoal's own where Mesos has modules or executables. */
export const agentFlags = {
  master: {
    value: 'HOST:PORT',
    env: env('master'),
    fallback: undefined,
    help: 'address of the master',
    parse: last(parseOrigin),
  },
  credential: {
    value: 'FILE',
    env: env('credential'),
    fallback: undefined,
    isSecret: true,
    help: 'who this agent is to a master with --authenticate_agents: path of {"principal":"…","secret":"…"}, or of a line of both',
    parse: optional(parseCredential),
  },
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
    fallback: '5051',
    help: 'port to listen on; 0 for any free one',
    parse: last(parsePort),
  },
  advertise_ip: {
    value: 'IP',
    env: env('advertise_ip'),
    fallback: undefined,
    help: 'IP address at which master and frameworks reach this agent (default: --ip)',
    parse: optional(parseText),
  },
  insecure_bind: {
    env: env('insecure_bind'),
    fallback: 'false',
    help: 'allow an --ip that other machines can reach, without authentication',
    parse: last(parseBoolean),
  },
  hostname: {
    value: 'NAME',
    env: env('hostname'),
    fallback: undefined,
    help: 'hostname to advertise (default: the machine’s)',
    parse: optional(parseText),
  },
  work_dir: {
    value: 'DIR',
    env: env('work_dir'),
    fallback: undefined,
    help: 'where the agent keeps its id and what it knows of its tasks',
    parse: last(parseText),
  },
  resources: {
    value: 'RESOURCES',
    env: env('resources'),
    fallback: '',
    help: 'such as cpus:4;mem:8192;ports:[31000-32000], JSON, or file:///path; the rest is detected',
    parse: last(readGiven),
  },
  default_role: {
    value: 'ROLE',
    env: env('default_role'),
    fallback: '*',
    help: 'role of resources that name none',
    parse: last(parseRole),
  },
  attributes: {
    value: 'ATTRIBUTES',
    env: env('attributes'),
    fallback: '',
    help: 'such as rack:abc;level:10, for constraints to select by',
    parse: last(parseAttributes),
  },
  resource_estimator: {
    value: 'NAME',
    env: env('resource_estimator'),
    fallback: 'noop',
    help: 'usage lends what is idle by measurement, fixed --oversubscribed_resources, noop nothing; or a module',
    parse: last(parseText),
  },
  oversubscribed_resources: {
    value: 'RESOURCES',
    env: env('oversubscribed_resources'),
    fallback: undefined,
    help: 'what the fixed estimator lends, such as cpus:4',
    parse: optional((text) => parseResources(text).resources),
  },
  oversubscribe_mem: {
    env: env('oversubscribe_mem'),
    fallback: 'false',
    help: 'the usage estimator lends idle memory too',
    parse: last(parseBoolean),
  },
  oversubscribed_resources_interval: {
    value: 'DURATION',
    env: env('oversubscribed_resources_interval'),
    fallback: '15secs',
    help: 'time between two estimates',
    parse: last(parsePositiveDuration),
  },
  qos_controller: {
    value: 'NAME',
    env: env('qos_controller'),
    fallback: 'noop',
    help: 'graded throttles, freezes and then kills revocable containers by what it measures, load kills them all above a --load_threshold_*, noop none; or a module',
    parse: last(parseText),
  },
  qos_reclaim: {
    value: 'HOW',
    env: env('qos_reclaim'),
    fallback: 'throttle',
    help: 'what graded does first when regular containers want lent cpus back: throttle lets all that is lent run slower, kill ends the fewest that are enough',
    parse: last(oneOf('throttle', 'kill')),
  },
  load_threshold_5min: {
    value: 'LOAD',
    env: env('load_threshold_5min'),
    fallback: undefined,
    help: 'five minute load average above which the load controller acts',
    parse: optional(parseLoad),
  },
  load_threshold_15min: {
    value: 'LOAD',
    env: env('load_threshold_15min'),
    fallback: undefined,
    help: 'fifteen minute load average above which the load controller acts',
    parse: optional(parseLoad),
  },
  qos_correction_interval_min: {
    value: 'DURATION',
    env: env('qos_correction_interval_min'),
    fallback: '0ns',
    help: 'least time between two questions to the QoS controller; 1secs at least',
    parse: last(parseMesosDuration),
  },
  docker: {
    value: 'ADDRESS',
    env: env('docker'),
    fallback: 'unix:///var/run/docker.sock',
    help: 'the Docker engine of this machine',
    parse: last(parseSocket),
  },
  cgroups_root: {
    value: 'PATH',
    env: env('cgroups_root'),
    fallback: '/shoal',
    help: 'parent cgroup of regular and revocable containers; one agent each',
    parse: last(parseCgroup),
  },
  containerizers: {
    value: 'NAMES',
    env: env('containerizers'),
    fallback: undefined,
    help: 'asked in this order: docker runs containers of type DOCKER, mesos everything else as plain processes (default: docker,mesos; docker alone where --docker_policy is not all); a module may take the place of mesos',
    parse: optional(parseNames),
  },
  isolation: {
    value: 'NAMES',
    env: env('isolation'),
    fallback: isolatorNames.join(','),
    help: 'what bounds the processes of the mesos containerizer; at least one of cgroups/*; and modules',
    parse: last(parseIsolation),
  },
  container_disk_watch_interval: {
    value: 'DURATION',
    env: env('container_disk_watch_interval'),
    fallback: '15secs',
    help: 'time between two measurements of sandboxes by disk/du',
    parse: last(parsePositiveDuration),
  },
  enforce_container_disk_quota: {
    env: env('enforce_container_disk_quota'),
    fallback: 'false',
    help: 'take a container down whose sandbox holds more than its disk resource',
    parse: last(parseBoolean),
  },
  cgroups_enable_cfs: {
    env: env('cgroups_enable_cfs'),
    fallback: 'false',
    help: 'limit tasks to their cpus, even where CPUs are idle, unless their limits say otherwise',
    parse: last(parseBoolean),
  },
  executor_registration_timeout: {
    value: 'DURATION',
    env: env('executor_registration_timeout'),
    fallback: '1mins',
    help: 'time from the start of an executor of a framework to its subscription',
    parse: last(parsePositiveDuration),
  },
  executor_reregistration_timeout: {
    value: 'DURATION',
    env: env('executor_reregistration_timeout'),
    fallback: '15secs',
    help: 'time from a restart of the agent to the return of its executors',
    parse: last(parsePositiveDuration),
  },
  executor_shutdown_grace_period: {
    value: 'DURATION',
    env: env('executor_shutdown_grace_period'),
    fallback: '5secs',
    help: 'time from SIGTERM to SIGKILL for tasks that name none',
    parse: last(parseMesosDuration),
  },
  docker_stop_timeout: {
    value: 'DURATION',
    env: env('docker_stop_timeout'),
    fallback: '0ns',
    help: 'the same for containers whose resources are taken back',
    parse: last(parseMesosDuration),
  },
  docker_policy: {
    value: 'POLICY',
    env: env('docker_policy'),
    fallback: 'all',
    help: 'what containers may have of the machine: all, none, or a list of privileged, host-network, host-namespaces, capabilities, devices, security, mounts and paths that may be mounted',
    parse: last(parsePolicy),
  },
  docker_config: {
    value: 'CONFIG',
    env: env('docker_config'),
    fallback: undefined,
    help: 'logins for pulls: the JSON of a config.json or .dockercfg, or file:///path of one',
    parse: optional(parseLogins),
  },
  docker_remove_delay: {
    value: 'DURATION',
    env: env('docker_remove_delay'),
    fallback: '15mins',
    help: 'time that stopped containers of other frameworks stay',
    parse: last(parseMesosDuration),
  },
  sandbox_directory: {
    value: 'PATH',
    env: env('sandbox_directory'),
    fallback: '/mnt/mesos/sandbox',
    help: 'where containers of other frameworks see their sandbox',
    parse: last(parseAbsolute),
  },
  fetcher_cache_size: {
    value: 'BYTES',
    env: env('fetcher_cache_size'),
    fallback: '2GB',
    help: 'how much of fetched files is kept for the next task that asks for the same, such as 500MB',
    parse: last(parseBytes),
  },
  fetcher_unpacked_size: {
    value: 'BYTES',
    env: env('fetcher_unpacked_size'),
    fallback: '10GB',
    help: 'the most that one fetched archive may unpack to, such as 500MB',
    parse: last(parseBytes),
  },
  gc_delay: {
    value: 'DURATION',
    env: env('gc_delay'),
    fallback: '1weeks',
    help: 'how long sandboxes stay at most after their end; less on a disk that fills up',
    parse: last(parseMesosDuration),
  },
  gc_disk_headroom: {
    value: 'FRACTION',
    env: env('gc_disk_headroom'),
    fallback: '0.1',
    help: 'part of the disk of --work_dir, from 0 to 1, for which all sandboxes that have ended go',
    parse: last(parseFraction),
  },
  disk_watch_interval: {
    value: 'DURATION',
    env: env('disk_watch_interval'),
    fallback: '1mins',
    help: 'time between two looks for sandboxes to remove',
    parse: last(parsePositiveDuration),
  },
  image_gc_config: {
    value: 'JSON',
    env: env('image_gc_config'),
    fallback: undefined,
    help: 'when unused images go: {"image_disk_headroom": 0.1, "image_disk_watch_interval": {"nanoseconds": 3600000000000}, "excluded_images": []}, or file:///path',
    parse: optional(parseImageGcFlag),
  },
  max_dead_containers: {
    value: 'NUMBER',
    env: env('max_dead_containers'),
    fallback: '100',
    help: 'how many of them stay, the oldest go first',
    parse: last(parseCount),
  },
  external_log_file: {
    value: 'PATH',
    env: env('external_log_file'),
    fallback: undefined,
    help: 'the file to which the output of this agent goes, for /files to show as /slave/log; the agent writes to its standard output',
    parse: optional(parseAbsolute),
  },
  modules: {
    value: 'JSON',
    env: env('modules'),
    fallback: undefined,
    help: 'plug-ins that other flags may name: {"libraries":[{"file":"/path.mjs","modules":[{"name":"mine"}]}]}, or file:///path',
    parse: optional(readModules),
  },
  modules_dir: {
    value: 'DIR',
    env: env('modules_dir'),
    fallback: undefined,
    help: 'the same from every file of a folder, in the order of their names; not together with --modules',
    parse: optional(readModulesFolder),
  },
  hooks: {
    value: 'NAMES',
    env: env('hooks'),
    fallback: '',
    help: 'modules of kind Hook and DockerCreateDecorator, asked in this order',
    parse: last(parseNames),
  },
  container_logger: {
    value: 'NAME',
    env: env('container_logger'),
    fallback: undefined,
    help: 'a module that gets the output of docker tasks, besides the files of their sandboxes',
    parse: optional(parseText),
  },
  recover: {
    value: 'HOW',
    env: env('recover'),
    fallback: 'reconnect',
    help: 'reconnect takes over what an earlier start left running, cleanup ends it and stops',
    parse: last(oneOf('reconnect', 'cleanup')),
  },
  reconfiguration_policy: {
    value: 'POLICY',
    env: env('reconfiguration_policy'),
    fallback: 'additive',
    help: 'what may differ from the last start: equal nothing, additive more resources and attributes, any anything',
    parse: last(oneOf(...reconfigurationPolicies)),
  },
  registration_backoff_factor: {
    value: 'DURATION',
    env: env('registration_backoff_factor'),
    fallback: '1secs',
    help: 'upper end of the random wait before the first subscription, doubling',
    parse: last(parseMesosDuration),
  },
} satisfies FlagTable

/** Command line over environment over default. Throws ConfigError with one line a mistake. */
export const parseAgentConfig = (
  given: Readonly<Record<string, readonly string[] | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
  version = '0.0.0',
): AgentConfig => {
  const values = readFlags(agentFlags, given, environment)
  const fixed = values.resource_estimator === 'fixed'
  const load = values.qos_controller === 'load'
  const thresholds = {
    fiveMinutes: values.load_threshold_5min,
    fifteenMinutes: values.load_threshold_15min,
  }
  const open = !isLoopback(values.ip)
  const isNarrowed = values.docker_policy.allows !== 'all'
  const modules = values.modules ?? values.modules_dir ?? []
  const named = values.containerizers ?? (isNarrowed ? ['docker'] : containerizerNames)
  const commandModules = named.filter((name) => !isOwn(name))
  const containerizers = named.map((name) => (isOwn(name) ? name : 'mesos'))
  const problems = [
    ...(values.modules !== undefined && values.modules_dir !== undefined
      ? ['--modules_dir: it cannot be used together with --modules, leave one of them out']
      : []),
    ...unknownModules('hooks', values.hooks, modules),
    ...unknownModules('container_logger', [values.container_logger ?? []].flat(), modules),
    ...named.flatMap((name) => unknownName('containerizers', name, containerizerNames, modules)),
    ...(commandModules.length > 0 && containerizers.filter((one) => one === 'mesos').length > 1
      ? [
          `--containerizers: ${commandModules.join(' and ')} runs what another one of them runs: name one module, or mesos`,
        ]
      : []),
    ...values.isolation.flatMap((name) => unknownName('isolation', name, isolatorNames, modules)),
    ...unknownName('resource_estimator', values.resource_estimator, estimators, modules),
    ...unknownName('qos_controller', values.qos_controller, controllers, modules),
    ...modules
      .filter(({ name }) => ownNames.has(name))
      .map(
        ({ name }) => `--modules: "${name}" is one of shoal's own: give the module another name`,
      ),
    ...(fixed && values.oversubscribed_resources === undefined
      ? ['--resource_estimator: fixed needs --oversubscribed_resources, such as cpus:4']
      : []),
    ...(load && thresholds.fiveMinutes === undefined && thresholds.fifteenMinutes === undefined
      ? ['--qos_controller: load needs --load_threshold_5min or --load_threshold_15min']
      : []),
    ...(open && !values.insecure_bind
      ? [
          `--ip: ${values.ip} can be reached from other machines, and whoever reaches it is root on this one; listen on 127.0.0.1, or say --insecure_bind`,
        ]
      : []),
  ]
  if (problems.length > 0) throw new ConfigError(problems)
  const flags = withoutLogins(shownFlags(agentFlags, given, environment))
  return {
    version,
    master: values.master,
    credential: values.credential,
    listen: { host: values.ip, port: values.port },
    advertiseIp: values.advertise_ip ?? values.ip,
    hostname: values.hostname,
    workDir: values.work_dir,
    resources: parseAgentResources(values.resources, values.default_role),
    defaultRole: values.default_role,
    attributes: values.attributes,
    estimator: estimatorOf(values),
    estimateIntervalMs: values.oversubscribed_resources_interval,
    qosController: controllerOf(values.qos_controller, values.qos_reclaim, thresholds),
    correctionIntervalMs: values.qos_correction_interval_min,
    boostsDying: true,
    engineSocket: values.docker,
    cgroupsRoot: values.cgroups_root,
    containerizers,
    commandModule: commandModules[0],
    isolation: values.isolation,
    diskIntervalMs: values.container_disk_watch_interval,
    enforceDiskQuota: values.enforce_container_disk_quota,
    killGraceMs: values.executor_shutdown_grace_period,
    executorRegistrationMs: values.executor_registration_timeout,
    executorReregistrationMs: values.executor_reregistration_timeout,
    dockerStopTimeoutMs: values.docker_stop_timeout,
    dockerRemoveDelayMs: values.docker_remove_delay,
    sandboxDirectory: values.sandbox_directory,
    fetcherCacheBytes: values.fetcher_cache_size,
    fetcherUnpackedBytes: values.fetcher_unpacked_size,
    gcDelayMs: values.gc_delay,
    gcDiskHeadroom: values.gc_disk_headroom,
    diskWatchIntervalMs: values.disk_watch_interval,
    maxDeadContainers: values.max_dead_containers,
    cfs: values.cgroups_enable_cfs,
    dockerPolicy: values.docker_policy,
    imageGc: values.image_gc_config,
    dockerConfig: values.docker_config,
    logFile: values.external_log_file,
    modules,
    hooks: values.hooks,
    containerLogger: values.container_logger,
    registrationBackoffMs: values.registration_backoff_factor,
    recover: values.recover,
    reconfigurationPolicy: values.reconfiguration_policy,
    anyPort: values.port === 0,
    flags,
    warnings: [
      ...(open
        ? [
            `--ip: ${values.ip} is open to every machine that reaches it: whoever connects is root on this one`,
          ]
        : []),
      ...(flags['resources']?.trim().startsWith('/') === true
        ? ['--resources: a bare path is deprecated, write file:///path']
        : []),
      ...(isNarrowed && containerizers.includes('mesos')
        ? [
            '--containerizers: commands of the containerizer mesos are not held to --docker_policy, one of the user root is root on this machine',
          ]
        : []),
    ],
  }
}

function estimatorOf({
  resource_estimator: name,
  oversubscribed_resources: lent,
  oversubscribe_mem: lendsMemory,
}: FlagValues<typeof agentFlags>): EstimatorConfig {
  if (name === 'usage') return { name, options: { ...usageDefaults, lendsMemory } }
  if (name === 'fixed' && lent !== undefined) return { name, lent }
  return name === 'noop' ? { name } : { name: 'module', module: name }
}

function controllerOf(name: string, reclaim: Reclaim, thresholds: LoadThresholds): QosConfig {
  if (name === 'load') return { name, thresholds }
  if (name === 'graded') return { name, reclaim }
  return name === 'noop' ? { name } : { name: 'module', module: name }
}

/** A name that is neither one of ours nor that of a module. */
function unknownName(
  flag: string,
  name: string,
  own: readonly string[],
  modules: readonly ModuleEntry[],
): readonly string[] {
  if (own.includes(name) || modules.some((one) => one.name === name)) return []
  return [
    `--${flag}: wanted ${own.join(' or ')}, or a module that --modules or --modules_dir names, got "${name}"`,
  ]
}

/** What of a flag's names no manifest has. */
function unknownModules(
  flag: string,
  names: readonly string[],
  modules: readonly ModuleEntry[],
): readonly string[] {
  const known = modules.map(({ name }) => name)
  return names
    .filter((name) => !known.includes(name))
    .map(
      (name) =>
        `--${flag}: there is no module "${name}": name it in --modules or --modules_dir${known.length === 0 ? '' : `, which have ${known.join(', ')}`}`,
    )
}

function parseNames(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`"${twice}" is there twice: name it once`)
  return names
}

function parseOrigin(text: string): Origin {
  if (!/^(\[[0-9a-fA-F:.]+\]|[^:\s/]+):\d{1,5}$/.test(text))
    throw new Error(`wanted host:port, such as 127.0.0.1:5050, got "${text}"`)
  return text
}

function parseSocket(text: string): string {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(text) ?? []
  if (path === undefined)
    throw new Error(
      `wanted unix:///path/to/docker.sock, got "${text}": an agent runs beside its engine`,
    )
  return path
}

function parseFraction(text: string): number {
  const fraction = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(fraction <= 1)) throw new Error(`wanted a number from 0 to 1, got "${text}"`)
  return fraction
}

/** Mesos' Bytes: a whole number and its unit, powers of 1024. */
function parseBytes(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,12})(B|KB|MB|GB|TB)$/.exec(text) ?? []
  if (amount === undefined) throw new Error(`wanted a size such as 500MB or 2GB, got "${text}"`)
  return Number(amount) * 1024 ** ['B', 'KB', 'MB', 'GB', 'TB'].indexOf(unit)
}

function parseAbsolute(text: string): string {
  if (
    !/^(\/[^/:\0]+)+$/.test(text) ||
    text.split('/').some((part) => part === '.' || part === '..')
  )
    throw new Error(`wanted an absolute path such as /mnt/mesos/sandbox, got "${text}"`)
  return text
}

function parseCgroup(text: string): string {
  if (!/^(\/[A-Za-z0-9_.-]+)+$/.test(text) || text.split('/').includes('..'))
    throw new Error(`wanted an absolute cgroup path such as /shoal, got "${text}"`)
  return text
}

function isOwn(name: string): name is ContainerizerName {
  return containerizerNames.some((one) => one === name)
}

/** Without a control group nothing could find the processes of a container to end them. */
function parseIsolation(text: string): readonly string[] {
  const names = parseNames(text)
  if (!names.some((name) => name.startsWith('cgroups/')))
    throw new Error(`wanted at least one of cgroups/cpu, cgroups/mem, cgroups/pids, got "${text}"`)
  return names
}

function parseRole(text: string): string {
  const problem = roleProblem(text)
  if (problem !== undefined) throw new Error(problem)
  return text
}

function parseLoad(text: string): number {
  const load = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (!(load > 0)) throw new Error(`wanted a load average above 0, got "${text}"`)
  return load
}

function parseImageGcFlag(given: string): ImageGcConfig {
  const [, file] = /^(?:file:\/\/)?(\/.+)$/.exec(given.trim()) ?? []
  return parseImageGc(file === undefined ? given : readFileSync(file, 'utf8'))
}

function parseLogins(given: string): DockerConfig {
  const [, file] = /^(?:file:\/\/)?(\/.+)$/.exec(given.trim()) ?? []
  return parseDockerConfig(file === undefined ? given : readFileSync(file, 'utf8'))
}

/** What anybody may read holds no passwords; a path of a file stays. */
function withoutLogins(flags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return flags['docker_config']?.trim().startsWith('{') === true
    ? { ...flags, docker_config: '{…}' }
    : flags
}

/** The text itself, or that of the file it names; parsed to find its mistakes, kept to be parsed with the role. */
function readGiven(given: string): string {
  const [, file] = /^(?:file:\/\/)?(\/.+)$/.exec(given.trim()) ?? []
  if (file === undefined && given.trim().startsWith('file:'))
    throw new Error(`wanted file:///absolute/path, got "${given}"`)
  const text = file === undefined ? given : readFileSync(file, 'utf8')
  parseAgentResources(text, '*')
  return text
}

function isLoopback(ip: string): boolean {
  return ip === 'localhost' || ip === '::1' || ip.startsWith('127.')
}
