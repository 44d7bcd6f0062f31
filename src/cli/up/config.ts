import { isIP } from 'node:net'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { agentFlags } from '../../core-agent/config.ts'
import { manageFlags } from '../../docker-api/config.ts'
import { parseResources } from '../../resources/parse.ts'
import {
  type Flag,
  type FlagTable,
  type FlagValues,
  last,
  optional,
  readFlags,
} from '../../runtime/flags.ts'
import type { Given } from '../flag-command.ts'

const maxAgents = 64

const text = (value: string): string => value

/** An IP address and a port; the parts are told this address, so it cannot be a name. */
const parseAddress = (given: string): { readonly ip: string; readonly port: number } => {
  const [, ip = '', port = ''] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(given) ?? []
  if (isIP(ip) === 0 || Number(port) > 65_535)
    throw new Error(`wanted ip:port such as 127.0.0.1:5050, got "${given}"`)
  return { ip, port: Number(port) }
}

const parseAgents = (given: string): number => {
  const agents = /^\d{1,3}$/.test(given) ? Number(given) : 0
  if (agents < 1 || agents > maxAgents)
    throw new Error(`wanted a number from 1 to ${maxAgents}, got "${given}"`)
  return agents
}

/**
 * Where the next start finds the containers of this one, from whatever folder it is typed. Not /var/lib: `up` is for
 * trying, and needs no preparation by root where an engine runs already.
 */
const stateFolder = (env: Readonly<Record<string, string | undefined>>): string =>
  join(env['XDG_STATE_HOME'] || join(homedir(), '.local/state'), 'shoal')

/** Flags of `shoal up`: few of its own, and those of its parts that somebody who tries shoal wants to turn. */
export const upFlags = {
  host: manageFlags.host,
  'insecure-bind': manageFlags['insecure-bind'],
  strategy: manageFlags.strategy,
  filter: manageFlags.filter,
  'cluster-opt': manageFlags['cluster-opt'],
  'master-address': {
    value: 'IP:PORT',
    env: [],
    fallback: '127.0.0.1:5050',
    help: 'where the master listens; the agents take the ports after it, or any where it is 0',
    parse: last(parseAddress),
  },
  agents: {
    value: 'N',
    env: [],
    fallback: '2',
    help: 'how many agents share this machine, as node1, node2, …',
    parse: last(parseAgents),
  },
  resources: {
    value: 'TEXT',
    env: [],
    fallback: undefined,
    help: "of each agent, such as 'cpus:2;mem:1024'; what is not named is its share of this machine",
    parse: optional(text),
  },
  attributes: {
    value: 'TEXT',
    env: [],
    fallback: undefined,
    help: "of each agent, such as 'rack:a;level:1'",
    parse: optional(text),
  },
  'resource-estimator': {
    value: 'NAME',
    env: [],
    fallback: undefined,
    help: 'what each agent lends: usage what is idle by measurement, fixed an amount, noop nothing; or a module (default: usage, or fixed where --revocable-resources is given)',
    parse: optional(text),
  },
  'revocable-resources': {
    value: 'TEXT',
    env: [],
    fallback: undefined,
    help: 'what each agent lends with --resource-estimator=fixed (default: cpus:4)',
    parse: optional((given: string) => {
      parseResources(given) // The agent knows this flag by another name.
      return given
    }),
  },
  'qos-controller': {
    value: 'NAME',
    env: [],
    fallback: 'graded',
    help: 'takes back what is lent: graded step by step, load all when the machine is loaded, noop never; or a module',
    parse: last(text),
  },
  'qos-reclaim': { ...agentFlags.qos_reclaim, env: [] },
  'load-threshold-5min': { ...agentFlags.load_threshold_5min, env: [] },
  'qos-correction-interval-min': { ...agentFlags.qos_correction_interval_min, env: [] },
  modules: { ...agentFlags.modules, env: [], parse: optional(text) },
  'modules-dir': { ...agentFlags.modules_dir, env: [], parse: optional(text) },
  hooks: { ...agentFlags.hooks, env: [], parse: last(text) },
  engine: {
    value: 'auto|unix:///PATH',
    env: [],
    fallback: 'auto',
    help: 'Docker engine that runs the containers; auto finds one, or starts one of its own',
    parse: last(text),
  },
  'work-dir': {
    value: 'DIR',
    env: ['SHOAL_WORK_DIR'],
    fallback: stateFolder(process.env),
    help: 'where everything is kept that the next start needs',
    parse: last((given: string) => resolve(given)),
  },
  'ready-file': {
    value: 'PATH',
    env: [],
    fallback: undefined,
    help: 'written as JSON with all addresses when the first docker run would succeed, removed at the end',
    parse: optional((given: string) => resolve(given)),
  },
} as const satisfies FlagTable & Record<string, Flag<unknown>>

export type UpConfig = FlagValues<typeof upFlags>

/** Whoever says how much is lent wants just that; else it is measured. */
export const estimatorOf = (config: UpConfig): string =>
  config['resource-estimator'] ?? (config['revocable-resources'] === undefined ? 'usage' : 'fixed')

/** Throws ConfigError with one line a mistake. */
export const parseUpConfig = (
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
): UpConfig => readFlags(upFlags, given, env)
