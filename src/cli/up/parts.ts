import { join } from 'node:path'
import { parseResources } from '../../resources/parse.ts'
import type { Given } from '../flag-command.ts'
import { estimatorOf, type UpConfig } from './config.ts'

/** What all agents together have. */
export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  readonly diskBytes: number
}

/** The flags that a master on a machine of its own would be given. */
export const masterArguments = (config: UpConfig): Given => ({
  ip: [config['master-address'].ip],
  port: [String(config['master-address'].port)],
  work_dir: [join(config['work-dir'], 'master')],
  // Frameworks that people try first give up after ten silent seconds (core-master W8).
  heartbeat_interval: ['5secs'],
})

export interface KnownToAgents {
  /** `host:port`. */
  readonly master: string
  readonly engineSocket: string
  readonly machine: Machine
  /** Parent of the agents' cgroups. */
  readonly cgroup: string
}

/** The flags that one of the agents, counted from 0, would be given on a machine of its own. */
export const agentArguments = (config: UpConfig, index: number, known: KnownToAgents): Given => {
  const { ip, port } = config['master-address']
  const hostname = `node${index + 1}`
  const { attributes, 'revocable-resources': lent = 'cpus:4' } = config
  const estimator = estimatorOf(config)
  return {
    master: [known.master],
    ip: [ip],
    insecure_bind: [String(config['insecure-bind'])],
    port: [String(port === 0 ? 0 : port + 1 + index)],
    hostname: [hostname],
    work_dir: [join(config['work-dir'], hostname)],
    resources: [shareOf(known.machine, config.resources ?? '', index, config.agents)],
    ...(attributes === undefined ? {} : { attributes: [attributes] }),
    resource_estimator: [estimator],
    ...(estimator === 'fixed' ? { oversubscribed_resources: [lent] } : {}),
    qos_controller: [config['qos-controller']],
    qos_reclaim: [config['qos-reclaim']],
    ...modulesArguments(config),
    ...(config['qos-controller'] === 'load' ? loadArguments(config, known.machine) : {}),
    reconfiguration_policy: ['any'], // Whoever tries things out changes them.
    registration_backoff_factor: ['10ms'], // Nobody else subscribes.
    docker: [`unix://${known.engineSocket}`],
    cgroups_root: [`${known.cgroup}/${hostname}`],
  }
}

const modulesArguments = ({ modules, 'modules-dir': folder, hooks }: UpConfig): Given => ({
  ...(modules === undefined ? {} : { modules: [modules] }),
  ...(folder === undefined ? {} : { modules_dir: [folder] }),
  ...(hooks === '' ? {} : { hooks: [hooks] }),
})

/** A machine whose load is that of its CPUs has none to lend. */
const loadArguments = (config: UpConfig, machine: Machine): Given => ({
  load_threshold_5min: [String(config['load-threshold-5min'] ?? machine.cpus)],
  qos_correction_interval_min: [`${config['qos-correction-interval-min']}ms`],
})

const revocableOption = 'mesos.enablerevocable='

/** The flags that the Docker endpoint would be given; lending is what people come to try, so revocable offers are on. */
export const manageArguments = (given: Given): Given => {
  const options = given['cluster-opt'] ?? []
  return {
    host: given['host'],
    'insecure-bind': given['insecure-bind'],
    strategy: given['strategy'],
    filter: given['filter'],
    'cluster-opt': options.some((option) => option.startsWith(revocableOption))
      ? options
      : [...options, `${revocableOption}true`],
  }
}

const mib = 1024 ** 2
const firstPort = 31_000
const portCount = 1_000

/**
 * What was asked for, and of each of cpus, mem, disk and ports that was not mentioned an equal share: two agents on
 * one machine must not both offer the same CPU, or the same port.
 */
export const shareOf = (machine: Machine, asked: string, index: number, agents: number): string => {
  if (asked.trimStart().startsWith('[')) return asked // JSON says all itself.
  const { mentioned } = parseResources(asked)
  const portsEach = Math.floor(portCount / agents)
  const begin = firstPort + index * portsEach
  const shares = {
    cpus: `${Math.floor((machine.cpus / agents) * 1000) / 1000}`,
    mem: `${Math.floor(machine.memoryBytes / agents / mib)}`,
    disk: `${Math.floor(machine.diskBytes / agents / mib)}`,
    ports: `[${begin}-${begin + portsEach - 1}]`,
  }
  const missing = Object.entries(shares)
    .filter(([name]) => !mentioned.has(name))
    .map(([name, value]) => `${name}:${value}`)
  return [...(asked.trim() === '' ? [] : [asked]), ...missing].join(';')
}
