import { agentFlags, parseAgentConfig } from '../core-agent/config.ts'
import { startAgent } from '../core-agent/main.ts'
import { masterFlags, parseMasterConfig } from '../core-master/config.ts'
import { startMaster } from '../core-master/main.ts'
import { manageAliases, manageFlags } from '../docker-api/config.ts'
import { ConfigError } from '../runtime/flags.ts'
import { jsonLogger, type Logger } from '../runtime/logger.ts'
import type { FlagCommand } from './flag-command.ts'
import { dockerHost, parseManageConfig, startManage } from './manage.ts'
import { listening, StartError } from './start-error.ts'
import { stopSignal, whenAborted, whenAskedToLeave } from './stop.ts'
import { version } from './version.ts'

export const masterCommand: FlagCommand = {
  name: 'master',
  summary: 'Run a master: it decides who gets which resources.',
  examples: ['shoal master', 'shoal master --ip=10.0.0.1 --weights=web=2,batch=1'],
  groups: { 'Flags (those of mesos-master):': masterFlags },
  run: async (given) => {
    const config = parseMasterConfig(given, process.env)
    const logger = logTo('master')
    const master = await listening('--ip, --port', () => startMaster(config, { logger }))
    const failure = await Promise.race([whenAborted(stopSignal()), master.failed])
    await master.close()
    if (failure instanceof Error) throw new StartError(failure.message, { cause: failure })
    logger.info({}, 'stopped')
  },
}

export const agentCommand: FlagCommand = {
  name: 'agent',
  summary:
    'Run an agent: it lends out this machine and runs containers on its Docker engine. SIGTERM leaves them running for the next start, SIGUSR1 ends them and unregisters the agent.',
  examples: [
    'shoal agent --master=10.0.0.1:5050 --work_dir=/var/lib/shoal/agent',
    "shoal agent --master=10.0.0.1:5050 --work_dir=/var/lib/shoal/agent --resources='cpus:4;mem:8192' --resource_estimator=fixed --oversubscribed_resources=cpus:4",
  ],
  groups: { 'Flags (those of mesos-agent):': agentFlags },
  run: async (given) => {
    const config = parseAgentConfig(given, process.env, version)
    const logger = logTo('agent')
    for (const warning of config.warnings) logger.warn({}, warning)
    const agent = await listening('--ip, --port', () => startAgent(config, { logger }))
    const stopped = whenAborted(stopSignal())
    const leaves = config.recover === 'cleanup' ? Promise.resolve() : whenAskedToLeave()
    await Promise.race([stopped, leaves.then(() => agent.leave())])
    await agent.close()
    logger.info({}, 'stopped')
  },
}

export const manageCommand: FlagCommand = {
  name: 'manage',
  summary: 'Run the Docker endpoint of a cluster.',
  examples: [
    'shoal manage 10.0.0.1:5050',
    'shoal manage -H unix:///run/shoal.sock --cluster-opt mesos.enablerevocable=true 10.0.0.1:5050',
  ],
  groups: { 'Flags (those of swarm manage):': manageFlags },
  aliases: manageAliases,
  argument: '[master]',
  run: async (given, argument) => {
    const config = parseManageConfig(given, process.env)
    const master = masterOf(argument)
    const logger = logTo('manage')
    for (const warning of config.warnings) logger.warn({}, warning)
    const manage = await startManage(config, master, logger)
    const addresses = manage.addresses.map(dockerHost)
    logger.info({ addresses }, 'the Docker endpoint listens')
    await runUntilStopped(manage, logger)
  },
}

/** Logs are the output of a process that runs alone: JSON lines to stdout. */
const logTo = (name: string): Logger =>
  jsonLogger(name, { level: 'info', destination: process.stdout })

const runUntilStopped = async (part: { close(): Promise<void> }, logger: Logger) => {
  await whenAborted(stopSignal())
  await part.close()
  logger.info({}, 'stopped')
}

/** Swarm's discovery argument: `host:port`, also as `master@host:port`. Throws ConfigError. */
const masterOf = (argument: string | undefined): string => {
  const discovery = argument ?? process.env['SWARM_DISCOVERY'] ?? ''
  if (discovery === '')
    throw new ConfigError(["discovery required to manage a cluster. See 'shoal manage --help'."])
  const [, master] =
    /^(?:master@)?((?:\[[0-9a-fA-F:.]+\]|[^:/@\s]+):\d{1,5})$/.exec(discovery) ?? []
  if (master === undefined)
    throw new ConfigError([
      `"${discovery}" is not the address of a master: wanted host:port, such as 127.0.0.1:5050`,
    ])
  return master
}
