import { readFileSync } from 'node:fs'
import { type Clock, systemClock } from '../runtime/clock.ts'
import { createServer, listen, mount } from '../runtime/http-server.ts'
import { type Logger, silent } from '../runtime/logger.ts'
import { type Ids, type Random, systemIds, systemRandom } from '../runtime/random.ts'
import type { MasterSettings } from './config.ts'
import { Master } from './master.ts'
import { watchWhitelist } from './whitelist.ts'

/** A subscription of an agent with thousands of tasks is the largest body there is. */
const bodyLimitBytes = 16 * 1024 * 1024

/** The master with its sockets: the only place here that knows both. Rejects where the address cannot be had. */
export const startMaster = async (
  settings: MasterSettings,
  ports: {
    readonly clock?: Clock
    readonly random?: Random
    readonly ids?: Ids
    readonly logger?: Logger
  } = {},
): Promise<{ readonly host: string; readonly port: number; close(): Promise<void> }> => {
  const app = createServer()
  let master: Master | undefined
  mount(app, (request, exchange) => master?.application(request, exchange), { bodyLimitBytes })
  const bound = await listen(app, settings.listen)
  const { host, port } = 'port' in bound ? bound : settings.listen
  master = new Master(
    {
      ...settings,
      version: packageVersion(),
      address: { ip: settings.advertise.ip ?? host, port: settings.advertise.port ?? port },
    },
    {
      clock: ports.clock ?? systemClock,
      random: ports.random ?? systemRandom,
      ids: ports.ids ?? systemIds,
      logger: ports.logger ?? silent,
    },
  )
  const unwatch = watchWhitelist(settings.whitelist, master, {
    clock: ports.clock ?? systemClock,
    logger: ports.logger ?? silent,
  })
  master.start()
  return {
    host,
    port,
    close: async () => {
      unwatch()
      master.close()
      await app.close()
    },
  }
}

/** This file is as deep below the package as its compiled form. */
const packageVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}
