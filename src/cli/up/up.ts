import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { type AgentConfig, parseAgentConfig } from '../../core-agent/config.ts'
import { startAgent } from '../../core-agent/main.ts'
import { type MasterSettings, parseMasterConfig } from '../../core-master/config.ts'
import { startMaster } from '../../core-master/main.ts'
import type { Cluster } from '../../mesos-framework/cluster.ts'
import { CloseStack } from '../../runtime/close-stack.ts'
import { lockFolder } from '../../runtime/folder-lock.ts'
import { jsonLogger, type Logger } from '../../runtime/logger.ts'
import { removeEmptyCgroups } from '../cgroups.ts'
import { provideBusybox, provideEngine } from '../engine/provide.ts'
import type { Given } from '../flag-command.ts'
import { dockerHost, parseManageConfig, startManage } from '../manage.ts'
import { parseAll } from '../parse-all.ts'
import { shortName } from '../short-name.ts'
import { listening } from '../start-error.ts'
import type { Steps } from '../steps.ts'
import { until } from '../until.ts'
import { version } from '../version.ts'
import { estimatorOf, parseUpConfig, type UpConfig } from './config.ts'
import { agentArguments, type Machine, manageArguments, masterArguments } from './parts.ts'
import { type Addresses, isReady, writeReadyFile } from './ready.ts'

export interface UpPorts {
  readonly steps: Steps
  /** Takes the undoing of everything that is started; containers go on. */
  readonly parts: CloseStack
  /** Aborts the start between two steps. */
  readonly stop: AbortSignal
  /** Takes the promise of the error by which the cluster may end of itself. */
  failed(failure: Promise<Error>): void
}

/**
 * Starts the parts over real HTTP, as three machines would, and answers when a `docker run` would succeed. Throws
 * ConfigError and FolderInUseError, before anything is started, EngineError and StartError.
 */
export const startUp = async (given: Given, ports: UpPorts): Promise<Addresses> => {
  const { config, manage: manageConfig } = parseAll({
    config: () => parseUpConfig(given, process.env),
    manage: () => parseManageConfig(manageArguments(given), process.env),
  })
  const workDir = config['work-dir']
  mkdirSync(workDir, { recursive: true, mode: 0o700 })
  ports.parts.push(await lockFolder(workDir)) // Else this one would stop the engine of the other.
  const plan = await planOf(config)
  const logger = logTo(join(workDir, 'shoal.log'), ports.parts)
  const engine = await startEngine(config, ports)
  ports.parts.push(() => removeEmptyCgroups(plan.cgroup))

  const master = await startPart(ports, 'the master', () =>
    listening('--master-address', () => startMaster(plan.master, { logger })),
  )
  ports.failed(master.failed)
  const masterAddress = hostAndPort(master)
  const agents: { hostname: string; address: string }[] = []
  for (const agentConfig of plan.agents(masterAddress, engine)) {
    const { hostname = '' } = agentConfig
    const agent = await startPart(ports, hostname, () =>
      listening('--master-address', () => startAgent(agentConfig, { logger })),
    )
    agents.push({ hostname, address: hostAndPort(agent) })
  }
  const manage = await startPart(ports, 'the Docker endpoint', () =>
    startManage({ ...manageConfig, workDir: join(workDir, 'manage') }, masterAddress, logger),
  )
  const lends = estimatorOf(config) === 'fixed' && manageConfig.dockerApi.revocableEnabled
  await untilReady(manage.cluster, { agents: config.agents, revocable: lends }, ports)

  const addresses: Addresses = {
    dockerHost: manage.addresses.slice(0, 1).map(dockerHost).join(),
    master: masterAddress,
    agents: withIds(agents, manage.cluster),
    engine: `unix://${engine}`,
    pid: process.pid,
  }
  const readyFile = config['ready-file']
  if (readyFile !== undefined) {
    ports.parts.push(() => rmSync(readyFile, { force: true }))
    writeReadyFile(readyFile, addresses)
  }
  return addresses
}

interface Plan {
  readonly master: MasterSettings
  /** Once it is known where the master listens, and which engine there is. */
  agents(master: string, engineSocket: string): readonly AgentConfig[]
  /** Parent of the agents' cgroups. */
  readonly cgroup: string
}

const planOf = async (config: UpConfig): Promise<Plan> => {
  const machine = await readMachine(config['work-dir'])
  const cgroup = `/${shortName(config['work-dir'])}`
  const agents = (master: string, engineSocket: string) =>
    Array.from({ length: config.agents }, (_, index) => {
      const known = { master, engineSocket, machine, cgroup }
      return parseAgentConfig(agentArguments(config, index, known), {}, version)
    })
  agents('127.0.0.1:5050', '/not/known/yet') // Mistakes are told before anything is started.
  return {
    master: parseMasterConfig(masterArguments(config), {}),
    agents,
    cgroup,
  }
}

const readMachine = async (workDir: string): Promise<Machine> => {
  const { blocks, bsize } = await statfs(workDir)
  return { cpus: cpus().length, memoryBytes: totalmem(), diskBytes: blocks * bsize }
}

/** Its socket. */
const startEngine = async (config: UpConfig, { steps, parts, stop }: UpPorts): Promise<string> => {
  const { engine: choice, 'work-dir': workDir } = config
  const engine = await provideEngine({ choice, workDir, env: process.env, steps })
  parts.push(() => engine.close())
  stop.throwIfAborted()
  await provideBusybox(engine.socket, steps)
  return engine.socket
}

const startPart = async <Part extends { close(): Promise<void> }>(
  { steps, parts, stop }: UpPorts,
  name: string,
  start: () => Promise<Part>,
): Promise<Part> => {
  stop.throwIfAborted()
  const part = await start()
  parts.push(() => steps.step(`stopping ${name}`, () => part.close()))
  return part
}

const untilReady = async (
  cluster: Cluster,
  wanted: Parameters<typeof isReady>[1],
  { steps, stop }: UpPorts,
): Promise<void> => {
  await steps.step('waiting for the offers of every agent', () =>
    until(() => stop.aborted || isReady(cluster, wanted)),
  )
  stop.throwIfAborted()
}

/** The log of this run; that of the run before is gone. */
const logTo = (path: string, parts: CloseStack): Logger => {
  const file = openSync(path, 'w', 0o600)
  parts.push(() => closeSync(file))
  return jsonLogger('shoal', {
    level: 'info',
    destination: { write: (line) => append(file, line) },
  })
}

/** A full disk costs lines of the log, never the process. */
const append = (file: number, line: string): void => {
  try {
    writeSync(file, line)
  } catch {}
}

const withIds = (
  agents: readonly { readonly hostname: string; readonly address: string }[],
  cluster: Cluster,
): Addresses['agents'] =>
  agents.map((agent) => ({
    id: cluster.nodes().find(({ hostname }) => hostname === agent.hostname)?.id ?? '',
    ...agent,
  }))

const hostAndPort = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
