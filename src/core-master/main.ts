import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from '../mesos/answers.ts'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { CloseStack } from '../runtime/close-stack.ts'
import { openFileLog } from '../runtime/file-log.ts'
import { createServer, listen, mount } from '../runtime/http-server.ts'
import { type Logger, silent } from '../runtime/logger.ts'
import { type Ids, type Random, systemIds, systemRandom } from '../runtime/random.ts'
import type { Application } from '../runtime/transport.ts'
import type { MasterSettings } from './config.ts'
import { Master } from './master.ts'
import { openFileRegistry } from './registry/file-registry.ts'
import { memoryRegistry, type Registry } from './registry/registry.ts'
import { watchWhitelist } from './whitelist.ts'

/** A subscription of an agent with thousands of tasks is the largest body there is. */
const bodyLimitBytes = 16 * 1024 * 1024

export interface StartedMaster {
  readonly host: string
  readonly port: number
  /** Resolves if the master cannot go on; it has let go of everybody. The process should end. */
  readonly failed: Promise<Error>
  close(): Promise<void>
}

/**
 * The master with its sockets and its registry: the only place here that knows them. Rejects where the address cannot
 * be had, or the registry not be read; FolderInUseError, LogFormatError.
 */
export const startMaster = async (
  settings: MasterSettings,
  ports: {
    readonly clock?: Clock
    readonly random?: Random
    readonly ids?: Ids
    readonly logger?: Logger
  } = {},
): Promise<StartedMaster> => {
  const { clock = systemClock, logger = silent } = ports
  const stack = new CloseStack()
  try {
    const app = createServer()
    let master: Master | undefined
    const serve: Application = (request, exchange) => {
      if (master !== undefined) return master.application(request, exchange)
      const { status, headers, body } = text(503, 'Master has not finished recovery')
      exchange.reply(status, headers, body)
    }
    mount(app, serve, { bodyLimitBytes })
    const bound = await listen(app, settings.listen)
    stack.push(() => app.close())
    const { host, port } = 'port' in bound ? bound : settings.listen
    const registry = await openRegistry(settings, clock, logger)
    stack.push(() => registry.close())
    let failed: (error: Error) => void = () => {}
    const failure = new Promise<Error>((resolve) => (failed = resolve))
    const started = new Master(
      {
        ...settings,
        version: packageVersion(),
        address: { ip: settings.advertise.ip ?? host, port: settings.advertise.port ?? port },
      },
      {
        clock,
        random: ports.random ?? systemRandom,
        ids: ports.ids ?? systemIds,
        logger,
        registry,
        failed,
      },
    )
    stack.push(() => started.close())
    stack.push(watchWhitelist(settings.whitelist, started, { clock, logger }))
    started.start()
    master = started
    return { host, port, failed: failure, close: () => stack.close() }
  } catch (error) {
    await stack.close()
    throw error
  }
}

/** Where `--registry` says; LogFormatError, FolderInUseError, or an Error after --registry_fetch_timeout. */
const openRegistry = async (
  { registry, workDir = '', registryFetchTimeoutMs }: MasterSettings,
  clock: Clock,
  logger: Logger,
): Promise<Registry> => {
  if (registry === 'in_memory') {
    logger.warn(
      {},
      'the registry is in memory: drains, quota, weights and schedules end with this process; --work_dir keeps them',
    )
    return memoryRegistry()
  }
  const folder = join(workDir, 'registry')
  let cancel = () => {}
  const tooLong = new Promise<never>((_, reject) => {
    cancel = clock.after(registryFetchTimeoutMs, () =>
      reject(new Error(`${folder}: the registry was not read in ${registryFetchTimeoutMs} ms`)),
    )
  })
  try {
    return await Promise.race([openIn(folder, clock, logger), tooLong])
  } finally {
    cancel()
  }
}

const openIn = async (folder: string, clock: Clock, logger: Logger): Promise<Registry> => {
  const log = await openFileLog(folder, { logger })
  try {
    return await openFileRegistry(log, clock)
  } catch (error) {
    await log.close()
    throw error
  }
}

/** This file is as deep below the package as its compiled form. */
const packageVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
