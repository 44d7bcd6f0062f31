import { readFileSync } from 'node:fs'
import { arch, hostname, release } from 'node:os'
import { join } from 'node:path'
import { type DockerApiConfig, parseManageFlags } from '../docker-api/config.ts'
import { startDockerApi } from '../docker-api/main.ts'
import type { Cluster } from '../mesos-framework/cluster.ts'
import { type FrameworkConfig, parseClusterOptions } from '../mesos-framework/config.ts'
import { Framework } from '../mesos-framework/framework.ts'
import { systemClock } from '../runtime/clock.ts'
import { CloseStack } from '../runtime/close-stack.ts'
import { openFileLog } from '../runtime/file-log.ts'
import { httpTransport } from '../runtime/http-client.ts'
import type { ListenAddress } from '../runtime/http-server.ts'
import type { Logger } from '../runtime/logger.ts'
import { systemIds, systemRandom } from '../runtime/random.ts'
import type { Given } from './flag-command.ts'
import { parseAll } from './parse-all.ts'
import { listening } from './start-error.ts'
import { version } from './version.ts'

export interface ManageConfig {
  readonly framework: Omit<FrameworkConfig, 'master'>
  readonly dockerApi: DockerApiConfig
  readonly listen: readonly ListenAddress[]
  readonly workDir: string
  readonly warnings: readonly string[]
}

/** Throws ConfigError with the mistakes in flags and in cluster options alike. */
export const parseManageConfig = (
  given: Given,
  env: Readonly<Record<string, string | undefined>>,
): ManageConfig => {
  const { flags, options } = parseAll({
    flags: () => parseManageFlags(given, env),
    options: () => parseClusterOptions(given['cluster-opt'] ?? [], env),
  })
  const { values, warnings } = flags
  const machine = { hostname: hostname(), kernelVersion: release(), architecture: arch() }
  const { strategy, filter: filters, 'framework-name': frameworkName } = values
  return {
    framework: {
      ...options,
      strategy,
      filters,
      frameworkName,
      hostname: machine.hostname,
    },
    dockerApi: {
      version,
      ...machine,
      operatingSystem: operatingSystem(),
      defaultCpusMilli: options.defaultCpusMilli,
      defaultMemoryMiB: options.defaultMemoryBytes / 1024 ** 2,
      requireResources: options.requireResources,
      revocableEnabled: options.revocableEnabled,
      defaultResType: options.defaultResType,
      revocableMemory: options.revocableMemory,
      names: options.containerNames,
      warnings,
    },
    listen: values.host,
    workDir: values['work-dir'],
    warnings,
  }
}

export interface StartedManage {
  readonly addresses: readonly ListenAddress[]
  readonly cluster: Cluster
  close(): Promise<void>
}

/**
 * The framework, which goes to the master at `host:port`, and the Docker endpoint in front of it.
 * Throws StartError where an address cannot be had.
 */
export const startManage = async (
  config: ManageConfig,
  master: string,
  logger: Logger,
): Promise<StartedManage> => {
  const parts = new CloseStack()
  try {
    const log = await openFileLog(config.workDir, { logger })
    parts.push(() => log.close())
    const transport = httpTransport()
    parts.push(() => transport.close())
    const framework = new Framework(
      { ...config.framework, master },
      {
        clock: systemClock,
        random: systemRandom,
        ids: systemIds,
        transport,
        log,
        logger,
      },
    )
    await framework.open()
    parts.push(() => framework.close())
    const api = await listening('--host', () =>
      startDockerApi(framework, config.dockerApi, { listen: config.listen, logger }),
    )
    parts.push(() => api.close())
    return { addresses: api.addresses, cluster: framework, close: () => parts.close() }
  } catch (error) {
    await parts.close()
    throw error
  }
}

/** As DOCKER_HOST wants it; an endpoint on all addresses is reached on this machine's own. */
export const dockerHost = (address: ListenAddress): string => {
  if ('socketPath' in address) return `unix://${address.socketPath}`
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

/** PRETTY_NAME of os-release(5), such as `Debian GNU/Linux 12 (bookworm)`. */
const operatingSystem = (): string => {
  try {
    const text = readFileSync(join('/etc', 'os-release'), 'utf8')
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux'
  } catch {
    return 'Linux'
  }
}
